"""Tables and tests of the chapter on patients and methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from analysis_lib.ledger.joint_facts import GROUPS
from analysis_lib.ledger.p_value_rules import TestedTable
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.presentation.tables import Html
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import contingency

#: Rows of Table 1 in four parts, by title.
TABLE_1 = {
    "The patients": "age sex_male bmi kps since_diagnosis",
    "Grade and behaviour of the tumour": "grade grade_1 grade_2 grade_3 nec no_grade no_diagnosis ki67 functional "
    "progression_before",
    "Place, size and spread": "location head body tail multiple size n1 m1a liver_3",
    "Before PRRT: treatment, uptake, marker": "prior_ssa prior_surgery prior_chemotherapy prior_embolisation uptake "
    "uptake_equal uptake_liver uptake_kidney pet cga",
}
GRADED = ("grade_1", "grade_2", "grade_3", "nec")
UNGRADED = ("no_grade", "no_diagnosis")
ROWS = GRADED + UNGRADED


def part_of_table_1(claims: Mapping[str, Claim], title: str) -> Html:
    """One of the parts of :data:`TABLE_1`."""
    return tables.side_by_side(claims, "table1", TABLE_1[title].split(), f"Table 1. {title}")


def margins(numbers: Transcription) -> dict[str, tuple[int, int]]:
    """Patients after surgery by margins, R0 and R1: shown free of disease on first images, and not."""
    found = {}
    for margin in ("r0", "r1"):
        clear = numbers.count(f"results-survival.dfs_{margin}.surgery.n")
        found[margin.upper()] = (clear, numbers.count(f"table3.{margin}.surgery.count") - clear)
    return found


def margin_table(claims: Mapping[str, Claim], found: Mapping[str, tuple[int, int]]) -> Html:
    """Table of :func:`margins`, what is published linked."""
    rows = [
        (
            margin,
            tables.linked(claims[f"results-survival.dfs_{margin.lower()}.surgery.n"]),
            str(left),
            tables.linked(claims[f"table3.{margin.lower()}.surgery.count"]),
        )
        for margin, (_, left) in found.items()
    ]
    head = ("Margins", "No disease seen after surgery", "Not shown free of disease", "All")
    return tables.table(
        head, rows, "Clear margins and freedom from disease are two things; patients of the surgery group"
    )


def grade_counts(numbers: Transcription, rows: Iterable[str] = ROWS) -> list[list[int]]:
    """Counts of patients by row of tumour grade and group, all rows by default."""
    return [[numbers.count(f"table1.{row}.{g}.count") for g in GROUPS] for row in rows]


def grade_1_p(numbers: Transcription) -> list[float]:
    """Pearson's p of grade 1 by group, if none, one, … all of the patients without a grade had grade 1.

    All of them are in the no-surgery group.
    """
    (surgery, none), *others = grade_counts(numbers)
    rest = [sum(column) for column in zip(*others, strict=True)]
    missing = sum(n for _, n in grade_counts(numbers, UNGRADED))
    return [contingency.pearson_chi2([[surgery, none + k], [rest[0], rest[1] - k]]) for k in range(missing + 1)]


def readings_table(claims: Mapping[str, Claim], tested: Iterable[TestedTable], ids: Iterable[str]) -> Html:
    """Exact p values of some rows of Table 1 in each reading of who was compared."""
    ids = set(ids)
    rows = [
        (
            escape(claims[t.id].number.item.removesuffix(", between groups")),
            escape(t.variant),
            f"{t.p['fisher']:.3f}",
            tables.linked(claims[t.id]),
        )
        for t in tested
        if t.id in ids
    ]
    return tables.table(("Row of Table 1", "Patients compared", "Exact p", "Published"), rows, "Who was compared")
