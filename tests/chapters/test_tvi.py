"""The chapter on vessels lists what the published counts allow, and says no more."""

import itertools

import numpy as np
import pytest

from analysis_lib.chapters import tvi
from analysis_lib.ledger import joint_facts
from analysis_lib.reconstruction import ensemble


@pytest.fixture(scope="module")
def moves(paper):
    return {group: joint_facts.tvi_transitions(paper, group) for group in joint_facts.GROUPS}


def test_table_4_shows_each_category_and_the_total(paper, claims):
    html = tvi.table_4(claims, paper, "surgery").html
    assert html.count("<tr>") == 1 + 7 + 1
    assert "artery up to 180°, vein more" in html and "all categories" in html


def test_distributions_of_vessels_are_those_that_trying_every_set_of_patients_gives():
    # Seven patients; a vessel is 1 of 2 veins or 1 of 3 arteries, of which one patient at most has the last.
    single_vein, both_veins, with_artery, further, with_three, median = 4, 3, 4, 3, 2, 2
    found = set()
    for veins in itertools.combinations_with_replacement((1, 2), 7):
        for arteries in itertools.product((0, 1, 2, 3), repeat=7):
            enough = sum(a > 0 for a in arteries) == with_artery and sum(a - 1 for a in arteries if a) == further
            if enough and veins.count(2) == both_veins and 1 <= arteries.count(3) <= with_three:
                vessels = np.add(veins, arteries)
                if (np.median(vessels), vessels.min(), vessels.max()) == (median, 1, 5):
                    found.add(tuple(np.bincount(vessels, minlength=6)[1:]))
    listed = tvi.vessel_distributions(single_vein, both_veins, with_artery, further, with_three, median)
    assert len(listed) > 3 and {tuple(row) for row in listed.tolist()} == found


def test_no_cohort_has_a_distribution_of_vessels_that_is_not_listed(paper, moves):
    cohorts = ensemble.load(columns=tvi.COLUMNS)
    count = {vessel: paper.count(f"table4.vessel_{vessel}.all.count") for vessel in tvi.VESSELS}
    patients = int(joint_facts.facts(paper)["tvi_patients"])
    with_artery = sum(int(m[0, 3:].sum()) for m in moves.values())
    both = count["smv"] + count["pv"] - patients
    further = count["cha"] + count["sma"] + count["ca"] - with_artery
    listed = tvi.vessel_distributions(patients - both, both, with_artery, further, count["ca"], median=3)
    in_cohorts = tvi.vessels_in_cohorts(cohorts)
    assert (in_cohorts.sum(axis=1) == patients).all()
    assert {tuple(row) for row in in_cohorts.tolist()} <= {tuple(row) for row in listed.tolist()}


def test_nobody_without_surgery_entered_contact_beyond_180_and_one_left_it(moves):
    left, entered = tvi.crossings(moves["prrt_only"])
    assert set(left) == {1} and set(entered) == {0}
    left, entered = tvi.crossings(moves["surgery"])
    assert (set(left), entered.max()) == ({4, 5, 6}, 2)


def test_p_of_losing_contact_lies_where_the_heading_says(paper):
    facts = joint_facts.facts(paper)
    ends = [facts[f"over_180_left_{end}_exact_p"] for end in ("max", "min")]
    # R's fisher.test of 6 and 5 against 1 and 14, and of 4 and 7 against 1 and 14.
    assert ends == pytest.approx([0.0208193980, 0.1279264214], abs=1e-9)


def test_the_figure_of_moves_says_how_many_are_forced(paper, moves):
    picture = tvi.moves_figure(paper, moves)
    assert "752 tables of moves are possible; 17 of 26 patients' moves are forced" in picture.alt
    assert "192 tables of moves are possible; 12 of 19 patients' moves are forced" in picture.alt


def test_the_figure_of_vessels_shows_both_ranges():
    picture = tvi.vessels_figure(np.array([[1, 0, 9, 0, 1], [13, 18, 25, 10, 5]]), np.array([[3, 6, 10, 1, 1]]))
    assert "3: possible 9 to 25, in the cohorts 10 to 10." in picture.alt
