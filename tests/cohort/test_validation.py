"""The schema and the strict loading of cohorts: every mistake is told, with its place and what would be right."""

import datetime
import os

import numpy as np
import pandas as pd
import pytest
from frictionless import Package
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.__main__ import main
from analysis_lib.base.errors import InputError
from analysis_lib.cohort import problems, schema, template, validation
from analysis_lib.cohort.sheet import Sheet

GOOD = {
    "patient": [1, 2],
    "group": ["surgery", "prrt_only"],
    "os_years": [3.25, 2.0],
    "os_event": [1, 0],
    "months_to_surgery": [14.8, None],
}
HEADING = "patient,group,os_years,os_event\n"
ROWS = "1,surgery,3.25,1\n2,prrt_only,2.5,0\n"


def write(tmp_path, **changes):
    file = tmp_path / "cohort.csv"
    pd.DataFrame(GOOD | changes).to_csv(file, index=False)
    return file


def written(tmp_path, content: str | bytes):
    file = tmp_path / "cohort.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_the_schema_is_a_frictionless_package():
    package = Package(str(schema.PACKAGE))
    assert [field.name for field in package.resources[0].schema.fields] == list(schema.fields())


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_a_good_file_loads_typed(tmp_path, suffix):
    file = tmp_path / f"cohort{suffix}"
    frame = pd.DataFrame(GOOD)
    {".csv": frame.to_csv, ".xlsx": frame.to_excel}.get(suffix, lambda f, index: frame.to_parquet(f))(file, index=False)
    loaded = validation.load(file)
    assert loaded["os_event"].dtype == "int64"
    assert loaded["os_years"].tolist() == [3.25, 2.0]
    assert loaded["months_to_surgery"].isna().tolist() == [False, True]
    assert loaded["cohort"].tolist() == [0, 0]
    assert [number for number, _ in validation.split_cohorts(loaded)] == [0]


@pytest.mark.parametrize(
    ("changes", "row", "column", "words"),
    [
        ({"os_event": [1, 2]}, 3, "os_event", "one of 0, 1"),
        ({"os_years": ["nan", 2]}, 2, "os_years", "not a finite number"),
        ({"os_years": [-1, 2]}, 2, "os_years", "from 0 to 120, in years"),
        ({"group": ["surgery", "PRRT"]}, 3, "group", "one of surgery, prrt_only"),
        ({"os_years": [None, 2]}, 2, "os_years", "is blank"),
        ({"kps": [93, 90]}, 2, "kps", "90, 95, 100"),
        ({"patient": [1, 1]}, 3, "patient", "occurs twice"),
        ({"pfs_years": [3.5, 1.0], "pfs_event": [1, 1]}, 2, "pfs_years", "later than os_years"),
        ({"pfs_years": [3.0, 1.0], "pfs_event": [1, None]}, 3, "pfs_event", "both or neither"),
        ({"pfs_years": [3.25, 1.0], "pfs_event": [0, 1]}, 2, "pfs_event", "died at that time"),
        (
            {"dfs_years": [2.5, None], "dfs_event": [0, None], "no_evidence_of_disease": [1, None]},
            2,
            "dfs_years",
            "counted from the operation",
        ),
        ({"months_to_surgery": [14.8, 3]}, 3, "months_to_surgery", "not operated on"),
        ({"OS event": [1, 0]}, None, "OS event", "means the same as 'os_event'"),
        ({"os_days": [1, 0]}, None, "os_days", "means the same as 'os_years'"),
        # What was probably meant.
        ({"os_years": ["3,25", 2]}, 2, "os_years", "did you mean 3.25?"),
        ({"os_years": ["1_0", 2]}, 2, "os_years", "not a number"),
        ({"age_years": [-9, 60]}, 2, "age_years", "blank if not known"),
        ({"patient": [10**23, 2]}, 2, "patient", "out of range"),
        ({"prrt_activity_gbq": [29600, 22.2]}, 2, "prrt_activity_gbq", "it looks like MBq"),
    ],
)
def test_a_problem_is_told_with_place_and_remedy(tmp_path, changes, row, column, words):
    (problem,) = validation.judge(write(tmp_path, **changes)).problems
    assert (problem.row, problem.column) == (row, column)
    assert words in str(problem)


def test_all_problems_are_told_at_once(tmp_path):
    file = write(tmp_path, os_event=[7, "x"], group=["a", "b"])
    with pytest.raises(problems.CohortError) as error:
        validation.load(file)
    assert len(error.value.problems) == 4
    assert str(error.value).count("\n") == 4


