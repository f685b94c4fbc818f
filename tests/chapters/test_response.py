"""The chapter on response: counts behind percentages, the schedule, and cohorts whose groups differ in decrease."""

import re

import numpy as np
import pytest

from analysis_lib.chapters import response
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.reconstruction import witnesses
from analysis_lib.statistics.contingency import odds_ratio


@pytest.fixture(scope="module")
def counts(paper):
    return response.best_response(paper)


@pytest.fixture(scope="module")
def found():
    return ensembles.load(columns=["group", "best_response", "tumour_size_mm", "tumour_size_post_mm"])


@pytest.fixture(scope="module")
def pushed():
    return witnesses.load()


def test_the_counts_behind_the_percentages_give_the_totals_and_table_5(paper, counts):
    for kind in ("PR", "SD", "PD"):
        assert counts.loc[kind].sum() == paper.count(f"results-response.{kind.lower()}.all.count")
    assert counts.loc["not evaluated"].tolist() == [0, 1]
    whole = odds_ratio([counts.loc["PR"], counts.drop("PR").sum()]).estimate
    evaluated = odds_ratio([counts.loc["PR"], counts.loc[["SD", "PD"]].sum()]).estimate
    printed = paper["table5.pr_surgery.or"].interval
    assert whole in printed and evaluated not in printed


def test_no_pearson_test_prints_as_published_and_three_exact_ones_do(claims):
    p, printed = response.p_values(claims), claims["results-surgery.response.p"].number.interval
    assert [x in printed for x in p["fisher"]] == [True, True, True, False]
    assert not any(x in printed for x in p["pearson"])
    assert (p[["pearson", "fisher"]] < 0.05).all(axis=None)
    assert len(re.findall("<strong>", response.p_table(claims).html)) == 5


def test_the_percentages_stand_beside_their_counts(claims, counts):
    plain = re.sub('<span class="mark">.*?</span>|<[^>]+>', " ", response.response_table(claims, counts).html)
    assert re.search(r"PR +16 \( +62% +\) +6 \( +26% +\) +22 \( +45% +\)", plain)


def test_the_shares_are_of_the_patients_named(counts):
    assert [(k, n) for _, k, n in response.shares(counts)] == [(22, 49), (16, 26), (6, 23), (6, 22), (2, 48)]


def test_four_cycles_six_to_ten_weeks_apart_end_after_eighteen_to_thirty_weeks(paper):
    windows = response.schedule(paper)
    weeks = 7 / 30.4375
    assert windows.loc["first"].tolist() == pytest.approx([24 * weeks, 36 * weeks])
    assert windows.loc["third"].tolist() == pytest.approx([18 * weeks + 6, 30 * weeks + 6])
    middle = [paper.value(f"results-response.time_to_best.all.{q}") for q in ("q1", "q3")]
    assert windows.loc["second", "low"] <= middle[0] and middle[1] <= windows.loc["second", "high"]
    median = paper.value("results-response.time_to_smallest.all.median")
    assert windows.loc["third", "low"] <= median <= windows.loc["third", "high"]


def test_no_order_of_patients_brings_fewer_to_wait_than_the_bound(paper):
    share, gap = response.waiting(paper)
    best, smallest = np.full(48, 9.0), np.full(48, 11.7)
    # As few as can be: the latest best responses are of the patients with the latest smallest size.
    best[36:], smallest[:24] = 16.0, 8.8
    assert np.mean(smallest - best >= gap) == share
    assert 2.55 < gap <= 2.6


def test_the_sign_holds_in_every_cohort_found_and_falls_to_the_adversary(found, pushed):
    apart = response.differences(found)
    low, high = pushed.extremes(response.QUANTITY)
    assert low < 0 < apart.min() < apart.max() < high
    one = pushed.witness(response.QUANTITY, "low")
    by_hand = [response.decrease(one[one["group"] == g]).mean() for g in response.GROUPS]
    assert by_hand[0] - by_hand[1] == pytest.approx(low)
    assert response.differences(pushed.cohorts).min() == pytest.approx(low)


def test_the_table_counts_all_cohorts_and_shows_both_extremes(found, pushed):
    html = response.difference_table(found, pushed).html
    rows = re.findall(r'data-label="Number"><div>([0-9,]+)<.*?<div>(.*?)</div></td></tr>', html)
    assert sum(int(count) for count, _ in rows[:2]) == len(found)
    low, high = pushed.extremes(response.QUANTITY)
    assert [points for _, points in rows[2:]] == [f"{low:.0f} and {high:.0f}".replace("-", "−")]


def test_ranges_over_cohorts_agree_with_one_of_them(found):
    words, one = response.sizes_in_words(found), found.one(0)
    low, high = map(int, words["after_surgery"].split(" to "))
    assert low <= one.loc[one["group"] == "surgery", "tumour_size_post_mm"].mean() <= high + 0.5
    low, high = map(int, words["beyond"].split(" to "))
    assert low <= (response.decrease(one) >= 30).sum() <= high
    assert int(words["lost_pr"].strip("%")) > int(words["lost_sd"].strip("%"))


def test_the_waterfall_has_each_measured_tumour_and_says_the_means(found):
    panels = {"As found": found.one(0), "Another": found.one(1)}
    picture = response.waterfall_figure(panels)
    measured = sum(part["tumour_size_post_mm"].count() for part in panels.values())
    assert len(picture.csv.splitlines()) == 1 + measured == 95
    change = -response.decrease(found.one(0))[found.one(0)["group"] == "surgery"].mean()
    assert f"As found: PRRT + surgery −{-change:.0f}% on average." in picture.alt


def test_the_figure_of_times_says_windows_and_published_quartiles(paper):
    alt = response.times_figure(paper).alt
    assert "second scan due: 7.1 to 9.9." in alt and "smallest size: 11.7 (8.8–16.0)." in alt
