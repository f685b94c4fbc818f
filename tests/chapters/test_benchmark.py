"""The figure, the tables and the numbers of the page on the benchmark."""

from __future__ import annotations

import io

import matplotlib
import pandas as pd
import pytest

from analysis_lib.chapters import benchmark
from analysis_lib.chapters.benchmark import ALONE, BOUNDED, COMPUTED
from tests.chapters.tables import cells

matplotlib.use("agg")

# kind, where, tie, print alone, with cohorts, reason, other tools that object, before, after
ROWS = (
    ("transposition", "table1", COMPUTED, True, True, "", "GRIM; percentages", "12", "21"),
    ("transposition", "table1", COMPUTED, True, True, "", "", "13", "31"),
    ("transposition", "table2", COMPUTED, False, True, "a half", "", "14", "41"),
    ("transposition", "table2", BOUNDED, False, True, "only limits", "", "15", "51"),
    ("sign", "table2", COMPUTED, False, False, "a limit", "", "0.02", "<0.02"),
    ("row lost", "table2", BOUNDED, False, False, "only limits", "GRIM", "9 8", ""),
    ("row lost", "table2", BOUNDED, False, False, "only limits", "GRIM", "7 6", ""),
    ("sign", "methods", ALONE, False, False, "nothing", "", "1", "<1"),
)


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    columns = ["kind", "where", "tie", "audit", "with cohorts", "reason", "others", "printed", "changed"]
    rows = pd.DataFrame(ROWS, columns=columns)
    rows["other tools"] = rows["others"] != ""
    return rows


def test_errors_are_counted_apart_by_what_depends_on_the_number(errors):
    found = cells(benchmark.by_dependence(errors))
    assert [row[1] for row in found] == ["7", "4", "3", "1", "8"]
    # Wilson's intervals from R 4.2.2, prop.test(x, n, correct = FALSE): 2 of 7, and 2 of 4.
    assert found[0][2:4] == ["28.6% (8.2 to 64.1)", "57.1%"]
    assert found[1][2:] == ["50.0% (15.0 to 85.0)", "75.0%", "25.0% (4.6 to 69.9)"]


def test_the_figure_says_what_it_shows(errors):
    picture = benchmark.by_kind(benchmark.tied(errors))
    assert "transposition, computed from each other: 67 and 33." in picture.alt
    assert "row lost, only limits: 0 and 100." in picture.alt
    assert "in 1 of 2 kinds" in picture.caption
    drawn = pd.read_csv(io.StringIO(picture.csv)).set_index(["tie", "kind", "by"])
    assert drawn.loc[(COMPUTED, "transposition", "audit"), "errors"] == 3
    # R: prop.test(2, 3, correct = FALSE).
    assert drawn.loc[(COMPUTED, "transposition", "audit"), ["low", "high"]].tolist() == pytest.approx(
        [20.77, 93.85], abs=0.01
    )


def test_the_table_has_a_row_for_each_section_that_has_errors(errors):
    found = cells(benchmark.by_section(benchmark.tied(errors)))
    assert [(row[1], row[2].split()[0]) for row in found] == [("2", "100.0%"), ("5", "0.0%")]


def test_each_reason_for_a_miss_has_its_count_and_an_example_the_commonest_first(errors):
    found = cells(benchmark.reasons(benchmark.tied(errors)))
    assert found[0] == ["only limits", "3", "row lost", "9 8 lost"]
    assert ["a limit", "1", "sign", "0.02 → &lt;0.02"] in found


def test_the_best_tool_by_itself(errors):
    assert benchmark.best_tool(errors) == ("GRIM", pytest.approx(3 / 8))


def test_the_text_tells_both_shares_and_whether_each_reaches_the_goal():
    errors = benchmark.load()
    told = benchmark.told(errors)
    for name, part in (("tied", errors[errors["tie"] != ALONE]), ("computed", errors[errors["tie"] == COMPUTED])):
        share = part["audit"].sum() / len(part)
        assert told[name] == f"{100 * share:.1f}%"
        assert told[f"{name}_goal"] == ("reaches" if share >= 0.97 else "misses")
    assert int(told["missed"].replace(",", "")) == (~errors["audit"] & (errors["tie"] != ALONE)).sum()
    assert not (errors["audit"] & ~errors["with cohorts"]).any()
