"""Tables and figure of the appendix on simulated cohorts say what lies on file."""

import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from analysis_lib.chapters import reconstruction
from analysis_lib.cohort import plausibility
from analysis_lib.ledger import predictions
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.targets.catalogue import load_targets
from tests.chapters.tables import cells


def exact(x):
    return Fraction(round(10_000 * x), 10_000)


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


def test_findings_are_counted_among_those_who_can_have_them():
    patients = pd.DataFrame(
        {
            "tvi_pre": [1, 0, 1, 1, None],
            "tumour_location": ["head", "head", "tail", "tail", "tail"],
            "nodes_positive": [0, 2, 3, None, None],
            "n1": [1, 1, 0, 0, 0],
            "tvi_post": [0, 0, 1, 0, None],
            "no_surgery_reason": ["unresectable", "request", "unresectable", None, "unresectable"],
            "organ_invasion_pre": [1, 0, 0, 0, None],
            "tumour_size_mm": [90, 20, 30, 40, 500],
            "uptake": ["higher_than_kidneys", "equal_to_liver", "higher_than_liver", None, None],
            "sstr2a_percent": [80, 10, 30, 99, 99],
        }
    )
    shown = [[re.match(r"\d+", cell)[0] for cell in row[1:]] for row in cells(reconstruction.unrelated_table(patients))]
    assert shown == [["50", "100"], ["50", "100"], ["100", "50"], ["90", "30"], ["80", "20"]]


@pytest.mark.parametrize(
    ("median", "months"),
    [
        ("DFS, surgery group", []),
        ("OS, surgery group", []),
        ("PFS, surgery group", [63]),
        ("OS, no-surgery group", [66]),
    ],
)
def test_a_whole_month_is_inside_only_if_both_limits_can_print_about_it(paper, median, months):
    stem = reconstruction.MEDIANS[median]
    *_, found = reconstruction.months_of_median(paper, stem)
    # By trial and in exact tenths of a thousandth: some distance to the limits must print as both of them.
    middle, low, high = (paper[f"{stem}.{s}"].interval for s in ("median", "ci_lo", "ci_hi"))
    possible = []
    for month in range(300):
        median_at = Fraction(month, 12)
        distances = [(median_at - exact(low.high), median_at - exact(low.low))]
        distances.append((exact(high.low) - median_at, exact(high.high) - median_at))
        nearest, farthest = max(a for a, _ in distances), min(b for _, b in distances)
        if exact(middle.low) <= median_at < exact(middle.high) and nearest < farthest:
            possible.append(month)
    assert found.tolist() == possible == months


def test_the_withheld_numbers_stand_where_the_draws_put_them(paper, claims):
    found = reconstruction.withheld(paper, predictions.load(paper))
    assert set(found["id"]) == set(reconstruction.WITHHELD)
    inside = found["percentile"].between(5, 95)
    assert np.array_equal(inside, found["within"])
    assert [id for id, claim in claims.items() if claim.verdict == "foretold"] == ["abstract.os.p", "abstract.pfs.p"]
    picture = reconstruction.withheld_figure(found)
    assert all(name in picture.alt for name in reconstruction.WITHHELD.values())
    assert len(cells(reconstruction.withheld_table(claims, found))) == len(found)
