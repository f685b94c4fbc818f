"""The checks of other tools, against published examples and on a table small enough to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.ledger.audit import Sources
from analysis_lib.ledger.baselines import (
    GRIM,
    INTERVALS,
    P_VALUES,
    PERCENTAGES,
    SUMS,
    Baselines,
    grim,
    p_value_differs,
)
from analysis_lib.ledger.recipes import Recipe, parse_term
from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import PublishedNumber, Transcription


@pytest.mark.parametrize(
    ("mean", "n", "possible"),
    [
        ("5.18", 28, True),  # 145/28; Brown & Heathers 2017: 5.19 cannot be a mean of 28 whole numbers
        ("5.19", 28, False),
        ("5.21", 28, True),  # 146/28
        ("3.48", 20, False),  # twenty throws of a die
        ("3.45", 20, True),
        ("1.12", 8, True),  # 9/8 is a half, which may go either way
        ("1.13", 8, True),
    ],
)
def test_grim_of_published_means(mean, n, possible):
    assert grim(Printed(mean), n, scale=1) is possible


@pytest.mark.parametrize(("percentage", "n", "possible"), [("46", 26, True), ("47", 26, False), ("32.5", 438, False)])
def test_grim_of_percentages(percentage, n, possible):
    # 142/438 is 32.42 and 143/438 is 32.65 per cent.
    assert grim(Printed(percentage), n) is possible


@pytest.mark.parametrize(
    ("printed", "p", "differs"),
    [
        ("0.02", 0.0172, False),
        ("0.02", 0.049, False),  # wrong, yet neither by an order of magnitude nor beyond 0.05
        ("0.02", 0.051, True),
        ("0.05", 0.0501, False),
        ("0.30", 0.029, True),
        ("0.90", 0.08, True),
        ("0.90", 0.10, False),
        ("<0.001", 0.0009, False),
        ("<0.001", 0.06, True),
        ("<0.001", 0.0011, True),
        (">0.05", 0.04, True),
        ("0.001", 0.00001, True),
    ],
)
def test_a_p_value_may_be_off_by_an_order_of_magnitude(printed, p, differs):
    assert p_value_differs(Printed(printed), p) is differs


# id, statistic, printed, method, inputs
PRINTED = (
    ("table1.patients.surgery.n", "n", "26", "", ""),
    ("table1.patients.prrt_only.n", "n", "23", "", ""),
    ("table1.men.surgery.count", "count", "12", "", ""),
    ("table1.men.prrt_only.count", "count", "13", "", ""),
    ("table1.women.surgery.count", "count", "14", "", ""),
    ("table1.women.prrt_only.count", "count", "10", "", ""),
    ("table1.men.surgery.percent", "percent", "46", "percent", "table1.men.surgery.count; table1.patients.surgery.n"),
    (
        "table1.men.p",
        "p",
        "0.47",
        "categorical_p",
        "table1.men.surgery.count; table1.men.prrt_only.count; "
        "table1.women.surgery.count; table1.women.prrt_only.count",
    ),
    ("table1.men.all.count", "count", "25", "sum", "table1.men.surgery.count; table1.men.prrt_only.count"),
    ("table2.months.median", "median", "23.0", "", ""),
    ("table2.months.ci_lo", "ci_lo", "12.7", "", ""),
    ("table2.months.ci_hi", "ci_hi", "33.3", "", ""),
    ("table5.grade.hr", "hr", "0.264", "", ""),
    ("table5.grade.ci_lo", "ci_lo", "0.106", "", ""),
    ("table5.grade.ci_hi", "ci_hi", "0.661", "", ""),
)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return _sources({})


def _sources(changed: dict[str, str]) -> Sources:
    numbers = [
        PublishedNumber(
            id_, id_.partition(".")[0], "", "", s, Printed(changed.get(id_, text)), "", "", True, Path("n.csv"), 2
        )
        for id_, s, text, *_ in PRINTED
    ]
    known = {
        id_: [
            Recipe(id_, "", method or "reported_once", tuple(map(parse_term, filter(None, inputs.split(";")))), (), "")
        ]
        for id_, _, _, method, inputs in PRINTED
    }
    return Sources(Transcription(numbers), known, {}, {})


def test_nothing_is_wrong_with_the_table_as_it_stands(sources):
    baselines = Baselines(sources)
    assert {check.tool for check in baselines.checks} == {GRIM, PERCENTAGES, P_VALUES, SUMS, INTERVALS}
    assert baselines.objecting == []


@pytest.mark.parametrize(
    ("changed", "tools"),
    [
        ({"table1.men.surgery.percent": "47"}, {GRIM, PERCENTAGES}),
        ({"table1.men.surgery.percent": "42"}, {PERCENTAGES}),  # 11 of 26
        ({"table1.men.surgery.count": "11"}, {PERCENTAGES, SUMS}),
        ({"table1.men.p": "0.04"}, {P_VALUES}),
        ({"table1.men.p": "0.57"}, set()),
        ({"table1.men.all.count": "52"}, {SUMS}),
        ({"table2.months.ci_lo": "12.9"}, set()),  # Freireich's 6-MP arm as SPSS prints it; the middle may be 23.05
        ({"table2.months.ci_lo": "13.7"}, {INTERVALS}),
        ({"table2.months.ci_lo": "33.3", "table2.months.ci_hi": "12.7"}, {INTERVALS}),
        ({"table5.grade.hr": "0.246"}, {INTERVALS}),
        ({"table5.grade.hr": "0.265"}, set()),
    ],
)
def test_each_tool_sees_what_it_looks_at(changed, tools, sources):
    assert Baselines(sources).alarms(_sources(changed), changed) == tools


def test_sums_see_a_part_that_is_lost_or_stands_twice(sources):
    baselines = Baselines(sources)
    assert baselines.miscounts(sources.numbers, ["table1.men.surgery.count"])
    assert not baselines.miscounts(sources.numbers, ["table1.women.surgery.count"])
    # With the total gone too there is nothing to hold the parts against.
    assert not baselines.miscounts(sources.numbers, ["table1.men.surgery.count", "table1.men.all.count"])


def test_no_tool_objects_to_the_paper(paper):
    from analysis_lib.ledger.perturbation import Perturbation

    assert Baselines(Perturbation().sources).objecting == []
