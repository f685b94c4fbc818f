"""Cohorts under other assumptions: each alternative is there or told to conflict, and cohorts meet their targets."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analysis_lib.cohort import validation
from analysis_lib.reconstruction import ensemble
from analysis_lib.reconstruction.studies import alternative_assumptions
from analysis_lib.reconstruction.verify import wrong
from analysis_lib.targets import assumptions
from analysis_lib.targets.catalogue import load_targets

FILES = sorted(alternative_assumptions.FOLDER.glob("*.parquet"))
CONFLICTS = json.loads((alternative_assumptions.FOLDER / alternative_assumptions.CONFLICTS).read_text())


def test_each_alternative_has_cohorts_or_a_conflict():
    with_cohorts = {
        name for name in alternative_assumptions.alternatives() if alternative_assumptions.file_of(name).exists()
    }
    assert with_cohorts | set(CONFLICTS) == set(alternative_assumptions.alternatives())
    assert not with_cohorts & set(CONFLICTS)
    assert len(FILES) == len(with_cohorts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_manifest_is_of_this_file_and_of_todays_targets(file):
    assumed = assumptions.of_file(file)
    assert alternative_assumptions.file_of(assumptions.describe(assumed)) == file
    targets = load_targets(assumptions=assumed)
    manifest = ensemble.load(file).manifest
    assert manifest["targets_sha256"] == targets.digest
    assert manifest["cohorts"] == alternative_assumptions.COHORTS
    assert manifest["seed"] in alternative_assumptions.SEEDS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_is_wrong_with_the_first_cohort_under_its_assumption(file):
    assumed = assumptions.of_file(file)
    one = next(c for _, c in validation.split_cohorts(validation.load_cohorts(file)))
    assert wrong(one, load_targets(assumptions=assumed)) == []


def test_all_of_them_are_numbered_on_from_the_shipped_ones():
    others = ensemble.under_other_assumptions(["os_years"])
    first = len(ensemble.load(columns=["os_years"]))
    assert list(others.origin.index) == list(range(first, first + alternative_assumptions.COHORTS * len(FILES)))
    assert set(others.origin["scheme"]) == {assumptions.describe(assumptions.of_file(file)) for file in FILES}
    number = int(others.origin.index[-1])
    last = others.one(number)
    assert (last["cohort"] == number).all()
    pd.testing.assert_series_equal(
        last["os_years"], ensemble.load(FILES[-1]).patients["os_years"][-49:].reset_index(drop=True)
    )


def test_an_alternative_finished_for_the_same_targets_is_kept(tmp_path, monkeypatch):
    searched = []
    monkeypatch.setattr(
        alternative_assumptions.ensemble_build, "build", lambda *a, **named: searched.append(named["assumptions"])
    )
    every = alternative_assumptions.alternatives()
    done, stale = "age_test=student", "fibrosis_test=welch"
    for name, digest in ((done, load_targets(assumptions=every[done]).digest), (stale, "of other targets")):
        file = alternative_assumptions.file_of(name, tmp_path)
        file.touch()
        file.with_suffix(".json").write_text(json.dumps({"targets_sha256": digest}))
    assert alternative_assumptions.build(tmp_path) == {}
    assert searched == [chosen for name, chosen in every.items() if name != done]


def test_another_seed_is_tried_where_a_search_was_only_unlucky(tmp_path, monkeypatch):
    seeds = []

    def build(cohorts: int, seed: int, out: object, jobs: int, **named: object) -> None:
        seeds.append(seed)
        (tmp_path / f".{out.stem}.abc").mkdir()
        if seed == alternative_assumptions.SEEDS[0]:
            raise alternative_assumptions.SearchFailed("no cohort", "survival")

    monkeypatch.setattr(alternative_assumptions, "alternatives", lambda: {"age_test=student": None})
    monkeypatch.setattr(alternative_assumptions.ensemble_build, "build", build)
    monkeypatch.setattr(alternative_assumptions.infeasible_subset, "find", lambda *arguments: None)
    assert alternative_assumptions.build(tmp_path) == {}
    assert seeds == list(alternative_assumptions.SEEDS[:2])


def test_a_conflict_is_written_and_not_searched_again(tmp_path, monkeypatch):
    def fail(*arguments: object, **named: object) -> None:
        raise alternative_assumptions.SearchFailed("no cohort", "survival")

    found = alternative_assumptions.infeasible_subset.Conflict("survival", ("a.b",), 3, "near")
    monkeypatch.setattr(alternative_assumptions.ensemble_build, "build", fail)
    monkeypatch.setattr(alternative_assumptions.infeasible_subset, "find", lambda *arguments: found)
    told = alternative_assumptions.build(tmp_path)
    assert set(told) == set(alternative_assumptions.alternatives())
    assert told["time_unit=months"] == {
        "failed": "no cohort",
        "conflict": {"stage": "survival", "ids": ("a.b",), "searches": 3, "nearest": "near", "rule": ""},
        "targets_sha256": load_targets(assumptions=alternative_assumptions.alternatives()["time_unit=months"]).digest,
    }
    monkeypatch.setattr(
        alternative_assumptions.ensemble_build, "build", lambda *a, **named: pytest.fail("searched again")
    )
    assert set(alternative_assumptions.build(tmp_path)) == set(told)
