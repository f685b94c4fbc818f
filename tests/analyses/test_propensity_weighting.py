"""Scores, weights, strata and ratios of many samples at once are those of R, sample by sample."""

import json

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.analyses import propensity_weighting
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.reconstruction import ensemble
from analysis_lib.statistics import weighted_regression

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "confounding.json").read_text())
TREATED = {"veteran": lambda d: d["trt"] - 1, "ovarian": lambda d: d["rx"] - 1}


def public(name):
    table = pd.read_csv(ORACLES / "data" / f"{name}.csv")
    treated = TREATED[name](table).to_numpy(float)[None]
    return propensity_weighting.Stack(
        np.array([0]),
        tuple(R[name]["covariates"]),
        table["time"].to_numpy(float)[None],
        table["event"].to_numpy(float)[None],
        treated,
        np.ones(treated.shape),
        table[R[name]["covariates"]].to_numpy(float)[None],
    )


@pytest.fixture(params=TREATED)
def asked(request):
    return public(request.param), R[request.param]


def test_scores_and_weights_are_rs(asked):
    sample, answer = asked
    scores = propensity_weighting.propensity_score(sample)
    assert scores[0] == pytest.approx(answer["score"], rel=1e-9)
    for name, w in propensity_weighting.weights(sample, scores).items():
        assert w[0] == pytest.approx(answer["weights"][name], rel=1e-8)


def test_ratios_by_every_method_are_rs(asked):
    sample, answer = asked
    found = propensity_weighting.log_hazard_ratios(sample).iloc[0]
    assert found["covariate"] == pytest.approx(answer["adjusted"][0][0], rel=1e-7)
    assert found["strata"] == pytest.approx(answer["stratified"][0][0], rel=1e-7)
    for name in ("iptw", "overlap"):
        assert found[name] == pytest.approx(answer["cox"][name]["coef"], rel=1e-7)


def test_information_of_weighted_models_is_rs(asked):
    sample, answer = asked
    for name, w in propensity_weighting.weights(sample, propensity_weighting.propensity_score(sample)).items():
        fits = weighted_regression.cox(sample.time, sample.event, sample.treated[:, :, None], w)
        assert fits.covariance[0, 0, 0] == pytest.approx(answer["cox"][name]["inverse_information"], rel=1e-7)


def test_standardised_differences_are_rs(asked):
    sample, answer = asked
    by = {"none": None} | propensity_weighting.weights(sample, propensity_weighting.propensity_score(sample))
    for name, w in by.items():
        wanted = answer["smd"][name]
        wanted = list(wanted.values()) if isinstance(wanted, dict) else wanted
        assert propensity_weighting.standardised_differences(sample, w)[0] == pytest.approx(wanted, abs=1e-8)


def test_firths_scores_are_those_of_rs_coefficients(asked):
    sample, answer = asked
    linear = np.column_stack([np.ones(sample.time.size), sample.covariates[0]]) @ [row[0] for row in answer["firth"]]
    assert propensity_weighting.propensity_score(sample, firth=True)[0] == pytest.approx(
        1 / (1 + np.exp(-linear)), rel=1e-6
    )


@pytest.fixture(scope="module")
def cohorts():
    shipped = ensemble.load()
    return shipped.patients[shipped.patients["cohort"].isin(range(5))]


def test_the_papers_analysis_is_that_of_statsmodels_cohort_by_cohort(cohorts):
    sample = propensity_weighting.stack(cohorts)
    found = propensity_weighting.log_hazard_ratios(sample)
    for number, one in cohorts.groupby("cohort"):
        one = one.assign(grade_1=one["grade"] == "G1").dropna(subset=["tumour_size_post_mm"])
        x, operated = one[list(propensity_weighting.COVARIATES)].to_numpy(float), one["group"] == "surgery"
        x = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
        score = Logit(operated.astype(float), x).fit(disp=0, tol=1e-12).predict()
        for column, covariates in (("covariate", [operated, score]), ("crude", [operated])):
            model = PHReg(one["os_years"], np.column_stack(covariates).astype(float), one["os_event"], ties="breslow")
            assert found.loc[number, column] == pytest.approx(model.fit(tol=1e-14).params[0], rel=1e-6)


def test_samples_of_unequal_size_do_not_touch_each_other(cohorts):
    numbers = cohorts["cohort"].unique()
    short = cohorts[(cohorts["cohort"] != numbers[0]) | (cohorts["patient"] % 7 > 0)]
    together = propensity_weighting.log_hazard_ratios(propensity_weighting.stack(short))
    alone = propensity_weighting.log_hazard_ratios(propensity_weighting.stack(short[short["cohort"] == numbers[0]]))
    assert together.loc[numbers[0]].to_numpy() == pytest.approx(alone.iloc[0].to_numpy(), rel=1e-7)


def test_where_covariates_separate_the_groups_only_the_crude_ratio_is_left(cohorts):
    one = cohorts[cohorts["cohort"] == cohorts["cohort"].iat[0]].assign(
        kps=lambda d: np.where(d["group"] == "surgery", 100, 70)
    )
    found = propensity_weighting.log_hazard_ratios(propensity_weighting.stack(one)).iloc[0]
    assert np.isfinite(found["crude"]) and found.drop("crude").isna().all()
    assert np.isfinite(propensity_weighting.propensity_score(propensity_weighting.stack(one), firth=True)).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.drop(columns="kps"), "no column 'kps'"),
        (lambda d: d[d["group"] == "surgery"], "one group"),
        (lambda d: d.assign(os_event=0), "nobody in a cohort died"),
        (lambda d: d.assign(tumour_size_post_mm=np.nan), "no patient has all of"),
    ],
)
def test_what_cannot_be_adjusted_is_told(cohorts, change, words):
    with pytest.raises(InputError, match=words):
        propensity_weighting.stack(change(cohorts))


def test_strata_of_few_patients_have_no_ratio(cohorts):
    one = cohorts[cohorts["cohort"] == cohorts["cohort"].iat[0]].dropna(subset=["tumour_size_post_mm"])
    least = propensity_weighting.FEWEST_IN_STRATUM * propensity_weighting.STRATA
    for kept, there in ((least, True), (least - 1, False)):
        sample = propensity_weighting.stack(one.sort_values("os_years").head(kept))
        assert np.isfinite(propensity_weighting.log_hazard_ratios(sample)["strata"]).all() == there
