"""The chapter on patients: all of Table 1 is shown, margins add up, and missing grades bear the p value."""

import re

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import methods
from analysis_lib.ledger import p_value_rules, recipes
from analysis_lib.presentation.tables import select_ids


def test_every_number_of_table_1_stands_in_a_table_or_in_the_text(claims):
    shown = "".join(methods.part_of_table_1(claims, title).html for title in methods.TABLE_1)
    tabled = set(re.findall(r'ledger-[\w-]+\.html#([^"]+)', shown))
    said = set(re.findall(r"{printed}`([^`]+)`", (ROOT / "book" / "methods.md").read_text(encoding="utf-8")))
    missing = set(select_ids(claims, where="table1")) - tabled - said
    # In words: one patient each.
    assert missing == {f"table1.no_surgery_{why}.prrt_only.count" for why in ("request", "unknown")}


def test_reasons_margins_and_scans_add_up_to_their_groups(paper, claims):
    reasons = ("unresectable", "high_risk", "progression_death", "request", "unknown")
    counts = [paper.count(f"table1.no_surgery_{why}.prrt_only.count") for why in reasons]
    assert sum(counts) == paper.count("table1.patients.prrt_only.n") and counts[-2:] == [1, 1]
    found = methods.margins(paper)
    assert found == {"R0": (17, 2), "R1": (5, 2)}
    assert sum(clear for clear, _ in found.values()) == paper.count("results-surgery.ned.surgery.count")
    assert sum(map(sum, found.values())) == paper.count("table1.patients.surgery.n")
    uptake = ("uptake_equal", "uptake_liver", "uptake_kidney", "pet")
    assert sum(paper.count(f"table1.{row}.all.count") for row in uptake) == paper.count("table1.patients.all.n")
    left = re.findall('data-label="Not shown free of disease"><div>(.)<', methods.margin_table(claims, found).html)
    assert left == ["2", "2"]


def test_seven_of_the_nine_without_a_grade_bring_grade_1_past_significance(paper):
    p = methods.grade_1_p(paper)
    # R 4.2.2: chisq.test(matrix(c(20, 6, 5 + k, 18 - k), 2), correct = FALSE)$p.value for k = 0, 6, 7, 9
    assert [p[k] for k in (0, 6, 7, 9)] == pytest.approx(
        [0.00011505373, 0.0349852493, 0.0693101762, 0.223664974], rel=1e-6
    )
    assert len(p) == 10 and next(k for k, one in enumerate(p) if one >= 0.05) == 7
    assert [row[0] for row in methods.grade_counts(paper, methods.UNGRADED)] == [0, 0]


def test_one_reading_of_each_row_prints_as_published(paper, claims):
    tested = p_value_rules.tested_tables(paper, recipes.load(paper), claims)
    html = methods.readings_table(claims, tested, ["table1.uptake.p", "table1.liver_3.p"]).html
    rows = re.findall(r'data-label="Patients compared"><div>(.*?)</div>.*?<div>(0\.\d+)</div>', html)
    assert dict(rows) == {
        "of all patients": "0.353",
        "of patients with liver metastases": "0.603",
        "patients with an octreotide scan": "0.126",
        "with the PET-CT row": "0.250",
    }
