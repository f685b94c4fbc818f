"""Results without single patients agree with R, and the selection rule is applied to them again."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import influence
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import validation

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "influence.json").read_text())["cohorts"]


def cohort(answer):
    frame = validation.load_cohorts(ORACLES / "data" / "ensemble" / answer["file"])
    return frame.assign(pr=(frame["best_response"] == "PR").astype(float))


@pytest.fixture(scope="module", params=R, ids=lambda answer: answer["file"])
def asked(request):
    answer = request.param
    frame = cohort(answer)
    models = (influence.univariable, influence.leave_one_out)
    return answer, frame, pd.concat([fit(frame, answer["covariates"]) for fit in models])


def test_every_model_without_each_patient_agrees_with_r(asked):
    answer, _, found = asked
    for k, name in enumerate(answer["covariates"]):
        mine = found[found["covariate"] == name].set_index("left_out").loc[answer["left_out"], answer["columns"]]
        assert np.allclose(mine, [case[k] for case in answer["models"]], rtol=1e-7, atol=0)


def test_the_ratio_adjusted_by_what_is_then_selected_agrees_with_r(asked):
    answer, frame, found = asked
    selected = influence.select(found)
    assert selected.nunique() > 1
    again = influence.adjust_again(frame, selected).droplevel("cohort")
    assert again.loc[answer["left_out"]].tolist() == pytest.approx(answer["adjusted"], rel=1e-7)


def test_who_has_no_value_is_in_no_model(asked):
    _, frame, found = asked
    blank = frame.loc[frame["tumour_size_post_mm"].isna(), "patient"]
    size = found[found["covariate"] == "tumour_size_post_mm"].set_index("left_out")
    assert len(blank) == 2
    for patient in blank:
        assert size.loc[patient].equals(size.loc[influence.NOBODY])


def test_where_nothing_is_selected_the_ratio_is_the_unadjusted_one():
    frame = pd.concat([cohort(answer) for answer in R])
    cases = pd.MultiIndex.from_product([frame["cohort"].unique(), [influence.NOBODY]], names=["cohort", "left_out"])
    found = influence.adjust_again(frame, pd.Series([()] * len(cases), cases))
    assert found.round(3).tolist() == [0.264] * len(cases)
