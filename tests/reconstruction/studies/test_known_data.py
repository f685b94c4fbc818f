"""Studies of known patients: random parts of public data that share nobody, some kept for the last run."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.reconstruction.studies.known_data import (
    MOST_PARTS,
    PART,
    SOURCES,
    TRAITS,
    colon,
    kidney,
    larynx,
    studies,
)

STUDIES = studies()


def test_every_study_is_as_large_as_the_papers_and_no_data_set_dominates():
    assert {len(study.patients) for study in STUDIES} == {PART}
    parts = pd.Series([study.source for study in STUDIES]).value_counts()
    assert set(parts.index) == set(SOURCES)
    assert parts.max() == MOST_PARTS


def test_at_least_six_data_sets_and_two_of_them_held_out():
    assert len(SOURCES) >= 6
    assert sum(source.held_out for source in SOURCES.values()) == 2


@pytest.mark.parametrize(("source", "whole"), [("larynx", larynx()), ("kidney", kidney())])
def test_no_patient_is_in_two_parts(source, whole):
    columns = ["time", "event", "first"]
    parts = pd.concat(study.patients[columns] for study in STUDIES if study.source == source).value_counts()
    assert (parts <= whole[columns].value_counts().reindex(parts.index).fillna(0)).all()


def test_waiting_is_before_the_end_and_only_in_the_first_group_and_progression_not_after_it():
    waiting = [study.patients for study in STUDIES if study.source in ("stanford", "myeloid")]
    for patients in waiting:
        assert (patients["wait"].notna() == patients["first"]).all()
        assert (patients["wait"][patients["first"]] <= patients["time"][patients["first"]]).all()
    for study in STUDIES:
        assert study.patients["end"].notna().all() == (study.source in ("myeloid", "colon"))
        assert not (study.patients["end"] > study.patients["time"] + 1e-9).any()
        assert np.isfinite(study.patients["time"]).all()


def test_a_result_of_the_operation_is_known_of_the_first_group_where_progression_is_recurrence():
    whole = colon()
    assert (whole["clear"].notna() == whole["first"]).all()
    # As R's survival package counts them: recurrences without further treatment, of 315 patients.
    first = whole[whole["first"]]
    assert len(first) == 315 and (first["end"] < first["time"]).sum() == 177
    assert first.loc[first["clear"] == 1, "seen"].mean() < first.loc[first["clear"] == 0, "seen"].mean()
    for study in STUDIES:
        assert study.patients["clear"].notna().any() == (study.source == "colon")


def test_a_trait_is_of_some_in_either_group_of_a_data_set_and_of_some_who_died():
    for source in SOURCES:
        whole = pd.concat(study.patients for study in STUDIES if study.source == source)
        assert whole["trait_1"].notna().any()
        for trait in TRAITS:
            known = whole[whole[trait].notna()]
            assert known.groupby("first")[trait].nunique().eq(2).all()
    for study in STUDIES:
        dead = study.patients[study.patients["event"] == 1]
        assert not dead[list(TRAITS)].nunique().eq(1).any()
