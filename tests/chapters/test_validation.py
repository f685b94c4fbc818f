"""What the chapter says of known patients is what is on file."""

import re

import numpy as np
import pytest

from analysis_lib.chapters import validation
from analysis_lib.reconstruction import witnesses
from analysis_lib.reconstruction.adversary.push import ROUNDS
from analysis_lib.reconstruction.studies import diversity, known_extremes
from analysis_lib.reconstruction.studies.coverage import widened


@pytest.fixture(scope="module")
def trial():
    return validation.load()


def column(html, head):
    return re.findall(rf'data-label="{head}"><div>(.*?)</div>', html)


def test_what_the_page_says_in_words_holds_on_file(trial):
    wider = widened(trial.ranges, trial.factors)
    inside, held_out = validation.inside(wider), trial.ranges["held_out"]
    assert sorted(n for n, s in trial.manifest["sources"].items() if s["held_out"]) == ["kidney", "veteran"]
    assert trial.found.mean() >= 0.9
    assert inside.mean() >= 0.9 and inside[held_out].mean() >= 0.8
    assert inside.groupby(trial.ranges["quantity"]).mean().min() >= 0.8
    assert validation.misses(trial.ranges).max() < 1
    assert trial.factors["landmark"] >= trial.factors["landmark_waiting"]


def test_the_adversary_holds_every_truth_which_the_cohorts_it_began_with_do_not():
    before, reached, of = validation.adversary(validation.extremes())
    assert before < reached == of


def test_the_adversary_had_the_steps_that_the_page_names():
    pushes = known_extremes._STARTS * len(known_extremes._TEMPERATURES) * ROUNDS
    assert pushes * known_extremes._STEPS == 5_760_000
    table = witnesses.load().table
    assert set(table.loc[table["id"] == "time_dependent_hr", "steps"]) == {4_800_000}


def test_the_source_table_counts_each_study_and_cohort_once(trial):
    html = validation.source_table(trial).html
    studies = [cell.split(" of ") for cell in column(html, "Studies with 5 cohorts")]
    assert sum(int(of) for _, of in studies) == len(trial.studies)
    assert sum(int(k) for k, _ in studies) == trial.found.sum()
    cohorts = [int(n) for a in "AB" for n in column(html, f"Cohorts, {a}")]
    assert sum(cohorts) == len(trial.cohorts)


def test_the_coverage_table_counts_each_truth_once(trial):
    html = validation.coverage_table(trial).html
    for head, of in (("Truths inside", trial.ranges), ("Of these, held out", trial.ranges[trial.ranges["held_out"]])):
        counts = [cell.split(" of ") for cell in column(html, head) if cell != "–"]
        assert sum(int(n) for _, n in counts) == len(of)
    assert (
        sum(int(k) for k, _ in (c.split(" of ") for c in column(html, "Truths inside")))
        == validation.inside(trial.ranges).sum()
    )


def test_the_figure_says_how_many_ranges_miss(trial):
    picture = validation.ranges_figure(trial)
    shown = trial.ranges[trial.ranges["quantity"].isin(validation._SHOWN) & (trial.ranges["se"] > 0)]
    assert f"{(~validation.inside(shown)).sum()} of {len(shown)} ranges miss" in picture.caption


def test_ranges_of_the_ensemble_grow_about_their_middles_and_shares_stay_shares(trial, shipped):
    factors = trial.factors * 0 + 3.0
    found = validation.ensemble_ranges(shipped, factors)
    values = diversity.unprinted(shipped)["landmark HR of surgery, 18 months"].to_numpy()
    row = found.loc["landmark HR of surgery, 18 months"]
    assert (row["low"], row["high"]) == pytest.approx(np.nanquantile(values, [0.05, 0.95]))
    assert row["wide_high"] / row["wide_low"] == pytest.approx((row["high"] / row["low"]) ** 3)
    assert row["wide_high"] * row["wide_low"] == pytest.approx(row["high"] * row["low"])
    assert found.drop(index=row.name)["wide_high"].max() == 1
    assert "5-year OS, no surgery" in validation.ensemble_table(found).html
