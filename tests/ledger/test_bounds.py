"""The limits that printed numbers set: against arithmetic by hand, and against patients drawn at random."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.ledger import recipes
from analysis_lib.ledger.bounds import BOUNDS, possible, within
from analysis_lib.ledger.verdicts import VERDICTS, judge
from analysis_lib.printed.number import Interval, Printed
from analysis_lib.printed.transcription import PublishedNumber, Transcription


def limits(method: str, *texts: str) -> Interval:
    return BOUNDS[method].limits([Printed(text).interval for text in texts])


def exactly(method: str, *values: float) -> Interval:
    """Where no input is rounded."""
    return BOUNDS[method].limits([Interval(v, v) for v in values])


def number(statistic: str, printed: str, unit: str = "", id: str = "x") -> PublishedNumber:
    return PublishedNumber(
        id, "table1", "made up", "all", statistic, Printed(printed), unit, "", True, Path("numbers.csv"), 2
    )


@settings(max_examples=50, deadline=None)
@given(st.floats(0.2, 5), st.floats(0.1, 1))
def test_a_wald_interval_that_is_rounded_keeps_within_its_bounds(ratio, error):
    texts = [f"{ratio * math.exp(z * error):.3f}" for z in (-1.96, 0, 1.96)]
    low, estimate, high = texts
    assert limits("wald_estimate", low, high).meets(Printed(estimate).interval)
    assert limits("wald_limit", estimate, low).meets(Printed(high).interval)
    assert limits("wald_limit", estimate, high).meets(Printed(low).interval)


@pytest.mark.parametrize(
    ("method", "texts", "low", "high"),
    [
        ("wald_estimate", ("0.5", "2.0"), math.sqrt(0.45 * 1.95), math.sqrt(0.55 * 2.05)),
        ("wald_limit", ("1.0", "0.5"), 0.95**2 / 0.55, 1.05**2 / 0.45),
        ("midpoint", ("4.5", "6.5"), 5.45, 5.55),
        ("symmetric_limit", ("5.5", "4.5"), 6.35, 6.65),
        ("between", ("3", "8"), 2.5, 8.5),
        ("between", ("8", "3", "5"), 2.5, 8.5),
        ("at_most", ("8",), -math.inf, 8.5),
        ("at_least", ("3",), 2.5, math.inf),
        ("rest_of_hundred", ("38",), 0, 62.5),
    ],
)
def test_bounds_by_hand(method, texts, low, high):
    found = limits(method, *texts)
    assert (found.low, found.high) == (pytest.approx(low, rel=1e-14), pytest.approx(high, rel=1e-14))


def test_bounds_of_what_cannot_be_are_refused():
    with pytest.raises(ValueError, match="not defined for any value"):
        limits("wald_estimate", "0", "0")


# --- what a number can be


@pytest.mark.parametrize(
    ("statistic", "unit", "low", "high"),
    [
        ("p", "", 0, 1),
        ("percent", "%", 0, 100),
        ("q3", "%", 0, 100),
        ("count", "patients", 0, math.inf),
        ("sd", "%", 0, math.inf),
        ("mean", "years", 0, math.inf),
        ("mean", "%", -math.inf, 100),  # of changes
        ("ci_lo", "", 0, math.inf),  # of a ratio
        ("ci_lo", "years", -math.inf, math.inf),  # SPSS's, of a median
        ("threshold", "%", -math.inf, math.inf),
    ],
)
def test_what_a_number_of_its_kind_can_be(statistic, unit, low, high):
    assert possible(number(statistic, "1", unit)) == Interval(low, high)


def test_limits_are_cut_to_what_the_number_can_be_and_for_a_count_to_whole_numbers():
    assert within(Interval(-math.inf, 1.5), number("p", "0.5")) == Interval(0, 1)
    assert within(Interval(2.3, 7.9), number("count", "5")) == Interval(3, 7)
    assert within(Interval(-math.inf, math.inf), number("n", "5")) == Interval(0, math.inf)
    with pytest.raises(ValueError):
        within(Interval(101, 120), number("percent", "50", "%"))


@pytest.mark.parametrize("printed", ["4.018", "<4.018", ">1", "<0", "1.01"])
def test_what_no_p_value_can_be_is_contradicted(printed):
    found = judge(number("p", printed), [recipes.Recipe("x", "", "patient_level", (), (), "")], Transcription([]))
    assert found.verdict == "contradicted"
    assert found.reason == f"Printed {printed}, but a number of this kind is from 0 to 1."


@pytest.mark.parametrize("printed", ["0", "1", "<1", ">0", "<0.001", "1.0"])
def test_what_a_p_value_can_be_is_not(printed):
    found = judge(number("p", printed), [recipes.Recipe("x", "", "patient_level", (), (), "")], Transcription([]))
    assert (found.verdict, found.bounds) == ("unchecked", Interval(0, 1))


# --- groups and all, shares, ranks


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.integers(2, 30), st.integers(0, 10_000))
def test_a_group_lies_within_what_all_and_the_other_group_leave(n1, n2, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.gamma(2, 20, size=n1), rng.gamma(2, 25, size=n2)
    both = np.concatenate([x, y])
    text = {name: f"{v:.1f}" for name, v in (("m", both.mean()), ("m1", x.mean()), ("m2", y.mean()))}
    text |= {name: f"{v:.1f}" for name, v in (("s", both.std(ddof=1)), ("s1", x.std(ddof=1)), ("s2", y.std(ddof=1)))}
    rounded = {name: Printed(t).interval for name, t in text.items()}
    sizes = [Interval(n, n) for n in (n1 + n2, n1, n2)]
    assert BOUNDS["group_mean"].limits([rounded["m"], rounded["m2"], *sizes]).meets(rounded["m1"])
    if abs(x.mean() - y.mean()) > 0.1:  # the corners are the extremes where the means stay in their order
        found = BOUNDS["group_sd"].limits([rounded[k] for k in ("s", "m1", "m2", "s2")] + sizes)
        assert found.meets(rounded["s1"])


def test_an_unknown_split_leaves_what_any_split_leaves():
    # 24 in all with mean 52, the other group's is 41, and 14 to 16 are in the group: 1248 less 41 for each other.
    whole = Interval(52, 52), Interval(41, 41)
    found = BOUNDS["group_mean"].limits([*whole, *(Interval(n, n) for n in (24, 16, 10))])
    assert (found.low, found.high) == (pytest.approx(920 / 16), pytest.approx(838 / 14))
    with pytest.raises(ValueError, match="no split"):
        BOUNDS["group_mean"].limits([*whole, *(Interval(n, n) for n in (24, 10, 10))])


@given(st.lists(st.floats(0, 100), min_size=2, max_size=40))
def test_shares_vary_no_more_than_zeros_and_hundreds_do(values):
    x = np.array(values)
    mean, n = x.mean(), len(values)
    assert x.std(ddof=1) in exactly("sd_of_share", mean, n)
    assert x.std(ddof=1) in exactly("sd_of_positive", mean, n)


def test_the_extremes_of_an_sd_are_attained():
    assert exactly("sd_of_share", 50, 4).high == pytest.approx(np.std([0, 0, 100, 100], ddof=1))
    assert exactly("sd_of_positive", 5, 4).high == pytest.approx(np.std([0, 0, 0, 20], ddof=1))


def test_the_study_lasted_from_the_first_day_of_one_year_to_the_last_of_another():
    assert exactly("study_years", 2000, 2020) == Interval(0, 21)


# --- the paper


@pytest.mark.parametrize(
    ("id", "low", "high"),
    [
        ("abstract.os.p", 0.0028, 0.0039),
        ("table1.kps.p", 0.0073, 0.2511),
        ("table1.age.surgery.mean", 54.546, 54.823),  # (49 x 56.1 - 23 x 57.7) / 26, over their rounding
        ("results-prrt.grade_not_revised.all.count", 7, math.inf),
        # (14 x 59 + 10 x 41) / 24 and (16 x 59 + 8 x 41) / 24, each less or more half a unit.
        ("results-surgery.fibrosis.surgery.mean", 51.0, 53.5),
    ],
)
def test_bounds_that_the_paper_gives(claims, id, low, high):
    found = claims[id].bounds
    half = 5e-4 if low > 1 else 5e-5
    assert (found.low, found.high) == (pytest.approx(low, abs=half), pytest.approx(high, abs=half))


def test_every_bound_is_within_what_the_number_can_be_and_holds_the_print(claims):
    for found in claims.values():
        if found.recomputed is None and found.bounds is not None:
            kind = possible(found.number)
            assert kind.low <= found.bounds.low <= found.bounds.high <= kind.high, found.id
            assert found.number.interval.meets(found.bounds), found.id


def test_no_reason_denies_a_bound_and_none_is_three_in_a_row(claims):
    for found in claims.values():
        assert "nothing printed bounds" not in found.reason and "no bound" not in found.reason
        if found.verdict in ("attainable", "foretold", "unchecked"):
            assert found.reason.count(". ") <= 1, found.reason


# --- odd numbers


@pytest.mark.parametrize("printed", ["<26", ">26", "0", "1", "999999999999999", "999999999999999.9"])
@pytest.mark.parametrize("method", BOUNDS)
@pytest.mark.parametrize("place", [0, -1])
def test_no_number_however_odd_ends_in_a_traceback_or_takes_long(printed, method, place):
    least, _ = BOUNDS[method].takes
    given = {"two": number("count", "2", id="two"), "odd": number("mean", printed, id="odd")}
    ids = ["two"] * least
    ids[place] = "odd"
    way = recipes.Recipe("x", "", method, tuple(recipes.parse_term(id) for id in ids), (), "")
    found = judge(number("p", "0.5"), [way], Transcription(list(given.values())))
    assert found.verdict in VERDICTS
    json.dumps(found.as_dict(), allow_nan=False)
