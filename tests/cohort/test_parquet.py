"""Parquet files that are too large, or would become so once unpacked, are refused before they are."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as arrow

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import parquet, problems, sheet, validation


def columns(file: Path, rows: int, **others: object) -> Path:
    """A Parquet file with columns of any kind, written as other programs than pandas do."""
    needed = {"patient": range(1, rows + 1), "group": ["surgery"] * rows, "os_years": [1.5] * rows}
    arrow.write_table(pa.table(needed | {"os_event": [1] * rows} | others), file, store_schema=False)
    return file


@pytest.fixture
def never_unpacked(monkeypatch):
    def unpacked(*_: object) -> None:
        raise AssertionError("the whole file was unpacked")

    monkeypatch.setattr(pd, "read_parquet", unpacked)


def test_a_text_that_many_rows_share_is_refused_before_each_has_its_own(never_unpacked, tmp_path):
    texts = pa.DictionaryArray.from_arrays([0] * 7 + [1] * 11_993, ["male", "x" * 100_000])
    file = columns(tmp_path / "cohort.parquet", 12_000, sex=texts)
    assert file.stat().st_size < 100_000
    with pytest.raises(InputError, match=r"row 8, column 'sex': holds a text of 100000 bytes \(at most 1000\)"):
        validation.judge(file)


def test_a_row_s_number_counts_the_groups_before_it(never_unpacked, tmp_path):
    frame = pa.table({"patient": range(1, 7), "sex": ["male"] * 4 + ["x" * 1001, "male"]})
    arrow.write_table(frame, tmp_path / "cohort.parquet", row_group_size=2)
    with pytest.raises(InputError, match="row 5, column 'sex'"):
        validation.judge(tmp_path / "cohort.parquet")


def test_short_texts_are_too_many_when_they_are_too_much_together(never_unpacked, tmp_path, monkeypatch):
    file = columns(tmp_path / "cohort.parquet", 1_000, sex=["x" * 900] * 1_000)
    monkeypatch.setattr(sheet, "MOST_BYTES", 800_000)
    with pytest.raises(InputError, match="holds 907000 bytes, or does so once it is unpacked"):
        validation.judge(file)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([["x" * 2000] * 5] * 9), "column 'odd.list.element': holds lists"),
        (pa.array([{"a": 1}] * 9), "column 'odd.a': holds lists, records"),
        (pa.array([datetime.date(2020, 1, 1)] * 9), "column 'odd': holds lists, records, dates"),
        (pa.array([b"0123456789"] * 9, pa.binary(10)), "column 'odd': holds lists"),
    ],
    ids=["lists of text", "records", "dates", "bytes of one length"],
)
@pytest.mark.usefixtures("never_unpacked")
def test_many_values_that_no_cohort_has_are_refused_by_their_column(column, words, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "_MOST_OTHER_VALUES", 8)
    with pytest.raises(InputError, match=words):
        validation.judge(columns(tmp_path / "cohort.parquet", 9, odd=column))


def test_an_encoding_that_hides_how_long_texts_are_is_refused(never_unpacked, tmp_path):
    file = tmp_path / "cohort.parquet"
    texts = pa.table({"sex": ["x" * 100_000 + str(k) for k in range(9)]})
    arrow.write_table(texts, file, use_dictionary=False, column_encoding={"sex": "DELTA_BYTE_ARRAY"})
    with pytest.raises(InputError, match="column 'sex': is encoded as DELTA_BYTE_ARRAY, which hides its size"):
        validation.judge(file)


def test_a_parquet_column_that_is_there_twice_is_told(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["patient", "patient"])
    arrow.write_table(table, tmp_path / "cohort.parquet")
    with pytest.raises(InputError, match=r"names a column twice \(each column once\)"):
        validation.judge(tmp_path / "cohort.parquet")


def test_of_endless_problems_the_first_are_told_and_that_there_are_more(tmp_path, monkeypatch):
    monkeypatch.setattr(problems, "MOST_PROBLEMS", 30)
    found = validation.judge(columns(tmp_path / "cohort.parquet", 40, kps=[7] * 40, sex=["x"] * 40)).problems
    assert len(found) == 31
    assert problems.format_problems(found)[0] == (
        "there are more than 30 problems, of which the others are not told (mend these, and validate again)"
    )


def test_as_many_problems_as_can_be_told_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(problems, "MOST_PROBLEMS", 40)
    assert len(validation.judge(columns(tmp_path / "cohort.parquet", 40, kps=[7] * 40)).problems) == 40
