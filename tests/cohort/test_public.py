"""Public patients are in the schema as their origin has them, and R was asked about these very files."""

import hashlib
import json

import numpy as np
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import validation
from analysis_lib.cohort.public import REPORTED, myeloid, veteran
from analysis_lib.cohort.template import EXAMPLE

R = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())
every_set = pytest.mark.parametrize("public", REPORTED, ids=lambda public: public.name)


@every_set
def test_a_file_is_what_its_origin_gives_and_r_was_asked_about_it(public, tmp_path):
    assert hashlib.md5(public.file.read_bytes()).hexdigest() == R[public.name]["md5"]
    public.mapped().to_csv(tmp_path / "mapped.csv", index=False)
    assert (tmp_path / "mapped.csv").read_text() == public.file.read_text()


def test_r_was_asked_about_the_invented_cohort_as_it_is_shipped():
    assert hashlib.md5(EXAMPLE.read_bytes()).hexdigest() == R["invented"]["md5"]


@every_set
def test_a_file_is_a_well_formed_cohort(public):
    judged = validation.judge(public.file)
    assert judged.problems == []
    assert judged.cautions == []


def test_scores_are_to_the_nearest_ten_and_a_relapse_ends_survival_without_progression():
    assert set(veteran()["kps"]) == set(range(10, 101, 10))
    patients = myeloid()
    assert patients.loc[0, ["pfs_years", "pfs_event"]].tolist() == pytest.approx([113 / 365.25, 1])
    assert (patients["pfs_years"] <= patients["os_years"]).all()
    assert (patients["months_to_surgery"].notna() == (patients["group"] == "surgery")).all()
    assert np.isfinite(patients["os_years"]).all()
