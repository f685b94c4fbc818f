"""Times that differ by rounding alone are one time, wherever they enter; R says which."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import binary_cox, robust_cox, survival
from analysis_lib.statistics.near_ties import TOLERANCE, merge_near_ties

CASES = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())["cases"]
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_case
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_cox_models_of_small_cases_are_rs(case, ties):
    start = case.get("start")
    found = binary_cox.cox(np.zeros(len(case["time"])), case["time"], case["event"], case["group"], start, ties).iloc[0]
    wanted = case["cox"][ties]
    assert found[["coef", "se"]].tolist() == pytest.approx(wanted[:2], rel=1e-8)
    if start is None:
        other = robust_cox.cox(case["time"], case["event"], np.transpose([case["group"]]), ties=ties)
        assert [other.coef[0], other.covariance[0, 0] ** 0.5] == pytest.approx(wanted[:2], rel=1e-8)


@pytest.mark.parametrize(
    "case", [c for c in CASES.values() if "curve" in c], ids=[k for k, c in CASES.items() if "curve" in c]
)
def test_curves_medians_means_and_log_rank_tests_of_small_cases_are_rs(case):
    time, event = case["time"], case["event"]
    curve = survival.kaplan_meier(time, event)
    assert curve.time.tolist() == pytest.approx(case["curve"]["time"], rel=1e-12)
    assert curve.survival.tolist() == pytest.approx(case["curve"]["survival"], rel=1e-12)
    for ci, wanted in case["medians"].items():
        found = survival.median_survival(time, event, ci)
        assert [found.median, found.ci_low, found.ci_high] == pytest.approx(np.array(wanted, float), nan_ok=True)
    mean = survival.mean_survival(time, event, case["horizon"])
    assert [mean.mean, mean.se] == pytest.approx(case["mean"], rel=1e-9)
    assert survival.logrank(time, event, case["group"]).statistic == pytest.approx(case["logrank"], rel=1e-8)


def test_a_run_of_near_ties_becomes_its_first_as_far_as_each_is_near_the_next():
    step = 0.9 * TOLERANCE
    assert merge_near_ties([1, 1 + step, 1 + 2 * step, 1 + 3.2 * step]).tolist() == [1, 1, 1, 1 + 3.2 * step]
    # Of long times the tolerance is a part of their mean.
    assert merge_near_ties([1000, 1000 + 1e-6]).tolist() == [1000, 1000]


def test_the_tolerance_is_a_part_of_the_mean_of_the_distinct_times():
    late = 1000 + 600 * TOLERANCE  # the distinct times 1, 999.5, 1000 and this have a mean of 750, all of them of 273
    assert merge_near_ties([1] * 8 + [999.5, 1000, late]).tolist() == [1] * 8 + [999.5, 1000, 1000]
    assert merge_near_ties([2, 1]).dtype == float


def test_cohorts_are_merged_each_by_itself_and_what_is_infinite_stays():
    assert merge_near_ties([0.3, 0.1 + 0.2, np.inf, 5], [1, 2, 1, 2]).tolist() == [0.3, 0.1 + 0.2, np.inf, 5]
    assert merge_near_ties([]).tolist() == []


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=40))
def test_whole_days_in_years_stay_as_they_are(days):
    years = np.array(days) / 365.25
    assert merge_near_ties(years).tolist() == years.tolist()


def test_a_row_that_ends_where_it_starts_is_refused():
    with pytest.raises(ValueError, match="start: must lie before stop"):
        binary_cox.risk_tables([0, 0], [1.0, 0.3], [1, 1], [1, 0], [0.0, 0.1 + 0.2])
