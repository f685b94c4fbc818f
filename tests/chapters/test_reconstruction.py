"""Tables and figure of the appendix on simulated cohorts say what lies on file."""

import re

import numpy as np
import pytest

from analysis_lib.chapters import reconstruction
from analysis_lib.cohort import plausibility
from analysis_lib.ledger import predictions
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.targets.catalogue import load_targets


def cells(table):
    rows = re.findall(r"<tr>(<td.*?)</tr>", table.html)
    return [re.findall(r"<div>(.*?)</div>", row) for row in rows]


@pytest.fixture(scope="module")
def ensemble():
    return ensembles.load()


def test_the_stages_hold_every_target_once():
    targets = load_targets()
    assert sum(int(row[-1]) for row in cells(reconstruction.stages_table(targets))) == len(targets)


def test_the_censoring_assumptions_account_for_every_cohort(ensemble):
    assert sum(int(row[-1]) for row in cells(reconstruction.censoring_table(ensemble))) == len(ensemble)


def test_an_assumption_that_the_table_does_not_know_is_named(paper, claims, ensemble):
    more = dict(ensemble.manifest, assumptions=ensemble.manifest["assumptions"] | {"sex": "male"})
    changed = ensembles.Ensemble(ensemble.patients, ensemble.origin, more)
    with pytest.raises(ValueError, match="sex"):
        reconstruction.named_assumptions_table(claims, paper, changed, load_targets())


def test_a_broken_rule_shows_how_many_patients_break_it(ensemble):
    broken = plausibility.counts(ensemble.patients[ensemble.patients["cohort"] < 5])
    assert [int(row[4]) for row in cells(reconstruction.rules_table(broken, 5))] == broken["patients"].tolist()


def test_a_median_between_two_months_is_no_whole_month(paper):
    stem = "results-survival.dfs.surgery"
    least, most, months = reconstruction.months_of_median(paper, stem)
    printed = {s: paper[f"{stem}.{s}"].interval for s in ("median", "ci_lo", "ci_hi")}
    # By trial: a month counts if its limits, symmetric about it, can print as given.
    possible = [
        m
        for m in range(300)
        if m / 12 in printed["median"]
        and printed["ci_lo"].low < m / 6 - printed["ci_hi"].low
        and m / 6 - printed["ci_hi"].high < printed["ci_lo"].high
    ]
    assert months.tolist() == possible == []
    assert least < paper.value(f"{stem}.median") + 0.05 and most > least


def test_the_withheld_numbers_stand_where_the_draws_put_them(paper, claims):
    found = reconstruction.withheld(paper, predictions.load(paper))
    assert set(found["id"]) == set(reconstruction.WITHHELD)
    inside = found["percentile"].between(5, 95)
    assert np.array_equal(inside, found["within"])
    picture = reconstruction.withheld_figure(found)
    assert all(name in picture.alt for name in reconstruction.WITHHELD.values())
    assert len(cells(reconstruction.withheld_table(claims, found))) == len(found)
