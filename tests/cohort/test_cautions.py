"""Cautions: what is well formed and odd is pointed out, and a sound cohort is left alone."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.cohort import cautions


def many(n=10, **columns):
    """A typed cohort of n patients that gives no reason for a caution, with other columns on top."""
    good = {
        "patient": range(1, n + 1),
        "group": ["surgery", "prrt_only"] * (n // 2),
        "os_years": np.linspace(0.5, 9.7, n),
        "os_event": [0, 1, 1, 0, 1] * (n // 5),
    }
    return pd.DataFrame(good | columns)


def test_a_sound_cohort_raises_no_caution():
    assert cautions.cautions(many()) == []


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"os_years": np.linspace(3.5, 119.3, 10)}, "exceeds 28, the age of PRRT with 177Lu, in 8 of 10 patients: are"),
        ({"pfs_years": np.linspace(3.5, 88.3, 10)}, "or give time_unit=months"),
        ({"os_years": np.linspace(8.5, 27.5, 10)}, "os_years exceeds 12 in most patients"),
        (
            {"os_years": np.linspace(7.5, 16.3, 10), "prrt_months": [7.2] * 10},
            "no less than the months that came",
        ),
        ({"os_years": range(1, 11)}, "whole numbers throughout"),
        ({"months_to_surgery": np.linspace(0.6, 2.1, 10)}, "are these years?"),
        ({"tumour_size_mm": np.linspace(1.2, 11.5, 10)}, "are these centimetres?"),
        ({"ki67_percent": np.linspace(0.01, 0.3, 10)}, "are these fractions?"),
        ({"kps": [10] * 10}, "are these tens?"),
        ({"prrt_activity_gbq": [7.4] * 10, "prrt_cycles": [4] * 10}, "is it of one cycle?"),
        ({"os_event": [0] * 10}, "without a death"),
        ({"os_event": [1] * 10}, "is 1 for the living?"),
        ({"group": ["surgery"] * 10}, "nothing to compare"),
        ({"os_years": [0, *np.linspace(0.5, 9.7, 9)]}, "never under observation"),
    ],
)
def test_what_is_well_formed_and_odd_is_pointed_out(columns, words):
    (caution,) = cautions.cautions(many(**columns))
    assert words in caution


def test_a_patient_who_is_there_twice_under_two_numbers_is_pointed_out():
    frame = many(20, **{name: np.linspace(10.5, 90.5, 20) for name in ("age_years", "bmi_kg_m2", "prrt_months")})
    frame["sex"] = "male"
    frame["tumour_size_mm"] = np.linspace(21.5, 60.5, 20)
    assert cautions.cautions(frame) == []
    frame.loc[2, frame.columns != "patient"] = frame.loc[0, frame.columns != "patient"]
    (caution,) = cautions.cautions(frame)
    assert "there twice" in caution


def test_any_column_may_be_missing():
    frame = many(prrt_months=[7.2] * 10)
    for name in frame:
        assert isinstance(cautions.cautions(frame.drop(columns=name)), list)
