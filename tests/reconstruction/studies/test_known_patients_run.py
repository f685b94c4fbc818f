"""The shipped comparison of known patients with simulated cohorts can be made again, and is whole."""

import hashlib
import json

import pandas as pd
import pytest

from analysis_lib.reconstruction.studies import known_patients_run as run
from analysis_lib.reconstruction.studies.coverage import factors
from analysis_lib.reconstruction.studies.known_data import COLUMNS, SOURCES, studies
from analysis_lib.reconstruction.studies.known_patients import printed

STUDIES = studies()
COHORTS = pd.read_parquet(run.SHIPPED / "cohorts.parquet")
RANGES = pd.read_csv(run.SHIPPED / "ranges.csv")


@pytest.mark.parametrize("name", ["larynx, part 1", "stanford, part 1", "myeloid, part 1"])
def test_the_search_gives_the_first_shipped_cohort_again_from_its_seed(name):
    number = [study.name for study in STUDIES].index(name)
    again = run.search(STUDIES[number], number, cohorts=1).reset_index(drop=True)
    shipped = COHORTS[COHORTS["study"] == name].head(len(again)).reset_index(drop=True)
    pd.testing.assert_frame_equal(again, shipped, atol=1e-9, check_dtype=False)


def test_a_study_without_any_cohort_makes_an_empty_table(monkeypatch):
    monkeypatch.setattr(run, "reconstruct", lambda *_: None)
    found = run.search(STUDIES[0], 0)
    assert found.empty
    assert list(found) == ["study", "assumption", "cohort", *COLUMNS]


@pytest.mark.parametrize("study", STUDIES[::6], ids=[study.name for study in STUDIES[::6]])
def test_the_shipped_ranges_are_those_of_the_shipped_cohorts(study):
    again = run.compare([study], COHORTS)
    shipped = RANGES[RANGES["study"] == study.name].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, shipped, rtol=1e-6, check_dtype=False)


def test_the_shipped_tables_belong_together():
    manifest = json.loads((run.SHIPPED / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["cohorts_sha256"] == hashlib.sha256((run.SHIPPED / "cohorts.parquet").read_bytes()).hexdigest()
    assert {name for name, about in manifest["sources"].items() if about["held_out"]} == {
        name for name, source in SOURCES.items() if source.held_out
    }
    summary = pd.read_csv(run.SHIPPED / "studies.csv", dtype=str, keep_default_na=False).set_index("study")
    for study in STUDIES:
        for name, text in printed(study.patients).items():
            assert summary.loc[study.name, name] == text
    shipped = pd.read_csv(run.SHIPPED / "factors.csv")
    pd.testing.assert_frame_equal(factors(RANGES).reset_index(drop=True), shipped, rtol=1e-3)
