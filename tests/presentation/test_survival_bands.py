"""Curves of many cohorts at once are those of each cohort by itself."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from analysis_lib.presentation import figures, survival_bands
from analysis_lib.statistics import survival_batch

GRID = np.arange(0, 12, 0.5)


@st.composite
def cohorts(draw):
    """Times on a coarse scale, so that events and censorings tie; some blank."""
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    size = shape[0] * shape[1]
    time = np.array(draw(st.lists(st.integers(1, 20), min_size=size, max_size=size)), float).reshape(shape) / 2
    blank = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))).reshape(shape)
    event = np.array(draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)), float).reshape(shape)
    blank[:, 0] = False
    return np.where(blank, np.nan, time), event


@settings(max_examples=30, deadline=None)
@given(cohorts())
def test_curves_are_those_of_lifelines(drawn):
    time, event = drawn
    found = survival_batch.curves(time, event, GRID)
    for row in range(len(time)):
        known = ~np.isnan(time[row])
        curve = KaplanMeierFitter().fit(time[row, known], event[row, known]).predict(GRID).to_numpy()
        seen = (GRID <= time[row, known].max()) | (curve < 1e-12)
        np.testing.assert_allclose(found[row, seen], curve[seen], atol=1e-12)
        assert np.isnan(found[row, ~seen]).all()


@settings(max_examples=30, deadline=None)
@given(cohorts())
def test_numbers_at_risk_are_those_of_lifelines(drawn):
    time, event = drawn
    for row, found in enumerate(survival_batch.at_risk(time, (0, 2, 5))):
        known = ~np.isnan(time[row])
        table = KaplanMeierFitter().fit(time[row, known], event[row, known]).event_table["at_risk"]
        # Whoever leaves at a time was at risk just before it.
        expected = [table[table.index >= year].max() if (table.index >= year).any() else 0 for year in (0, 2, 5)]
        assert found.tolist() == expected


def test_the_order_of_patients_and_blanks_do_not_matter():
    rng = np.random.default_rng(3)
    time, event = rng.integers(1, 20, (5, 12)) / 2, rng.integers(0, 2, (5, 12)).astype(float)
    shuffled = rng.permuted(np.arange(12)[None].repeat(5, 0), axis=1)
    with_blanks = np.hstack([np.take_along_axis(time, shuffled, 1), np.full((5, 3), np.nan)])
    events = np.hstack([np.take_along_axis(event, shuffled, 1), np.ones((5, 3))])
    np.testing.assert_array_equal(
        survival_batch.curves(time, event, GRID), survival_batch.curves(with_blanks, events, GRID)
    )


def test_an_envelope_is_blank_where_most_cohorts_are():
    values = np.array([[1.0, 0.5, 0.4], [0.8, 0.3, np.nan], [0.6, np.nan, np.nan]])
    found = survival_batch.envelope(values)
    assert found.loc[0, ["lowest", "median", "highest"]].tolist() == [0.6, 0.8, 1.0]
    assert found.loc[1, "median"] == pytest.approx(0.4)
    assert found.loc[2].isna().all()


@pytest.fixture
def two_groups():
    rng = np.random.default_rng(5)
    time, event = rng.uniform(1, 18, (6, 20)), rng.integers(0, 2, (6, 20)).astype(float)
    first = np.arange(20) < 12
    return [
        survival_bands.Band("first", "#0072b2", np.where(first, time, np.nan), event),
        survival_bands.Band("second", "#d55e00", np.where(first, np.nan, time), event),
    ]


def test_words_tell_what_the_picture_shows(two_groups):
    first = two_groups[0]
    at_five = np.sort(survival_batch.curves(first.time, first.event, np.array([5.0]))[:, 0]) * 100
    assert f"{at_five[0]:.0f}% to {at_five[-1]:.0f}% in all" in first.describe(5)
    assert "not observed" in survival_bands.Band("x", "", np.ones((2, 3)), np.array([[0.0, 1, 0]] * 2)).describe(9)


def test_a_drawing_has_numbers_at_risk_and_its_values(two_groups):
    figures.style()
    figure, data = survival_bands.draw(two_groups, row=2, medians=(9, 8), what="alive")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count("12") == 1 and texts.count("8") == 1
    found = survival_batch.at_risk(two_groups[0].time, (5,))[:, 0]
    assert f"{np.median(found):.0f} ({found.min()}–{found.max()})" in texts
    band = two_groups[1].envelope(data["years"].unique())
    shown = data[data["patients"] == "second"]
    np.testing.assert_allclose(shown["median"].to_numpy()[:20], band["median"].to_numpy()[:20], atol=1e-4)
    plt.close(figure)
