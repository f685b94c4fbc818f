"""Public patients are well-formed cohorts, and R was asked about these very files."""

import hashlib
import json

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import validation
from analysis_lib.cohort.public import REPORTED
from analysis_lib.cohort.template import EXAMPLE

R = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())
every_set = pytest.mark.parametrize("public", REPORTED, ids=lambda public: public.name)


@every_set
def test_r_was_asked_about_a_file_as_it_is_shipped(public):
    assert hashlib.md5(public.file.read_bytes()).hexdigest() == R[public.name]["md5"]


def test_r_was_asked_about_the_invented_cohort_as_it_is_shipped():
    assert hashlib.md5(EXAMPLE.read_bytes()).hexdigest() == R["invented"]["md5"]


@every_set
def test_a_file_is_a_well_formed_cohort(public):
    judged = validation.judge(public.file)
    assert judged.problems == []
    assert judged.cautions == []
