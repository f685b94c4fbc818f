"""Mapping: files with headings and words of their own are put into the schema, with a line for each change."""

from __future__ import annotations

import pytest

from analysis_lib.__main__ import main
from analysis_lib.base.errors import InputError
from analysis_lib.cohort import mapping, problems, template, validation

R = """"","inst","time","status","age","sex","ph.karno","treat"
"1",3,306,2,74,"M",90,TRUE
"2",3,455,2,68,"M",90,FALSE
"3",7,1010,1,56,"F",NA,TRUE
"""


def file_of(folder, content: str):
    file = folder / "theirs.csv"
    file.write_text(content, encoding="utf-8")
    return file


def test_a_file_as_r_writes_it_is_mapped_with_a_line_for_each_change(tmp_path):
    sheet, lines = mapping.suggest(file_of(tmp_path, R))
    assert lines[1:] == [
        "'time' is os_days, taken to be in days: its numbers reach 1010",
        "'status' is os_event: '2' is 1 (2), '1' is 0 (1)",
        "'age' is age_years",
        "sex: 'M' is male (2), 'F' is female (1)",
        "'ph.karno' is kps: 'NA' is blank (1)",
        "'treat' is group: 'TRUE' is surgery (2), 'FALSE' is prrt_only (1)",
        "patient: the rows were numbered",
    ]
    assert "left out: column 1 has no name" in lines[0]
    found = validation.judge_sheet(sheet)
    assert found.problems == []
    assert found.frame["os_years"].tolist() == [306 / 365.25, 455 / 365.25, 1010 / 365.25]
    assert found.frame["inst"].tolist() == ["3", "3", "7"]


@pytest.mark.parametrize(
    ("heading", "numbers", "time_unit", "said"),
    [
        ("time", ["3.5", "20"], "", "os_years"),
        ("time", ["3.5", "28"], "", "os_years"),
        ("time", ["3.5", "60"], "", "os_months"),
        ("time", ["3.5", "20"], "months", "os_months"),
        ("survival (days)", ["3.5", "20"], "", "os_days"),
        ("time_months", ["3,5", "20"], "", "os_months"),
    ],
)
def test_a_unit_is_named_or_guessed_and_the_numbers_stay(heading, numbers, time_unit, said, tmp_path):
    rows = "".join(f"{k};{number};yes;no\n" for k, number in enumerate(numbers, start=1))
    sheet, _ = mapping.suggest(file_of(tmp_path, f"id;{heading};dead;surgery\n{rows}"), time_unit)
    assert sheet.cells[said].tolist() == [number.replace(",", ".") for number in numbers]
    assert validation.judge_sheet(sheet).problems == []


def test_a_wait_without_a_unit_has_that_of_survival(tmp_path):
    sheet, _ = mapping.suggest(file_of(tmp_path, "id,survival (months),time_to_surgery\n1,50,14\n2,60,\n"))
    assert list(sheet.cells) == ["patient", "os_months", "months_to_surgery"]
    sheet, lines = mapping.suggest(file_of(tmp_path, "id,time,time_to_surgery\n1,1500,420\n2,400,\n"))
    assert lines[-1] == "'time_to_surgery' is days_to_surgery, taken to be in days: its numbers reach 420"


@pytest.mark.parametrize(
    ("column", "cells", "kept"),
    [
        ("arm", ["1", "2"], ["1", "2"]),
        ("group", ["Surgery", "srgery"], ["surgery", "srgery"]),
        ("chromogranin_a_ug_l", ['"1,234"', '"0,9"'], ["1,234", "0.9"]),
        ("bmi_kg_m2", ["3-Apr", "22"], ["3-Apr", "22"]),
    ],
)
def test_what_only_the_author_knows_is_left_as_it_stands(column, cells, kept, tmp_path):
    sheet, _ = mapping.suggest(file_of(tmp_path, f"patient,{column}\n1,{cells[0]}\n2,{cells[1]}\n"))
    assert sheet.cells.iloc[:, 1].tolist() == kept


