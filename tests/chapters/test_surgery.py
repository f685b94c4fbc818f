"""The chapter on surgery counts complications and divides specimens as the paper's numbers allow."""

import re

import pytest

from analysis_lib.chapters import surgery


def test_every_complication_of_table_3_is_counted_under_its_grade(paper):
    found = surgery.complications(paper)
    assert list(found["id"]) == [id for id in paper if id.startswith("table3.complication_")]
    assert list(found.groupby("grade", sort=False)["events"].sum().items()) == [
        ("II", 11),
        ("IIIa", 9),
        ("IIIb", 4),
        ("IVa", 1),
        ("V", 1),
    ]
    assert set(found["grade"]) == set(surgery.GRADES)


def test_the_figure_shows_every_event_and_the_bounds_on_patients(paper):
    picture = surgery.complications_figure(paper, (6, 15))
    events = re.findall(r",(\d+)$", picture.csv, re.MULTILINE)
    assert len(events) == 14 and sum(map(int, events)) == 26
    assert "6 to 15" in picture.svg and ">Grade IIIa, 9<" in picture.svg
    assert "Of 26 patients 17 had any, 6 to 15 a severe and 1 a fatal one." in picture.alt


def test_the_published_mean_rules_out_one_division_and_students_test_gives_p_in_the_others(paper):
    found = surgery.fibrosis_splits(paper, [(14, 10), (15, 9), (16, 8)])
    assert found["possible"].tolist() == [True, True, False]
    kept = found[found["possible"]]
    published = paper["results-surgery.fibrosis_pr_sd.surgery.p"].interval
    assert all(p in published for p in kept["pooled"]) and not any(p in published for p in kept["welch"])
    # 59% and 41% of 14 and 10 specimens, by hand.
    assert (found.loc[0, "low"], found.loc[0, "high"]) == pytest.approx(
        ((58.5 * 14 + 405) / 24, (59.5 * 14 + 415) / 24)
    )


def test_four_cycles_as_planned_take_what_the_methods_say(paper):
    # Three intervals of six to ten weeks, in months of 365.25 / 12 days.
    assert surgery.in_words(paper)["planned"] == "4.1 to 6.9"


def test_between_six_and_fifteen_patients_had_a_severe_complication_as_the_heading_says(paper):
    events = surgery.complications(paper).groupby("grade")["events"].sum()
    patients = paper.count("table3.complications.surgery.count")
    # The grade II events are the only ones of as many patients as possible, or of none.
    assert (patients - events["II"], min(patients, events.sum() - events["II"])) == (6, 15)


def test_distal_resections_are_as_many_as_tumours_in_body_and_tail_and_the_rest_are_in_head_or_several(paper):
    site = {k: paper.count(f"table1.{k}.surgery.count") for k in ("head", "body", "tail", "multiple")}
    distal, whipple, pppd = (paper.count(f"table3.{k}.surgery.count") for k in ("distal", "whipple", "pppd"))
    assert site["body"] + site["tail"] == distal
    assert site["head"] + site["multiple"] == whipple + pppd


def test_four_cycles_as_planned_agree_with_both_times_to_surgery(paper):
    start, end = (
        [paper[f"table3.since_{event}.surgery.{s}"].interval for s in ("q1", "median", "q3")]
        for event in ("start", "end")
    )
    shortest, longest = (float(months) for months in surgery.in_words(paper)["planned"].split(" to "))
    assert shortest < min(a.high - b.low for a, b in zip(start, end, strict=True))
    assert max(a.low - b.high for a, b in zip(start, end, strict=True)) < longest