def test_a_bad_cell_does_not_hide_what_is_wrong_between_others(tmp_path):
    file = write(tmp_path, os_event=[1, 2], patient=[7, 7], pfs_years=[9, 1], pfs_event=[1, 1], sex=["male", "x"])
    told = {(p.row, p.column) for p in validation.judge(file).problems}
    assert told == {(3, "sex"), (2, "pfs_years"), (3, "os_event"), (3, "patient")}


def test_of_a_bad_cell_nothing_is_said_twice(tmp_path):
    file = write(tmp_path, pfs_years=["x", 1], pfs_event=[1, 1])
    assert [(p.row, p.column) for p in validation.judge(file).problems] == [(2, "pfs_years")]


def test_thousands_of_problems_are_summarised_with_their_number(tmp_path):
    rows = "".join(f"{i},nobody,{i / 400},{i}\n" for i in range(1, 20_001))
    found = validation.judge(written(tmp_path, HEADING + rows)).problems
    lines = problems.format_problems(found)
    assert len(found) == 20_000 + 19_999
    assert len(lines) == 5 + 5 + 2
    assert lines[-2] == "column 'group': is not among the values allowed in 19995 more rows"


def test_columns_that_the_schema_has_not_are_carried_along_with_a_caution(tmp_path):
    judged = validation.judge(write(tmp_path, sexx=["male", "female"], centre=["A", "B"], lab=[[1], [2]]))
    assert judged.problems == []
    assert judged.frame["centre"].tolist() == ["A", "B"]
    assert judged.cautions == [
        "column 'sexx' is not in the schema, and not used: did you mean 'sex'?",
        "columns 'centre', 'lab' are not in the schema: carried along, and not used",
    ]


def test_a_heading_of_another_table_is_told_briefly(tmp_path):
    heading = ",".join(f"gene_{i}" for i in range(5000))
    judged = validation.judge(written(tmp_path, f"{heading}\n{'1,' * 4999}1\n"))
    assert [problem.problem for problem in judged.problems] == ["is missing"] * 4
    assert judged.cautions[0].endswith("'gene_9' and 4,990 more are not in the schema: carried along, and not used")


@pytest.mark.parametrize(
    ("heading", "unit", "numbers"),
    [("os (months)", "", [39, 24]), ("os_days", "", [1187.0625, 730.5]), ("OS", "months", [39, 24]),
     ("os_years", "months", [39, 24]), ("os (years)", "months", [3.25, 2])],
)  # fmt: skip
def test_times_are_taken_in_the_unit_of_their_heading_or_the_one_that_is_given(heading, unit, numbers, tmp_path):
    others = {name: values for name, values in GOOD.items() if name != "os_years"}
    file = tmp_path / "cohort.csv"
    pd.DataFrame(others | {heading: numbers}).to_csv(file, index=False)
    assert validation.load(file, time_unit=unit)["os_years"].tolist() == pytest.approx([3.25, 2], abs=0, rel=1e-15)


def test_a_problem_of_a_time_is_told_in_the_unit_of_the_file(tmp_path):
    content = HEADING.replace("os_years", "os_days") + "1,surgery,-3,1\n2,surgery,99999,0\n"
    told = [str(problem) for problem in validation.judge(written(tmp_path, content)).problems]
    assert told[0] == "row 2, column 'os_days', value '-3': is out of range (a number from 0 to 43830, in days)"
    assert "row 3, column 'os_days', value '99999'" in told[1]


def test_a_time_whose_unit_nobody_names_is_asked_for(tmp_path):
    (problem,) = validation.judge(written(tmp_path, HEADING.replace("os_years", "os") + ROWS)).problems
    assert "call 'os' by its unit, one of os_years, os_months, os_days, or give time_unit" in str(problem)
    with pytest.raises(InputError, match="'weeks' is no unit of time"):
        validation.judge(tmp_path / "cohort.csv", time_unit="weeks")


def test_of_several_cohorts_one_is_chosen_and_none_is_dropped_silently(tmp_path):
    file = tmp_path / "cohort.csv"
    three = pd.concat([pd.DataFrame(GOOD).assign(cohort=number) for number in (0, 3, 4)])
    three.to_csv(file, index=False)
    (problem,) = validation.judge(file).problems
    assert str(problem) == (
        "column 'cohort': the file holds 3 cohorts, and one is looked at: 0, 3, 4 "
        "(choose one, as by -p cohort_number=4)"
    )
    for number in (0, 3):
        assert validation.load(file, number)["cohort"].tolist() == [number, number]
    assert len(validation.load_cohorts(file)) == 6
    with pytest.raises(problems.CohortError, match="there is no cohort 2"):
        validation.load(file, 2)


