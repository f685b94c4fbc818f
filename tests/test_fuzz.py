"""Bad input of many kinds, a few of each here and thousands in tools/fuzz.py; what is far too large is refused."""

from __future__ import annotations

import io
import zipfile

import fuzz
import pytest
from openpyxl import Workbook

from analysis_lib import cohort, cohort_files
from analysis_lib.errors import InputError

HEADING = ["patient", "group", "os_years", "os_event"]


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_each_input_ends_in_success_or_in_a_clear_error(target):
    found = fuzz.fuzz(target, inputs=25, start=1)
    assert found["inputs"] >= 25
    assert found["accepted"] + found["refused"] == found["inputs"]


def test_an_input_that_breaks_a_reader_is_found(monkeypatch):
    def breaks(content, folder):
        return {b"": "accepted"}[content[:0]] if b"1" not in content else 1 / 0

    strategy, _, share = fuzz.TARGETS["transcription"]
    monkeypatch.setitem(fuzz.TARGETS, "transcription", (strategy, breaks, share))
    with pytest.raises(ZeroDivisionError):
        fuzz.fuzz("transcription", inputs=20, start=1)


def workbook(content: list, far: tuple[int, int] | None = None) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    for row in content:
        book.active.append(row)
    if far:
        book.active.cell(*far, "x")
    book.save(stream)
    return stream.getvalue()


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
        cohort.validate(tmp_path / name)


def test_cells_and_unpacked_bytes_are_counted(tmp_path, monkeypatch):
    file = tmp_path / "cohort.xlsx"
    file.write_bytes(workbook([HEADING, [1, "surgery", 3.25, 1]] + [[""] * 4] * 20))
    monkeypatch.setitem(cohort_files._MOST_CELLS, ".xlsx", 7)
    with pytest.raises(InputError, match="has more than 7 cells"):
        cohort.validate(file)
    monkeypatch.setattr(cohort_files, "_MOST_BYTES", 100)
    with pytest.raises(InputError, match="bytes once it is unpacked"):
        cohort.validate(file)


def test_a_sheet_that_misstates_its_size_hides_no_rows(tmp_path):
    file, whole = (
        tmp_path / "cohort.xlsx",
        io.BytesIO(workbook([HEADING, *([k, "surgery", 3.25, 1] for k in range(1, 6))])),
    )
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(file, "w") as out:
        for name in parts.namelist():
            out.writestr(name, parts.read(name).replace(b'ref="A1:D6"', b'ref="A1:D2"'))
    assert len(cohort.load(file)) == 5
