"""Building an ensemble: what is found is kept, an interrupted build goes on from there, and nothing is left behind."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import template, validation
from analysis_lib.cohort.schema import type_column
from analysis_lib.reconstruction import build, search
from analysis_lib.reconstruction.base_measure import BaseMeasure

# A cohort of the ensemble that is found soon.
QUICK = 0


@pytest.fixture
def searched(monkeypatch):
    """A search that has its cohorts at hand; ``searched.until`` is how many it finds before it is interrupted."""
    example = validation.load(template.EXAMPLE).drop(columns="cohort")
    state = SimpleNamespace(asked=[], until=None)

    def measure(number: int) -> BaseMeasure:
        return BaseMeasure.draw(np.random.default_rng(number))

    def find_cohort(targets, seed, number):
        state.asked.append(number)
        if state.until is not None:
            if not state.until:
                raise KeyboardInterrupt
            state.until -= 1
        return example.assign(age_years=30 + number), measure(number)

    state.measure = measure
    monkeypatch.setattr(build, "find_cohort", find_cohort)
    return state


@pytest.mark.parametrize("until", range(3))
def test_an_interrupted_build_keeps_each_cohort_and_goes_on_from_there(tmp_path, searched, until):
    out = tmp_path / "some" / "some.parquet"
    searched.until = until
    with pytest.raises(KeyboardInterrupt):
        build.build(3, 1, out)
    assert not out.exists()
    assert len(list(out.parent.glob(".some.*/cohort-*.parquet"))) == until
    searched.until = None
    manifest = build.build(3, 1, out)
    assert searched.asked == [*range(until + 1), *range(until, 3)]
    assert sorted(p.name for p in out.parent.iterdir()) == ["some.json", "some.parquet"]
    ages = pd.read_parquet(out).groupby("cohort")["age_years"].unique()
    assert [list(age) for age in ages] == [[30], [31], [32]]
    assert manifest["measures"] == [
        asdict(searched.measure(k)) | {"scheme": searched.measure(k).name} for k in range(3)
    ]


def test_however_many_cohorts_are_written_at_a_time_they_are_the_same(tmp_path, searched, monkeypatch):
    build.build(3, 1, tmp_path / "many.parquet")
    monkeypatch.setattr(build, "_AT_ONCE", 1)
    build.build(3, 1, tmp_path / "few.parquet")
    many, few = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("many", "few"))
    pd.testing.assert_frame_equal(many, few)
    assert not many.attrs


def test_what_a_killed_search_left_half_written_goes_with_the_next_one(tmp_path, monkeypatch, searched):
    with monkeypatch.context() as patch:
        patch.setattr(build, "merge", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build.build(1, 1, tmp_path / "some.parquet")
    (folder,) = tmp_path.iterdir()
    (folder / ".cohort-00000.parquet.x7f3").write_bytes(b"PAR1")
    build.build(1, 1, tmp_path / "some.parquet")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["some.json", "some.parquet"]


def test_a_second_search_for_the_same_cohorts_is_refused_while_the_first_works(tmp_path, monkeypatch, searched):
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
    assert shipped.manifest["met"] == targets.printed
    assert len(shipped) == shipped.manifest["cohorts"] == len(shipped.manifest["measures"])
    assert len({json.dumps(measure) for measure in shipped.manifest["measures"]}) == len(shipped)
    values = [shipped.array(name) for name in ("os_years", "pfs_years", "tumour_size_post_mm", "age_years")]
    # A blank is not equal to itself.
    assert len(np.unique(np.nan_to_num(np.hstack(values), nan=-1), axis=0)) == len(shipped)


def test_a_shipped_cohort_comes_out_again_from_its_seed_and_number_alone(targets, shipped):
    found, measure = search.find_cohort(targets, shipped.manifest["seed"], QUICK)
    assert asdict(measure) | {"scheme": measure.name} == shipped.manifest["measures"][QUICK]
    wanted = shipped.one(QUICK).drop(columns="cohort")
    typed = pd.DataFrame({name: type_column(found[name], name) for name in wanted})
    pd.testing.assert_frame_equal(typed, wanted)
