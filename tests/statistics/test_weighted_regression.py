"""Weighted models are R's, their standard errors too; those without a finite estimate are NaN."""

import json

import numpy as np
import pandas as pd
import pytest

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
