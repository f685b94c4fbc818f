"""Conclusions that published numbers settle, without a simulated cohort."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import answers, conclusions
from analysis_lib.printed.csv_table import read_rows
from analysis_lib.printed.number import Interval, Printed
from analysis_lib.printed.transcription import Transcription

ROWS = {row["id"]: row for row in read_rows(conclusions.FILE, conclusions.COLUMNS)}
R = json.loads((ROOT / "tests" / "oracles" / "conclusions.json").read_text(encoding="utf-8"))

# What each conclusion would have to rest on for its verdict to turn.
TURNS = {
    "conclusion.association": {"abstract.pfs.p": "0.20"},
    "conclusion.feasible": {"table3.r0.surgery.count": "17"},
    "conclusion.induction": {"abstract.patients.surgery.n": "10"},
    "conclusion.safe": {"abstract.patients.surgery.n": "226"},
    "conclusion.procures": {"table1.patients.prrt_only.n": "13"},
    "conclusion.neoadjuvant": {"table1.patients.prrt_only.n": "13"},
    "conclusion.selection": {"results-survival.cox_score.ci_hi": "1.908"},
    "survival.os": {"results-survival.cox_surgery.ci_hi": "1.678"},
    "survival.pfs": {"abstract.pfs.surgery.median": "2.3"},
    "survival.ten_years": {"abstract.os.surgery.median": "9.7"},
    "survival.adjusted": {"results-survival.cox_surgery_adjusted.ci_hi": "0.986"},
    "survival.small": {"results-survival.cox_surgery_adjusted.ci_lo": "0.590"},
    "survival.elsewhere": {"abstract.os.surgery.ci_lo": "8.9"},
    "survival.baseline": {"table1.ki67.p": "0.31", "results-radiology.over_180_before.p": "0.31"},
    "prrt.size": {"results-response.size_change.all.mean": "2.0"},
    "prrt.response": {"abstract.pr.surgery.percent": "38", "results-surgery.sd.surgery.percent": "62"},
    "prrt.vessels": {"table4.total_increase.surgery.count": "9"},
    "prrt.organs": {"results-radiology.organ_after.surgery.count": "6"},
    "prrt.liver": {"results-radiology.liver_gone.surgery.count": "8"},
    "prrt.allowed_surgery": {"table4.total_no_change.surgery.count": "10"},
    "prrt.beyond_180": {"results-radiology.over_180_before.prrt_only.count": "1"},
    "prrt.organs_groups": {"results-radiology.organ_after.surgery.count": "14"},
    "prrt.fibrosis": {"results-surgery.fibrosis_pr.surgery.mean": "79"},
    "prrt.fibrosis_half": {"table3.fibrosis.surgery.mean": "72"},
    "prrt.pet": {"table1.pet.all.count": "25"},
    "elsewhere.captem": {"discussion.captem_pr.cited": "73"},
    "elsewhere.fas": {"discussion.fas_pr.cited": "37"},
    "elsewhere.fas_vessels": {"discussion.fas_tvi.cited": "4"},
    "elsewhere.vascular": {"discussion.vascular.surgery.count": "2"},
    "elsewhere.partelli": {"discussion.partelli_pfs_prrt.cited": "9.3"},
    "elsewhere.partelli_contact": {"discussion.partelli_vein_before.cited": "84"},
    "elsewhere.largest": {"discussion.partelli_prrt_n.cited": "63"},
}
# By arithmetic: at least half of the recurrences come by the median of all, whatever the numbers.
ALWAYS = {"survival.recurrence"}


def changed(paper, texts: dict[str, str]) -> Transcription:
    return Transcription([replace(n, printed=Printed(texts[n.id])) if n.id in texts else n for n in paper.values()])


@pytest.mark.parametrize("id_", conclusions.SETTLED)
def test_the_published_numbers_settle_it_as_the_file_says(paper, id_):
    assert f"settled-{str(conclusions.SETTLED[id_](paper).holds).lower()}" == ROWS[id_]["verdict"]


def test_every_settled_conclusion_has_numbers_that_would_turn_it():
    assert TURNS.keys() | ALWAYS == conclusions.SETTLED.keys()


@pytest.mark.parametrize("id_", TURNS)
def test_other_numbers_would_turn_it(paper, id_):
    before = conclusions.SETTLED[id_](paper).holds
    assert conclusions.SETTLED[id_](changed(paper, TURNS[id_])).holds is not before


@pytest.mark.parametrize("id_", conclusions.SETTLED)
def test_it_holds_at_both_ends_of_each_rounding(paper, id_):
    """Numbers with more digits, as far from the published ones as rounding allows."""
    before = conclusions.SETTLED[id_](paper).holds
    rounded = [paper[name] for name in ROWS[id_]["rests_on"].split() if not paper[name].exact]
    for number in rounded:
        if number.statistic in ("percent", "cited") and not number.printed.decimals:
            continue  # taken as the count that prints so, or as it is cited
        for end in (number.interval.low, number.interval.high):
            assert conclusions.SETTLED[id_](changed(paper, {number.id: f"{end:.6f}"})).holds is before


@pytest.mark.parametrize("id_", conclusions.SETTLED)
def test_it_rests_on_what_its_calculation_reads(paper, id_):
    read = set()

    class Read(Transcription):
        def __getitem__(self, name):
            read.add(name)
            return super().__getitem__(name)

    conclusions.SETTLED[id_](Read(list(paper.values())))
    assert set(ROWS[id_]["rests_on"].split()) <= read


def test_the_reason_is_a_plain_sentence_with_its_numbers(paper):
    for id_, settle in conclusions.SETTLED.items():
        why = settle(paper).why
        assert why.endswith(".") and any(c.isdigit() for c in why) and "nan" not in why, id_


def test_roundings_that_decide_leave_it_undecided():
    alpha = Interval(0.05, 0.05)
    assert answers.is_below(Interval(0.045, 0.055), alpha) is None
    assert answers.all_of(True, None) is None
    assert answers.opposite(None) is None


def test_r_gives_the_same_sign_test_and_interval_of_the_mean(paper):
    why = conclusions.SETTLED["prrt.vessels"](paper).why
    assert "15 of the 39" in why and f"p = {R['sign_tests'][0]['p']:.1g}" in why
    low, high = R["mean_interval"]
    assert f"{low:.0f} to {high:.0f}%" in conclusions.SETTLED["prrt.size"](paper).why
