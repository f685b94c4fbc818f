"""Survival results agree with R and with SPSS output, ties and undefined limits included."""

import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import survival

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "survival.json").read_text())
CURVES = [(name, group) for name, groups in R["curves"].items() for group in groups]
GROUPING = {
    "lung": "sex",
    "ovarian": "rx",
    "veteran": "celltype",
    "leukemia": "maintained",
    "freireich": "treated",
}

few = settings(max_examples=30, deadline=None)
patients = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=25)


def dataset(name):
    path = ORACLES / "data" / f"{name}.csv"
    return np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")


def times_and_events(name, group):
    table = dataset(name)
    chosen = table[GROUPING[name]].astype(str) == group
    return table["time"][chosen], table["event"][chosen]


def triple(median):
    return np.array([median.median, median.ci_low, median.ci_high])


def numbers(values):
    return np.array(values, dtype=float)  # null becomes NaN


# --- agreement with SPSS


def test_spss_median_of_freireichs_6_mp_arm():
    """SPSS's own output, to the digits known."""
    result = survival.median_survival(*times_and_events("freireich", "1"))
    assert result.median == 23
    assert result.se == pytest.approx(5.255, abs=0.0005)
    assert (result.ci_low, result.ci_high) == pytest.approx((12.70, 33.30), abs=0.005)


def test_spss_median_by_hand():
    """Ten deaths at 1, ..., 10: S(4) = .6, S(5) = .5, S(6) = .4, and Greenwood's se(.5) = .158."""
    result = survival.median_survival(range(1, 11), [1] * 10)
    se = np.sqrt(0.5 * 0.5 / 10) / ((0.6 - 0.4) / (6 - 4))
    assert (result.median, result.se) == pytest.approx((5, se))
    assert (result.ci_low, result.ci_high) == pytest.approx((5 - 1.959964 * se, 5 + 1.959964 * se))


# --- ties of S with .45, .50 and .55: products of fractions miss these by a few bits


WHOLE = [20, 40, 60, 100, 140, 180, 220, 260, 300]  # n of which 45, 50 and 55% are whole numbers


