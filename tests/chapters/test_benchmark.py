"""The figure and the tables of the page on the benchmark."""

from __future__ import annotations

import io

import matplotlib
import pandas as pd
import pytest

from analysis_lib.chapters import benchmark
from analysis_lib.ledger.perturbation import TIES

matplotlib.use("agg")

# kind, where, audit alone, with cohorts, reason, other tools that object
ROWS = (
    ("transposition", "table1", True, True, "", "GRIM; percentages"),
    ("transposition", "table1", True, True, "", ""),
    ("transposition", "table2", False, True, "only limits", ""),
    ("sign", "table2", False, False, "a limit", ""),
    ("sign", "table2", False, False, "only limits", "p values"),
    ("row lost", "table2", False, False, "only limits", "GRIM"),
)


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    columns = ["kind", "where", "audit alone", "with cohorts", "reason", "others"]
    rows = pd.DataFrame(ROWS, columns=columns)
    rows["other tools"] = rows["others"] != ""
    return rows


def test_the_figure_says_what_it_shows(errors):
    picture = benchmark.by_kind(errors)
    assert "transposition: 67 and 33. sign: 0 and 50. row lost: 0 and 100." in picture.alt
    assert "in 1 of 3 kinds" in picture.caption
    drawn = pd.read_csv(io.StringIO(picture.csv)).set_index(["kind", "by"])
    assert drawn.loc[("transposition", "with cohorts"), "recall"] == 100
    # Wilson's interval of 2 of 3, by hand from its formula.
    assert drawn.loc[("transposition", "audit alone"), ["low", "high"]].tolist() == pytest.approx(
        [20.77, 93.85], abs=0.01
    )


def test_the_table_has_a_row_for_each_section_and_one_for_all(errors):
    html = benchmark.by_section(errors).html
    assert html.count("<tr>") == 4
    assert "100.0% (34.2 to 100.0)" in html and "33.3% (9.7 to 70.0)" in html and "Table 3" not in html


def test_reasons_come_with_the_commonest_first_and_the_kind_that_has_most(errors):
    html = benchmark.reasons(errors).html
    assert html.index("only limits") < html.index("a limit") and ">3<" in html and ">1<" in html


def test_the_best_tool_by_itself(errors):
    assert benchmark.best_tool(errors) == ("GRIM", pytest.approx(2 / 6))


def test_only_errors_on_which_something_depends_are_on_the_page():
    errors = benchmark.load()
    assert set(errors["tie"]) == {TIES[0], TIES[1]}
    assert not (errors["audit alone"] & ~errors["with cohorts"]).any()
