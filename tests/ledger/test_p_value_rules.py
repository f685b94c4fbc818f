"""Which rule explains the printed p values of counts."""

import pytest

from analysis_lib.ledger import p_value_rules, recipes
from analysis_lib.printed.number import Printed

TEXTBOOK = "exact test if any expected count is below 5"


@pytest.fixture(scope="module")
def tables(paper, claims):
    return p_value_rules.tested_tables(paper, recipes.load(paper), claims)


def test_every_printed_p_of_counts_is_put_to_the_rules(tables, paper):
    counted = {
        id for id, variants in recipes.load(paper).items() if any(r.method_name == "categorical_p" for r in variants)
    }
    assert {t.id for t in tables} == counted
    assert len(counted) == 23


def test_no_single_test_explains_all(tables):
    for rule in ("Pearson's χ² always", "exact test always", "exact test for 2×2, else Pearson"):
        assert not all(p_value_rules.explained(p_value_rules.RULES[rule], tables).values())


def test_the_textbook_rule_explains_all_but_the_one_rounded_twice(tables):
    rule = p_value_rules.RULES[TEXTBOOK]
    once = p_value_rules.explained(rule, tables)
    assert [id for id, ok in once.items() if not ok] == ["results-radiology.liver_gone.p"]
    assert all(p_value_rules.explained(rule, tables, twice=True).values())


def test_expected_counts_decide_at_five():
    # Expected counts of [[5, 5], [5, 5]] are all 5; of [[5, 5], [4, 5]] the smallest is 9*9/19 = 4.26.
    def table(counts):
        import numpy as np

        return p_value_rules.TestedTable("x", "table1", Printed("0.05"), "", np.array(counts), {})

    rule = p_value_rules.RULES[TEXTBOOK]
    assert rule(table([[5, 5], [5, 5]])) == "pearson"
    assert rule(table([[5, 5], [4, 5]])) == "fisher"


@pytest.mark.parametrize(
    ("p", "printed", "once", "twice"),
    [
        (0.0547, "0.06", False, True),  # 0.055, then 0.06
        (0.0547, "0.05", True, True),  # a half may go either way: 0.055 still prints as 0.05 too
        (0.0562, "0.05", False, False),
        (0.0544, "0.05", True, True),
        (0.00004, "<0.0001", True, True),
        (0.00104, "<0.0001", False, False),
    ],
)
def test_rounding_twice_is_not_rounding_once(p, printed, once, twice):
    assert p_value_rules.prints_as(p, Printed(printed)) is once
    assert p_value_rules.prints_as(p, Printed(printed), twice=True) is twice