@pytest.mark.parametrize("n", WHOLE)
def test_survival_at_exactly_45_50_55_counts_as_reaching_it(n):
    """Without censoring S after the k-th death is 1 - k/n; deaths at 1, 4, 9, ..."""
    result = survival.median_survival(np.arange(1, n + 1) ** 2, np.ones(n))
    at_55, at_50, at_45 = (9 * n // 20) ** 2, (n // 2) ** 2, (11 * n // 20) ** 2
    slope = 0.1 / (at_45 - at_55)
    assert result.median == at_50
    assert result.se == pytest.approx(np.sqrt(0.25 / n) / slope, rel=1e-9)


def test_those_ties_would_be_missed_without_the_tolerance():
    """For some of these n the product falls on the wrong side of each of the three limits."""
    curves = {n: survival.kaplan_meier(np.arange(1, n + 1), np.ones(n)).survival for n in WHOLE}
    assert any(s[9 * n // 20 - 1] < 0.55 for n, s in curves.items())
    assert any(s[n // 2 - 1] > 0.50 for n, s in curves.items())
    assert any(s[11 * n // 20 - 1] > 0.45 for n, s in curves.items())


def test_a_tie_reached_through_censoring_counts_too():
    """Twelve patients: 3 die, 3 are censored, 2 of the 6 left die: S = 9/12 * 4/6 = 1/2."""
    time, event = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7], [1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert survival.median_survival(time, event).median == 3


def spss_median_in_fractions(time, event):
    """The rule word for word, in exact fractions: median, u, l and the slope between them."""
    s, curve = Fraction(1), {}
    for t in sorted(set(time[event == 1].tolist())):
        n = int((time >= t).sum())
        s *= Fraction(n - int(((time == t) & (event == 1)).sum()), n)
        curve[t] = s
    median = min((t for t, s in curve.items() if s <= Fraction(1, 2)), default=None)
    u = max((t for t, s in curve.items() if s >= Fraction(11, 20)), default=None)
    low = min((t for t, s in curve.items() if s <= Fraction(9, 20)), default=None)
    slope = None if u is None or low is None else (curve[u] - curve[low]) / (low - u)
    return median, slope


@given(
    st.integers(1, 2).flatmap(
        lambda k: st.lists(st.tuples(st.integers(1, 15), st.integers(0, 3)), min_size=20 * k, max_size=20 * k)
    )
)
@few
def test_spss_median_is_the_rule_in_exact_fractions(pairs):
    time, draw = np.transpose(pairs)
    event = (draw > 0).astype(int)
    result = survival.median_survival(time, event)
    median, slope = spss_median_in_fractions(time, event)
    assert result.median == pytest.approx(np.nan if median is None else median, nan_ok=True)
    if slope is None:
        assert np.isnan(result.se)
        return
    curve = survival.kaplan_meier(time, event)
    greenwood = curve.standard_error[curve.time == median][0]
    assert result.se == pytest.approx(greenwood / float(slope), rel=1e-9)


# --- what is undefined


def test_spss_median_without_a_low_enough_curve():
    never = survival.median_survival([1, 2, 3, 4], [1, 0, 0, 0])
    assert np.isnan([never.median, never.se, never.ci_low, never.ci_high]).all()
    # S = .75, .5 and then censored: a median, but nothing at or below .45
    half = survival.median_survival([1, 2, 3, 4], [1, 1, 0, 0])
    assert half.median == 2
    assert np.isnan([half.se, half.ci_low, half.ci_high]).all()


def test_spss_median_without_an_event_above_55():
    """The first deaths take the curve below .55, so its slope has no upper end."""
    steep = survival.median_survival([1, 1, 1, 2, 3], [1, 1, 1, 1, 1])
    assert steep.median == 1
    assert np.isnan([steep.se, steep.ci_low, steep.ci_high]).all()


@given(patients)
@few
def test_spss_interval_exists_only_where_the_curve_passes_from_55_to_45(pairs):
    time, event = np.transpose(pairs)
    curve = survival.kaplan_meier(time, event)
    s = curve.survival[curve.events > 0]
    result = survival.median_survival(time, event)
    assert np.isnan(result.median) == (not (s <= 0.5 + 1e-9).any())
    defined = (s >= 0.55 - 1e-9).any() and (s <= 0.45 + 1e-9).any()
    assert np.isfinite(result.se) == defined
    if defined:
        assert result.ci_low <= result.median <= result.ci_high
        assert result.ci_low + result.ci_high == pytest.approx(2 * result.median)


def test_no_event_leaves_every_median_undefined():
    for ci in ("spss", "plain", "log", "log-log"):
        assert np.isnan(triple(survival.median_survival([1, 2], [0, 0], ci))).all()


# --- agreement with R


@pytest.mark.parametrize(("name", "group"), CURVES)
def test_kaplan_meier_and_mean_agree_with_r(name, group):
    time, event = times_and_events(name, group)
    curve, asked = survival.kaplan_meier(time, event), R["curves"][name][group]
    for field in ("time", "at_risk", "events", "survival", "standard_error"):
        assert getattr(curve, field) == pytest.approx(numbers(asked[field]), rel=1e-11)
    mean = survival.mean_survival(time, event)
    assert (mean.mean, mean.se) == pytest.approx(tuple(asked["mean"]), rel=1e-11)
    assert mean.ci_high - mean.mean == pytest.approx(1.959963984540054 * mean.se)


@pytest.mark.parametrize("ci", ["plain", "log", "log-log"])
@pytest.mark.parametrize(("name", "group"), CURVES)
def test_brookmeyer_crowley_medians_agree_with_r(name, group, ci):
    result = survival.median_survival(*times_and_events(name, group), ci=ci)
    expected = numbers(R["curves"][name][group]["medians"][ci])
    assert triple(result) == pytest.approx(expected, nan_ok=True)
    assert np.isnan(result.se)


@pytest.mark.parametrize("ci", ["plain", "log", "log-log"])
def test_medians_of_small_samples_agree_with_r_ties_at_one_half_included(ci):
    for asked in R["random"]:
        result = survival.median_survival(asked["time"], asked["event"], ci)
        assert triple(result) == pytest.approx(numbers(asked["medians"][ci]), nan_ok=True), asked


@pytest.mark.parametrize(("name", "group"), CURVES)
def test_follow_up_is_the_median_with_deaths_and_censorings_exchanged(name, group):
    time, event = times_and_events(name, group)
    exchanged = survival.median_survival(time, 1 - event)
    follow_up = survival.reverse_kaplan_meier_median(time, event)
    assert triple(follow_up) == pytest.approx(triple(exchanged), nan_ok=True)
    in_r = numbers(R["curves"][name][group]["follow_up"])
    assert survival.median_survival(time, 1 - event, "log").median == pytest.approx(in_r, nan_ok=True)


@pytest.mark.parametrize("case", R["logrank"])
def test_logrank_agrees_with_r_for_two_and_more_groups(case):
    name, column = case.split(".")
    table, asked = dataset(name), R["logrank"][case]
    result = survival.logrank(table["time"], table["event"], table[column])
    assert (result.statistic, result.p) == pytest.approx((asked["statistic"], asked["p"]), rel=1e-9)
    assert result.df == asked["df"]


# --- laws


@given(patients)
@few
def test_kaplan_meier_falls_from_1_and_only_at_events(pairs):
    time, event = np.transpose(pairs)
    curve = survival.kaplan_meier(time, event)
    steps = np.diff(curve.survival, prepend=1.0)
    assert (steps <= 0).all()
    assert ((steps < 0) == (curve.events > 0)).all()
    assert (curve.survival >= 0).all()
    assert curve.events.sum() == event.sum()
    assert curve.at_risk[0] == len(pairs)


@given(patients, st.floats(0.01, 100))
@few
def test_another_unit_of_time_changes_times_and_nothing_else(pairs, scale):
    time, event = np.transpose(pairs)
    for ci in ("spss", "log"):
        result = survival.median_survival(time, event, ci)
        scaled = survival.median_survival(time * scale, event, ci)
        assert triple(scaled) == pytest.approx(triple(result) * scale, nan_ok=True)
        assert scaled.se == pytest.approx(result.se * scale, nan_ok=True)
    mean, scaled = (survival.mean_survival(t, event) for t in (time, time * scale))
    assert (scaled.mean, scaled.se) == pytest.approx((mean.mean * scale, mean.se * scale))


@given(patients)
@few
def test_mean_survival_without_censoring_is_the_plain_mean(pairs):
    time = np.transpose(pairs)[0]
    result = survival.mean_survival(time, np.ones(time.size))
    assert result.mean == pytest.approx(time.mean())
    assert result.se == pytest.approx(time.std() / np.sqrt(time.size), abs=1e-9)


@given(patients, st.randoms(use_true_random=False))
@few
def test_logrank_sees_only_the_order_of_times(pairs, random):
    time, event = np.transpose(pairs)
    group = np.array([random.random() < 0.5 for _ in pairs])
    assume(0 < group.sum() < group.size)
    result = survival.logrank(time, event, group)
    for other in (survival.logrank(time**2, event, group), survival.logrank(time, event, ~group)):
        assert (other.statistic, other.p) == pytest.approx((result.statistic, result.p), nan_ok=True)


def test_logrank_is_the_score_test_of_a_cox_model_without_ties():
    """Two patients of one group die first: (O-E)^2/V = (2 - 1/2 - 1/3)^2 / (1/4 + 2/9)."""
    result = survival.logrank([1, 2, 3, 4], [1, 1, 0, 0], ["a", "a", "b", "b"])
    assert result.statistic == pytest.approx((2 - 1 / 2 - 1 / 3) ** 2 / (1 / 4 + 2 / 9))


def test_logrank_that_compares_nothing_is_nan():
    for event in ([0, 0, 0, 0], [0, 0, 1, 1]):
        result = survival.logrank([1, 1, 2, 3], event, [0, 0, 1, 1])
        assert np.isnan([result.statistic, result.p]).all()
        assert result.df == 0


def test_logrank_without_censoring_and_with_all_deaths_at_once():
    # R 4.2.2: survdiff(Surv(1:5, rep(1, 5)) ~ c(0, 0, 1, 0, 1)).
    assert survival.logrank([1, 2, 3, 4, 5], [1] * 5, [0, 0, 1, 0, 1]).statistic == pytest.approx(1.18244803695)
    at_once = survival.logrank([2, 2, 2], [1, 1, 1], [0, 1, 1])
    assert np.isnan(at_once.p) and at_once.df == 0


@pytest.mark.parametrize(
    ("time", "event", "median"), [([1, 2, 3, 6], [1, 1, 0, 0], 4), ([1, 2, 3, 4, 5, 9], [1, 1, 1, 0, 0, 0], 6)]
)
def test_a_curve_that_stays_at_one_half_has_its_median_midway_to_the_end(time, event, median):
    # R 4.2.2, survival 3.5.3: quantile(survfit(Surv(time, event) ~ 1), 0.5).
    assert survival.median_survival(time, event, ci="plain").median == median


def test_a_limit_that_is_at_one_half_when_its_band_ends_is_unknown():
    times, limit = np.array([1.0, 2.0, 3.0]), np.array([0.8, 0.5, np.nan])
    assert np.isnan(survival._crossing_of_half(times, limit))


# --- mistakes


@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([], [], "at least one value"),
        ([1, 2], [1], "for each patient"),
        ([[1, 2]], [[1, 0]], "a list"),
        ([1, -2], [1, 0], "not be negative"),
        ([1, np.nan], [1, 0], "not missing"),
        ([1, np.inf], [1, 0], "finite"),
        ([1, 2], [1, 2], "0 or 1"),
        ([1, 2], [1, np.nan], "not missing"),
        (["one", 2], [1, 0], "not a number"),
    ],
)
def test_bad_times_and_events_are_refused_by_all(time, event, message):
    for call in (
        survival.kaplan_meier,
        survival.median_survival,
        survival.mean_survival,
        survival.reverse_kaplan_meier_median,
        lambda t, e: survival.logrank(t, e, [0, 1]),
    ):
        with pytest.raises(ValueError, match=message):
            call(time, event)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: survival.median_survival([1], [1], ci="SPSS"), "ci must be"),
        (lambda: survival.logrank([1, 2], [1, 1], [0, 0]), "two groups"),
        (lambda: survival.logrank([1, 2], [1, 1], [0, np.nan]), "label is missing"),
        (lambda: survival.logrank([1, 2], [1, 1], ["a", None]), "label is missing"),
        (lambda: survival.logrank([1, 2], [1, 1], [0]), "one label"),
    ],
)
def test_bad_requests_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_importing_the_modules_loads_no_slow_library():
    """The audit command has seconds for everything."""
    modules = "contingency, summaries, survival"
    script = f"import sys; from analysis_lib.statistics import {modules}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ORACLES.parents[1],
    ).stdout.split()
    assert not {"statsmodels", "lifelines", "pandas", "scipy.stats"} & set(loaded)


def test_a_mean_lies_in_the_middle_of_its_limits():
    found = survival.mean_survival([1, 2, 3, 5], [1, 0, 1, 1])
    assert found.ci_low < found.mean < found.ci_high
    assert (found.ci_low + found.ci_high) / 2 == pytest.approx(found.mean)
