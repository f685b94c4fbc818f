"""A printed Cox model of two groups bounds the log-rank test of the same patients."""

import numpy as np
import pytest

from analysis_lib.printed.number import Interval, Printed
from analysis_lib.statistics import binary_cox, logrank_bounds, survival


def cohort(seed, sizes=(26, 23), hazards=(0.05, 0.13)):
    """Times without ties, the first group's hazard first, some of them censored."""
    rng = np.random.default_rng(seed)
    group = np.repeat([1, 0], sizes)
    death = rng.exponential(1 / np.where(group == 1, *hazards))
    censoring = rng.uniform(1, 20, group.size)
    return np.minimum(death, censoring), (death <= censoring).astype(int), group


def bounds_of(time, event, group, decimals):
    model = binary_cox.cox(np.zeros(time.size), time, event, group).iloc[0]
    printed = (Printed(f"{model[x]:.{decimals}f}").interval for x in ("hr", "ci_low", "ci_high"))
    sizes = ((group == 1).sum(), (group == 0).sum())
    deaths = (int(event[group == 1].sum()), int(event[group == 0].sum()))
    return logrank_bounds.logrank_bounds(sizes, deaths, *printed)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("hazards", [(0.05, 0.13), (0.1, 0.1), (0.3, 0.08)])
def test_the_log_rank_test_lies_within_what_the_cox_model_implies(seed, hazards):
    time, event, group = cohort(seed, hazards=hazards)
    test = survival.logrank(time, event, group)

    found = bounds_of(time, event, group, decimals=3)

    assert found.statistic.low <= test.statistic <= found.statistic.high
    assert found.p.low <= test.p <= found.p.high


def test_expected_deaths_and_their_variance_lie_within_the_bounds():
    time, event, group = cohort(1)
    share = np.array([(group[time >= t] == 1).mean() for t in time[event == 1]])

    found = bounds_of(time, event, group, decimals=3)

    variance = (share * (1 - share)).sum()
    assert found.expected.low <= share.sum() <= found.expected.high
    assert found.variance.low <= variance <= found.variance.high


def test_coarser_digits_leave_more_open():
    time, event, group = cohort(2)

    fine, coarse = (bounds_of(time, event, group, decimals) for decimals in (4, 2))

    assert coarse.statistic.low <= fine.statistic.low <= fine.statistic.high <= coarse.statistic.high


def test_an_interval_narrower_than_so_many_deaths_allow_is_refuted():
    # 1/se^2 can be no more than a quarter of the deaths.
    ratio, low, high = Interval(0.26, 0.27), Interval(0.15, 0.15), Interval(0.47, 0.47)

    assert logrank_bounds.logrank_bounds((26, 23), (7, 16), ratio, low, high) is None


def test_the_papers_ratio_implies_its_log_rank_p():
    hr, low, high = (Printed(x).interval for x in ("0.264", "0.103", "0.678"))

    found = logrank_bounds.logrank_bounds((26, 23), (7, 16), hr, low, high)

    assert found.p.meets(Printed("0.003").interval)
    assert found.p.high < 0.004
