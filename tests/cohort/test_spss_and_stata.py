"""SPSS and Stata files: codes are read by what the file says they stand for."""

from __future__ import annotations

import datetime
import os
import time

import pandas as pd
import pyreadstat
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import spss_and_stata, validation

PATIENTS = pd.DataFrame(
    {
        "patient": [1.0, 2.0, 3.0],
        "group": [1.0, 2.0, 1.0],
        "sex": [2.0, 1.0, None],
        "os_months": [39.0, 24.5, 12.0],
        "os_event": [1.0, 0.0, 1.0],
        "tvi_pre": [6.0, 0.0, None],
        "centre": ["Bâle", "", "x"],
    }
)
LABELS = {
    "group": {1: "Surgery", 2: "PRRT only"},
    "sex": {1: "Male", 2: "Female"},
    "os_event": {0: "alive", 1: "dead"},
    "tvi_pre": {0: "none", 6: "both beyond 180 degrees"},
}


@pytest.fixture
def in_this_process(monkeypatch):
    """Spare the seconds that a process of its own takes to start."""
    monkeypatch.setattr(spss_and_stata, "read", spss_and_stata._read)


WRITERS = {".sav": pyreadstat.write_sav, ".dta": pyreadstat.write_dta}


@pytest.mark.parametrize("ending", WRITERS)
def test_codes_are_read_by_their_labels(ending, tmp_path):
    file = tmp_path / f"cohort{ending}"
    WRITERS[ending](PATIENTS, file, variable_value_labels=LABELS)
    loaded = validation.load(file)
    assert loaded["group"].tolist() == ["surgery", "prrt_only", "surgery"]
    assert loaded["sex"].tolist() == ["female", "male", None]
    assert loaded["os_years"].tolist() == [39 / 12, 24.5 / 12, 1]
    assert loaded["os_event"].tolist() == [1, 0, 1]
    assert loaded["tvi_pre"].tolist()[:2] == [6, 0]
    assert loaded["centre"].tolist() == ["Bâle", "", "x"]


def test_a_code_that_stands_for_the_opposite_is_read_as_what_it_stands_for(in_this_process, tmp_path):
    file = tmp_path / "cohort.sav"
    pyreadstat.write_sav(PATIENTS, file, variable_value_labels=LABELS | {"os_event": {0: "Dead", 1: "Censored"}})
    assert validation.load(file)["os_event"].tolist() == [0, 1, 0]


def test_days_and_what_no_label_explains_are_told_by_row(in_this_process, tmp_path):
    file = tmp_path / "cohort.sav"
    days = PATIENTS.assign(os_months=[datetime.date(2020, 4, 30)] * 3)
    pyreadstat.write_sav(days, file, variable_value_labels=LABELS | {"group": {1: "Arm A", 2: "PRRT only"}})
    told = {(p.row, p.column, p.value) for p in validation.judge(file).problems}
    assert told == {(row, "os_months", "2020-04-30") for row in (1, 2, 3)} | {
        (1, "group", "Arm A"),
        (3, "group", "Arm A"),
    }


@pytest.mark.parametrize("ending", WRITERS)
def test_a_file_that_would_be_far_too_large_is_refused_before_it_is_unpacked(in_this_process, ending, tmp_path):
    # A text of few letters is stored in few bytes, and unpacked to its column's width.
    file = tmp_path / f"cohort{ending}"
    wide = PATIENTS.loc[[0] * 60_000].assign(centre=["x" * 2000] + ["x"] * 59_999)
    WRITERS[ending](wide, file, **({"compress": True} if ending == ".sav" else {}))
    with pytest.raises(InputError, match="holds .* bytes"):
        validation.judge(file)


@pytest.mark.parametrize("ending", WRITERS)
def test_a_damaged_file_is_one_clear_error(in_this_process, ending, tmp_path):
    (tmp_path / f"cohort{ending}").write_bytes(b"$FL2" + bytes(range(256)) * 4)
    with pytest.raises(InputError, match="cannot be read: "):
        validation.judge(tmp_path / f"cohort{ending}")


@pytest.mark.parametrize("harm", [lambda _: os._exit(1), lambda _: time.sleep(60)], ids=["crash", "endless"])
def test_a_file_that_ends_its_parser_or_never_does_is_one_clear_error(harm, tmp_path, monkeypatch):
    (tmp_path / "cohort.sav").touch()
    monkeypatch.setattr(spss_and_stata, "_alone", harm)
    monkeypatch.setattr(spss_and_stata, "_SECONDS", 2)
    with pytest.raises(InputError, match="cannot be read: it is damaged"):
        validation.judge(tmp_path / "cohort.sav")