def test_what_other_centres_have_is_admitted(tmp_path):
    file = write(
        tmp_path, best_response=["CR", "PR"], resection_margin=["R2", None], surgery_type=["enucleation", None],
        kps=[95, 90],
    )  # fmt: skip
    judged = validation.judge(file)
    assert judged.problems == []
    assert judged.frame["kps"].tolist() == [95, 90]
    assert judged.cautions == [
        "kps is between two steps of its scale, which are tens, in 1 of 2 patients: read as given"
    ]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEADING + ROWS,
        (HEADING + ROWS).replace(",", ";"),
        (HEADING + ROWS).replace(",", "\t"),
        (HEADING + ROWS).replace(",", ";").replace(".", ","),
        (HEADING + ROWS).replace("\n", "\r\n"),
        HEADING.replace("patient", " patient ") + ROWS.replace("surgery", "surgery "),
        HEADING + ROWS + ",,,\n\n,,,\n",
        HEADING.strip() + ",,\n" + ROWS.replace("\n", ",,\n"),
    ],
    ids=["BOM", "semicolons", "tabs", "decimal commas", "CRLF", "spaces", "blank rows", "blank columns"],
)
def test_what_spreadsheets_of_other_countries_write_is_read_right(tmp_path, content):
    loaded = validation.load(written(tmp_path, content))
    assert loaded["os_years"].tolist() == [3.25, 2.5]
    assert loaded["group"].tolist() == ["surgery", "prrt_only"]


def test_decimal_commas_of_a_time_without_a_unit_are_read_too(tmp_path):
    file = written(tmp_path, "patient;group;os;os_event\n1;surgery;37,5;1\n")
    assert validation.load(file, time_unit="months")["os_years"].tolist() == [37.5 / 12]


def test_a_title_does_not_hide_what_separates_the_cells(tmp_path):
    content = "Patients of our centre, 2026\n\n" + (HEADING + ROWS).replace(",", ";")
    (problem,) = validation.judge(written(tmp_path, content)).problems
    assert (problem.row, problem.problem) == (1, "stands above the heading")


def test_a_blank_number_of_a_cohort_is_told_and_a_bad_one_is_not_told_as_blank(tmp_path):
    rows = "3,1,surgery,3,1\n,2,surgery,3,1\nx,3,surgery,3,1\n"
    found = validation.judge(written(tmp_path, f"cohort,{HEADING}{rows}"), 3).problems
    assert [(p.row, p.problem) for p in found] == [
        (3, "is blank, while other patients have one"),
        (4, "is not a whole number"),
    ]


def test_a_point_beside_decimal_commas_is_not_guessed_at(tmp_path):
    content = "patient;group;os_years;os_event;chromogranin_a_ug_l\n1;surgery;3,25;1;1.234\n2;prrt_only;2,5;0;88\n"
    (problem,) = validation.judge(written(tmp_path, content)).problems
    assert (problem.row, problem.column, problem.value) == (2, "chromogranin_a_ug_l", "1.234")


@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        (HEADING + "1,surgery,3,1,9\n" + ROWS, 2, "has 5 cells, where the heading has 4"),
        ("Patients of our centre,,,\n" + HEADING + ROWS, 1, "stands above the heading"),
        (HEADING + ROWS + "3,surgery,3\n", 4, "has 3 cells, where the heading has 4"),
        (HEADING.strip() + ",os_event\n1,surgery,3,1,0\n", None, "is there twice, as columns 4 and 5"),
        ("," + HEADING + "0,1,surgery,3,1\n", None, "column 1 has no name"),
        (HEADING, None, "the file has no patients"),
    ],
)
def test_what_is_no_table_is_told_by_its_place(tmp_path, content, row, words):
    (problem,) = validation.judge(written(tmp_path, content)).problems
    assert problem.row == row
    assert words in str(problem)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n \n", "is empty"),
        ((HEADING + ROWS).encode("utf-16"), "is in UTF-16"),
        ((HEADING + ROWS + "3,caf\u00e9,1,1\n").encode("latin-1"), "row 4: is not in UTF-8"),
        ((HEADING + "1,surg\0ery,3,1\n2,surg\0ery,3,1\n").encode(), "row 2: holds a NUL byte"),
        ((HEADING + ROWS + '3,"surgery,3,1\n').encode(), "row 4: a quotation mark"),
    ],
)
def test_a_file_that_is_no_text_of_cells_is_one_clear_error(tmp_path, content, words):
    with pytest.raises(InputError, match=words):
        validation.load(written(tmp_path, content))


