"""Targets, the search's small stages, and what an ensemble promises."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.cohort.schema import type_column
from analysis_lib.reconstruction import build, chain
from analysis_lib.reconstruction.stages import covariates
from analysis_lib.reconstruction.stages import state as blocks
from analysis_lib.targets.catalogue import load_targets

# A start that finds its first cohort soon.
QUICK_START = 5


def test_a_column_search_meets_its_summaries_and_repeats_from_its_seed(targets):
    boxes = blocks.Blocks(targets)
    found = [covariates.find_activity(np.random.default_rng(4), boxes, boxes.sizes[1]) for _ in range(2)]
    assert (found[0] == found[1]).all()
    operated = found[0][: boxes.sizes[1]]
    assert np.round(np.median(operated), 1) == targets.numbers.value("table2.activity.surgery.median")
    assert operated.min() == targets.numbers.value("table2.activity.surgery.range_lo")


def test_groups_that_do_not_add_up_are_refused(targets):
    numbers = dict(targets.numbers)
    row = numbers["table1.patients.surgery.n"]
    numbers[row.id] = replace(row, printed=replace(row.printed, text="27"))
    targets = load_targets()
    targets.numbers._numbers.update(numbers)
    with pytest.raises(InputError, match="do not make 49"):
        blocks.Blocks(targets)


@pytest.mark.parametrize("cohorts", [1, 27, 28, 100, 1008])
def test_a_plan_makes_as_many_cohorts_as_asked_for(cohorts):
    starts = build.Plan(cohorts, 0, "").starts
    assert sum(starts) == cohorts
    assert len(starts) >= min(cohorts, 25)


@pytest.fixture
def chained(monkeypatch, shipped):
    """A search that has its cohorts at hand; ``chained.until`` is how many it finds before it is interrupted."""

    def cohort(start: int, k: int) -> pd.DataFrame:
        return shipped.one(20 * start + k)

    state = SimpleNamespace(asked=[], until=None, cohort=cohort)

    def chain(targets, seed, start, length, position):
        made = position["made"] if position else 0
        state.asked.append((start, made))
        for k in range(made, length):
            if state.until is not None:
                if not state.until:
                    raise KeyboardInterrupt
                state.until -= 1
            yield cohort(start, k).drop(columns="cohort"), SimpleNamespace(packed=lambda k=k: {"made": k + 1})

    monkeypatch.setattr(build, "chain", chain)
    return state


@pytest.mark.parametrize("until", range(6))
def test_an_interrupted_build_keeps_each_cohort_and_goes_on_from_there(tmp_path, chained, until):
    out = tmp_path / "some" / "some.parquet"
    chained.until = until
    with pytest.raises(KeyboardInterrupt):
        build.build(6, 1, out, chain=2)
    assert not out.exists()
    kept = [pd.read_parquet(file)["cohort"].nunique() for file in out.parent.glob(".some.*/start-*.parquet")]
    assert sum(kept) == until
    chained.until = None
    manifest = build.build(6, 1, out, chain=2)
    begun = divmod(until, 2)
    assert chained.asked == [(k, 0) for k in range(begun[0] + 1)] + [begun] + [(k, 0) for k in range(begun[0] + 1, 3)]
    assert sorted(p.name for p in out.parent.iterdir()) == ["some.json", "some.parquet"]
    wanted = [chained.cohort(start, k).assign(cohort=2 * start + k) for start in range(3) for k in range(2)]
    build.write(pd.concat(wanted, ignore_index=True), tmp_path / "wanted.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(out), pd.read_parquet(tmp_path / "wanted.parquet"))
    assert manifest["cohorts"] == 6


def test_however_many_patients_are_written_at_a_time_the_cohorts_are_the_same(tmp_path, chained, monkeypatch):
    build.build(6, 1, tmp_path / "many.parquet", chain=2)
    monkeypatch.setattr(build, "_ROWS_AT_ONCE", 1)
    build.build(6, 1, tmp_path / "few.parquet", chain=2)
    many, few = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("many", "few"))
    pd.testing.assert_frame_equal(many, few)
    assert not many.attrs


def test_a_chain_gives_the_shipped_cohorts_again_and_goes_on_from_where_it_stood(targets, shipped):
    (first, stands), (second, stood) = chain.chain(targets, shipped.manifest["seed"], QUICK_START, 2)
    number = shipped.manifest["starts"][QUICK_START]["first_cohort"]
    for k, frame in enumerate((first, second)):
        wanted = shipped.one(number + k).drop(columns="cohort")
        typed = pd.DataFrame({name: type_column(frame[name], name) for name in wanted})
        pd.testing.assert_frame_equal(typed, wanted)
    position = json.loads(json.dumps(stands.packed()))
    ((again, there),) = chain.chain(targets, shipped.manifest["seed"], QUICK_START, 2, position)
    pd.testing.assert_frame_equal(again, second)
    # As text, since a blank is not equal to itself.
    assert json.dumps(there.packed()) == json.dumps(stood.packed())


def test_what_a_killed_search_left_half_written_goes_with_the_next_one(tmp_path, monkeypatch, chained):
    with monkeypatch.context() as patch:
        patch.setattr(build, "merge", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build.build(1, 1, tmp_path / "some.parquet")
    (folder,) = tmp_path.iterdir()
    (folder / ".start-0000.parquet.x7f3").write_bytes(b"PAR1")
    build.build(1, 1, tmp_path / "some.parquet")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["some.json", "some.parquet"]


def test_a_second_search_for_the_same_cohorts_is_refused_while_the_first_works(tmp_path, monkeypatch, chained):
    out, merge = tmp_path / "some.parquet", build.merge

    def twice(*arguments):
        with pytest.raises(InputError, match="another search for these cohorts is under way"):
            build.build(1, 1, out)
        return merge(*arguments)

    monkeypatch.setattr(build, "merge", twice)
    build.build(1, 1, out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["some.json", "some.parquet"]


def test_the_shipped_ensemble_is_as_its_manifest_says(targets, shipped):
    assert shipped.manifest["targets_sha256"] == targets.digest
    assert len(shipped.manifest["starts"]) >= 25
    assert set(shipped.origin["scheme"]) == {scheme.name for scheme in blocks.SCHEMES}
    values = [shipped.array(name) for name in ("os_years", "pfs_years", "tumour_size_post_mm", "age_years")]
    # A blank is not equal to itself.
    distinct = np.unique(np.nan_to_num(np.hstack(values), nan=-1), axis=0)
    assert len(distinct) == len(shipped) == shipped.manifest["cohorts"]
