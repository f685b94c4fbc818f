"""Verification catches what differs, and only that."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import schema, validation
from analysis_lib.reconstruction import verify
from analysis_lib.targets import plausibility, recompute
from analysis_lib.targets.catalogue import Assumptions, load_targets

SHIPPED = ROOT / "data" / "ensemble" / "cohorts.parquet"
DAY = 1 / 365.25


def missed(frame, targets):
    return {miss.target.id for miss in verify.misses(frame, targets)}


def test_the_shipped_cohorts_are_well_formed_and_a_sample_meets_every_target(shipped, targets):
    pd.testing.assert_frame_equal(validation.load_cohorts(SHIPPED), shipped.patients)
    for number in shipped.origin.index[:: len(shipped) // 3]:
        frame = shipped.one(number)
        assert not verify.misses(frame, targets, number)
        assert not verify.logic_misses(frame)


def test_a_patient_day_at_the_edge_of_a_median_fails(one, targets):
    # Move the operated patient whose death is the median to the last day that prints 14.7, then past it.
    operated = one["group"] == "surgery"
    dead = one[operated & (one["os_event"] == 1)]
    interval = targets["results-survival.os.surgery.median"].interval
    row = dead.index[dead["os_years"].between(interval.low, interval.high)][0]
    one.loc[row, "os_years"] = np.floor(interval.high / DAY) * DAY
    assert "results-survival.os.surgery.median" not in missed(one, targets)
    one.loc[row, "os_years"] += DAY
    told = "cohort 0: results-survival.os.surgery.median is 14.75154, not from 14.65 to 14.75"
    assert told in map(str, verify.misses(one, targets))


@pytest.mark.parametrize(
    ("column", "change", "caught"),
    [
        ("kps", lambda x: 60, "table5.kps_death.hr"),
        ("tumour_size_post_mm", lambda x: x + 15, "results-survival.cox_surgery_adjusted.ci_hi"),
        ("os_event", lambda x: 1 - x, "results-survival.cox_surgery.hr"),
        ("sex", lambda x: "female" if x == "male" else "male", "table1.sex_male.surgery.count"),
        ("age_years", lambda x: x + 9, "table1.age.surgery.mean"),
        ("prrt_cycles", lambda x: 9, "table2.cycles.surgery.range_hi"),
    ],
)
def test_one_changed_value_fails(one, targets, column, change, caught):
    row = one.index[one["group"] == "surgery"][3]
    one.loc[row, column] = change(one.loc[row, column])
    assert caught in missed(one, targets)


@pytest.fixture
def written(tmp_path):
    def written(frame):
        frame.to_csv(tmp_path / "cohort.csv", index=False)
        return tmp_path / "cohort.csv"

    return written


def test_the_account_is_held_in_the_unit_that_is_assumed(one, written):
    file, months = written(one), load_targets(assumptions=Assumptions(time_unit="months"))
    told = verify.verify_file(file, targets=months)
    assert any("a time that is not of whole months" in line for line in told)
    assert verify.verify_file(file) == []
    file.with_suffix(".json").write_text('{"assumptions": {"time_unit": "months"}}')
    assert verify.verify_file(file) == told


@pytest.mark.parametrize(
    ("column", "value", "undefined"),
    [
        ("os_event", 0, "results-survival.cox_surgery.hr"),
        ("months_since_diagnosis", np.nan, "table1.since_diagnosis.all.median"),
        ("kps", 90, "table5.kps_death.hr"),
    ],
)
def test_what_cannot_be_computed_is_a_miss(one, targets, column, value, undefined):
    one[column] = value
    found = {miss.target.id: miss for miss in verify.misses(one, targets)}
    assert undefined in found
    assert "is not defined" in str(found[undefined])


def test_verify_reports_a_contradiction_of_the_account_though_every_target_is_met(written, one, targets):
    row = one.index[one["group"] == "surgery"][0]
    one.loc[row, "prrt_months"] = one.loc[row, "months_to_surgery"] + 1
    assert not verify.misses(one, targets)
    number, patient = one["cohort"][0], one["patient"][row]
    assert verify.verify_file(written(one)) == [f"cohort {number}: patient {patient}: surgery before the last cycle"]


def test_verify_reports_groups_of_other_sizes(written, one):
    fewer = written(one.drop(index=one.index[one["group"] == "prrt_only"][0]))
    assert verify.verify_file(fewer)[0] == "cohort 0: 22 patients are in the group prrt_only, not 23"


@pytest.mark.parametrize("error", [ZeroDivisionError, IndexError, ValueError])
def test_a_statistic_that_cannot_be_computed_is_a_miss(one, targets, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setitem(recompute.STATISTICS, "sd", fail)
    found = verify.misses(one, targets)
    assert [miss.target for miss in found] == [t for t in targets.values() if t.statistic == "sd"]
    assert str(found[0]) == "cohort 0: table1.age.all.sd is not defined, not from 11.75 to 11.85"


def test_a_cohort_without_a_column_that_is_needed_is_one_clear_error(written, one):
    with pytest.raises(InputError, match=r"cohort\.csv, column 'age_years': the file lacks the column"):
        verify.verify_file(written(one[["patient", "group", "os_years", "os_event"]]))


@pytest.fixture
def five(written, shipped, monkeypatch):
    """Five cohorts, in chunks of two; in three of them a patient is made 30 years older."""
    monkeypatch.setattr(verify, "_CHUNK", 2)
    some = pd.concat([shipped.one(number) for number in range(5)], ignore_index=True)
    some.loc[some["cohort"].isin([0, 1, 4]) & (some["patient"] == 7), "age_years"] += 30
    return written(some)


def test_each_cohort_of_a_file_is_told_of_once_in_order(five):
    told = verify.verify_file(five)
    assert len(set(told)) == len(told)
    assert list(dict.fromkeys(line.split(":")[0] for line in told)) == ["cohort 0", "cohort 1", "cohort 4"]


def test_processes_find_what_one_finds_in_the_same_order(five):
    assert verify.verify_file(five, jobs=2) == verify.verify_file(five)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_blanks_are_told_where_the_paper_has_every_patient_and_trace_back_nowhere(data, shipped, targets):
    spoiled = shipped.one(0)
    columns = [name for name in spoiled if name not in ("cohort", "patient", "group")]
    names = data.draw(st.lists(st.sampled_from(columns), min_size=1, max_size=4, unique=True))
    rows = data.draw(st.lists(st.integers(0, len(spoiled) - 1), min_size=1, unique=True))
    for name in names:
        blank = spoiled[name].astype(object).where(~spoiled.index.isin(rows), None)
        spoiled[name] = blank if schema.fields()[name]["type"] == "string" else blank.astype(float)
    verify.misses(spoiled, targets)
    told = verify.logic_misses(spoiled)
    for name in set(names) & set(plausibility.OF_ALL):
        lines = {f"patient {spoiled['patient'][row]}: no {name}, which the paper has of all patients" for row in rows}
        assert lines == {line for line in told if f"no {name}," in line}


def test_lifelines_finds_the_same_log_rank_tests(one, targets):
    recomputed = recompute.Recomputed(one, targets)
    tests = [target for target in targets.values() if target.statistic == "log_rank"]
    assert len(tests) == 3
    for target in tests:
        time, event, by = target.columns
        first, second = (part for _, part in one[one[time].notna()].groupby(by))
        by_lifelines = logrank_test(first[time], second[time], first[event], second[event]).p_value
        assert recomputed.value(target) == pytest.approx(by_lifelines, rel=1e-10)
