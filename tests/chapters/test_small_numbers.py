"""The chapter's tables and figures show what the paper's numbers and R give."""

import re

import pytest

from analysis_lib.analyses import robustness
from analysis_lib.chapters import small_numbers
from analysis_lib.statistics import logrank_power


def test_the_small_figure_has_a_square_for_each_patient_filled_for_each_death(paper):
    html = small_numbers.deaths_by_patient(paper).html
    drawn = [(svg.count("<rect"), svg.count("class=dead")) for svg in html.split("<svg ")[1:]]
    assert drawn == [(26, 7), (23, 16)]
    assert re.findall('aria-label="([^"]*)"', html) == ["7 of 26 patients died", "16 of 23 patients died"]


def test_every_comparison_near_the_limit_has_its_row_and_index(paper, claims):
    html = small_numbers.fragility_table(paper, claims).html
    shown = re.findall(r'ledger-[\w-]+\.html#([^"]+)".*?data-label="Fragility index"><div>(\d+)<', html)
    assert {id for id, _ in shown} == {
        "results-surgery.below_intended.p",
        "results-radiology.over_180_before.p",
        "results-radiology.over_180_after.p",
        "results-radiology.organ_after.p",
        "results-radiology.liver_gone.p",
    }
    assert dict(shown)["results-radiology.over_180_before.p"] == "1"


def test_the_forest_narrows_from_the_published_interval_to_the_most_sceptical(paper):
    _, *rows = small_numbers.posterior_forest(paper).csv.split("\n")[:-1]
    widths = [float(high) / float(low) for *_, low, high in (row.rsplit(",", 3) for row in rows)]
    crude, adjusted = widths[:4], widths[4:]
    assert crude == sorted(crude, reverse=True) and adjusted == sorted(adjusted, reverse=True)


def test_the_adjusted_interval_is_as_wide_as_of_fourteen_deaths(paper):
    # Widths of the log intervals, 1.884 and 2.396, by hand.
    assert small_numbers.effective_deaths(paper) == pytest.approx(23 * (1.8843 / 2.3961) ** 2, rel=1e-3)


def test_the_power_figure_names_each_study_and_where_it_has_80_percent():
    picture = small_numbers.power_figure({"66 deaths": 66, "261 deaths": 261}, share=0.5)
    assert "66 deaths: 80% at a ratio of 0.50. 261 deaths: 80% at a ratio of 0.71." in picture.alt
    assert picture.csv.startswith("true ratio,66 deaths,261 deaths")


def test_ratios_of_public_patients_are_rs_to_the_last_digits():
    found = small_numbers.agreement()
    assert (found["apart"] < 1e-7).all() and len(found) == 11
    assert small_numbers.agreement_table(found).html.count("<tr>") == 12


def test_what_the_page_says_of_the_published_numbers_holds(paper, claims):
    html = small_numbers.fragility_table(paper, claims).html
    exact = {
        id: float(p)
        for id, p in re.findall(r'ledger-[\w-]+\.html#([^"]+)".*?data-label="Exact p"><div>([\d.]+)<', html)
    }
    assert re.findall(r'data-label="Fragility index"><div>(\d+)<', html).count("1") == 3
    near = ["results-radiology.organ_after.p", "results-radiology.liver_gone.p"]
    assert all(0.05 < exact[id] < 0.06 for id in near)
    highs = [float(row.rsplit(",", 1)[1]) for row in small_numbers.posterior_forest(paper).csv.splitlines()[1:5]]
    assert highs[1] < 1 < highs[2] < highs[3], "the crude ratio survives mild scepticism and no more"
    assert logrank_power.power(23, 0.5, 26 / 49) < 0.5, "a halving would be missed more often than found"
    # Standard errors 0.4807 and 0.6112, by hand.
    worth = small_numbers.deaths_of_standard_errors(paper, 26 / 49)
    assert list(worth.values()) == pytest.approx([17.4, 10.7], abs=0.05)


def test_what_the_page_says_of_simulated_cohorts_holds(shipped):
    cohorts = shipped.patients[shipped.patients["cohort"].isin(shipped.origin.index[::50])]
    without = robustness.leave_one_out(cohorts)
    assert without["hr"].max() < 1 / 3 and without["p"].max() < 0.05
    assert robustness.deaths_to_undo(cohorts).min() > 7 / 2
    five, ten = (robustness.restricted_means(cohorts, years)["ci_low"] for years in (5, 10))
    assert (ten.dropna() > 0).all() and (five > 0).mean() < 0.5
