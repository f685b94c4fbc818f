"""Verification catches what differs, and only that."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import plausibility, schema, validation
from analysis_lib.reconstruction import verify
from analysis_lib.targets import recompute
from analysis_lib.targets.catalogue import Assumptions, load_targets

SHIPPED = ROOT / "data" / "ensemble" / "cohorts.parquet"
DAY = 1 / 365.25


def missed(frame, targets):
    return {miss.target.id for miss in verify.misses(frame, targets)}


@pytest.mark.long
def test_the_shipped_cohorts_are_well_formed_and_nothing_is_wrong_with_a_sample(shipped, targets):
    pd.testing.assert_frame_equal(validation.load_cohorts(SHIPPED), shipped.patients)
    for number in shipped.origin.index[:: len(shipped) // 3]:
        assert verify.wrong(shipped.one(number), targets, number) == []


def test_no_shipped_cohort_breaks_a_rule(shipped):
    assert plausibility.counts(shipped.patients)["cohorts"].sum() == 0


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
        ("os_event", lambda x: 1 - x, "results-survival.deaths.surgery.count"),
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


def test_the_rules_are_held_in_the_unit_that_is_assumed(one, written):
    file, months = written(one), load_targets(assumptions=Assumptions(time_unit="months"))
    told = verify.verify_file(file, targets=months)
    assert any("os_years is not a whole number of days, or of months" in line for line in told)
    assert not any("is not a whole number of days" in line for line in verify.verify_file(file))
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


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("prior_surgery", "other", "prior_surgery is one that the paper does not have (gastroenterostomy or"),
        ("kps", np.nan, "kps is blank (a value, since the paper has it of all patients)"),
        ("age_years", 17.0, "age_years is below 18 (an adult)"),
    ],
)
def test_verify_tells_of_a_rule_that_one_patient_breaks(column, value, told, written, one):
    row = one.index[one["group"] == "surgery"][5]
    before = verify.verify_file(written(one))
    one[column] = one[column].astype(object)
    one.loc[row, column] = value
    added = set(verify.verify_file(written(one))) - set(before)
    assert [line for line in added if line.startswith(f"cohort 0: patient {one['patient'][row]}: {told}")]


def test_verify_asks_for_every_rule_of_the_file(written, one, monkeypatch):
    """Each rule that says of itself that it is broken is told, so that none can be left out."""

    class Contrary(plausibility.Rule):
        def where(self, values):
            return ~values["os_years"].astype(bool) | True

    contrary = tuple(Contrary(**vars(rule)) for rule in plausibility.rules())
    monkeypatch.setattr(plausibility, "rules", lambda: contrary)
    # Every rule is asked of anybody's file too; here the file is read before.
    monkeypatch.setattr(validation, "load_cohorts", lambda _: one)
    told = verify.verify_file(written(one))
    for rule in contrary:
        assert any(f": {rule.columns[0]} {rule.problem} (" in line for line in told), rule.id


def test_verify_reports_groups_of_other_sizes(written, one, targets):
    fewer = written(one.drop(index=one.index[-1]))
    told = [line for line in verify.verify_file(fewer) if "patients" in line and "is 2" in line]
    assert told == ["cohort 0: table1.patients.prrt_only.n is 22, not from 23 to 23"]
    other = one.copy()
    other.loc[0, "group"] = "prrt_only"
    assert "cohort 0: table1.patients.surgery.n is 25, not from 26 to 26" in map(str, verify.misses(other, targets))


def test_verify_reports_patients_numbered_otherwise(written, one):
    one.loc[0, "patient"] = 50
    assert "cohort 0: the patients are not numbered from 1 to 49" in verify.verify_file(written(one))


@pytest.mark.parametrize("error", [ZeroDivisionError, IndexError, ValueError, KeyError, TypeError, RuntimeError])
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


@pytest.mark.long
def test_processes_find_what_one_finds_in_the_same_order(five):
    assert verify.verify_file(five, jobs=2) == verify.verify_file(five)


# The first column of those from which a covariate is derived.
DERIVED_FROM = {
    "surgery": "os_event",
    "propensity_score": "tumour_size_post_mm",
    "grade_1": "grade",
    "partial_response": "best_response",
    "male": "sex",
    "metastatic": "n1",
    "tvi_post_any": "tvi_post",
    "tvi_post_within_180": "tvi_post",
    "tvi_post_beyond_180": "tvi_post",
}
# Nothing is below the lowest category of contact or above the highest.
OF_NECESSITY = {
    f"table4.{category}.{group}.count"
    for category in ("none_decrease", "artery_gt_vein_gt_increase")
    for group in ("surgery", "prrt_only")
}


def edits(frame, target):
    """The cohort with one cell changed, to each of a few values; then a column, as statistics of ranks need it."""
    of_group = frame["group"].eq(target.group) if target.group != "all" else frame["group"].notna()
    for name in dict.fromkeys(DERIVED_FROM.get(column, column) for column in target.columns):
        order = frame.loc[of_group, name].dropna().sort_values()
        low, high = frame[name].dropna().agg(["min", "max"])
        cells = frame[name].astype(object)
        values = (low, high, None, target.value) if target.statistic == "count" else (low, high, None)
        rows = [*order.index[[0, -1, len(order) // 2, len(order) // 4, -len(order) // 4]]]
        if target.subset:
            rows.append(frame.index[of_group & (frame[target.subset[0]] == target.subset[1])][0])
        for row, value in itertools.product(dict.fromkeys(rows), values):
            yield frame.assign(**{name: schema.type_column(cells.mask(cells.index == row, value), name)})
        for apart in (frame["os_event"] == 1, frame["group"] == "surgery", of_group):
            for first, second in ((low, high), (high, low)):
                values = pd.Series(np.where(apart, first, second), dtype=object)
                yield frame.assign(**{name: schema.type_column(values, name)})


@pytest.mark.long
def test_every_target_has_an_edit_that_breaks_it(one, targets):
    unbroken = {
        target.id
        for target in targets.values()
        if all(recompute.Recomputed(f, targets).value(target) in target.interval for f in edits(one, target))
    }
    assert unbroken == OF_NECESSITY


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_blanks_are_told_and_trace_back_nowhere(data, shipped, targets):
    spoiled = shipped.one(0)
    columns = sorted(rule.columns[0] for rule in plausibility.rules() if rule.id == "blank_of_all")
    names = data.draw(st.lists(st.sampled_from(columns), min_size=1, max_size=4, unique=True))
    rows = data.draw(st.lists(st.integers(0, len(spoiled) - 1), min_size=1, unique=True))
    for name in names:
        spoiled[name] = schema.type_column(spoiled[name].astype(object).where(~spoiled.index.isin(rows), None), name)
    told = verify.wrong(spoiled, targets)
    patients = ", ".join(map(str, sorted(spoiled["patient"][rows])))
    for name in names:
        assert any(f" {patients}: {name} is blank (" in line for line in told)


def test_lifelines_finds_the_same_log_rank_tests(one, targets):
    recomputed = recompute.Recomputed(one, targets)
    tests = [target for target in targets.values() if target.statistic == "log_rank"]
    assert len(tests) == 3
    for target in tests:
        time, event, by = target.columns
        first, second = (part for _, part in one[one[time].notna()].groupby(by))
        by_lifelines = logrank_test(first[time], second[time], first[event], second[event]).p_value
        assert recomputed.value(target) == pytest.approx(by_lifelines, rel=1e-10)
