"""The emulation of a target trial agrees with R's clones, and takes back what immortal time gives."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import immortal_time, target_trial
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.reconstruction import ensemble as ensembles

R = json.loads((ROOT / "tests" / "oracles" / "target_trial.json").read_text())
HEARTS = pd.read_csv(ROOT / "data" / "examples" / "stanford.csv")


@pytest.mark.parametrize("covariates", [(), ("age_years",)])
def test_transplantation_within_two_months_agrees_with_r(covariates):
    found = target_trial.emulate(HEARTS, 2, covariates).iloc[0]
    wanted = R[covariates[0] if covariates else "none"]
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-8)


def test_an_operation_that_does_nothing_keeps_the_arms_together_where_the_naive_ratio_parts_them():
    rng = np.random.default_rng(1)
    n = 2000
    time, wait = rng.exponential(2.0, n), rng.exponential(1.5, n)
    frame = pd.DataFrame({
        "cohort": 1,
        "patient": range(n),
        "group": np.where(wait < time, "surgery", "prrt_only"),
        "os_years": time,
        "os_event": 1,
        "months_to_surgery": np.where(wait < time, 12 * wait, np.nan),
    })  # fmt: skip
    found = target_trial.emulate(frame, 24).iloc[0]
    assert found["hr"] == pytest.approx(1, abs=0.15)
    assert [found["alive_surgery"], found["alive_without"]] == pytest.approx([np.exp(-2.5)] * 2, abs=0.03)
    assert immortal_time.naive(frame)["hr"].iat[0] < 0.5


def test_cohorts_together_are_each_by_itself():
    patients = ensembles.load().patients
    two = patients[patients["cohort"].isin([3, 8])]
    # One is smaller: places that nobody takes must not count.
    two = two[(two["cohort"] == 3) | (two["patient"] > 5)]
    together = target_trial.emulate(two, 24, ("grade_1", "kps"))
    apart = pd.concat([target_trial.emulate(part, 24, ("grade_1", "kps")) for _, part in two.groupby("cohort")])
    pd.testing.assert_frame_equal(together, apart, check_exact=False, rtol=1e-9)


def test_a_covariate_that_tells_who_is_operated_on_leaves_no_weights():
    frame = ensembles.load().one(3).assign(age_years=lambda d: (d["group"] == "surgery").astype(float))
    both = pd.concat([frame, ensembles.load().one(5)])
    found = target_trial.emulate(both, 120, ["age_years"])
    assert found["reason"].tolist() == [target_trial.NO_WEIGHTS, ""]
    assert found.loc[3].drop("reason").isna().all() and found.loc[5].notna().all()


def test_a_covariate_that_is_not_there_is_named():
    with pytest.raises(InputError, match="column 'kps'"):
        target_trial.emulate(HEARTS, 2, ["kps"])
