"""The compiled regressions agree with statsmodels, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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


def test_cox_of_separated_patients_has_no_estimate_and_divides_by_nothing():
    # R's coxph: "Loglik converged before variable 1; coefficient may be infinite".
    time, event = np.array([3.0, 2, 2, 4, 4, 3]), np.array([1, 1, 0, 1, 0, 1])
    x = np.array([1.0, 0, 0, 1, 1, 1])
    order = np.argsort(time)
    for member in (x, 1 - x):
        assert not regression.cox_yes_no(time, event, member, order, np.zeros(2))
        assert not regression.cox_one(time, event, member, order, np.zeros(2))
        assert not regression.cox_two(time, event, member, time % 3, order, np.zeros(4))


@given(data=st.data())
@settings(deadline=None, max_examples=500)
def test_cox_has_an_estimate_just_where_the_likelihood_has_a_maximum(data):
    n = data.draw(st.integers(2, 8))
    draw = lambda values: np.array(data.draw(st.lists(values, min_size=n, max_size=n)))  # noqa: E731
    time, event = draw(st.integers(1, 4)).astype(float), draw(st.integers(0, 1))
    x = draw(st.integers(0, 1)).astype(float)
    # The score where the coefficient goes to minus and to plus infinity.
    at_risk = [x[time >= time[i]] for i in np.flatnonzero(event)]
    rises = sum(x[event == 1]) - sum(members.min() for members in at_risk)
    falls = sum(x[event == 1]) - sum(members.max() for members in at_risk)
    found, order = np.zeros(2), np.argsort(time)
    assert regression.cox_yes_no(time, event, x, order, found) == (rises > 0 > falls)
    assert regression.cox_one(time, event, x, order, np.zeros(2)) == (rises > 0 > falls)
    if rises > 0 > falls:
        # R's coxph and statsmodels stop earlier than the kernel.
        fit = PHReg(time, x[:, None], status=event, ties="breslow").fit(disp=0)
        assert found == pytest.approx([fit.params[0], fit.bse[0]], rel=1e-4)


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
