"""A forest plot shows each ratio where it is, and says where an interval goes on beyond the axis."""

import matplotlib.pyplot as plt
import pytest

from analysis_lib.presentation import figures, forest


@pytest.fixture
def drawn():
    figures.style()
    ratios = [forest.Ratio("narrow", 0.5, 0.25, 1.0), forest.Ratio("wide", 3.0, 0.001, 900.0)]
    figure, data = forest.draw(ratios, favours=("surgery", "no surgery"))
    yield figure.axes[0], data
    plt.close(figure)


def test_rows_stand_in_order_with_their_numbers(drawn):
    axis, data = drawn
    assert [label.get_text() for label in axis.get_yticklabels()] == ["narrow", "wide"]
    assert axis.get_yticks()[0] > axis.get_yticks()[1], "the first is at the top"
    assert "0.50 (0.25 to 1.00)" in [text.get_text() for text in axis.texts]
    assert data.iloc[1].tolist() == ["wide", 3.0, 0.001, 900.0]


def test_an_interval_beyond_the_axis_ends_in_arrows_and_one_within_does_not(drawn):
    axis, _ = drawn
    arrows = [(line.get_marker(), line.get_ydata()[0]) for line in axis.lines if line.get_marker() in "<>"]
    assert sorted(arrows) == [("<", 0), (">", 0)]
    assert axis.get_xlim()[0] < 0.25 and axis.get_xlim()[1] > 1.0


def test_the_axis_says_whom_each_side_favours(drawn):
    axis, _ = drawn
    left, right = (next(t for t in axis.texts if words in t.get_text()) for words in ("← favours", "favours no"))
    assert (left.get_text(), left.get_ha()) == ("← favours surgery", "left")
    assert (right.get_text(), right.get_ha()) == ("favours no surgery →", "right")
