"""Firth's corrected models are those of firthmodels, their intervals and tests too."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import firth, survival

ORACLES = ROOT / "tests" / "oracles"
ANSWERS = json.loads((ORACLES / "firth.json").read_text())
R = json.loads((ORACLES / "confounding.json").read_text())


def table(name):
    return pd.read_csv(ORACLES / "data" / f"{name}.csv")


def agrees(model, answer):
    assert model.coef == pytest.approx(answer["coef"], rel=1e-5)
    limits = np.log(np.column_stack([model.ci_low, model.ci_high]))
    assert limits == pytest.approx(np.array(answer["ci"]), rel=1e-4)
    assert model.p == pytest.approx(answer["p"], rel=1e-4)


def test_a_logistic_model_that_a_covariate_separates():
    d = table("endometrial")
    model = firth.logistic(d[["NV", "PI", "EH"]], d["HG"], names=("NV", "PI", "EH"))
    agrees(model, ANSWERS["endometrial"])
    assert model.names == ("NV", "PI", "EH")
    # R's brglm2 has the same estimates.
    assert model.coef == pytest.approx([row[0] for row in R["endometrial"][1:]], rel=1e-6)


def test_a_logistic_model_of_few_patients():
    d = table("ovarian")
    agrees(firth.logistic(d[["age", "resid_ds"]], d["rx"] - 1), ANSWERS["ovarian"])


def test_cox_models():
    d = table("ovarian")
    agrees(firth.cox(d["time"], d["event"], d[["rx", "age"]]), ANSWERS["cox_ovarian"])
    d = table("freireich")
    agrees(firth.cox(d["time"], d["event"], d["treated"]), ANSWERS["cox_freireich"])


def test_a_cox_model_with_ties_lies_between_the_uncorrected_one_and_no_effect():
    d = table("freireich")
    plain, corrected = survival.cox(d["time"], d["event"], d["treated"]), firth.cox(d["time"], d["event"], d["treated"])
    assert 0 < abs(corrected.coef[0]) < abs(plain.coef[0])
    assert corrected.ci_low[0] < corrected.ratio[0] < corrected.ci_high[0]


def test_where_no_exposed_patient_dies_there_is_an_estimate_and_one_end_of_its_interval():
    time, event, exposed = np.arange(1.0, 13.0), np.tile([1, 0], 6), np.tile([0, 1], 6)
    model = firth.cox(time, event, exposed)
    assert np.isfinite(model.coef[0]) and model.ratio[0] < 1
    assert model.ci_low[0] < 1e-3 and model.ci_high[0] < 2


@pytest.mark.parametrize(
    ("outcome", "covariate", "words"),
    [([1, 1, 1, 1], [1, 2, 3, 4], "all patients have the same"), ([0, 1, 0, 1], [2, 2, 2, 2], "does not vary")],
)
def test_what_has_no_model_is_told(outcome, covariate, words):
    with pytest.raises(ValueError, match=words):
        firth.logistic(covariate, outcome)


def test_without_events_there_is_no_cox_model():
    with pytest.raises(ValueError, match="without an event"):
        firth.cox([1, 2, 3], [0, 0, 0], [0, 1, 0])
