"""Cohorts under other assumptions: each alternative is there or told to conflict, and cohorts meet their targets."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analysis_lib import cohort, ensembles
from analysis_lib.reconstruction import alternatives, assumptions
from analysis_lib.reconstruction.account import logic_misses
from analysis_lib.reconstruction.targets import load_targets
from analysis_lib.reconstruction.verify import misses

FILES = sorted(alternatives.FOLDER.glob("*.parquet"))
CONFLICTS = json.loads((alternatives.FOLDER / alternatives.CONFLICTS).read_text())


def test_each_alternative_has_cohorts_or_a_conflict():
    with_cohorts = {name for name in alternatives.alternatives() if alternatives.file_of(name).exists()}
    assert with_cohorts | set(CONFLICTS) == set(alternatives.alternatives())
    assert not with_cohorts & set(CONFLICTS)
    assert len(FILES) == len(with_cohorts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_manifest_is_of_this_file_and_of_todays_targets(file):
    assumed = assumptions.of_file(file)
    assert alternatives.file_of(assumptions.told(assumed)) == file
    targets = load_targets(assumptions=assumed)
    manifest = ensembles.load(file).manifest
    assert manifest["targets_sha256"] == targets.digest
    assert manifest["cohorts"] == alternatives.COHORTS
    assert manifest["seed"] in alternatives.SEEDS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_first_cohort_meets_every_target_of_its_assumption(file):
    assumed = assumptions.of_file(file)
    one = next(c for _, c in cohort.each(cohort.load(file)))
    assert misses(one, load_targets(assumptions=assumed)) == []
    assert logic_misses(one, assumed.time_unit) == []


def test_all_of_them_are_numbered_on_from_the_shipped_ones():
    others = ensembles.under_other_assumptions(["os_years"])
    first = len(ensembles.load(columns=["os_years"]))
    assert list(others.origin.index) == list(range(first, first + alternatives.COHORTS * len(FILES)))
    assert set(others.origin["scheme"]) == {assumptions.told(assumptions.of_file(file)) for file in FILES}
    number = int(others.origin.index[-1])
    last = others.one(number)
    assert (last["cohort"] == number).all()
    pd.testing.assert_series_equal(
        last["os_years"], ensembles.load(FILES[-1]).patients["os_years"][-49:].reset_index(drop=True)
    )


def test_a_finished_alternative_is_kept(tmp_path, monkeypatch):
    searched = []
    monkeypatch.setattr(alternatives.ensemble, "build", lambda *a, **named: searched.append(named["assumptions"]))
    done = "age_test=student"
    alternatives.file_of(done, tmp_path).touch()
    assert alternatives.build(tmp_path) == {}
    assert searched == [chosen for name, chosen in alternatives.alternatives().items() if name != done]


def test_another_seed_is_tried_where_a_search_was_only_unlucky(tmp_path, monkeypatch):
    seeds = []

    def build(cohorts: int, seed: int, out: object, jobs: int, **named: object) -> None:
        seeds.append(seed)
        (tmp_path / f".{out.stem}.abc").mkdir()
        if seed == alternatives.SEEDS[0]:
            raise alternatives.SearchFailed("no cohort", "survival")

    monkeypatch.setattr(alternatives, "alternatives", lambda: {"age_test=student": None})
    monkeypatch.setattr(alternatives.ensemble, "build", build)
    monkeypatch.setattr(alternatives.conflict, "find", lambda *arguments: None)
    assert alternatives.build(tmp_path) == {}
    assert seeds == list(alternatives.SEEDS[:2])


def test_a_conflict_is_written_and_not_searched_again(tmp_path, monkeypatch):
    def fail(*arguments: object, **named: object) -> None:
        raise alternatives.SearchFailed("no cohort", "survival")

    found = alternatives.conflict.Conflict("survival", ("a.b",), 3, "near")
    monkeypatch.setattr(alternatives.ensemble, "build", fail)
    monkeypatch.setattr(alternatives.conflict, "find", lambda *arguments: found)
    told = alternatives.build(tmp_path)
    assert set(told) == set(alternatives.alternatives())
    assert told["time_unit=months"] == {
        "failed": "no cohort",
        "conflict": {"stage": "survival", "ids": ("a.b",), "searches": 3, "nearest": "near"},
    }
    monkeypatch.setattr(alternatives.ensemble, "build", lambda *a, **named: pytest.fail("searched again"))
    assert set(alternatives.build(tmp_path)) == set(told)
