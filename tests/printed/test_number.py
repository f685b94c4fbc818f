"""Printed numbers: which reals a string of digits stands for, and what they do to a computation."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.printed.number import Interval, Printed, defined, number_text, propagate, round_half_up

# However slow the machine.
at_ease = settings(deadline=None)

ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN)
# Numbers of up to seven digits, more than any table of a clinical paper has.
decimals = st.integers(0, 4)
reals = st.decimals("-999", "999", places=7)
# How near a tie a computed number counts as one: the error of floating-point arithmetic.
NEAR = Decimal("1e-9")
ends = st.floats(-1e6, 1e6).map(lambda x: x + 0.0)  # no minus zero, which has an order of its own


def rounded(value: Decimal, places: int, rounding: str) -> str:
    """As a paper prints it, without a sign before zero."""
    text = str(value.quantize(Decimal(1).scaleb(-places), rounding=rounding))
    return text if Decimal(text) else text.lstrip("-")


def interval(text: str) -> tuple[float, float]:
    found = Printed(text).interval
    return found.low, found.high


@st.composite
def boxes(draw: st.DrawFn, sides: int) -> list[Interval]:
    return [Interval(*sorted((draw(ends), draw(ends)))) for _ in range(sides)]


# --- what a string stands for


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("62", 61.5, 62.5),
        ("0.264", 0.2635, 0.2645),
        ("3.0", 2.95, 3.05),
        ("3", 2.5, 3.5),
        ("0", -0.5, 0.5),
        ("-1.5", -1.55, -1.45),
        ("<0.0001", -math.inf, 0.0001),
        ("≤180", -math.inf, 180),
        (">0.05", 0.05, math.inf),
        ("≥3", 3, math.inf),
    ],
)
def test_a_string_stands_for_half_a_unit_either_way_or_a_half_line(text, low, high):
    assert interval(text) == (low, high)


@at_ease
@given(reals, decimals)
def test_whatever_is_rounded_half_up_or_half_even_lies_in_the_interval_of_its_print(value, places):
    for rounding in ROUNDINGS:
        assert float(value) in Printed(rounded(value, places, rounding)).interval


@at_ease
@given(reals, decimals, st.integers(-3, 3))
def test_what_lies_in_an_interval_prints_so_unless_it_is_a_tie(value, places, steps):
    unit = Decimal(1).scaleb(-places)
    other = rounded(value + steps * unit, places, ROUND_HALF_UP)
    tie = abs(abs(value - Decimal(other)) - unit / 2) <= NEAR * max(1, abs(value) + 1)
    prints_so = any(rounded(value, places, rounding) == other for rounding in ROUNDINGS)
    if float(value) in Printed(other).interval:
        assert prints_so or tie
    else:
        assert not prints_so


def test_a_tie_belongs_to_both_its_neighbours():
    assert 62.5 in Printed("62").interval
    assert 62.5 in Printed("63").interval
    assert 0.285 in Printed("0.28").interval  # in binary, 0.285 lies below the tie
    assert 0.285 in Printed("0.29").interval


@at_ease
@given(st.integers(0, 999), decimals)
def test_a_trailing_zero_says_ten_times_as_much(digits, places):
    short = f"{Decimal(digits).scaleb(-places):f}"
    long = short + ("0" if places else ".0")
    coarse, fine = Printed(short), Printed(long)
    assert fine.decimals == coarse.decimals + 1
    assert fine.unit == pytest.approx(coarse.unit / 10)
    assert fine.value == coarse.value
    assert coarse.interval.low < fine.interval.low < fine.interval.high < coarse.interval.high


@pytest.mark.parametrize(
    ("text", "relation", "digits", "value", "places"),
    [
        ("0.020", "=", "0.020", 0.02, 3),
        ("<0.0001", "<", "0.0001", 0.0001, 4),
        ("≤180", "≤", "180", 180, 0),
        (">0.05", ">", "0.05", 0.05, 2),
        ("≥3", "≥", "3", 3, 0),
        ("-4.0", "=", "-4.0", -4, 1),
    ],
)
def test_the_parts_of_a_string(text, relation, digits, value, places):
    printed = Printed(text)
    assert (printed.relation, printed.digits) == (relation, digits)
    assert (printed.value, printed.decimals) == (value, places)
    assert str(printed) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 ",
        " 1",
        "1\n",
        ".5",
        "5.",
        "1,5",
        "1.2.3",
        "1e5",
        "+1",
        "--1",
        "<",
        "<<1",
        "1<",
        "=1",
        "62%",
        "nan",
        "inf",
        "0x1",
        "1_000",
        "½",
        "٣",
        "\uff13",
        "−1",
        "1" * 16,
        "0." + "1" * 16,
        "1\0",
    ],
)
def test_anything_else_is_refused_and_shown(text):
    with pytest.raises(ValueError, match="is not a printed number") as caught:
        Printed(text)
    assert repr(text) in str(caught.value)


@at_ease
@given(st.one_of(st.text(max_size=8), st.text("0123456789.-<≤>≥", max_size=8)))
def test_a_string_is_a_number_with_a_sign_of_relation_or_it_is_refused(text):
    body = text[1:] if text[:1] in ("<", "≤", ">", "≥") else text
    whole, point, fraction = body.removeprefix("-").partition(".")
    digits = set("0123456789")
    is_number = whole != "" and set(whole + fraction) <= digits and (fraction != "" or not point)
    try:
        Printed(text)
    except ValueError:
        assert not is_number
    else:
        assert is_number


# --- intervals


@at_ease
@given(*[st.integers(-(10**6), 10**6)] * 3)
def test_a_point_is_within_or_at_a_distance(one, other, at):
    low, high, point = min(one, other) / 1000, max(one, other) / 1000, at / 1000
    box = Interval(low, high)
    if low <= point <= high:
        assert point in box
        assert box.distance(point) == 0
    else:
        assert point not in box
        assert box.distance(point) == min(abs(point - low), abs(point - high)) > 0


def test_the_error_of_floating_point_arithmetic_does_not_put_a_point_outside():
    assert 0.1 + 0.2 > 0.3
    assert 0.1 + 0.2 in Interval(0, 0.3)
    assert Interval(0.1 + 0.2, 1).meets(Interval(0, 0.3))
    assert 0.3 + 1e-8 not in Interval(0, 0.3)


@at_ease
@given(st.tuples(*[st.integers(-20, 20)] * 4))
def test_intervals_meet_where_they_have_a_point_in_common(four):
    a, b, c, d = four
    first, second = Interval(min(a, b), max(a, b)), Interval(min(c, d), max(c, d))
    common = set(range(min(a, b), max(a, b) + 1)) & set(range(min(c, d), max(c, d) + 1))
    assert first.meets(second) is second.meets(first) is bool(common)


def test_half_lines_have_no_tolerance_at_infinity():
    below = Printed("<0.05").interval
    assert -1e300 in below
    assert 0.0501 not in below
    assert not below.meets(Interval(0.06, math.inf))
    assert below.meets(Printed(">0.04").interval)


@pytest.mark.parametrize(("low", "high"), [(1, 0), (math.nan, 1), (0, math.nan)])
def test_an_interval_whose_ends_are_out_of_order_is_refused(low, high):
    with pytest.raises(ValueError, match="low <= high"):
        Interval(low, high)


# --- display


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (62.5, 0, "63"),
        (63.5, 0, "64"),
        (-62.5, 0, "-63"),
        (0.285, 2, "0.29"),  # the float lies below, but its shortest decimal is the tie
        (2.675, 2, "2.68"),
        (0.0546955624, 3, "0.055"),
        (-0.001, 1, "0.0"),
        (1e-300, 2, "0.00"),
        (5, 2, "5.00"),
        (math.inf, 2, "∞"),
        (-math.inf, 2, "−∞"),
        (math.nan, 2, "not defined"),
    ],
)
def test_display_rounds_halves_away_from_zero_as_spss_does(value, places, text):
    assert round_half_up(value, places) == text


@at_ease
@given(st.floats(-1e12, 1e12), decimals)
def test_what_is_displayed_stands_for_what_was_displayed(value, places):
    printed = Printed(round_half_up(value, places))
    assert printed.decimals == places
    assert value in printed.interval
    assert not printed.text.startswith("-0") or printed.value


@at_ease
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 17))
def test_every_float_can_be_displayed(value, places):
    assert float(round_half_up(value, places)) == pytest.approx(value, abs=10.0**-places)


# --- intervals through a computation

MONOTONE = {
    "sum": (2, lambda x, y: x + y),
    "difference": (2, lambda x, y: x - y),
    "arctangent of a difference": (3, lambda x, y, z: math.atan(x - y) - z),
    "smaller": (2, min),
    "cube": (1, lambda x: x**3),
    "falling": (1, lambda x: 1 / (1 + math.exp(x / 1e5))),
}


@pytest.mark.parametrize("name", MONOTONE)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_propagated_range_holds_every_value_inside_the_box_and_reaches_its_ends(name, data):
    sides, function = MONOTONE[name]
    box = data.draw(boxes(sides))
    found = propagate(function, box)
    inside = [data.draw(st.floats(side.low, side.high)) for side in box]
    assert function(*inside) in found
    lows, highs = zip(*((side.low, side.high) for side in box), strict=True)
    corners = [function(*[b if mask >> i & 1 else a for i, (a, b) in enumerate(zip(lows, highs, strict=True))])
               for mask in range(2**sides)]  # fmt: skip
    assert (found.low, found.high) == (min(corners), max(corners))


def test_the_percentage_of_rounded_numbers():
    # 12 of 25.5 to 26.5 people, worked by hand: 1200 / 26.5 and 1200 / 25.5.
    found = propagate(lambda k, n: 100 * k / n, [Interval(12, 12), Printed("26").interval])
    assert found.low == pytest.approx(45.28301886792453)
    assert found.high == pytest.approx(47.05882352941176)


def test_an_exact_input_is_evaluated_once():
    calls = []
    propagate(lambda *x: calls.append(x) or 0.0, [Interval(1, 1), Interval(2, 3), Interval(4, 4)])
    assert calls == [(1, 2, 4), (1, 3, 4)]


@pytest.mark.parametrize(
    "undefined", [lambda x: math.nan, lambda x: math.log(-1), lambda x: x // 0, lambda x: int(math.inf)]
)
def test_a_corner_that_is_not_defined_is_left_out(undefined):
    def partly(x: float) -> float:
        return undefined(x) if x < 1 else x

    assert propagate(partly, [Interval(0, 2)]) == Interval(2, 2)
    assert math.isnan(defined(partly, [0]))
    with pytest.raises(ValueError, match="not defined for any value"):
        propagate(partly, [Interval(-1, 0)])


def test_a_mistake_in_a_function_is_not_taken_for_a_gap_in_its_domain():
    with pytest.raises(TypeError):
        propagate(lambda x: x, [Interval(0, 1), Interval(0, 1)])


@at_ease
@given(boxes(1), st.floats(0, 1e3))
def test_a_wider_input_gives_no_narrower_range(box, more):
    wider = [Interval(side.low - more, side.high + more) for side in box]
    inner, outer = (propagate(lambda x: 3 - 2 * x, b) for b in (box, wider))
    assert outer.low <= inner.low <= inner.high <= outer.high


def test_neighbouring_prints_leave_no_gap():
    for left, right in pairwise(Printed(f"{Decimal(k) / 1000:.3f}") for k in range(1000)):
        assert left.interval.high == right.interval.low


# What Python's own round (to even) and schoolbook rounding give.
@pytest.mark.parametrize(
    ("text", "value", "prints"),
    [
        ("38", 37.5, True), ("37", 37.5, False), ("36", 36.5, True), ("37", 36.5, True), ("35", 36.5, False),
        ("0.29", 0.285, True), ("0.28", 0.285, True), ("0.27", 0.275, False), ("0.28", 0.1 + 0.175, True),
        ("37", 37.49, True), ("-2", -2.5, True), ("-3", -2.5, True), ("-1", -1.5, False),
        ("<0.05", 0.04, True), ("<0.05", 0.06, False), ("≥3", 3.0, True), ("3", float("nan"), False),
        # As many digits before and after the point as a printed number may have.
        ("1" + 14 * "0" + "." + 15 * "0", 1e14, True),
    ],
)  # fmt: skip
def test_a_half_prints_rounded_up_or_to_even_and_no_other_way(text, value, prints):
    assert Printed(text).prints(value) is prints


@given(st.integers(1, 400), st.data())
def test_a_share_prints_as_its_digits_by_one_of_the_two_rules_only(n, data):
    k = data.draw(st.integers(0, n))
    share = Fraction(100 * k, n)
    up, even = (share + Fraction(1, 2)).__floor__(), round(share)
    printing = {digits for digits in range(102) if Printed(str(digits)).prints(100 * k / n)}
    assert printing == {up, even}


def test_the_ends_of_an_interval_have_room_for_the_error_of_arithmetic_and_no_more():
    # In proportion to a large end, and as for 1 to a small one.
    for low, scale in ((1e6, 1e6), (1e-3, 1.0)):
        interval = Interval(low, 2 * low)
        assert low - 0.6e-9 * scale in interval
        assert low - 1.6e-9 * scale not in interval


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(12.3456, 1, "12.346"), (12.5, 1, "12.5"), (12.0, 1, "12"), (0.0004, 2, "0.0004"), (120.0, -2, "120")],
)
def test_a_recomputed_value_has_two_digits_more_than_printed_and_no_idle_zeros(value, decimals, text):
    assert number_text(value, decimals) == text
