"""What single patients, more deaths and other deaths do to a survival difference."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import description, robustness
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import binary_cox, survival

ORACLES = ROOT / "tests" / "oracles"
VETERAN = json.loads((ORACLES / "confounding.json").read_text())["veteran"]


@pytest.fixture
def some(shipped):
    """Two simulated cohorts in one frame."""
    return pd.concat([shipped.one(3), shipped.one(700)], ignore_index=True)


def test_leave_one_out_ratios_are_rs():
    men = pd.read_csv(ORACLES / "data" / "veteran.csv").rename(columns={"time": "os_years", "event": "os_event"})
    men = men.assign(patient=range(len(men)), group=np.where(men["trt"] == 2, "surgery", "prrt_only"))
    found = robustness.leave_one_out(men)["coef"]
    assert found.to_numpy() == pytest.approx(VETERAN["left_out"], rel=1e-7, abs=1e-9)


def test_each_cohort_loses_its_own_patients_only(some):
    both = robustness.leave_one_out(some)
    alone = robustness.leave_one_out(some[some["cohort"] == 700])
    assert both.loc[[700]].equals(alone)
    assert both.index.tolist() == list(zip(some["cohort"], some["patient"], strict=True))


def test_the_deaths_to_undo_undo_it_and_one_fewer_do_not(some):
    found = robustness.deaths_to_undo(some)
    one = some[some["cohort"] == 700]
    alive = one[(one["group"] == "surgery") & (one["os_event"] == 0)].sort_values("os_years")
    # Whoever they are: fewer than the index never suffice, even the earliest to leave.
    changed = one["os_event"].mask(one.index.isin(alive.index[: int(found[700]) - 1]), 1)
    assert survival.logrank(one["os_years"], changed, one["group"]).p < 0.05
    everyone = one["os_event"].mask(one["group"] == "surgery", 1)
    assert survival.logrank(one["os_years"], everyone, one["group"]).p > 0.05


def test_restricted_means_are_those_of_each_cohort_and_unknown_past_its_end(some):
    found = robustness.restricted_means(some, 5)
    alone = description.restricted_means(some[some["cohort"] == 3], 5)
    assert found.loc[3, ["surgery", "prrt_only", "difference"]].tolist() == alone["mean"].tolist()
    assert found.loc[3, "ci_low"] == alone.loc["difference", "ci_low"]
    some.loc[some["cohort"] == 700, "os_event"] = 0
    assert robustness.restricted_means(some, 30).loc[700].isna().all()


def test_without_a_death_free_of_disease_incidence_is_one_minus_survival(some):
    found = robustness.recurrence(some, 5)
    assert (found["cumulative_incidence"] <= found["one_minus_survival"] + 1e-12).all()
    some["os_event"] = np.where(some["dfs_event"] == 0, 0, some["os_event"])
    alive = robustness.recurrence(some, 5)
    assert alive["deaths"].tolist() == [0, 0]
    assert alive["cumulative_incidence"].tolist() == pytest.approx(alive["one_minus_survival"].tolist())


def test_firths_correction_pulls_the_crude_ratio_towards_one(some):
    found = robustness.firth(some)
    plain = binary_cox.cox(some["cohort"], some["os_years"], some["os_event"], some["group"] == "surgery")
    assert ((found["crude"] > plain["hr"]) & (found["crude"] < 1)).all()
    assert ((found["ci_low"] < found["crude"]) & (found["crude"] < found["ci_high"])).all()


def test_what_is_missing_is_named(some):
    with pytest.raises(InputError, match="os_event"):
        robustness.leave_one_out(some.drop(columns="os_event"))
