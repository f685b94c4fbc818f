"""Cohort files that are far too large, or small ones that would become so, are refused before they are unpacked."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from openpyxl import Workbook
from pyarrow import parquet

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import problems, reader, schema, validation

HEADING = ["patient", "group", "os_years", "os_event"]


def workbook(content: list, far: tuple[int, int] | None = None) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    for row in content:
        book.active.append(row)
    if far:
        book.active.cell(*far, "x")
    book.save(stream)
    return stream.getvalue()


def with_sheet(content: bytes, change: Callable[[bytes], bytes], file: Path) -> Path:
    """A workbook in whose sheet somebody changed the XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts, zipfile.ZipFile(file, "w") as out:
        for name in parts.namelist():
            part = parts.read(name)
            out.writestr(name, change(part) if name.endswith("sheet1.xml") else part)
    return file


def columns(file: Path, rows: int, **others: object) -> Path:
    """A Parquet file with columns of any kind, written as other programs than pandas do."""
    needed = {"patient": range(1, rows + 1), "group": ["surgery"] * rows, "os_years": [1.5] * rows}
    parquet.write_table(pa.table(needed | {"os_event": [1] * rows} | others), file, store_schema=False)
    return file


@pytest.fixture
def never_unpacked(monkeypatch):
    def unpacked(*_: object) -> None:
        raise AssertionError("the whole file was unpacked")

    monkeypatch.setattr(pd, "read_parquet", unpacked)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("columns.csv", ",".join("x" * 10_001).encode(), "has a row of 10001 cells"),
        ("far.xlsx", workbook([HEADING], far=(2_000, 16_384)), "has a row of 16384 cells"),
    ],
)
def test_a_table_far_larger_than_a_cohort_is_refused(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        validation.validate(tmp_path / name)


def test_cells_and_unpacked_bytes_are_counted(tmp_path, monkeypatch):
    file = tmp_path / "cohort.xlsx"
    file.write_bytes(workbook([HEADING, [1, "surgery", 3.25, 1]] + [[""] * 4] * 20))
    monkeypatch.setitem(reader._MOST_CELLS, ".xlsx", 7)
    with pytest.raises(InputError, match="has more than 7 cells"):
        validation.validate(file)
    monkeypatch.setattr(reader, "_MOST_BYTES", file.stat().st_size)
    with pytest.raises(InputError, match="or does so once it is unpacked"):
        validation.validate(file)


def test_a_sheet_that_misstates_its_size_hides_no_rows(tmp_path):
    whole = workbook([HEADING, *([k, "surgery", 3.25, 1] for k in range(1, 6))])
    file = with_sheet(whole, lambda xml: xml.replace(b'ref="A1:D6"', b'ref="A1:D2"'), tmp_path / "cohort.xlsx")
    assert len(validation.load(file)) == 5


def test_a_text_that_many_rows_share_is_refused_before_each_has_its_own(never_unpacked, tmp_path):
    texts = ["male"] * 7 + ["x" * 100_000] * 11_993
    file = columns(tmp_path / "cohort.parquet", 12_000, sex=pa.array(texts).dictionary_encode())
    assert file.stat().st_size < 100_000
    with pytest.raises(InputError, match=r"row 8, column 'sex': holds a text of 100000 bytes \(at most 1000\)"):
        validation.validate(file)


def test_a_row_s_number_counts_the_groups_before_it(never_unpacked, tmp_path):
    frame = pa.table({"patient": range(1, 7), "sex": ["male"] * 4 + ["x" * 1001, "male"]})
    parquet.write_table(frame, tmp_path / "cohort.parquet", row_group_size=2)
    with pytest.raises(InputError, match="row 5, column 'sex'"):
        validation.validate(tmp_path / "cohort.parquet")


def test_short_texts_are_too_many_when_they_are_too_much_together(never_unpacked, tmp_path, monkeypatch):
    file = columns(tmp_path / "cohort.parquet", 1_000, sex=["x" * 900] * 1_000)
    monkeypatch.setattr(reader, "_MOST_BYTES", 800_000)
    with pytest.raises(InputError, match="holds 907000 bytes, or does so once it is unpacked"):
        validation.validate(file)


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
    monkeypatch.setattr(reader, "_MOST_OTHER_VALUES", 8)
    with pytest.raises(InputError, match=words):
        validation.validate(columns(tmp_path / "cohort.parquet", 9, odd=column))


def test_an_encoding_that_hides_how_long_texts_are_is_refused(never_unpacked, tmp_path):
    file = tmp_path / "cohort.parquet"
    texts = pa.table({"sex": ["x" * 100_000 + str(k) for k in range(9)]})
    parquet.write_table(texts, file, use_dictionary=False, column_encoding={"sex": "DELTA_BYTE_ARRAY"})
    with pytest.raises(InputError, match="column 'sex': is encoded as DELTA_BYTE_ARRAY, which hides its size"):
        validation.validate(file)


def test_a_parquet_column_that_is_there_twice_is_told(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["patient", "patient"])
    parquet.write_table(table, tmp_path / "cohort.parquet")
    with pytest.raises(InputError, match=r"names a column twice \(each column once\)"):
        validation.validate(tmp_path / "cohort.parquet")


def test_a_row_far_down_is_refused_and_blank_rows_above_it_are_none(tmp_path, monkeypatch):
    def far(xml: bytes) -> bytes:
        return xml.replace(b'<row r="2"', b'<row r="3000000"').replace(b'2"', b'3000000"')

    content = workbook([HEADING, [1, "surgery", 3.25, 1]])
    with pytest.raises(InputError, match="has more than "):
        monkeypatch.setattr(reader, "_MOST_ROWS", 1_000)
        validation.validate(with_sheet(content, far, tmp_path / "far.xlsx"))
    monkeypatch.undo()
    near = with_sheet(content, lambda xml: far(xml).replace(b"3000000", b"900"), tmp_path / "near.xlsx")
    assert len(validation.load(near)) == 1


def test_tags_are_counted_before_a_workbook_is_parsed(tmp_path, monkeypatch):
    content = workbook([HEADING, [1, "surgery", 3.25, 1]])
    file = with_sheet(content, lambda xml: xml.replace(b"</row>", b"<c/>" * 5_000 + b"</row>"), tmp_path / "x.xlsx")
    monkeypatch.setattr(reader, "_MOST_TAGS", 5_000)
    with pytest.raises(InputError, match=r"has \d+ XML tags \(at most 5000; a row for each patient\)"):
        validation.validate(file)


def test_of_endless_problems_the_first_are_told_and_that_there_are_more(tmp_path, monkeypatch):
    monkeypatch.setattr(problems, "MOST_PROBLEMS", 30)
    found = validation.validate(columns(tmp_path / "cohort.parquet", 40, kps=[7] * 40, sex=["x"] * 40))
    assert len(found) == 31
    assert problems.format_problems(found)[0] == (
        "there are more than 30 problems, of which the others are not told (mend these, and validate again)"
    )


def test_as_many_problems_as_can_be_told_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(problems, "MOST_PROBLEMS", 40)
    assert len(validation.validate(columns(tmp_path / "cohort.parquet", 40, kps=[7] * 40))) == 40


ROWS = "patient;group;os_years;os_event\n1;surgery;3.25;1\n"


def csv_file(folder: Path, text: str) -> Path:
    (folder / "cohort.csv").write_bytes(text.encode())
    return folder / "cohort.csv"


def is_number(name: str) -> bool:
    return name != "group"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(end, tmp_path):
    sheet = reader.read(csv_file(tmp_path, ROWS.replace("\n", end)), is_number)
    assert sheet.cells.to_numpy().tolist() == [["1", "surgery", "3.25", "1"]]


def test_a_heading_after_many_blank_lines_still_says_what_separates_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_BEGINNING", len(ROWS))
    sheet = reader.read(csv_file(tmp_path, "\n" * 2 * len(ROWS) + ROWS), is_number)
    assert list(sheet.cells) == ["patient", "group", "os_years", "os_event"]


def test_a_point_beside_decimal_commas_is_told_with_its_reason(tmp_path):
    sheet = reader.read(csv_file(tmp_path, ROWS + "2;prrt_only;4,5;0\n"), is_number)
    assert problems.format_problems(sheet.problems) == [
        "row 2, column 'os_years', value '3.25': has a point, while other numbers of the file have a decimal comma "
        "(one decimal mark in the whole file, and none between thousands)"
    ]


def test_what_is_no_heading_and_what_has_none_is_told_in_full(tmp_path):
    text = "Our patients\npatient,group,os_years,os_event,,more\n1,surgery,3.25,1,7,8\n"
    sheet = reader.read(csv_file(tmp_path, text), is_number)
    assert problems.format_problems(sheet.problems) == [
        "row 1: stands above the heading (the heading first)",
        "column 5 has no name (name it, or remove it; R and pandas add one when they write row numbers)",
    ]


def test_a_quotation_mark_in_the_wrong_place_is_told_as_the_parser_has_it(tmp_path):
    with pytest.raises(InputError, match="row 2: ';' expected after"):
        reader.read(csv_file(tmp_path, ROWS.replace("surgery", '"surg"ery')), is_number)


def test_a_failure_without_words_is_told_by_its_kind(tmp_path, monkeypatch):
    def fail(file: Path) -> None:
        raise KeyError

    monkeypatch.setattr(reader, "_read_parquet", fail)
    (tmp_path / "cohort.parquet").touch()
    with pytest.raises(InputError, match="cannot be read: KeyError"):
        reader.read(tmp_path / "cohort.parquet", is_number)


def test_two_sheets_of_patients_are_told_with_the_file(tmp_path):
    book = Workbook()
    book.active.append(HEADING)
    book.create_sheet("later").append(HEADING)
    book.save(tmp_path / "cohort.xlsx")
    with pytest.raises(InputError, match=r"cohort\.xlsx: has several sheets of patients: 'Sheet', 'later'"):
        reader.read(tmp_path / "cohort.xlsx", is_number)


def test_problems_of_cells_are_told_by_value_and_kind(tmp_path):
    text = "patient,group,os_years,os_event\n1,surgery,x,1.5\n2,surgery,3,1\n2,surgery,4,1\n3,surgery,4,\n"
    found = validation.validate(csv_file(tmp_path, text))
    assert [(p.row, p.column, p.value, p.problem) for p in found] == [
        (2, "os_years", "x", "is not a number"),
        (2, "os_event", "1.5", "is not a whole number"),
        (4, "patient", "2", "occurs twice"),
        (5, "os_event", "", "is blank"),
    ]
    assert found[-1].remedy == schema.describe_field("os_event")


def test_rows_without_a_known_column_are_still_rows(tmp_path):
    assert len(validation.judge(csv_file(tmp_path, "a,b\n1,2\n3,4\n")).frame) == 2
