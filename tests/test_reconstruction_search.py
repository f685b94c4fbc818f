"""Targets, the search's small stages, and what an ensemble promises."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis_lib import cohort
from analysis_lib.errors import InputError
from analysis_lib.published import ROOT
from analysis_lib.reconstruction import blocks, covariates, ensemble, search
from analysis_lib.reconstruction.targets import Assumptions, load_targets

SHIPPED = ROOT / "data" / "ensemble" / "cohorts.parquet"


@pytest.fixture(scope="module")
def targets():
    return load_targets()


def test_a_changed_digit_changes_its_target_and_the_digest(tmp_path, targets):
    numbers = ROOT / "data" / "published" / "numbers.csv"
    text = numbers.read_text(encoding="utf-8")
    line = next(row for row in text.splitlines() if row.startswith("table5.kps_death.hr,"))
    (tmp_path / "numbers.csv").write_text(text.replace(line, line.replace("0.934", "0.935")), encoding="utf-8")
    changed = load_targets(tmp_path)
    assert changed["table5.kps_death.hr"].interval.low == pytest.approx(0.9345)
    assert changed.digest != targets.digest


def test_an_assumption_is_part_of_the_digest(targets):
    assert load_targets(assumptions=Assumptions(follow_up="survivors")).digest != targets.digest


def test_a_withheld_target_leaves_its_box_open(targets):
    id = "results-survival.os.p"
    box = targets.without({id}).box((id, "results-survival.os.all.median"))
    assert np.isinf(box[:2, 0]).all()
    assert np.isfinite(box[:, 1]).all()
    with pytest.raises(InputError, match="is no target"):
        targets.without({"none"})


def test_a_column_search_meets_its_summaries_and_repeats_from_its_seed(targets):
    boxes = blocks.Blocks(targets)
    found = [covariates.find_activity(np.random.default_rng(4), boxes, boxes.sizes[1]) for _ in range(2)]
    assert (found[0] == found[1]).all()
    operated = found[0][: boxes.sizes[1]]
    assert np.round(np.median(operated), 1) == targets.numbers.value("table2.activity.surgery.median")
    assert operated.min() == targets.numbers.value("table2.activity.surgery.range_lo")


def test_a_seed_gives_the_times_of_the_shipped_cohorts_again(targets):
    manifest = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    # A start whose first times of death could be completed to a whole cohort.
    start = 3
    rng = np.random.default_rng([manifest["seed"], start])
    again = search.find_survival(rng, blocks.Blocks(targets), blocks.scheme_of(start))
    shipped = cohort.load(SHIPPED).query(f"cohort == {manifest['starts'][start]['first_cohort']}")
    assert np.array_equal(np.sort(again.years), np.sort(shipped["os_years"]))


def test_groups_that_do_not_add_up_are_refused(targets):
    numbers = dict(targets.numbers)
    row = numbers["table1.patients.surgery.n"]
    numbers[row.id] = replace(row, printed=replace(row.printed, text="27"))
    targets = load_targets()
    targets.numbers._numbers.update(numbers)
    with pytest.raises(blocks.SearchFailed, match="do not make 49"):
        blocks.Blocks(targets)


@pytest.mark.parametrize("cohorts", [1, 27, 28, 100, 1008])
def test_a_plan_makes_as_many_cohorts_as_asked_for(cohorts):
    starts = ensemble.Plan(cohorts, 0, "").starts
    assert sum(starts) == cohorts
    assert len(starts) >= min(cohorts, 25)


@pytest.mark.parametrize(
    ("cohorts", "seed", "name", "jobs"),
    [
        (0, 1, "a.parquet", 1),
        (-3, 1, "a.parquet", 1),
        (1, -1, "a.parquet", 1),
        (1, 1, "a.csv", 1),
        (1, 1, "a.parquet", 0),
    ],
)
def test_bad_arguments_write_nothing(tmp_path, cohorts, seed, name, jobs):
    with pytest.raises(InputError):
        ensemble.build(cohorts, seed, tmp_path / name, jobs)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_build_keeps_finished_starts_and_goes_on(tmp_path, monkeypatch, targets):
    one = cohort.load(SHIPPED).query("cohort == 0").drop(columns="cohort")
    asked = []

    def chain(targets, seed, start, length, stop=True):
        asked.append(start)
        if stop and start == 2:
            raise KeyboardInterrupt
        yield from (one.copy() for _ in range(length))

    out = tmp_path / "some.parquet"
    monkeypatch.setattr(ensemble, "chain", chain)
    with pytest.raises(KeyboardInterrupt):
        ensemble.build(4, 1, out)
    assert not out.exists()
    monkeypatch.setattr(ensemble, "chain", lambda *a: chain(*a, stop=False))
    manifest = ensemble.build(4, 1, out)
    assert asked == [0, 1, 2, 2, 3]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["some.json", "some.parquet"]
    assert manifest["cohorts"] == pd.read_parquet(out)["cohort"].nunique() == 4


@pytest.fixture
def one_cohort_each(monkeypatch):
    """A search that has its cohort at hand."""
    one = cohort.load(SHIPPED).query("cohort == 0").drop(columns="cohort")
    monkeypatch.setattr(ensemble, "chain", lambda targets, seed, start, length: [one.copy() for _ in range(length)])


def test_what_a_killed_search_left_half_written_goes_with_the_next_one(tmp_path, monkeypatch, one_cohort_each):
    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "_merge", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ensemble.build(1, 1, tmp_path / "some.parquet")
    (folder,) = tmp_path.iterdir()
    (folder / ".start-0000.parquet.x7f3").write_bytes(b"PAR1")
    ensemble.build(1, 1, tmp_path / "some.parquet")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["some.json", "some.parquet"]


def test_a_second_search_for_the_same_cohorts_is_refused_while_the_first_works(tmp_path, monkeypatch, one_cohort_each):
    out, merge = tmp_path / "some.parquet", ensemble._merge

    def twice(*arguments):
        with pytest.raises(InputError, match="another search for these cohorts is under way"):
            ensemble.build(1, 1, out)
        return merge(*arguments)

    monkeypatch.setattr(ensemble, "_merge", twice)
    ensemble.build(1, 1, out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["some.json", "some.parquet"]


def test_the_shipped_ensemble_is_as_its_manifest_says(targets):
    manifest = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    assert manifest["targets_sha256"] == targets.digest
    assert len(manifest["starts"]) >= 25
    assert {row["scheme"] for row in manifest["starts"]} == {scheme.name for scheme in blocks.SCHEMES}
    frame = cohort.load(SHIPPED)
    assert frame["cohort"].nunique() == manifest["cohorts"]
    distinct = {
        tuple(c[["os_years", "pfs_years", "tumour_size_post_mm", "age_years"]].to_numpy().ravel())
        for _, c in cohort.each(frame)
    }
    assert len(distinct) == manifest["cohorts"]
