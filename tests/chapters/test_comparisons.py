"""Shares with their denominators, beside those of other studies."""

from __future__ import annotations

import re

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
