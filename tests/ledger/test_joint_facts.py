"""What the paper's numbers force together: each figure worked by hand from the page."""

from __future__ import annotations

from dataclasses import replace
from math import comb, erfc

import numpy as np
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.ledger.joint_facts import facts, tvi_transitions
from analysis_lib.printed.names import TVI_BEYOND_180, TVI_CATEGORIES
from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import Transcription

GROUPS = ("surgery", "prrt_only")
# Table 4 read off the page: no change, decrease and increase, from no contact to both beyond 180°;
# and from Results, radiology: without contact and beyond 180° afterwards.
TABLE_4 = {
    "surgery": ([5, 6, 1, 1, 2, 1, 0], [0, 1, 0, 2, 3, 1, 3], [0] * 7, 6, 7),
    "prrt_only": ([1, 1, 1, 1, 3, 1, 3], [0, 1, 0, 0, 1, 0, 3], [0, 0, 2, 0, 1, 0, 0], 3, 14),
}


@pytest.fixture(scope="module")
def found(paper):
    return facts(paper)


def changed(paper: Transcription, **printed: str) -> Transcription:
    """The paper with other digits at some ids (a double underscore for a point)."""
    new = {id.replace("__", "."): Printed(text) for id, text in printed.items()}
    assert set(new) <= set(paper)
    return Transcription([replace(n, printed=new.get(n.id, n.printed)) for n in paper.values()])


# --- moves between the classes of Table 4


def test_the_classes_beyond_180_degrees():
    assert {TVI_CATEGORIES[i] for i in TVI_BEYOND_180} == {
        "vein_gt",
        "artery_le_vein_gt",
        "artery_gt_vein_le",
        "artery_gt_vein_gt",
    }


@pytest.mark.parametrize("group", GROUPS)
def test_every_table_of_moves_has_the_margins_that_the_paper_prints(paper, group):
    stayed, fell, rose, none_after, beyond_after = TABLE_4[group]
    tables = tvi_transitions(paper, group)
    assert len(np.unique(tables, axis=0)) == len(tables) > 0
    assert (np.diagonal(tables, axis1=1, axis2=2) == stayed).all()
    assert (np.tril(tables, -1).sum(axis=2) == fell).all()
    assert (np.triu(tables, 1).sum(axis=2) == rose).all()
    after = tables.sum(axis=1)
    assert (after[:, 0] == none_after).all()
    assert (after[:, sorted(TVI_BEYOND_180)].sum(axis=1) == beyond_after).all()


def ways(patients: int, rows: dict[str, int]) -> dict[tuple[int, int], int]:
    """In how many ways alike patients spread over classes, by how many end in each of two kinds."""

    def spread(number: int, classes: int) -> int:
        return comb(number + classes - 1, number) if classes else int(number == 0)

    return {
        (none, beyond): spread(none, rows["none"])
        * spread(beyond, rows["beyond"])
        * spread(patients - none - beyond, rows["within"])
        for none in range(patients + 1)
        for beyond in range(patients - none + 1)
    }


@pytest.mark.parametrize("group", GROUPS)
def test_there_are_as_many_tables_as_a_generating_function_counts(paper, group):
    stayed, fell, rose, none_after, beyond_after = TABLE_4[group]
    kind = ["beyond" if i in TVI_BEYOND_180 else "within" if i else "none" for i in range(7)]
    polynomial = {(0, 0): 1}
    for i in range(7):
        moves = [(stayed[i], [i]), (fell[i], range(i)), (rose[i], range(i + 1, 7))]
        for patients, classes in moves:
            rows = {k: sum(kind[j] == k for j in classes) for k in ("none", "within", "beyond")}
            product: dict[tuple[int, int], int] = {}
            for (a, b), many in polynomial.items():
                for (c, d), more in ways(patients, rows).items():
                    product[a + c, b + d] = product.get((a + c, b + d), 0) + many * more
            polynomial = product
    assert len(tvi_transitions(paper, group)) == polynomial[none_after, beyond_after]


@pytest.mark.parametrize(
    "id",
    [
        "results-radiology.over_180_after.surgery.count",
        "table4.artery_gt_vein_gt_decrease.surgery.count",
        "table4.none_no_change.surgery.count",
    ],
)
def test_another_count_leaves_other_tables(paper, id):
    digits = str(paper.count(id) + 1)
    other = tvi_transitions(changed(paper, **{id.replace(".", "__"): digits}), "surgery")
    assert len(other) != len(tvi_transitions(paper, "surgery"))


def test_margins_that_contradict_each_other_leave_no_table(paper):
    other = changed(paper, **{"results-radiology__no_tvi_after__surgery__count": "4"})
    assert len(tvi_transitions(other, "surgery")) == 0  # five had no contact and kept none
    assert facts(other)["over_180_left_surgery_min"] == 0


# --- one figure after another

