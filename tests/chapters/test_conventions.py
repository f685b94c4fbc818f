"""The tables and the figure on conventions show what the tests of counts and means, and the curves, give."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis_lib.chapters import conventions
from analysis_lib.ledger import p_value_rules, recipes
from analysis_lib.statistics import survival


@pytest.fixture(scope="module")
def tested(paper, claims):
    return p_value_rules.tested_tables(paper, recipes.load(paper), claims)


def cells(html, head):
    return [re.sub("<[^>]+>", "", x) for x in re.findall(rf'data-label="{head}"><div>(.*?)</div>', html)]


def test_the_rule_of_expected_counts_leaves_one_p_value_and_none_if_rounded_twice(tested):
    rule = list(p_value_rules.RULES)[-1]
    once = conventions.rules_explaining(tested)
    assert once[rule].sum() == once.sum().max()
    assert once.index[~once[rule]].tolist() == ["results-radiology.liver_gone.p"]
    assert conventions.rules_explaining(tested, twice=True)[rule].all()


def test_places_of_the_rule_table_add_up_to_all(paper, tested):
    html = conventions.rule_table(paper, tested).html
    columns = [cells(html, head) for head in ("Results", "Table 1", "Table 2", "All")]
    counts = np.array([[int(text.split(" of ")[0]) for text in column] for column in columns])
    assert counts.shape[1] == len(p_value_rules.RULES)
    assert (counts[:3].sum(axis=0) == counts[3]).all()


def test_the_figure_fills_what_prints_as_the_paper_has_it(paper, tested):
    picture = conventions.test_figure(paper, tested)
    exact = [row for row in picture.csv.splitlines() if ",exact," in row]
    assert len(exact) == len({t.id for t in tested})
    assert f"exact: {sum(row.endswith('True') for row in exact)} of {len(exact)}." in picture.alt


def test_age_prints_by_welchs_test_and_both_tests_are_shown(claims):
    html = conventions.t_test_table(claims, ["table1.age.p"]).html
    assert cells(html, "Test") == ["Student (pooled)", "Welch"]
    # R 4.2.2: t.test of two samples scaled to the printed means and SDs, with equal variances and without.
    assert cells(html, "From the digits as printed") == ["0.3789", "0.3898"]


def test_a_limit_that_is_not_reached_is_said_and_counted(claims, shipped):
    medians = {"SPSS": survival.MedianSurvival(23, 5.3, 12.7, 33.3), "log": survival.MedianSurvival(23, 1, 16, np.nan)}
    assert cells(conventions.median_table(medians).html, "Upper") == ["33.3", "not reached"]
    two = pd.concat([shipped.one(0), shipped.one(1)], ignore_index=True)
    html = conventions.limits_table(claims, two).html
    assert cells(html, "Median, years") == list(conventions.CURVES)
    two.loc[two["cohort"] == 1, ["os_event", "pfs_event", "dfs_event"]] = 0
    assert "not reached in 1 of 2" in conventions.limits_table(claims, two).html
