"""Waiting for surgery, and dying before, are told as R tells them."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import time_to_surgery
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.template import EXAMPLES

R = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())
WAITED = [name for name, found in R.items() if isinstance(found, dict) and "waiting" in found]


def read(name):
    return pd.read_csv(EXAMPLES / f"{name}.csv")


@pytest.mark.parametrize("name", WAITED)
def test_waits_deaths_within_a_month_and_deaths_before_the_landmark_are_rs(name):
    answer = R[name]["waiting"]
    found = time_to_surgery.operations(read(name))
    assert found[["q1", "median", "q3"]].tolist() == pytest.approx(answer["quartiles"])
    assert found["last_month"] == answer["last_month"]
    deaths = time_to_surgery.deaths_by(read(name), R[name]["landmark"])
    for group in ("prrt_only", "not_yet"):
        assert deaths.loc[group, ["risk", "ci_low", "ci_high"]].tolist() == pytest.approx(answer[group], rel=1e-8)


def small(**changes):
    frame = pd.DataFrame({
        "patient": range(1, 7),
        "group": ["surgery"] * 3 + ["prrt_only"] * 3,
        "os_years": [1.5, 6.0, 8.0, 0.5, 1.5, 7.0],
        "os_event": [1, 0, 1, 1, 0, 0],
        "months_to_surgery": [18.0, 17.0, 70.0, np.nan, np.nan, np.nan],
    })  # fmt: skip
    return frame.assign(**changes)


def test_who_left_before_the_landmark_makes_the_share_too_low_and_not_the_risk():
    found = time_to_surgery.deaths_by(small(os_years=[1.5, 6, 8, 1.2, 0.5, 7]), 18).loc["prrt_only"]
    assert found[["deaths", "patients", "risk", "crude"]].tolist() == pytest.approx([1, 3, 1 / 2, 1 / 3])


def test_a_death_on_the_day_of_the_landmark_counts_and_an_operation_on_that_of_death_came_before():
    found = time_to_surgery.deaths_by(small(os_event=[1, 0, 1, 1, 1, 0]), 18)
    assert found["deaths"].to_dict() == {"prrt_only": 2, "not_yet": 2}
    assert time_to_surgery.operations(small())[["last_month", "last_day"]].tolist() == [1, 1]


def test_a_death_a_month_after_the_operation_is_one_within_it():
    found = time_to_surgery.operations(
        small(os_years=[1.5, 1.5, 70.1 / 12, 0.5, 1.5, 7.0], os_event=[1, 1, 0, 1, 0, 0])
    )
    assert found[["last_month", "last_day", "earliest", "latest"]].tolist() == [2, 1, 17, 70]


def test_a_landmark_after_all_observation_has_no_risk():
    found = time_to_surgery.deaths_by(small(), 120)
    assert found.loc["prrt_only", ["risk", "ci_low", "ci_high"]].isna().all()


def test_without_all_times_of_surgery_only_those_never_operated_on_have_a_risk():
    blank = small(months_to_surgery=[np.nan, 17.0, 70.0, np.nan, np.nan, np.nan])
    assert time_to_surgery.deaths_by(blank, 18).index.tolist() == ["prrt_only"]
    assert time_to_surgery.operations(blank)[["operated", "known"]].tolist() == [3, 2]


@pytest.mark.parametrize(
    ("changes", "of_operations", "of_deaths"),
    [
        ({"group": "prrt_only"}, "nobody was operated on", ""),
        ({"group": "surgery"}, "", "all patients were operated on"),
        ({"months_to_surgery": np.nan}, "not known of any operated", ""),
    ],
)
def test_what_cannot_be_told_says_why(changes, of_operations, of_deaths):
    for ask, words in (
        (time_to_surgery.operations, of_operations),
        (lambda p: time_to_surgery.deaths_by(p, 18), of_deaths),
    ):
        if words:
            with pytest.raises(InputError, match=words):
                ask(small(**changes))