BY_HAND = {
    # 62% and 38% of 26, 26% and 61% of 23; two patients progressed, one of 49 is left over.
    "pr_surgery": 16,
    "pr_prrt_only": 6,
    "sd_surgery": 10,
    "sd_prrt_only": 14,
    "not_evaluable": 49 - 48,
    # 15 with nodes and 20 with liver metastases, 29 with either.
    "metastases_both_min": 15 + 20 - 29,
    "metastases_both_max": 15,
    # Note of Table 4: SMV 33, PV 28, CHA 21, SMA 12, CA 5; then 25, 23, 21, 3, 3, 2 others.
    "vessels_tabled": 33 + 28 + 21 + 12 + 5,
    "vessels_named": 99 + 25 + 23 + 21 + 3 + 3 + 2,
    "tvi_patients": 21 + 18,
    # A median of 3 among 39: 20 patients with 3 at most, 19 with 5 at most.
    "vessels_most_for_median": 20 * 3 + 19 * 5,
    # Between the 18th and the 19th of 24, by SPSS's rule.
    "specimens_below_third_quartile": 18,
    "specimens_missing": 26 - 24,
    # Table 3, grade by grade.
    "complication_events": (5 + 2 + 1 + 1 + 1 + 1) + (7 + 2) + (1 + 1 + 1 + 1) + 1 + 1,
    "liver_treatments": 3 + 2 + 1 + 1,
    "liver_neither": 12 - 5 - 5,
    "not_ned": 26 - 22,
    "progressed_not_ned": 13 - 10,
    "size_without_tvi": 4 - 2,
    "graded": 25 + 12 + 2 + 1,
    "ungraded": 49 - 40,
    "deaths": 7 + 16,
    # From the first day of 2000 to the last of April 2020.
    "longest_follow_up_years": 20 + 4 / 12,
    "organ_cleared_surgery": 10 - 5,
    "organ_cleared_prrt_only": 11 - 9,
    "scored": 49 - 2,
    "tvi_decrease_of_all_percent": 100 * (10 + 5) / 49,
    # Two came to have no contact. One of them is the only one whose vein alone had been in contact, up to 180°.
    "cleared_prrt_only": 3 - 1 - 1,
    # Pearson's, since all expected counts are above 5: 16 and 10 of 26 against 6 and 17 of 23.
    "pr_alone_p": erfc((49 * (16 * 17 - 6 * 10) ** 2 / (22 * 27 * 26 * 23) / 2) ** 0.5),
}

# From R 4.2.2: fisher.test(matrix(c(...), ncol = 2, byrow = TRUE))$p.value
FROM_R = {
    "liver_gone_exact_p": 0.0546955624355,  # 5, 0, 7, 8
    "below_exact_p": 0.0146410569393,  # 2, 9, 24, 14
    "grade_known_exact_p": 0.0130291271652,  # 20, 5, 4, 8, 1, 1, 1, 0
    "over_180_left_max_exact_p": 0.0208193979933,  # 6, 1, 5, 14
    "over_180_left_min_exact_p": 0.127926421405,  # 4, 1, 7, 14
    "tvi_degree_after_exact_p": 0.00409681029182,  # 6, 3, 13, 2, 7, 14
    # summary(glm(surgery ~ invaded, binomial))$coef[2, 4], refitted from its estimate; 5, 9, 21, 10
    "organ_after_wald_p": 0.0496133218307,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_figure_worked_by_hand(found, name):
    assert found[name] == pytest.approx(BY_HAND[name], rel=1e-12)


@pytest.mark.parametrize("name", FROM_R)
def test_a_p_value_from_r(found, name):
    assert found[name] == pytest.approx(FROM_R[name], rel=1e-10)


def test_how_many_left_the_classes_beyond_180_degrees(paper, found):
    # Operated: 11 were there before, 7 after. Only the two that fell from "artery ≤ 180°, vein
    # ≤ 180°" can have come in from outside (to "vein > 180°"): 4 to 6 left.
    assert found["over_180_left_surgery_min"] == 11 - 7
    assert found["over_180_left_surgery_max"] == 11 - 7 + 2
    # The others: 15 before, 14 after. All three that rose were there already, so nobody came in.
    assert found["over_180_left_prrt_only_min"] == found["over_180_left_prrt_only_max"] == 15 - 14


def test_every_figure_is_checked_here(found):
    here = {*BY_HAND, *FROM_R}
    rest = {name for name in found if not name.startswith("over_180_left_")}
    assert rest <= here


def test_a_figure_follows_its_numbers(paper, found):
    other = facts(changed(paper, **{"results-survival__deaths__surgery__count": "8"}))
    assert {k for k in found if other[k] != found[k]} == {"deaths"}


def test_what_is_no_count_is_refused_by_its_row(paper):
    other = changed(paper, **{"results-survival__deaths__surgery__count": "<8"})
    with pytest.raises(InputError, match=r"numbers\.csv, row \d+, column 'printed': .*whole number"):
        facts(other)
