"""Propensity models agree with R's glm and coxph, and say so when an estimate does not exist."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import propensity, survival

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "propensity.json").read_text())

few = settings(max_examples=25, deadline=None)


def dataset(name):
    path = ORACLES / "data" / f"{name}.csv"
    table = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")
    treated = table["trt" if name == "veteran" else "rx"] - 1
    covariates = np.column_stack([table[c] for c in R[name]["covariates"]]).astype(float)
    return table, covariates, treated


def wald_table(model, ratio):
    return np.column_stack([model.coef, model.se, ratio, model.ci_low, model.ci_high, model.p])


@pytest.mark.parametrize("name", ["veteran", "ovarian"])
def test_logistic_model_and_fitted_probabilities_agree_with_r(name):
    _, covariates, treated = dataset(name)
    model = propensity.logistic(covariates, treated, names=R[name]["covariates"])
    assert wald_table(model, model.odds_ratio) == pytest.approx(np.array(R[name]["wald"]), rel=1e-8)
    assert model.fitted == pytest.approx(np.array(R[name]["fitted"]), rel=1e-10)
    assert model.log_likelihood == pytest.approx(R[name]["log_likelihood"], rel=1e-12)
    assert model.names == ("constant", *R[name]["covariates"])
    assert model.converged
    assert not model.separated
    assert np.array_equal(propensity.propensity_score(covariates, treated), model.fitted)


@pytest.mark.parametrize("name", ["veteran", "ovarian"])
def test_cox_model_adjusted_for_the_score_agrees_with_r(name):
    table, covariates, treated = dataset(name)
    score = propensity.propensity_score(covariates, treated)
    model = propensity.adjusted_cox(table["time"], table["event"], treated, score)
    expected = np.array(R[name]["adjusted_cox"])
    assert wald_table(model, model.hr) == pytest.approx(expected, rel=1e-8)
    assert model.names == ("treated", "score")


outcomes = st.lists(st.tuples(st.booleans(), st.integers(-9, 9)), min_size=8, max_size=30)


@given(outcomes, st.floats(0.01, 100), st.floats(-100, 100))
@few
def test_units_of_a_covariate_change_its_coefficient_only(pairs, scale, shift):
    outcome, covariate = np.transpose(pairs)
    assume(np.ptp(outcome) and np.ptp(covariate))
    model = propensity.logistic(covariate, outcome)
    other = propensity.logistic(covariate * scale + shift, outcome)
    assert other.separated == model.separated
    assume(model.converged)
    assert other.coef[1] * scale == pytest.approx(model.coef[1], rel=1e-6, abs=1e-8)
    assert other.p[1] == pytest.approx(model.p[1], rel=1e-6)
    assert other.fitted == pytest.approx(model.fitted, rel=1e-6)


@given(outcomes)
@few
def test_fitted_probabilities_sum_to_the_outcomes(pairs):
    outcome, covariate = np.transpose(pairs)
    assume(np.ptp(outcome) and np.ptp(covariate))
    model = propensity.logistic(covariate, outcome)
    assert ((model.fitted >= 0) & (model.fitted <= 1)).all()
    assert model.fitted.sum() == pytest.approx(outcome.sum(), abs=1e-6)


@given(outcomes)
@few
def test_one_covariate_separates_if_and_only_if_its_ranges_do_not_overlap(pairs):
    outcome, covariate = np.transpose(pairs)
    assume(np.ptp(outcome) and np.ptp(covariate))
    with_it, without = covariate[outcome == 1], covariate[outcome == 0]
    apart = with_it.min() >= without.max() or with_it.max() <= without.min()
    model = propensity.logistic(covariate, outcome, names=["size"])
    assert model.separated == (("size",) if apart else ())
    assert model.converged == (not apart)


def test_quasi_separation_names_the_covariate_and_leaves_the_others_out():
    """Only patients with the marker are treated, but not all of them."""
    marker = np.repeat([0, 1], 10)
    treated = np.r_[np.zeros(10), np.tile([0, 1], 5)]
    noise = np.tile([3, 1, 4, 1, 5], 4)
    model = propensity.logistic(np.column_stack([noise, marker]), treated, names=["noise", "marker"])
    assert model.separated == ("marker",)
    assert not model.converged
    assert model.fitted[:10] == pytest.approx(0, abs=1e-6)


def test_two_covariates_that_separate_only_together_are_found():
    a, b = np.array([0, 1, 2, 3, 0, 1, 2, 3]), np.array([1, 2, 3, 4, 0, 1, 2, 3])
    treated = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    assert not propensity.logistic(a, treated).separated
    assert not propensity.logistic(b, treated).separated
    assert propensity.logistic(np.column_stack([a, b]), treated).separated == ("x1", "x2")


def test_a_score_that_is_constant_adds_nothing_and_is_refused():
    time, event, treated = [1, 2, 3, 4], [1, 1, 1, 0], [1, 0, 1, 0]
    with pytest.raises(ValueError, match="does not vary"):
        propensity.adjusted_cox(time, event, treated, [0.5] * 4)


def test_adjusted_cox_is_a_cox_model_with_breslow_ties():
    table, covariates, treated = dataset("veteran")
    score = propensity.propensity_score(covariates, treated)
    both = np.column_stack([treated, score])
    adjusted = propensity.adjusted_cox(table["time"], table["event"], treated, score)
    breslow = survival.cox(table["time"], table["event"], both, ties="breslow")
    efron = survival.cox(table["time"], table["event"], both, ties="efron")
    assert np.array_equal(adjusted.hr, breslow.hr)
    assert not np.allclose(adjusted.hr, efron.hr, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: propensity.logistic([1, 2, 3], [0, 1, 2]), "0 or 1"),
        (lambda: propensity.logistic([1, 2, 3], [0, 1, np.nan]), "not missing"),
        (lambda: propensity.logistic([1, 2, 3], ["no", "yes", "no"]), "not a number"),
        (lambda: propensity.logistic([1, 2, 3], [1, 1, 1]), "have the same"),
        (lambda: propensity.logistic([], []), "at least one value"),
        (lambda: propensity.logistic([1, 2], [0, 1, 1]), "one row for each"),
        (lambda: propensity.logistic([1, np.nan, 3], [0, 1, 1]), "not missing"),
        (lambda: propensity.logistic([0.1, 0.1, 0.1], [0, 1, 1]), "does not vary"),
        (lambda: propensity.logistic([[1, 2], [2, 4], [3, 6]], [0, 1, 1]), "follows from"),
        (lambda: propensity.logistic([1, 2, 3], [0, 1, 1], names="age"), "names"),
        (lambda: propensity.adjusted_cox([1, 2], [1, 1], [0, 1], [0.2, 1.4]), "between 0 and 1"),
        (lambda: propensity.adjusted_cox([1, 2], [1, 1], [0, 2], [0.2, 0.4]), "0 or 1"),
        (lambda: propensity.adjusted_cox([1, 2], [1, 1], [0, 1], [0.2]), "one for each patient"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
