"""A forest plot shows each ratio where it is, and says where an interval goes on beyond the axis."""

import re

import pytest

from analysis_lib.presentation import forest


def drawn(*ratios):
    return forest.picture(
        ratios, favours=("surgery", "no <b>"), measure="hazard ratio", name="n", alt="Plot.", caption="See."
    )


def marks(svg):
    """The circle's place and those of the last line, the interval's ends, in per cent."""
    at = {name: float(value) for name, value in re.findall(r'(cx|x1|x2)="([\d.]+)%"', svg)}
    return at["x1"], at["cx"], at["x2"]


@pytest.fixture
def picture():
    return drawn(forest.Ratio("narrow", 0.5, 0.25, 1.0), forest.Ratio("wide", 3.0, 0.001, 900.0))


def test_rows_stand_in_order_with_their_numbers(picture):
    rows = re.findall(r"<span>(.*?)</span><span>(.*?)</span><svg", picture.svg)
    assert rows == [("narrow", "0.50 (0.25 to 1.00)"), ("wide", "3.00 (0.00 to 900.00)")]
    assert picture.alt == "Plot. narrow: 0.50 (0.25 to 1.00). wide: 3.00 (0.00 to 900.00)."
    assert picture.csv.splitlines() == ["label,ratio,low,high", "narrow,0.5,0.25,1.0", "wide,3.0,0.001,900.0"]


def test_equal_ratios_are_equally_far_apart(picture):
    low, ratio, high = marks(picture.svg.split("<svg")[1])
    assert ratio - low == pytest.approx(high - ratio, abs=0.02) and high > low


def test_an_interval_beyond_the_axis_ends_in_arrows_and_one_within_does_not(picture):
    narrow, wide = picture.svg.split("<svg")[1:3]
    assert "beyond" not in narrow
    assert re.findall(r'beyond" x="([\d.]+)%" y="50%">(.)<', wide) == [("0.00", "◂"), ("100.00", "▸")]


def test_the_axis_says_whom_each_side_favours(picture):
    assert "<span>← favours surgery</span><span>favours no &lt;b&gt; →</span>" in picture.svg


def test_simulated_cohorts_are_a_band_and_their_range(picture):
    found = drawn(forest.Ratio("all", 0.5, 0.25, 1.0, spread=(0.4, 0.7)))
    assert (
        "<span>simulated: 0.40 to 0.70</span>" in found.svg
        and "all: simulated: 0.40" in found.alt
        and 'class="spread"' in found.svg
    )
    assert found.csv.splitlines()[1] == "all,0.5,0.25,1.0,0.4,0.7"
    assert 'class="spread"' not in picture.svg and "lowest" not in picture.csv


def test_a_heading_stands_above_its_rows_and_beside_them_in_the_data():
    found = drawn(forest.Ratio("alone", 1.0, 0.5, 2.0), "Part <one>", forest.Ratio("row", 0.5, 0.25, 1.0))
    before, after = found.svg.split('<div class="heading">Part &lt;one&gt;</div>')
    assert "alone" in before and "row" in after
    assert found.csv.splitlines() == [
        "heading,label,ratio,low,high",
        ",alone,1.0,0.5,2.0",
        "Part <one>,row,0.5,0.25,1.0",
    ]
    assert "Part <one>: row: 0.50" in found.alt
