"""Excel workbooks: what is hidden or misstated in them is read and told, and far too large ones are refused."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import sheet as sheets
from analysis_lib.cohort import validation, workbook

HEADING = ["patient", "group", "os_years", "os_event"]
PATIENT = [1, "surgery", 3.25, 1]


def book_of(content: list, far: tuple[int, int] | None = None) -> bytes:
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


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("columns.csv", ",".join("x" * 10_001).encode(), "has a row of 10001 cells"),
        ("far.xlsx", book_of([HEADING], far=(2_000, 16_384)), "has a row of 16384 cells"),
    ],
)
def test_a_table_far_larger_than_a_cohort_is_refused(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        validation.judge(tmp_path / name)


def test_cells_and_unpacked_bytes_are_counted(tmp_path, monkeypatch):
    file = tmp_path / "cohort.xlsx"
    file.write_bytes(book_of([HEADING, PATIENT] + [[""] * 4] * 20))
    monkeypatch.setitem(sheets.MOST_CELLS, ".xlsx", 7)
    with pytest.raises(InputError, match="has more than 7 cells"):
        validation.judge(file)
    monkeypatch.setattr(sheets, "MOST_BYTES", file.stat().st_size)
    with pytest.raises(InputError, match="or does so once it is unpacked"):
        validation.judge(file)


@pytest.mark.parametrize("said", [b"A1:D2", b"A1:B6", b"A1", b"A1:XFD1048576"])
def test_a_sheet_that_misstates_its_size_hides_no_rows(said, tmp_path):
    whole = book_of([HEADING, *([k, "surgery", 3.25, 1] for k in range(1, 6))])
    file = with_sheet(whole, lambda xml: xml.replace(b"A1:D6", said), tmp_path / "cohort.xlsx")
    assert validation.load(file)["os_years"].tolist() == [3.25] * 5


@pytest.mark.parametrize("attribute", [b'hidden="1"', b"hidden='true'"])
def test_hidden_rows_are_read_and_named(attribute, tmp_path):
    whole = book_of([HEADING, *([k, "surgery", 3.25, 1] for k in range(1, 6))])

    def hide(xml: bytes) -> bytes:
        return re.sub(rb'<row r="([35])"', rb'<row r="\1" ' + attribute, xml)

    judged = validation.judge(with_sheet(whole, hide, tmp_path / "cohort.xlsx"))
    assert len(judged.frame) == 5
    assert judged.cautions[0] == "rows 3, 5 are hidden in the workbook, and read like the others"


def test_sheets_that_are_not_read_are_named_and_hidden_ones_as_such(tmp_path):
    book = Workbook()
    book.active.title = "read me"
    book.active.append(["what this is"])
    book.create_sheet("patients")
    for row in (["Our patients"], [], HEADING, PATIENT):
        book["patients"].append(row)
    book.create_sheet("old")["A1"] = "x"
    book.create_sheet("blank")
    book["old"].sheet_state = "veryHidden"
    book.save(tmp_path / "cohort.xlsx")
    judged = validation.judge(tmp_path / "cohort.xlsx")
    assert judged.cautions[0] == "read is the sheet 'patients'; not read: 'read me', 'old' (hidden)"
    assert [problem.problem for problem in judged.problems] == ["stands above the heading"]


def test_two_sheets_of_patients_are_told_with_the_file(tmp_path):
    book = Workbook()
    book.active.append(HEADING)
    book.create_sheet("later").append(HEADING)
    book.save(tmp_path / "cohort.xlsx")
    with pytest.raises(InputError, match=r"cohort\.xlsx: has several sheets of patients: 'Sheet', 'later'"):
        validation.judge(tmp_path / "cohort.xlsx")


def test_dates_booleans_and_formulas_are_told(tmp_path):
    day = datetime.datetime(2026, 5, 22)
    (tmp_path / "cohort.xlsx").write_bytes(
        book_of([[*HEADING, "bmi_kg_m2"], [1, "surgery", day, True, day], [2, "surgery", "=1+1", 1, 22.5]])
    )
    told = {(p.row, p.column): str(p) for p in validation.judge(tmp_path / "cohort.xlsx").problems}
    assert set(told) == {(2, "os_years"), (2, "os_event"), (2, "bmi_kg_m2"), (3, "os_years")}
    assert "between two dates, not a date; or did you mean 22.5, of which a spreadsheet made" in told[2, "os_years"]
    assert "value '2026-05-22': is not a number" in told[2, "bmi_kg_m2"] and "22.5" in told[2, "bmi_kg_m2"]
    assert "not the formula" in told[3, "os_years"]


def test_a_row_far_down_is_refused_and_blank_rows_above_it_are_none(tmp_path, monkeypatch):
    def far(xml: bytes) -> bytes:
        return xml.replace(b'<row r="2"', b'<row r="3000000"').replace(b'2"', b'3000000"')

    content = book_of([HEADING, PATIENT])
    with pytest.raises(InputError, match="has more than "):
        monkeypatch.setattr(sheets, "MOST_ROWS", 1_000)
        validation.judge(with_sheet(content, far, tmp_path / "far.xlsx"))
    monkeypatch.undo()
    near = with_sheet(content, lambda xml: far(xml).replace(b"3000000", b"900"), tmp_path / "near.xlsx")
    assert len(validation.load(near)) == 1


def test_tags_are_counted_before_a_workbook_is_parsed(tmp_path, monkeypatch):
    content = book_of([HEADING, PATIENT])
    file = with_sheet(content, lambda xml: xml.replace(b"</row>", b"<c/>" * 5_000 + b"</row>"), tmp_path / "x.xlsx")
    monkeypatch.setattr(workbook, "_MOST_TAGS", 5_000)
    with pytest.raises(InputError, match=r"has \d+ XML tags \(at most 5000; a row for each patient\)"):
        validation.judge(file)
