"""Benchmarks for unmeasured confounding follow published shares, and bounds where a group's share is unpublished."""

import re
from itertools import product

import pytest

from analysis_lib.chapters import unmeasured


@pytest.fixture(scope="module")
def rows(paper):
    found = [re.findall(r"<div>(.*?)</div>", row) for row in re.findall(r"<tr>(.*?)</tr>", table_of(paper))[1:]]
    return {row[0]: row[1:] for row in found}


def table_of(paper):
    return unmeasured.benchmarks(paper).html


def test_benchmarks_follow_the_published_shares(rows):
    assert rows["Grade 1"][0] == "77% of 26 / 22% of 23: 3.5 times"
    assert rows["No contact beyond 180° before PRRT"][0] == "58% of 26 / 21% of 19: 2.8 times"
    # Ding and VanderWeele's bound: 3.5 times as frequent and 6.0 times the risk make 3.5 × 6.0 / 8.5 = 2.47.
    assert rows["Grade 1"][-1] == "1.5 / 6.0" and unmeasured.bounding_factor(3.5, 6.0) == pytest.approx(2.47, abs=0.01)
    assert rows["Partial response (after PRRT)"][-1] == "1.7 / cannot"
    assert rows["No liver metastases"][-2:] == ["works the other way"] * 2


def test_metastases_of_a_group_are_every_split_that_leaves_room_for_those_in_the_liver(rows):
    # 29 of 49 in all; 12 of 26 and 8 of 23 in the liver.
    splits = [(a, b) for a, b in product(range(12, 27), range(8, 24)) if a + b == 29]
    ratios = [(1 - a / 26) / (1 - b / 23) for a, b in splits]
    assert rows["No metastases"][0].endswith(f": {min(ratios):.1f} to {max(ratios):.1f} times")
    # 23 deaths and 59%: the least significant ratio is exp(1.96 / (23 × 0.59 × 0.41)^0.5) = 2.3, as a risk ratio 1.8.
    assert rows["No metastases"][1] == "not significant, so about 1.8 at most" and rows["No metastases"][-1].endswith(
        "/ cannot"
    )


def test_time_since_diagnosis_is_bounded_by_the_quartiles_of_both_groups(rows):
    # Medians 3.2 and 4.4 and quartiles 5.0 and 3.5 about a limit of 3.8: of 26, the 13th is below and the 21st is
    # above; of 23, the 6th is below and the 12th above. 25 of 49 in all.
    counts = [(a, 25 - a) for a in range(13, 21) if 6 <= 25 - a <= 11]
    assert counts[0] == (14, 11) and counts[-1] == (19, 6)
    name = "At most 3.8 months since diagnosis"
    assert rows[name][:2] == ["54 to 73% of 26 / 26 to 48% of 23: 1.1 to 2.8 times", "not published"]


def test_what_the_page_says_of_traits_that_the_score_leaves_out(rows):
    times = {name: float(re.findall(r"[\d.]+", row[0])[-1]) for name, row in rows.items()}
    for name in ("No contact beyond 180° before PRRT", "At most 3.8 months since diagnosis"):
        assert times[name] >= 0.75 * times["Grade 1"] and rows[name][1] == "not published"
    # The end of the interval needs about what is not significant at most.
    at_most, needed = (float(re.findall(r"\d\.\d", rows["No metastases"][k])[0]) for k in (1, 3))
    assert at_most == pytest.approx(needed, abs=0.1)
