"""Printed summaries of known patients, and simulated cohorts from these."""

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from analysis_lib.printed.number import Printed
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.studies.known_data import studies
from analysis_lib.reconstruction.studies.known_patients import (
    UNDEFINED,
    WAITING,
    known_traits,
    misses,
    printed,
    reconstruct,
)
from analysis_lib.reconstruction.studies.known_patients_run import SHIPPED

BY_NAME = {study.name: study for study in studies()}
COHORTS = pd.read_parquet(SHIPPED / "cohorts.parquet")
FIRSTS = {name: of[of["cohort"] == of["cohort"].iat[0]] for name, of in COHORTS.groupby("study")}


def test_printed_summaries_are_those_of_lifelines():
    patients = BY_NAME["lung, part 1"].patients
    strings = printed(patients)
    curve = KaplanMeierFitter().fit(patients["time"], patients["event"])
    assert curve.median_survival_time_ in Printed(strings["all_median"]).interval
    one, other = (patients[patients["first"] == group] for group in (True, False))
    p = logrank_test(one["time"], other["time"], one["event"], other["event"]).p_value
    assert p in Printed(strings["log_rank_p"]).interval
    assert int(strings["first_deaths"]) == one["event"].sum()


@pytest.mark.parametrize("study", BY_NAME.values(), ids=BY_NAME)
def test_every_study_meets_its_own_summaries(study):
    assert misses(printed(study.patients), study.patients) == []


def test_one_changed_digit_is_missed_in_survival_waiting_progression_and_traits():
    patients = BY_NAME["myeloid, part 4"].patients
    strings = printed(patients)
    for name in ("hr", "wait_q3", "pfs_second_median", "trait_1_hr"):
        assert misses(strings | {name: "9.0"}, patients) == [name]
    resected = BY_NAME["colon, part 3"].patients
    for name in ("dfs_ci_hi", "dfs_clear_median", "dfs_rest_median", "dfs_log_rank_p"):
        assert misses(printed(resected) | {name: "9.0"}, resected) == [name]
    hearts = BY_NAME["stanford, part 1"].patients
    assert misses(printed(hearts) | {"all_median": UNDEFINED}, hearts) == ["all_median"]


@pytest.mark.parametrize("name", FIRSTS)
def test_a_shipped_cohort_has_every_printed_summary_and_is_possible(name):
    study, cohort = BY_NAME[name], FIRSTS[name].reset_index(drop=True)
    strings = printed(study.patients)
    assert misses(strings, cohort) == []
    first, died = cohort["first"], cohort["event"]
    assert [first.sum(), died[first].sum(), (~first).sum(), died[~first].sum()] == [
        int(strings[n]) for n in ("first_n", "first_deaths", "second_n", "second_deaths")
    ]
    assert cohort["time"].between(0, study.horizon, inclusive="right").all()
    assert not (cohort["wait"] >= cohort["time"]).any()
    assert not (cohort["end"] > cohort["time"]).any()
    assert cohort["wait"].notna().sum() == (first.sum() if WAITING[0] in strings else 0)
    if "first_clear" in strings:
        assert cohort["clear"][first].sum() == int(strings["first_clear"]) and (cohort["clear"].notna() == first).all()
    for trait in known_traits(cohort):
        assert [cohort[trait][first].sum(), cohort[trait][~first].sum()] == [
            int(strings[f"{who}_{trait}"]) for who in ("first", "second")
        ]


def test_disease_free_survival_is_that_of_lifelines_with_a_death_as_the_end_of_follow_up():
    patients = pd.concat(BY_NAME[f"colon, part {k}"].patients for k in (3, 4)).reset_index(drop=True)
    strings = printed(patients)
    first = patients[patients["first"]]
    recurred = first["end"] < first["time"]
    assert (first["event"] == 1)[~recurred].any()
    clear = first["clear"] == 1
    for name, members in (("dfs_median", clear | True), ("dfs_clear_median", clear), ("dfs_rest_median", ~clear)):
        curve = KaplanMeierFitter().fit(first["end"][members], recurred[members])
        assert curve.median_survival_time_ in Printed(strings[name]).interval
    p = logrank_test(first["end"][clear], first["end"][~clear], recurred[clear], recurred[~clear]).p_value
    assert p in Printed(strings["dfs_log_rank_p"]).interval


def test_a_search_for_what_cannot_be_finds_nothing():
    study, rng = BY_NAME["lung, part 1"], np.random.default_rng(0)
    assert reconstruct(printed(study.patients) | {"hr": "9.000"}, study.horizon, BaseMeasure.draw(rng), rng) is None
