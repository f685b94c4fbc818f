"""Bands of survival curves are described and drawn as they were computed."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis_lib.presentation import survival_bands
from analysis_lib.statistics import survival_batch


@pytest.fixture
def two_groups():
    rng = np.random.default_rng(5)
    time, event = rng.uniform(1, 18, (6, 20)), rng.integers(0, 2, (6, 20)).astype(float)
    first = np.arange(20) < 12
    return [
        survival_bands.Band("first", "#0072b2", np.where(first, time, np.nan), event),
        survival_bands.Band("second", "#d55e00", np.where(first, np.nan, time), event),
    ]


def draw(bands):
    return survival_bands.draw(False, bands, row=2, medians=(9, 8), what="alive", since="treatment")


def test_words_tell_what_the_picture_shows(two_groups):
    first = two_groups[0]
    at_five = np.sort(survival_batch.curves(first.time, first.event, np.array([5.0]))[:, 0]) * 100
    assert f"{at_five[0]:.0f}% to {at_five[-1]:.0f}% in all" in first.describe(5)
    assert "not observed" in survival_bands.Band("x", "", np.ones((2, 3)), np.array([[0.0, 1, 0]] * 2)).describe(9)


def test_a_drawing_has_numbers_at_risk_and_its_values(two_groups):
    figure, data = draw(two_groups), survival_bands.values(two_groups)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count("12") == 1 and texts.count("8") == 1
    found = survival_batch.at_risk(two_groups[0].time, (5,))[:, 0]
    assert f"{np.median(found):.0f} ({found.min()}–{found.max()})" in texts
    band = two_groups[1].envelope(data["years"].unique())
    shown = data[data["patients"] == "second"]
    np.testing.assert_allclose(shown["median"].to_numpy()[:20], band["median"].to_numpy()[:20], atol=1e-4)
    plt.close(figure)


def test_a_curve_is_grey_from_where_fewer_than_five_are_at_risk(two_groups):
    figure = draw(two_groups)
    coloured, grey = figure.axes[0].lines[:2]
    time = two_groups[0].time[2, :12]
    turn = coloured.get_xdata()[-1]
    assert turn == grey.get_xdata()[0]
    assert (time >= turn).sum() == 5 and (time > turn).sum() == 4
    assert coloured.get_color() == two_groups[0].colour != grey.get_color()
    assert grey.get_ydata()[-1] == survival_batch.curves(time[None], two_groups[0].event[[2], :12], [time.max()])[0, 0]
    plt.close(figure)
