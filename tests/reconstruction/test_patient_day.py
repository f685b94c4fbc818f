"""One day of one patient: verification fails where it changes a printed digit, and nowhere else.

The digits are told here by other arithmetic than verification's: days are whole numbers, curves
are fractions, and what is printed is read from its text.
"""

import math
from fractions import Fraction
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis_lib.reconstruction import ensemble
from analysis_lib.reconstruction.verify import misses
from analysis_lib.targets.catalogue import load_targets
from analysis_lib.targets.recompute import Recomputed, spss_median

DAYS_PER_YEAR = Fraction(1461, 4)
Z95 = NormalDist().inv_cdf(0.975)
TIMES = ("os", "pfs", "dfs")
TARGETS = load_targets()
SHIPPED = ensemble.load()
# The first cohort of each scheme, whatever ensemble is shipped.
FIRST, *OTHERS = SHIPPED.origin.reset_index().groupby("scheme")["cohort"].first().tolist()
SAMPLE = [FIRST, *(pytest.param(number, marks=pytest.mark.long) for number in OTHERS)]


# --- the digits, by exact arithmetic


def days(years):
    """Whole days; the reconstructed times are all of them."""
    found = np.rint(np.asarray(years) * float(DAYS_PER_YEAR))
    assert np.allclose(found, np.asarray(years) * float(DAYS_PER_YEAR), rtol=0, atol=1e-6)
    return [int(day) for day in found]


@cache
def spss(patients):
    """Median and limits in years, from (day, event) of each patient; None where undefined."""
    steps, survival, variance = [], Fraction(1), Fraction(0)
    for day in sorted({day for day, event in patients if event}):
        at_risk = sum(d >= day for d, _ in patients)
        died = sum(d == day and event for d, event in patients)
        survival *= 1 - Fraction(died, at_risk)
        variance += Fraction(died, at_risk * (at_risk - died)) if at_risk > died else 0
        steps.append((Fraction(day) / DAYS_PER_YEAR, survival, variance))
    median = next((step for step in steps if step[1] <= Fraction(1, 2)), None)
    early = [step for step in steps if step[1] >= Fraction(55, 100)]
    late = [step for step in steps if step[1] <= Fraction(45, 100)]
    if not median or not early or not late:
        return (median[0] if median else None), None, None
    (u, high, _), (v, low, _) = early[-1], late[0]
    half = Z95 * float(median[1] * (v - u) / (high - low)) * math.sqrt(median[2])
    return median[0], float(median[0]) - half, float(median[0]) + half


@cache
def log_rank(one, two):
    """The p value between two kinds of patients, (day, event) each."""
    both, excess, variance = one + two, Fraction(0), Fraction(0)
    for day in {day for day, event in both if event}:
        of_one, of_both = (sum(d >= day for d, _ in group) for group in (one, both))
        died_of_one, died = (sum(d == day and event for d, event in group) for group in (one, both))
        share = Fraction(of_one, of_both)
        excess += died_of_one - died * share
        if of_both > 1:
            variance += died * share * (1 - share) * Fraction(of_both - died, of_both - 1)
    return math.erfc(math.sqrt(excess**2 / variance / 2))


@cache
def hazard_ratio(one, two):
    """Cox's hazard ratio of ``one`` against ``two`` with limits and Wald's p; tied deaths after Breslow."""
    sets = []
    for day, event, first in [(*p, 1) for p in one] + [(*p, 0) for p in two]:
        if event:
            sets.append((first, sum(d >= day for d, _ in one), sum(d >= day for d, _ in two)))
    low, high = -12.0, 12.0
    for _ in range(80):  # the score falls throughout
        beta = (low + high) / 2
        weights = [(first, n * math.exp(beta) / (n * math.exp(beta) + m)) for first, n, m in sets]
        low, high = (beta, high) if sum(first - w for first, w in weights) > 0 else (low, beta)
    error = 1 / math.sqrt(sum(w * (1 - w) for _, w in weights))
    limits = (math.exp(beta - Z95 * error), math.exp(beta + Z95 * error))
    return math.exp(beta), *limits, math.erfc(abs(beta / error) / math.sqrt(2))


def quantile(values, share):
    """HAVERAGE of whole days, in years."""
    rank = share * (len(values) + 1)
    below = math.floor(rank)
    ordered = sorted(values)
    return (ordered[below - 1] + (rank - below) * (ordered[below] - ordered[below - 1])) / DAYS_PER_YEAR


