"""Shares with their denominators, beside those of other studies."""

from __future__ import annotations

import re

import numpy as np
import pytest

from analysis_lib.analyses import discussion
from analysis_lib.chapters import comparisons
from analysis_lib.presentation import tables
from analysis_lib.statistics.contingency import fisher_exact


@pytest.fixture(scope="module")
def shares(paper):
    return comparisons.shares(paper, 0.95, "exact")


def test_each_share_prints_as_the_paper_prints_it(paper, shares):
    for what, id in {
        "Partial response": "discussion.pr.all.percent",
        "Contact with vessels reduced": "discussion.tvi_decrease.all.percent",
        "Invasion of organs gone, net": "discussion.organ_decrease.all.percent",
        "Recurrence": "results-survival.dfs_recurrence.surgery.percent",
        "Vascular resection": "table3.vascular.surgery.percent",
    }.items():
        assert paper[id].printed.prints(100 * shares[what].interval.estimate)


def test_the_interval_is_of_the_level_and_kind_asked_for(paper, shares):
    # R's binom.test(22, 49): 0.3067 to 0.5977; prop.test(22, 49, correct = FALSE): 0.3185 to 0.5868.
    assert str(shares["Partial response"]) == "22 of 49: 45% (31 to 60%)"
    assert str(comparisons.shares(paper, 0.95, "wilson")["Partial response"]) == "22 of 49: 45% (32 to 59%)"
    narrower = comparisons.shares(paper, 0.8, "exact")["Partial response"].interval
    assert narrower.ci_low > shares["Partial response"].interval.ci_low


def test_wider_groups_hold_the_narrower_ones(paper, shares):
    for what, (of, _) in comparisons.wider_denominators(paper).items():
        if what == "Vascular resection":
            assert shares[what].count <= of < shares[what].of, "here the other group is the narrower one"
        else:
            assert of > shares[what].of
    html = comparisons.denominators_table(shares, comparisons.wider_denominators(paper), "Found").html
    assert "31% of 49 (all patients)" in html


def test_the_groups_differed_in_what_the_text_does_not_name(claims):
    html = comparisons.baseline_table(claims, "Found").html
    rows = re.findall(r"<tr>(.*?)</tr>", html)[1:]
    assert [row.endswith("<div>no</div></td>") for row in rows] == [False, False, True, True]
    for p in ("table1.ki67.p", "results-radiology.over_180_before.p"):
        assert tables.entry_address(p) in html
        assert claims[p].number.interval.high < 0.05


def test_standardised_differences_are_those_of_the_published_means_and_counts(paper, claims):
    found = comparisons.standardised_differences(paper)
    # (54.7 - 57.7) / ((9.7² + 13.8²) / 2)^0.5, and shares of 11 of 26 and 15 of 19 patients.
    assert found["Age"][1] == pytest.approx(-3 / 11.93, abs=5e-4)
    spread = ((11 * 15 / 26**2 + 15 * 4 / 19**2) / 2) ** 0.5
    assert found["Contact beyond 180°"][1] == pytest.approx((11 / 26 - 15 / 19) / spread)
    assert list(found)[:2] == ["Grade 1", "Contact beyond 180°"]
    html = comparisons.differences_table(found, claims, "Found").html
    assert "<div>−0.81</div>" in html and tables.entry_address("table1.liver_3.p") in html
    significant = [name for name, (p, _) in found.items() if claims[p].number.interval.high < 0.05]
    assert significant == ["Grade 1", "Contact beyond 180°"]
    # What the page says: most are farther apart than 0.1.
    assert sum(abs(difference) > 0.1 for _, difference in found.values()) > len(found) / 2


def test_differences_by_chance_are_those_of_random_allocation(paper):
    found = comparisons.standardised_differences(paper)
    rng = np.random.default_rng(1)
    values = rng.standard_normal((4000, 49))
    first, second = values[:, :26], values[:, 26:]
    spread = ((first.var(axis=1, ddof=1) + second.var(axis=1, ddof=1)) / 2) ** 0.5
    share = (abs(first.mean(axis=1) - second.mean(axis=1)) / spread > 0.25).mean()
    larger, by_chance = comparisons.beyond(found, 0.25, (26, 23))
    assert larger == 10 and by_chance == pytest.approx(len(found) * share, rel=0.05)


def test_cited_shares_are_held_against_the_interval(shares, claims):
    html = comparisons.beside_table(shares, claims, "Found").html
    assert re.findall(r'"Within the interval"><div>(\w+)', html) == ["yes", "no", "yes", "yes", "no"]


def test_one_cited_share_fits_no_count_of_its_patients(paper, claims):
    html = comparisons.whole_counts_table(paper, claims, "Found").html
    # 11 of 23 is 47.8%; of 23 there is no 18%, of 22 it is 4.
    assert re.findall(r'"Count of 23"><div>(\w+)', html) == ["11", "none"]
    assert re.findall(r'"Count of 22"><div>(\w+)', html)[1] == "4"


def test_the_cited_survival_lies_within_one_convention_and_on_either_side_of_another(shipped, paper):
    cited = paper.value("discussion.os_regional.cited")
    assert paper.value("abstract.os.surgery.ci_lo") < cited < paper.value("abstract.os.surgery.ci_hi")
    lows = discussion.medians(shipped.patients, "os", "surgery", "log")["ci_low"]
    assert lows.min() < cited < lows.max()


def test_what_the_page_says_of_vascular_resections(paper):
    here = [paper.count("discussion.vascular.surgery.count"), paper.count("results-radiology.tvi_decrease.surgery.n")]
    p = [fisher_exact([[here[0], here[1] - here[0]], [k, of - k]]) for k, of in comparisons.series(paper).values()]
    lower = [here[0] / here[1] < k / of for k, of in comparisons.series(paper).values()]
    assert lower == [False, True, True]
    assert [value < 0.05 for value in p] == [False, False, True]
