"""Verification agrees with R on a sample of the shipped cohorts, target by target."""

import hashlib
import json

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import validation
from analysis_lib.targets.recompute import Recomputed

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "ensemble.json").read_text())["cohorts"]
ASK_AGAIN = "the sample is of another ensemble: run tests/oracles/ensemble.py"
# What counting alone gives; R is asked for all the rest.
COUNTED = {"count", "known", "unknown", "any", "within", "beyond_180", "tvi_no_change", "tvi_decrease", "tvi_increase"}


def sampled(name):
    return ORACLES / "data" / "ensemble" / f"{name}.csv"


def test_the_sample_is_what_r_was_asked_about():
    assert {file.stem for file in (ORACLES / "data" / "ensemble").iterdir()} == set(R)
    for name, answer in R.items():
        assert hashlib.md5(sampled(name).read_bytes()).hexdigest() == answer["md5"]


def test_the_sample_is_part_of_the_shipped_ensemble(shipped):
    numbers = [int(name.rpartition("-")[2]) for name in R]
    assert set(numbers) <= set(shipped.origin.index), ASK_AGAIN
    for number, name in zip(numbers, R, strict=True):
        text = shipped.one(number).to_csv(index=False, lineterminator="\n")
        assert text == sampled(name).read_text(encoding="utf-8"), ASK_AGAIN


def test_the_sample_has_cohorts_of_either_censoring_assumption(shipped):
    origin = shipped.origin.loc[[int(name.rpartition("-")[2]) for name in R]]
    assert set(origin["scheme"]) == set(shipped.origin["scheme"])


@pytest.mark.parametrize("name", R)
def test_r_finds_the_same_values_and_every_printed_digit(name, targets):
    asked = {id for id, target in targets.items() if target.statistic not in COUNTED}
    assert set(R[name]["values"]) == asked
    recomputed = Recomputed(validation.load_cohorts(sampled(name)), targets)
    for id, by_r in R[name]["values"].items():
        assert recomputed.value(targets[id]) == pytest.approx(by_r, rel=1e-8, abs=0), id
        assert by_r in targets[id].interval, id
