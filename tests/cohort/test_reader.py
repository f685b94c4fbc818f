"""The cells of a file, read by its ending: what separates and ends them, decimal commas, and what is not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import problems, reader

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

    monkeypatch.setattr(reader.parquet, "read", fail)
    (tmp_path / "cohort.parquet").touch()
    with pytest.raises(InputError, match="cannot be read: KeyError"):
        reader.read(tmp_path / "cohort.parquet", is_number)


def test_a_table_far_wider_than_a_cohort_is_refused(tmp_path):
    with pytest.raises(InputError, match="has a row of 10001 cells"):
        reader.read(csv_file(tmp_path, ",".join("x" * 10_001)), is_number)


def test_a_file_of_tabs_may_be_called_so(tmp_path):
    file = csv_file(tmp_path, ROWS.replace(";", "\t").replace(".", ",")).rename(tmp_path / "cohort.tsv")
    assert reader.read(file, is_number).cells["os_years"].tolist() == ["3.25"]


@pytest.mark.parametrize(
    ("numbers", "asked"),
    [
        (["1.234", "12.500"], "as 1.234 in 'chromogranin_a_ug_l': is that 1234? It was read as a decimal"),
        (["1.234", "12.5"], None),
        (["0.234", "1.500"], None),
        (["1234", "12"], None),
    ],
)
def test_thousands_with_points_are_asked_about_where_nothing_shows_that_they_are_decimals(numbers, asked, tmp_path):
    rows = "".join(f"{k};{number}\n" for k, number in enumerate(numbers, start=1))
    sheet = reader.read(csv_file(tmp_path, "patient;chromogranin_a_ug_l\n" + rows), is_number)
    assert sheet.cells["chromogranin_a_ug_l"].tolist() == numbers
    assert [asked in caution for caution in sheet.cautions] == [True] if asked else sheet.cautions == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cohort.ods", r"is a \.ods file, which is not read here \(open it in Excel or LibreOffice and save it as"),
        ("cohort.XLS", r"is a \.xls file"),
        ("cohort.rds", r'\(in R: write\.csv\(readRDS\("mine\.rds"\)'),
        ("cohort.txt", r"its name must end in \.csv \.tsv \.xlsx \.sav \.dta \.parquet"),
    ],
)
def test_a_file_that_is_not_read_is_told_with_what_to_do(name, words, tmp_path):
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=words):
        reader.read(tmp_path / name, is_number)


def test_the_user_s_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    csv_file(tmp_path, ROWS)
    assert len(reader.read("~/cohort.csv", is_number).cells) == 1
