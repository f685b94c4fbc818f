"""Weighted models are R's, their standard errors too; those without a finite estimate are NaN."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import weighted_regression

ORACLES = ROOT / "tests" / "oracles"
COX = json.loads((ORACLES / "survival.json").read_text())["cox"]
FIRTH = json.loads((ORACLES / "confounding.json").read_text())


def table(name):
    return pd.read_csv(ORACLES / "data" / f"{name}.csv")


def columns(data, names):
    """One sample of the columns, shape (1, n) or (1, n, k)."""
    return data[names].to_numpy(float)[None]


def coef_and_se(fits):
    return np.column_stack([fits.coef[0], np.sqrt(np.diag(fits.covariance[0]))])


@pytest.mark.parametrize("name", COX)
def test_cox_models_of_several_covariates_agree_with_r(name):
    data, answer = table(name), COX[name]
    x, time, event = (columns(data, names) for names in (answer["covariates"], "time", "event"))
    fits = weighted_regression.cox(time, event, x, np.ones(time.shape))
    assert coef_and_se(fits) == pytest.approx(np.array(answer["breslow"]["wald"])[:, :2], rel=1e-7)


def test_firths_logistic_model_has_rs_estimates_where_a_covariate_separates():
    data = table("endometrial")
    x, outcome = columns(data, ["NV", "PI", "EH"]), columns(data, "HG")
    fits = weighted_regression.logistic(x, outcome, np.ones(outcome.shape), firth=True)
    assert coef_and_se(fits) == pytest.approx(np.array(FIRTH["endometrial"])[:, :2], rel=1e-6)
    assert np.isnan(weighted_regression.logistic(x, outcome, np.ones(outcome.shape)).coef).all()


def test_a_whole_weight_counts_a_patient_so_often():
    data = table("ovarian")
    repeats = np.arange(len(data)) % 3
    several = data.loc[data.index.repeat(repeats)]
    for fit in (
        lambda d, w: weighted_regression.cox(columns(d, "time"), columns(d, "event"), columns(d, ["rx", "age"]), w),
        lambda d, w: weighted_regression.logistic(columns(d, ["age", "resid_ds"]), columns(d, "rx") - 1, w),
    ):
        weighted, repeated = fit(data, repeats[None].astype(float)), fit(several, np.ones((1, len(several))))
        assert coef_and_se(weighted) == pytest.approx(coef_and_se(repeated), rel=1e-7)


def test_a_sample_repeated_two_thousand_times_has_the_same_estimates():
    data = table("endometrial")
    once, repeated = (
        weighted_regression.logistic(columns(d, ["PI", "EH"]), columns(d, "HG"), np.ones((1, len(d))))
        for d in (data, pd.concat([data] * 2000))
    )
    assert repeated.coef == pytest.approx(once.coef, rel=1e-8)


def test_a_skewed_covariate_on_which_whole_newton_steps_run_off_converges():
    rng = np.random.default_rng(3)
    skewed = np.exp(2 * rng.normal(size=49))
    time = rng.exponential(size=49) * np.exp(-1.0 * (skewed > 3))
    event = rng.random(49) < 0.5
    fits = weighted_regression.cox(time[None], event[None], skewed[None, :, None], np.ones((1, 49)))
    # statsmodels' own steps run off here; its score says where the maximum is.
    assert PHReg(time, skewed[:, None], event.astype(int)).score(fits.coef[0]) == pytest.approx(0, abs=1e-7)


A, B = np.array([0.0, 1, 2, 3, 0, 1, 2, 3]), np.array([1.0, 2, 3, 4, 0, 1, 2, 3])
TREATED = np.array([[1, 1, 1, 1, 0, 0, 0, 0]])


@pytest.mark.parametrize(
    ("covariates", "exists"),
    [((A,), True), ((B,), True), ((A, B), False), ((A, 2 * A + 1), False), ((A, np.full(8, 0.1)), False)],
    ids=["one", "another", "both, which separate only together", "one twice", "one and a constant"],
)
def test_a_logistic_model_has_coefficients_only_where_an_estimate_exists(covariates, exists):
    x = np.column_stack(covariates)[None]
    fits = weighted_regression.logistic(x, TREATED, np.ones((1, 8)))
    assert np.isfinite(fits.coef).all() == np.isfinite(fits.covariance).all() == exists
    assert np.isnan(fits.coef).all() != exists


def test_a_cox_model_has_a_coefficient_only_where_an_estimate_exists():
    time, event = np.arange(1.0, 7)[None], np.array([[1, 1, 1, 1, 1, 0]])
    for exposed, exists in (([1, 1, 0, 0, 0, 0], False), ([1, 0, 1, 0, 1, 0], True), ([1, 1, 1, 1, 1, 1], False)):
        x = np.array(exposed, float)[None, :, None]
        assert np.isfinite(weighted_regression.cox(time, event, x, np.ones((1, 6))).coef).all() == exists


def test_a_sample_without_an_estimate_leaves_the_one_beside_it_alone():
    x, outcome = np.stack([np.arange(8.0), A])[:, :, None], np.repeat(TREATED, 2, axis=0)
    both = weighted_regression.logistic(x, outcome, np.ones((2, 8)))
    alone = weighted_regression.logistic(x[1:], outcome[1:], np.ones((1, 8)))
    assert np.isnan(both.coef[0]).all()
    assert np.isfinite(alone.coef).all()
    assert both.coef[1] == pytest.approx(alone.coef[0], rel=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.integers(-9, 9)), min_size=8, max_size=30))
@settings(max_examples=25, deadline=None)
def test_fitted_probabilities_sum_to_the_outcomes_and_one_covariate_separates_if_its_ranges_do_not_overlap(pairs):
    outcome, covariate = np.transpose(pairs)
    assume(np.ptp(outcome) and np.ptp(covariate))
    with_it, without = covariate[outcome == 1], covariate[outcome == 0]
    apart = with_it.min() >= without.max() or with_it.max() <= without.min()
    x = covariate[None, :, None].astype(float)
    fits = weighted_regression.logistic(x, outcome[None], np.ones((1, outcome.size)))
    assert np.isnan(fits.coef).all() == apart
    if not apart:
        assert weighted_regression.probabilities(fits, x).sum() == pytest.approx(outcome.sum(), abs=1e-6)


@given(st.floats(0.01, 100), st.floats(-100, 100))
@settings(max_examples=25, deadline=None)
def test_units_of_a_covariate_change_its_coefficient_only(scale, shift):
    data = table("ovarian")
    x, outcome = columns(data, ["age", "resid_ds"]), columns(data, "rx") - 1
    model = weighted_regression.logistic(x, outcome, np.ones(outcome.shape))
    other = weighted_regression.logistic(x * scale + shift, outcome, np.ones(outcome.shape))
    assert other.coef[0, 1:] * scale == pytest.approx(model.coef[0, 1:], rel=1e-6)
    assert weighted_regression.probabilities(other, x * scale + shift) == pytest.approx(
        weighted_regression.probabilities(model, x), rel=1e-6
    )