@pytest.mark.parametrize(
    ("changes", "row", "column"),
    [
        ({"os_event": [True, False]}, 1, "os_event"),
        ({"os_years": [[1], [2]]}, 1, "os_years"),
        ({"os_years": [datetime.timedelta(days=3)] * 2}, 1, "os_years"),
    ],
)
def test_parquet_types_other_than_the_schema_s_are_told(tmp_path, changes, row, column):
    file = tmp_path / "cohort.parquet"
    pd.DataFrame(GOOD | changes).to_parquet(file)
    first, *_ = validation.judge(file).problems
    assert (first.row, first.column) == (row, column)


@pytest.mark.parametrize("name", ["cohort.csv", "cohort.parquet", "cohort.xlsx", "cohort.txt"])
@pytest.mark.parametrize("content", [b"", b"PAR1\x00\x01", b"\xff\xfe\x00", b'a,"b\n1'])
def test_an_unreadable_file_is_one_clear_error(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError):
        validation.load(file)


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        validation.judge(tmp_path / "none.csv")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_judged_without_a_traceback(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("any") / "cohort.csv"
    file.write_text(HEADING + text, encoding="utf-8", errors="replace", newline="")
    try:
        assert isinstance(validation.judge(file).problems, list)
    except InputError as error:
        assert str(error)


def test_the_command_says_what_to_look_at_again_and_passes(tmp_path, capsys):
    assert main(["validate", str(write(tmp_path, os_years=[60, 2], months_to_surgery=None))]) == 0
    out = capsys.readouterr().out
    assert "look again: os_years exceeds 28, the age of PRRT with 177Lu, in 1 of 2 patients: are these months?" in out
    assert out.endswith("a well-formed cohort file of 2 patients\n")


def test_the_command_tells_problems_without_a_traceback(tmp_path, capsys):
    assert main(["validate", str(write(tmp_path, os_event=[1, 2]))]) == 1
    told = capsys.readouterr()
    assert "row 3, column 'os_event', value '2'" in told.err
    assert told.out.endswith("cohort.csv: 1 problem\n")


def test_validating_writes_nothing(tmp_path):
    file = write(tmp_path)
    before = {name: os.stat(tmp_path / name).st_mtime_ns for name in os.listdir(tmp_path)}
    validation.judge(file)
    assert {name: os.stat(tmp_path / name).st_mtime_ns for name in os.listdir(tmp_path)} == before


@pytest.mark.parametrize("column", ["os_years", "age_years", "patient", "os_event"])
def test_a_whole_number_too_large_for_a_float_is_a_problem_and_no_traceback(column):
    sound = validation.load(template.EXAMPLE).head(3).astype(object)
    sound.loc[1, column] = 10**400
    found = validation.judge_sheet(Sheet(sound, np.arange(2, 5))).problems
    assert [(problem.row, problem.column) for problem in found] == [(3, column)]


@pytest.mark.parametrize("content", [None, HEADING, HEADING + ROWS], ids=["no such file", "no patients", "well formed"])
def test_the_name_of_a_file_cannot_act_on_the_terminal(tmp_path, capsys, content):
    file = tmp_path / "mine\x1b[2J\r\n\x9b.csv"
    if content:
        file.write_text(content, encoding="utf-8")
    main(["validate", str(file)])
    said = "".join(capsys.readouterr())
    assert r"mine\x1b[2J\r\n\x9b.csv" in said
    assert not {"\x1b", "\r", "\x9b"} & set(said)


def test_problems_of_cells_are_told_by_value_and_kind(tmp_path):
    text = "patient,group,os_years,os_event\n1,surgery,x,1.5\n2,surgery,3,1\n2,surgery,4,1\n3,surgery,4,\n"
    found = validation.judge(written(tmp_path, text)).problems
    assert [(p.row, p.column, p.value, p.problem) for p in found] == [
        (2, "os_years", "x", "is not a number"),
        (2, "os_event", "1.5", "is not a whole number"),
        (4, "patient", "2", "occurs twice"),
        (5, "os_event", "", "is blank"),
    ]
    assert found[2].remedy == "a number of its own, or a column 'cohort' if these are several"
    assert found[-1].remedy == schema.describe_field(schema.fields()["os_event"])


def test_rows_without_a_known_column_are_still_rows(tmp_path):
    assert len(validation.judge(written(tmp_path, "a,b\n1,2\n3,4\n")).frame) == 2
