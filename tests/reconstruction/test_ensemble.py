"""The shipped ensemble loads as any cohort file does, only faster, and knows where each cohort comes from."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import validation
from analysis_lib.reconstruction import ensemble


@pytest.fixture(scope="module")
def small(tmp_path_factory, shipped):
    """Three cohorts, as a file with its manifest."""
    folder = tmp_path_factory.mktemp("ensemble")
    raw = pd.read_parquet(ensemble.SHIPPED)
    kept = [0, 1, 5]
    file = folder / "small.parquet"
    raw[raw["cohort"].isin(kept)].to_parquet(file, index=False)
    measures = [shipped.manifest["measures"][k] for k in kept]
    manifest = {"measures": measures, "file_sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    file.with_suffix(".json").write_text(json.dumps(manifest))
    return file


def test_a_trusted_file_has_the_values_and_types_of_one_that_was_judged(small):
    pd.testing.assert_frame_equal(ensemble.load(small).patients, validation.load_cohorts(small))


def test_each_cohort_has_the_base_measure_that_the_manifest_gives_it(small, shipped):
    origin = ensemble.load(small).origin
    assert origin.index.tolist() == [0, 1, 5]
    pd.testing.assert_frame_equal(origin, shipped.origin.loc[[0, 1, 5]])
    assert set(shipped.origin["scheme"]) == set(shipped.manifest["schemes"]) == {"A", "B"}


def test_an_array_has_one_row_a_cohort_and_is_blank_outside_the_condition(shipped):
    operated = shipped.patients["group"] == "surgery"
    days = shipped.array("months_to_surgery", operated)
    assert days.shape == (len(shipped), 49)
    number = int(shipped.origin.index[-1])
    one = shipped.one(number)
    np.testing.assert_array_equal(days[-1], one["months_to_surgery"].to_numpy())
    assert (np.isnan(shipped.array("os_years", operated)).sum(axis=1) == (one["group"] != "surgery").sum()).all()


def test_only_the_columns_asked_for_are_read(small):
    assert list(ensemble.load(small, ["os_years"]).patients) == ["cohort", "patient", "os_years"]


def test_a_cohort_that_is_not_there_is_named(shipped):
    with pytest.raises(InputError, match="no cohort -1"):
        shipped.one(-1)


def test_a_file_that_is_not_the_manifests_is_refused(small, tmp_path):
    file = tmp_path / "small.parquet"
    file.write_bytes(small.read_bytes() + b" ")
    with pytest.raises(InputError, match="manifest of an ensemble"):
        ensemble.load(file)
    file.with_suffix(".json").write_text(small.with_suffix(".json").read_text())
    with pytest.raises(InputError, match="not the file that its manifest describes"):
        ensemble.load(file)


def test_cohorts_of_different_sizes_or_mixed_up_are_refused(shipped):
    patients, origin = shipped.patients.head(98), shipped.origin.head(2)
    assert len(ensemble.Ensemble(patients, origin, {})) == 2
    for wrong in (patients.drop(index=0), patients.drop(index=[0, 1]), patients.iloc[::-1]):
        with pytest.raises(InputError, match="not of one size, one after another"):
            ensemble.Ensemble(wrong, origin, {})
