"""The schema and the strict loading of cohorts."""

import pandas as pd
import pytest
from frictionless import Package

from analysis_lib import cohort
from analysis_lib.errors import InputError

GOOD = {
    "patient": [1, 2],
    "group": ["surgery", "prrt_only"],
    "os_years": [3.25, 2.0],
    "os_event": [1, 0],
    "months_to_surgery": [14.8, None],
}


def write(tmp_path, **changes):
    file = tmp_path / "cohort.csv"
    pd.DataFrame(GOOD | changes).to_csv(file, index=False)
    return file


def test_the_schema_is_a_frictionless_package():
    package = Package(str(cohort.PACKAGE))
    assert [field.name for field in package.resources[0].schema.fields] == list(cohort.fields())


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_good_file_loads_typed(tmp_path, suffix):
    file = write(tmp_path)
    if suffix == ".parquet":
        file = tmp_path / "cohort.parquet"
        pd.DataFrame(GOOD).to_parquet(file)
    loaded = cohort.load(file)
    assert loaded["os_event"].dtype == "int64"
    assert loaded["months_to_surgery"].isna().tolist() == [False, True]
    assert loaded["cohort"].tolist() == [0, 0]
    assert [number for number, _ in cohort.each(loaded)] == [0]


@pytest.mark.parametrize(
    ("changes", "row", "column", "words"),
    [
        ({"os_event": [1, 2]}, 3, "os_event", "one of 0, 1"),
        ({"os_years": ["nan", 2]}, 2, "os_years", "not a finite number"),
        ({"os_years": [-1, 2]}, 2, "os_years", "from 0 to 120, in years"),
        ({"group": ["surgery", "PRRT"]}, 3, "group", "one of surgery, prrt_only"),
        ({"os_years": [None, 2]}, 2, "os_years", "is blank"),
        ({"kps": [95, 90]}, 2, "kps", "90, 100"),
        ({"patient": [1, 1]}, 3, "patient", "occurs twice"),
        ({"pfs_years": [3.5, 1.0], "pfs_event": [1, 1]}, 2, "pfs_years", "later than os_years"),
        ({"pfs_years": [3.0, 1.0], "pfs_event": [1, None]}, 3, "pfs_event", "both or neither"),
        ({"months_to_surgery": [14.8, 3]}, 3, "months_to_surgery", "not operated on"),
        ({"sexx": ["male", "female"]}, None, "sexx", "did you mean 'sex'?"),
    ],
)
def test_a_problem_is_told_with_place_and_remedy(tmp_path, changes, row, column, words):
    (problem,) = cohort.validate(write(tmp_path, **changes))
    assert (problem.row, problem.column) == (row, column)
    assert words in str(problem)


def test_all_problems_are_told_at_once(tmp_path):
    file = write(tmp_path, os_event=[7, "x"], group=["a", "b"])
    with pytest.raises(cohort.CohortError) as error:
        cohort.load(file)
    assert len(error.value.problems) == 4
    assert str(error.value).count("\n") == 4


@pytest.mark.parametrize("name", ["cohort.csv", "cohort.parquet", "cohort.xlsx", "cohort.txt"])
@pytest.mark.parametrize("content", [b"", b"PAR1\x00\x01", b"\xff\xfe\x00", b'a,"b\n1'])
def test_an_unreadable_file_is_one_clear_error(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError):
        cohort.load(file)


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        cohort.validate(tmp_path / "none.csv")
