"""The compiled statistics agree with statsmodels, lifelines and scipy, ties included."""

import numpy as np
import pytest
import scipy.stats
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from analysis_lib.reconstruction._numba import tests_and_curves
from analysis_lib.reconstruction._numba.column_statistics import (
    COLUMN_STATISTICS,
    STUDENT_P,
    WELCH_P,
    Column,
    column_statistics,
)
from analysis_lib.targets.recompute import spss_median


def test_log_rank_agrees_with_lifelines(small_cohort):
    time, event, _, first, order = small_cohort
    expected = logrank_test(time[first], time[~first], event[first], event[~first]).p_value
    assert tests_and_curves.log_rank_p(time, event, first, order) == pytest.approx(expected, rel=1e-9)


def test_median_survival_agrees_with_the_rule_on_statsmodels_curve(small_cohort):
    time, event, _, _, order = small_cohort
    found = np.empty(3)
    tests_and_curves.median_survival(time, event, order, found)
    assert found == pytest.approx(spss_median(time, event), rel=1e-12, nan_ok=True)


def test_median_survival_of_freireichs_patients_is_that_of_spss():
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    time, event = np.array(weeks, float), np.array([1] * 9 + [0] * 12)
    found = np.empty(3)
    tests_and_curves.median_survival(time, event, np.argsort(time), found)
    assert found == pytest.approx([23, 12.70, 33.30], abs=0.005)


def test_rank_and_t_tests_agree_with_scipy(small_cohort):
    _, _, x, first, _ = small_cohort
    expected = scipy.stats.mannwhitneyu(x[first], x[~first], use_continuity=False, method="asymptotic")
    assert tests_and_curves.mann_whitney_p(np.sort(x), np.sort(x[first])) == pytest.approx(expected.pvalue, rel=1e-9)
    t = scipy.stats.ttest_ind(x[first], x[~first], equal_var=False)
    assert tests_and_curves.student_p(t.statistic, t.df) == pytest.approx(t.pvalue, rel=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.75, 0.99])
@pytest.mark.parametrize("name", tests_and_curves.QUANTILE_RULES)
def test_quantile_rules_are_numpys_of_the_same_name(share, name):
    values = np.sort(np.random.default_rng(3).normal(size=40).round(1))
    found = tests_and_curves.quantile(values, share, tests_and_curves.QUANTILE_RULES[name])
    assert found == pytest.approx(np.quantile(values, share, method=name), rel=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.25, 0.5, 0.75])
def test_a_kaplan_meier_curve_falls_when_lifelines_says_so(small_cohort, level):
    time, event, _, _, order = small_cohort
    curve = KaplanMeierFitter().fit(time, event).survival_function_["KM_estimate"]
    fall, end = tests_and_curves.kaplan_meier_fall(time, event, order, level)
    assert end == pytest.approx(curve.iloc[-1], abs=1e-12)
    # lifelines has no tolerance where a curve is on the level but for rounding.
    fallen = curve.index[curve <= level + 1e-9]
    assert fall == fallen[0] if len(fallen) else np.isnan(fall)


def test_tests_of_patients_who_do_not_differ_are_not_defined():
    alone = np.ones(1)
    assert np.isnan(tests_and_curves.mann_whitney_p(alone, alone))
    statistics = np.zeros(COLUMN_STATISTICS)
    everyone, no_later = np.ones(3, dtype=bool), np.empty(0)
    column = Column(np.ones(4), np.ones(4), 1.0, np.arange(4) < 2, everyone, no_later, 0.0, np.empty((3, 30)))
    column_statistics(np.ones(4), column, statistics)
    assert np.isnan(statistics[[STUDENT_P, WELCH_P]]).all()