def test_the_schema_s_own_word_goes_before_others_and_nothing_is_overwritten(tmp_path):
    sheet, lines = mapping.suggest(file_of(tmp_path, "id,status,os_event,time_os,os_days\n7,9,1,8,9\n"))
    assert list(sheet.cells) == ["patient", "status", "os_event", "time_os", "os_days"]
    assert lines == ["'id' is patient"]


def test_names_of_patients_become_numbers_and_one_that_is_there_twice_stays_so(tmp_path):
    sheet, lines = mapping.suggest(file_of(tmp_path, "ID,sex\nP-9,male\nP-3,male\nP-9,male\n"))
    assert sheet.cells["patient"].tolist() == ["1", "2", "1"]
    assert lines == ["'ID' is patient: the patients were numbered"]


def test_rows_that_would_be_lost_are_refused(tmp_path):
    with pytest.raises(problems.CohortError, match="row 3: has 1 cells, where the heading has 2"):
        mapping.suggest(file_of(tmp_path, "patient,sex\n1,male\n2\n"))


def test_decimal_commas_are_read_as_in_any_file_and_points_beside_them_refused(tmp_path):
    sheet, lines = mapping.suggest(file_of(tmp_path, "patient;time_months\n1;3,5\n2;20\n"))
    assert sheet.cells["os_months"].tolist() == ["3.5", "20"]
    assert lines == ["'time_months' is os_months"]
    with pytest.raises(problems.CohortError, match="has a point"):
        mapping.suggest(file_of(tmp_path, "patient;time_months\n1;3,5\n2;1.234\n"))


def test_the_command_suggests_and_writes_nothing_unless_told_to(tmp_path, capsys):
    file = file_of(tmp_path, R)
    assert main(["validate", "--map", str(file)]) == 0
    said = capsys.readouterr().out
    assert "suggested: 'time' is os_days" in said and said.endswith("a well-formed cohort file of 3 patients\n")
    assert list(tmp_path.iterdir()) == [file]
    copy = tmp_path / "mended.csv"
    assert main(["validate", "--map", str(file), "--out", str(copy)]) == 0
    assert main(["validate", str(copy)]) == 0
    assert file.read_text(encoding="utf-8") == R
    assert main(["validate", str(file)]) == 1
    assert "`validate --map` suggests which columns others may be" in capsys.readouterr().out


def test_of_a_file_in_the_schema_nothing_is_changed(capsys):
    assert main(["validate", "--map", str(template.EXAMPLE)]) == 0
    assert capsys.readouterr().out == f"{template.EXAMPLE}: a well-formed cohort file of 64 patients\n"


def test_a_copy_is_written_over_nothing(tmp_path, capsys):
    file = file_of(tmp_path, R)
    (tmp_path / "link.csv").symlink_to(file)
    for out in (file, tmp_path / "link.csv"):
        assert main(["validate", "--map", str(file), "--out", str(out)]) == 2
    assert main(["validate", str(file), "--out", str(tmp_path / "x.csv")]) == 2
    assert "--map --out FILE" in capsys.readouterr().err
    sheet, _ = mapping.suggest(file)
    assert mapping.write(sheet, tmp_path / "copy.csv").rows.tolist() == [2, 3, 4]
    (tmp_path / "copy.csv").unlink()
    with pytest.raises(InputError, match="a name that ends in .csv"):
        mapping.write(sheet, tmp_path / "x.xlsx")
    with pytest.raises(InputError, match="cannot be written: No such file"):
        mapping.write(sheet, tmp_path / "nowhere" / "x.csv")
    assert file.read_text(encoding="utf-8") == R
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "theirs.csv"]


def test_problems_that_remain_are_told_of_the_copy_and_end_non_zero(tmp_path, capsys):
    file = file_of(tmp_path, "Our patients\n\nid," + R[3:].replace("306", "x"))
    assert main(["validate", "--map", str(file), "--out", str(tmp_path / "mended.csv")]) == 1
    told = capsys.readouterr()
    assert "row 2, column 'os_days', value 'x': is not a number" in told.err
    assert told.out.endswith("mended.csv: 1 problem\n")
