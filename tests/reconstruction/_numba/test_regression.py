"""The compiled regressions agree with statsmodels, ties included."""

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.reconstruction._numba import regression


def test_cox_agrees_with_statsmodels_breslow(small_cohort):
    time, event, x, first, order = small_cohort
    one = np.zeros(2)
    assert regression.cox_one(time, event, x, order, one)
    fit = PHReg(time, x[:, None], status=event, ties="breslow").fit(disp=0)
    assert one == pytest.approx([fit.params[0], fit.bse[0]], rel=1e-9)
    two = np.zeros(4)
    assert regression.cox_two(time, event, x, first.astype(float), order, two)
    fit = PHReg(time, np.column_stack([x, first]), status=event, ties="breslow").fit(disp=0)
    assert two == pytest.approx([*fit.params, *fit.bse], rel=1e-9)


def test_cox_of_a_yes_or_no_is_that_of_any_covariate(small_cohort):
    time, event, _, first, order = small_cohort
    expected, found = np.zeros(2), np.zeros(2)
    assert regression.cox_one(time, event, first.astype(float), order, expected)
    assert regression.cox_yes_no(time, event, first, order, found)
    assert found == pytest.approx(expected, rel=1e-9)


def test_logistic_agrees_with_statsmodels(small_cohort):
    _, event, x, first, _ = small_cohort
    columns = np.stack([np.ones(x.size), x, first])
    beta, errors = np.zeros(3), np.empty(3)
    assert regression.logistic(columns, event.astype(float), beta, errors)
    fit = Logit(event, columns.T).fit(disp=0, tol=1e-12)
    assert [*beta, *errors] == pytest.approx([*fit.params, *fit.bse], rel=1e-9)


def test_logistic_reports_separation():
    columns = np.stack([np.ones(6), [1.0, 2, 3, 4, 5, 6]])
    assert not regression.logistic(columns, np.array([0.0, 0, 0, 1, 1, 1]), np.zeros(2), np.empty(2))


def test_logistic_of_one_covariate_is_that_of_any_number(small_cohort):
    _, event, x, _, _ = small_cohort
    beta, errors, found = np.zeros(2), np.empty(2), np.zeros(3)
    assert regression.logistic(np.stack([np.ones(x.size), x]), event.astype(float), beta, errors)
    assert regression.logistic_one(x, event.astype(float), found)
    assert found == pytest.approx([*beta, errors[1]], rel=1e-9)


def test_logistic_of_one_covariate_reports_separation_and_a_covariate_that_does_not_vary():
    outcome = np.array([0.0, 0, 0, 1, 1, 1])
    assert not regression.logistic_one(np.arange(6.0), outcome, np.zeros(3))
    assert not regression.logistic_one(np.full(6, 2.0), outcome, np.zeros(3))
