"""Adjusted ratios with robust limits, balance and overlap are R's, on the same files."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import confounding, propensity_weighting
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.template import EXAMPLE, EXAMPLES
from analysis_lib.statistics import binary_cox, weighted_regression
from tools.data.remake import example

R = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())
ADJUSTED = [
    name for name, found in R.items() if isinstance(found, dict) and "covariates" in (found.get("adjusted") or {})
]
RATIO = ["hr", "ci_low", "ci_high", "p"]


@pytest.mark.parametrize("name", ADJUSTED)
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_ratios_by_every_use_of_the_score_are_rs(name, ties):
    answer = R[name]["adjusted"]
    found = confounding.adjust(pd.read_csv(EXAMPLES / f"{name}.csv"), answer["covariates"], ties)
    assert (found.complete, found.left_out, found.separated) == (answer["complete"], {}, False)
    rows = {"unadjusted": R[name]["endpoints"]["os"]["naive"], "complete": answer["complete_ratio"]}
    rows |= {way: answer[way] for way in ("covariate", "iptw", "overlap")}
    for way, wanted in rows.items():
        assert found.ratios.loc[way, RATIO].tolist() == pytest.approx(wanted[ties][2:], rel=1e-7)


@pytest.mark.parametrize("name", ADJUSTED)
def test_balance_and_overlap_are_rs(name):
    answer = R[name]["adjusted"]
    found = confounding.adjust(pd.read_csv(EXAMPLES / f"{name}.csv"), answer["covariates"])
    for way, wanted in answer["balance"].items():
        assert found.balance[way].tolist() == pytest.approx(np.atleast_1d(wanted), abs=1e-8)
    for way, wanted in answer["effective"].items():
        assert found.effective.loc[way].to_dict() == pytest.approx(wanted, rel=1e-8)
    assert found.common == pytest.approx(answer["common"])
    assert len(found.scores) == found.complete


def invented(**changes):
    return pd.read_csv(EXAMPLE).assign(**changes)


def test_covariates_that_the_file_does_not_have_are_left_out_and_named():
    blank = invented(kps=np.nan, prrt_activity_gbq=20.0).drop(columns="grade")
    found = confounding.adjust(blank)
    assert found.covariates == ["tumour_size_post_mm"]
    assert found.left_out == {
        "grade_1": "not in the file",
        "kps": "blank in all patients",
        "prrt_activity_gbq": "the same in all patients",
    }


def test_a_covariate_that_is_left_out_leaves_the_patients_in_whom_it_is_blank():
    few = invented(kps=lambda d: np.where(d["patient"] < 20, 90.0, np.nan))
    found = confounding.adjust(few, ["kps", "age_years"])
    assert (found.covariates, found.complete, found.patients) == (["age_years"], 64, 64)


def test_patients_with_a_gap_are_counted_and_have_a_ratio_of_their_own():
    found = confounding.adjust(invented(kps=lambda d: d["kps"].where(d["patient"] > 10)), ["kps"])
    assert (found.patients, found.complete) == (64, 54)
    assert found.ratios["patients"].tolist() == [64, 54, 54, 54, 54]
    assert found.ratios.loc["unadjusted", "hr"] != found.ratios.loc["complete", "hr"]


def test_where_covariates_separate_the_groups_the_adjusted_ratios_say_so():
    found = confounding.adjust(invented(kps=lambda d: np.where(d["group"] == "surgery", 100, 70)), ["kps"])
    assert found.separated and np.isnan(found.common)
    assert found.ratios.loc[["unadjusted", "complete"], "hr"].notna().all()
    assert set(found.ratios["reason"][2:]) == {confounding.SEPARATED}


def test_a_score_that_is_1_to_the_last_digit_is_no_score():
    activity = np.random.default_rng(35).gamma(87, 28 / 87, 12).round(1)
    twelve = example(patients=12, seed=35).astype({"os_years": float, "os_event": int})
    twelve = twelve.assign(prrt_activity_gbq=activity)
    sample = propensity_weighting.stack(twelve.assign(cohort=0))
    fits = weighted_regression.logistic(sample.covariates, sample.treated, sample.counts)
    assert weighted_regression.probabilities(fits, sample.covariates).max() == 1
    assert np.isnan(propensity_weighting.propensity_score(sample)).all()
    found = confounding.adjust(twelve)
    assert found.separated and found.scores["score"].isna().all()
    assert set(found.ratios["reason"][2:]) == {confounding.SEPARATED}


def test_without_a_death_in_a_group_no_ratio_is_made_up():
    spared = invented(os_event=lambda d: d["os_event"].where(d["group"] != "surgery", 0))
    found = confounding.adjust(spared).ratios
    assert set(found["reason"]) == {binary_cox.SEPARATED_NONE}
    assert found[RATIO].isna().all(axis=None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"group": "surgery"}, "one group"),
        ({"os_event": 0}, "nobody in a cohort died"),
        ({"kps": 90}, "performance score: the same in all patients"),
    ],
)
def test_what_cannot_be_adjusted_says_why(changes, words):
    with pytest.raises(InputError, match=words):
        confounding.adjust(invented(**changes), ["kps"])