def of_times(frame):
    """Every target that depends on nothing but times, events, groups and margins, by its id."""
    frame = frame.reset_index(drop=True)
    pairs = {}
    for name in TIMES:
        known = frame[frame[f"{name}_years"].notna()]
        events = known[f"{name}_event"].astype(int)
        pairs[name] = dict(zip(known.index, zip(days(known[f"{name}_years"]), events, strict=True), strict=True))

    labels = {column: frame[column].tolist() for column in ("group", "resection_margin")}

    def of(name, column=None, value=None):
        return tuple(pair for row, pair in pairs[name].items() if column is None or labels[column][row] == value)

    groups = {"all": (), "surgery": ("group", "surgery"), "prrt_only": ("group", "prrt_only")}
    curves = {f"os.{group}": of("os", *where) for group, where in groups.items()}
    curves |= {f"pfs.{group}": of("pfs", *groups[group]) for group in ("surgery", "prrt_only")}
    curves |= {"dfs.surgery": of("dfs"), "dfs_r1.surgery": of("dfs", "resection_margin", "R1")}
    found = {}
    for name, patients in curves.items():
        found |= zip((f"{name}.median", f"{name}.ci_lo", f"{name}.ci_hi"), spss(patients), strict=True)
    r0 = of("dfs", "resection_margin", "R0")
    found["dfs_r0.surgery.median"], limit, _ = spss(r0)
    found["dfs_r0.ci_undefined"] = Fraction(limit is None and found["dfs_r0.surgery.median"] is not None)
    found["os.p"], found["pfs.p"] = (
        log_rank(of(n, *groups["surgery"]), of(n, *groups["prrt_only"])) for n in TIMES[:2]
    )
    found["dfs_margin.surgery.p"] = log_rank(r0, curves["dfs_r1.surgery"])
    shares = {"q1": Fraction(1, 4), "median": Fraction(1, 2), "q3": Fraction(3, 4)}
    found |= {f"follow_up.all.{q}": quantile([day for day, _ in of("os")], s) for q, s in shares.items()}
    ratio = hazard_ratio(curves["os.surgery"], curves["os.prrt_only"])
    found |= zip((f"cox_surgery.{part}" for part in ("hr", "ci_lo", "ci_hi", "p")), ratio, strict=True)
    return {f"results-survival.{id}": value for id, value in found.items()}


def changed_digits(values):
    """Which of these values print other digits than the paper's; one halfway may print either way."""
    return {id for id, value in values.items() if value is None or not meets(id, value)}


def meets(id, value):
    if id not in TARGETS.numbers:
        return value == 1
    text = TARGETS.numbers[id].printed.text
    half = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    return abs(Fraction(value) - Fraction(text)) <= half


# --- verification


def caught(frame):
    """Which of the same targets verification misses."""
    return {miss.target.id for miss in misses(frame, OF_TIMES)}


def moved(frame, row, name, by):
    """The cohort with one patient's time later by so many days."""
    edited = frame.copy()
    edited.loc[row, f"{name}_years"] = (days([frame.at[row, f"{name}_years"]])[0] + by) / float(DAYS_PER_YEAR)
    return edited


IDS = set(of_times(SHIPPED.one(FIRST)))
OF_TIMES = TARGETS.without(set(TARGETS) - IDS)


def patients_with(frame, name):
    return frame.index[frame[f"{name}_years"].notna()]


@cache
def single_days(number):
    """Each move of one time by one day, with the values that it leaves."""
    frame = SHIPPED.one(number)
    moves = [(row, name, by) for name in TIMES for row in patients_with(frame, name) for by in (-1, 1)]
    return {move: of_times(moved(frame, *move)) for move in moves}


def keeps_the_order(frame, row, name, by):
    before, after = (f[f"{name}_years"].rank() for f in (frame, moved(frame, row, name, by)))
    return before.equals(after)


# --- tests


def test_these_are_all_targets_of_times_alone():
    alone = {"km_median", "km_ci_lo", "km_ci_hi", "km_undefined", "log_rank"}
    alone |= {"follow_up_median", "follow_up_q1", "follow_up_q3"}
    wanted = {id for id, t in TARGETS.items() if t.statistic in alone or t.columns == ("surgery",)}
    assert wanted == IDS


