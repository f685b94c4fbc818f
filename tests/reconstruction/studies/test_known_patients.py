"""Known patients, their printed summaries, and what cohorts made from these say: laws, and the shipped comparison."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from lifelines.utils import restricted_mean_survival_time
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.printed.number import Printed
from analysis_lib.reconstruction.stages.state import SCHEMES
from analysis_lib.reconstruction.studies import known_patients_run
from analysis_lib.reconstruction.studies.coverage import QUANTITIES, central_range, quantities, stretch
from analysis_lib.reconstruction.studies.known_patients import (
    PART,
    STATISTICS,
    UNDEFINED,
    misses,
    printed,
    reconstruct,
    studies,
)

STUDIES = studies()
BY_NAME = {study.name: study for study in STUDIES}
NUMBER = {study.name: k for k, study in enumerate(STUDIES)}
COHORTS = pd.read_parquet(known_patients_run.SHIPPED / "cohorts.parquet")
RANGES = pd.read_csv(known_patients_run.SHIPPED / "ranges.csv")
FIRSTS = COHORTS.groupby(["study", "scheme"]).first().index.tolist()


def patients_of(study, scheme, cohort=None):
    mine = COHORTS[(COHORTS["study"] == study) & (COHORTS["scheme"] == scheme)]
    mine = mine[mine["cohort"] == (mine["cohort"].iat[0] if cohort is None else cohort)]
    return tuple(mine[column].to_numpy() for column in ("time", "event", "first"))


def test_lung_cancer_prints_what_every_textbook_has():
    strings = printed(BY_NAME["lung"])
    # 310, 426 and 270 days; the hazard ratio of women against men.
    assert [strings[f"{who}_median"] for who in ("all", "first", "second")] == ["10.2", "14.0", "8.9"]
    assert [strings[name] for name in ("first_n", "first_deaths", "second_n", "second_deaths")] == [
        "90", "53", "138", "112",
    ]  # fmt: skip
    assert strings["hr"] == "0.588"


def test_no_patient_is_in_two_parts_and_every_part_has_as_many_as_the_papers_study():
    parts = [study for study in STUDIES if "part" in study.name]
    assert {study.time.size for study in parts} == {PART}
    for source in {study.source for study in parts}:
        ours = pd.concat(
            pd.DataFrame({"time": s.time, "event": s.event, "first": s.first}) for s in parts if s.source == source
        ).value_counts()
        if source in BY_NAME:
            whole = BY_NAME[source]
            has = pd.DataFrame({"time": whole.time, "event": whole.event, "first": whole.first}).value_counts()
            assert (ours <= has.reindex(ours.index).fillna(0)).all()


def test_a_study_meets_its_own_summaries_and_one_changed_digit_is_missed():
    study = BY_NAME["stanford"]
    strings = printed(study)
    assert misses(strings, study.time, study.event, study.first) == []
    assert misses(strings | {"hr": "0.269"}, study.time, study.event, study.first) == ["hr"]
    assert misses(strings | {"all_median": UNDEFINED}, study.time, study.event, study.first) == ["all_median"]
    undefined = BY_NAME["gbsg2, part 1"]
    assert misses(printed(undefined) | {"all_median": "5.0"}, undefined.time, undefined.event, undefined.first) == [
        "all_median"
    ]


@pytest.mark.parametrize(("name", "scheme"), FIRSTS)
def test_a_shipped_cohort_has_every_printed_summary(name, scheme):
    study = BY_NAME[name]
    strings = printed(study)
    time, event, first = patients_of(name, scheme)
    assert misses(strings, time, event, first) == []
    assert [first.sum(), event[first].sum(), (~first).sum(), event[~first].sum()] == [
        int(strings[n]) for n in ("first_n", "first_deaths", "second_n", "second_deaths")
    ]
    assert 0 < time.min() and time.max() <= study.horizon
    p = logrank_test(time[first], time[~first], event[first], event[~first]).p_value
    assert p in Printed(strings["log_rank_p"]).interval
    # lifelines' median is the first time at or below one half, like SPSS's, but without a tolerance for ties.
    median = KaplanMeierFitter().fit(time, event).median_survival_time_
    assert strings["all_median"] == UNDEFINED or median in Printed(strings["all_median"]).interval


def test_quantities_are_those_of_lifelines_and_statsmodels():
    study = BY_NAME["lung"]
    strings = printed(study)
    found = quantities(study.time, study.event, study.first, strings)
    q1, median, q3 = (float(strings[f"follow_up_{at}"]) for at in ("q1", "median", "q3"))
    for who, members in (("first", study.first), ("second", ~study.first)):
        curve = KaplanMeierFitter().fit(study.time[members], study.event[members])
        for at, moment in (("q1", q1), ("median", median), ("q3", q3)):
            assert found.loc[f"survival_{at}_{who}", "value"] == pytest.approx(curve.predict(moment))
        mean = restricted_mean_survival_time(curve, t=q3)
        assert found.loc[f"mean_{who}", "value"] == pytest.approx(mean, rel=1e-6)
    later = study.time > q1
    fit = PHReg(study.time[later], study.first[later].astype(float), study.event[later], ties="breslow").fit()
    assert found.loc["ratio_landmark"].tolist() == pytest.approx([fit.params[0], fit.bse[0]], rel=1e-6)
    until = PHReg(
        np.minimum(study.time, median), study.first.astype(float), np.where(study.time > median, 0, study.event),
        ties="breslow",
    ).fit()  # fmt: skip
    assert found.loc["ratio_early", "value"] == pytest.approx(until.params[0], rel=1e-6)


def test_a_ratio_without_a_finite_estimate_is_set_to_its_limit():
    time = np.arange(1.0, 9.0)
    first = np.array([False, True] * 4)
    strings = {"follow_up_q1": "0.5", "follow_up_median": "4.5", "follow_up_q3": "6.5"}
    found = quantities(time, (~first).astype(int), first, strings)["value"]
    assert found["ratio_early"] == -np.log(100)
    assert np.isnan(quantities(time, np.zeros(8, int), first, strings).loc["ratio_late", "value"])


@given(st.lists(st.floats(-1e6, 1e6), min_size=19, max_size=19))
def test_nineteen_values_give_their_ends_so_that_a_twentieth_falls_between_with_probability_nine_tenths(values):
    low, middle, high = central_range(np.array([*values, np.nan]))
    assert (low, middle, high) == (min(values), sorted(values)[9], max(values))


def test_stretch_is_what_puts_nine_truths_of_ten_inside():
    table = pd.DataFrame({"truth": np.arange(1.0, 11.0), "low": -2.0, "high": 2.0})
    factor = stretch(table)
    assert factor == pytest.approx(4.5)
    inside = (table["truth"] - 0).abs() <= 2 * factor + 1e-9
    assert inside.mean() == pytest.approx(0.9)
    assert stretch(pd.DataFrame({"truth": [1.0], "low": [0.0], "high": [0.0]})) == np.inf


def test_the_search_gives_the_shipped_cohort_again_from_its_seed():
    name, scheme = FIRSTS[-1]
    number = [s.name for s in SCHEMES].index(scheme)
    again = known_patients_run.search(BY_NAME[name], NUMBER[name], number, cohorts=1)
    assert again["cohort"].unique().tolist() == [0]
    for column, wanted in zip(("time", "event", "first"), patients_of(name, scheme, 0), strict=True):
        assert again[column].to_numpy() == pytest.approx(wanted, abs=1e-9), column


def test_a_search_without_success_returns_none_and_its_table_is_empty(monkeypatch):
    study = BY_NAME["lung"]
    impossible = printed(study) | {"hr": "9.000"}
    assert reconstruct(impossible, study.horizon, SCHEMES[0], np.random.default_rng(0), 1) is None
    monkeypatch.setattr(known_patients_run, "reconstruct", lambda *_: None)
    assert known_patients_run.search(study, 0, 0).empty


@pytest.mark.parametrize("name", sorted({name for name, _ in FIRSTS})[::5])
def test_the_shipped_ranges_are_those_of_the_shipped_cohorts(name):
    again = known_patients_run.compare([BY_NAME[name]], COHORTS).reset_index(drop=True)
    shipped = RANGES[RANGES["study"] == name].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, shipped, rtol=1e-6, check_dtype=False)


def test_the_shipped_tables_belong_together():
    manifest = json.loads((known_patients_run.SHIPPED / "manifest.json").read_text(encoding="utf-8"))
    sha = hashlib.sha256((known_patients_run.SHIPPED / "cohorts.parquet").read_bytes()).hexdigest()
    assert manifest["cohorts_sha256"] == sha
    summary = pd.read_csv(known_patients_run.SHIPPED / "studies.csv", dtype=str)
    assert summary["study"].tolist() == [study.name for study in STUDIES]
    for row in summary.to_dict("records"):
        strings = printed(BY_NAME[row["study"]])
        assert [row[name] for name in STATISTICS] == [strings[name] for name in STATISTICS]
    assert set(RANGES["quantity"]) == set(QUANTITIES)
