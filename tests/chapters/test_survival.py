"""The chapter on survival says of the published numbers what they say."""

import math
import re

import pytest

from analysis_lib.chapters import survival
from analysis_lib.printed.number import Interval


@pytest.fixture(scope="module")
def words(paper, claims):
    return survival.in_words(paper, claims)


def test_the_figure_shows_every_median_with_its_p_value(paper):
    picture = survival.medians(paper, longest_follow_up=20.3)
    shown = [len(re.findall(r"\d \((?:[\d.]+–|not defined)", one)) for one in picture.svg.split("</svg>")]
    assert shown == [len(survival.MEDIANS), len(survival.MEDIANS), 0]
    assert "14.7 (5.9–23.6)" in picture.svg and "5.5 (4.5–6.5), p 0.003" in picture.svg
    assert "OS, PRRT only: 5.5, 4.5 to 6.5." in picture.alt


def test_the_forest_has_the_ratio_of_surgery_before_and_after_adjustment(paper):
    text = re.sub(r"<[^>]+>", " ", survival.hazard_ratios(paper).svg)
    assert "0.26 (0.10 to 0.68)" in text and "0.63 (0.19 to 2.09)" in text


def test_the_adjusted_interval_holds_the_crude_ratio_one_and_a_doubling(paper):
    low, high = (paper.value(f"results-survival.cox_surgery_adjusted.{end}") for end in ("ci_lo", "ci_hi"))
    assert low < paper.value("results-survival.cox_surgery.hr") < 1 < 2 < high


def test_the_score_holds_the_four_variables_that_are_significant_for_death(paper):
    alpha = paper.value("methods.alpha.threshold")
    significant = [key for key in survival.COVARIATES if paper.value(f"table5.{key}_death.p") < alpha]
    assert significant == ["kps", "grade_1", "activity", "size_post"]


def test_a_middle_that_would_print_otherwise_is_said_not_to_fit(claims):
    html = survival.middles_table(claims, {"abstract.os.surgery": (Interval(14.7, 14.8), Interval(11.7, 11.9))}).html
    assert "14.70 to 14.80 (fits)" in html and "11.70 to 11.90 (does not fit)" in html


def test_patients_without_a_grade_double_the_odds_ratio(paper):
    published = "{} ({}–{})".format(
        *(paper[f"table5.grade_1_surgery.{s}"].printed.text for s in ("or", "ci_lo", "ci_hi"))
    )
    # Of 20 and 6 against 5 and 9 patients, by Woolf's formula.
    ratio, se = 20 * 9 / (6 * 5), math.sqrt(1 / 20 + 1 / 6 + 1 / 5 + 1 / 9)
    low, high = (ratio * math.exp(sign * 1.959964 * se) for sign in (-1, 1))
    rows = re.findall(r"[\d.]+ \([\d.]+–[\d.]+\)", survival.grade_1_odds_ratios(paper).html)
    assert rows == [published, f"6.000 ({low:.3f}–{high:.3f})"]


def test_all_p_values_of_regressions_agree_with_their_intervals(words, claims):
    assert words["ps"] == "11"
    not_to_the_digit = [c.id for c in claims.values() if c.verdict == "within-rounding" and c.id.endswith(".p")]
    assert int(words["ps"]) - int(words["ps_digits"]) == len(
        [id for id in not_to_the_digit if "table5" in id or "cox" in id]
    )


def test_each_of_two_equal_ratios_is_implied_by_its_own_interval(words):
    assert (words["twin_surgery"], words["twin_grade_1"]) == ("0.2635 to 0.2650", "0.2640 to 0.2654")


def test_one_patient_without_clear_images_did_not_progress_and_one_died_of_the_operation(words, paper):
    left = int(words["not_ned"]) - int(words["progressed_not_ned"])
    assert left == paper.count("table3.complication_v_haemorrhage.surgery.count") == 1
