"""The compiled statistics agree with statsmodels, lifelines and scipy, ties included."""

import numpy as np
import pytest
import scipy.stats
from lifelines.statistics import logrank_test
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.reconstruction import kernels
from analysis_lib.reconstruction.verify import spss_median

SEEDS = range(12)


def small_cohort(seed, n=40):
    """Random survival with many ties and a covariate that matters."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n).round(1)
    time = np.ceil(rng.exponential(np.exp(-0.5 * x)) * 8)
    event = (rng.random(n) < 0.6).astype(np.int64)
    first = rng.random(n) < 0.5
    return time, event, x, first, np.argsort(time)


@pytest.mark.parametrize("seed", SEEDS)
def test_cox_agrees_with_statsmodels_breslow(seed):
    time, event, x, first, order = small_cohort(seed)
    one = np.zeros(2)
    assert kernels.cox_one(time, event, x, order, one)
    fit = PHReg(time, x[:, None], status=event, ties="breslow").fit(disp=0)
    assert one == pytest.approx([fit.params[0], fit.bse[0]], rel=1e-9)
    two = np.zeros(4)
    assert kernels.cox_two(time, event, x, first.astype(float), order, two)
    fit = PHReg(time, np.column_stack([x, first]), status=event, ties="breslow").fit(disp=0)
    assert two == pytest.approx([*fit.params, *fit.bse], rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_log_rank_agrees_with_lifelines(seed):
    time, event, _, first, order = small_cohort(seed)
    expected = logrank_test(time[first], time[~first], event[first], event[~first]).p_value
    assert kernels.log_rank_p(time, event, first, order) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_median_survival_agrees_with_the_rule_on_statsmodels_curve(seed):
    time, event, _, _, order = small_cohort(seed)
    found = np.empty(3)
    kernels.median_survival(time, event, order, found)
    assert found == pytest.approx(spss_median(time, event), rel=1e-12, nan_ok=True)


def test_median_survival_of_freireichs_patients_is_that_of_spss():
    weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    time, event = np.array(weeks, float), np.array([1] * 9 + [0] * 12)
    found = np.empty(3)
    kernels.median_survival(time, event, np.argsort(time), found)
    assert found == pytest.approx([23, 12.70, 33.30], abs=0.005)


@pytest.mark.parametrize("seed", SEEDS)
def test_logistic_agrees_with_statsmodels(seed):
    _, event, x, first, _ = small_cohort(seed)
    design = np.column_stack([np.ones(x.size), x, first])
    beta, errors = np.zeros(3), np.empty(3)
    assert kernels.logistic(design, event.astype(float), beta, errors)
    fit = Logit(event, design).fit(disp=0, tol=1e-12)
    assert [*beta, *errors] == pytest.approx([*fit.params, *fit.bse], rel=1e-9)


def test_logistic_reports_separation():
    design = np.column_stack([np.ones(6), [1.0, 2, 3, 4, 5, 6]])
    assert not kernels.logistic(design, np.array([0.0, 0, 0, 1, 1, 1]), np.zeros(2), np.empty(2))


@pytest.mark.parametrize("seed", SEEDS)
def test_rank_and_t_tests_agree_with_scipy(seed):
    _, _, x, first, _ = small_cohort(seed)
    expected = scipy.stats.mannwhitneyu(x[first], x[~first], use_continuity=False, method="asymptotic")
    assert kernels.mann_whitney_p(x, first) == pytest.approx(expected.pvalue, rel=1e-9)
    t = scipy.stats.ttest_ind(x[first], x[~first], equal_var=False)
    assert kernels.student_p(t.statistic, t.df) == pytest.approx(t.pvalue, rel=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.75, 0.99])
def test_haverage_is_numpys_weibull(share):
    values = np.sort(small_cohort(3)[2])
    assert kernels.haverage(values, share) == pytest.approx(np.quantile(values, share, method="weibull"), rel=1e-12)