@pytest.mark.parametrize("number", SAMPLE)
def test_both_arithmetics_agree_on_a_cohort_as_it_is(number):
    frame = SHIPPED.one(number)
    recomputed = Recomputed(frame, TARGETS)
    for id, value in of_times(frame).items():
        assert recomputed.value(TARGETS[id]) == pytest.approx(float(value), rel=1e-10), id
    assert changed_digits(of_times(frame)) == caught(frame) == set()


# Of twenty patients without censoring, the curve meets .55, .50 and .45 themselves.
@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=30),
        st.lists(st.tuples(st.integers(1, 60), st.just(True)), min_size=20, max_size=20),
    )
)
def test_both_arithmetics_agree_on_curves_that_touch_the_half(patients):
    assume(any(event for _, event in patients))
    time, event = np.array(patients, float).T
    wanted = [np.nan if value is None else float(value) for value in spss(tuple(patients))]
    assert spss_median(time / float(DAYS_PER_YEAR), event) == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("number", SAMPLE)
def test_of_single_patient_days_exactly_those_fail_that_change_a_digit(number):
    frame = SHIPPED.one(number)
    for k, (move, values) in enumerate(single_days(number).items()):
        wanted = changed_digits(values)
        # All that matter, and a fifth of those that do not.
        if wanted or k % 5 == 0:
            assert caught(moved(frame, *move)) == wanted, move


@pytest.mark.parametrize("number", SAMPLE)
def test_each_time_that_carries_a_number_fails_on_the_very_day_that_changes_a_digit(number):
    frame, as_it_is = SHIPPED.one(number), of_times(SHIPPED.one(number))
    ids = (id for id in TARGETS if TARGETS[id].statistic.startswith(("km_median", "km_ci", "follow_up")))
    carriers = {next(move for move, values in single_days(number).items() if values[id] != as_it_is[id]) for id in ids}
    for row, name, by in carriers:
        last, edited = None, frame
        while not changed_digits(of_times(edited)):
            last, edited = edited, moved(edited, row, name, by)
        assert caught(last) == set()
        assert caught(edited) == changed_digits(of_times(edited)), (row, name, by)


@pytest.mark.parametrize("number", SAMPLE)
def test_a_day_that_changes_neither_a_digit_nor_the_order_is_no_alarm_of_any_target(number):
    frame = SHIPPED.one(number)
    silent = [
        move
        for move, values in single_days(number).items()
        if not changed_digits(values) and keeps_the_order(frame, *move)
    ]
    for move in silent[:: len(silent) // 4]:
        assert misses(moved(frame, *move), TARGETS) == [], move


@pytest.mark.parametrize("number", SAMPLE)
@pytest.mark.parametrize(("name", "by"), [("os", "group"), ("pfs", "group"), ("dfs", "resection_margin")])
def test_neighbours_of_different_groups_that_change_places_fail_where_a_digit_changes(number, name, by):
    frame = SHIPPED.one(number)
    columns = [f"{name}_years", f"{name}_event"]
    order = frame[frame[columns[0]].notna()].sort_values(columns[0]).index
    alarms = 0
    for one, two in zip(order, order[1:], strict=False):
        if frame.at[one, by] != frame.at[two, by]:
            edited = frame.copy()
            edited.loc[[one, two], columns] = frame.loc[[two, one], columns].to_numpy()
            wanted = changed_digits(of_times(edited))
            assert caught(edited) == wanted, (one, two)
            alarms += bool(wanted)
    assert alarms


edits = st.lists(
    st.tuples(st.integers(0, 48), st.sampled_from(TIMES), st.integers(-60, 60), st.booleans()), min_size=1, max_size=3
)


@settings(max_examples=40, deadline=None)
@given(number=st.sampled_from(list(SHIPPED.origin.index)), edits=edits)
def test_whatever_is_done_to_times_and_events_both_arithmetics_tell_the_same_digits(number, edits):
    frame = SHIPPED.one(number)
    for row, name, by, flipped in edits:
        if row in patients_with(frame, name) and frame.at[row, f"{name}_years"] > 0.2:
            frame = moved(frame, row, name, by)
            frame.loc[row, f"{name}_event"] = abs(frame.at[row, f"{name}_event"] - flipped)
    assert caught(frame) == changed_digits(of_times(frame))
