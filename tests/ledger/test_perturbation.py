"""Whether the audit notices wrong digits: the changes, the short way to judge them, and the results on file."""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import audit, perturbation
from analysis_lib.ledger.perturbation import KINDS, NOTICED, RECIPES, TIES, Change, Perturbation, perturbations
from analysis_lib.printed import transcription
from analysis_lib.printed.number import Printed

# Of the changes of the numbers that follow from others; the rest is told with its reason.
GOAL = 0.99
MEN = [f"table1.sex_male.{group}.count" for group in ("surgery", "prrt_only")]


@pytest.fixture(scope="module")
def trial() -> Perturbation:
    return Perturbation()


@pytest.fixture(scope="module")
def results() -> list[Change]:
    return perturbation.load()


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("46", ["47", "45", "64"]),
        ("0.47", ["0.48", "0.46", "4.07", "0.74"]),
        ("9", ["10", "8"]),
        ("0.0", ["0.1"]),
        ("<0.001", ["<0.002", "<0.000", "<0.010"]),
        ("11.0", ["11.1", "10.9", "10.1"]),
        ("10", ["11", "9", "1"]),
    ],
)
def test_each_wrong_digit(text, changed):
    assert [new.text for _, new in perturbations(Printed(text))] == changed


@settings(deadline=None)
@given(st.from_regex(r"[<≤>≥]?[0-9]{1,5}(\.[0-9]{1,4})?", fullmatch=True))
def test_a_wrong_digit_keeps_sign_and_decimals_and_is_another_number(text):
    old = Printed(text)
    for kind, new in perturbations(old):
        assert kind in KINDS
        assert (new.relation, new.decimals) == (old.relation, old.decimals)
        assert new.value != old.value
        if kind != KINDS[2]:
            assert abs(new.value - old.value) == pytest.approx(old.unit)


def _in_the_whole_audit(change: Change, folder) -> bool:
    """Noticed by `audit` of a copy of the transcription."""
    for file in transcription.NUMBERS.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            heading, *rows = csv.reader(stream)
        id, printed = heading.index("id"), heading.index("printed")
        for row in rows:
            if row[id] == change.id:
                row[printed] = change.changed
        with (folder / file.name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([heading, *rows])
    try:
        return bool(audit.deviations(audit.audit(folder), audit.expected()))
    except InputError:
        return True


def test_the_short_way_comes_to_what_the_whole_audit_comes_to(results, tmp_path):
    # Two of each outcome, so that those which are not noticed are among them.
    rng = random.Random(1954)
    for outcome in NOTICED:
        for change in rng.sample([one for one in results if one.noticed == outcome], 2):
            assert _in_the_whole_audit(change, tmp_path) is (outcome != "no"), change


def test_the_results_on_file_are_those_of_this_revision(trial, results):
    assert [replace(one, noticed="", reason="") for one in results] == trial.changes()
    for one in random.Random(2022).sample(results, 150):
        assert trial.judge(replace(one, noticed="", reason="")) == one


def test_what_follows_from_other_numbers_cannot_be_off_unseen(results):
    following = [one for one in results if one.recipe != RECIPES[2]]
    assert len(following) > 2000
    assert sum(one.noticed != "no" for one in following) >= GOAL * len(following)


def test_whatever_goes_unnoticed_has_its_reason(results):
    for one in results:
        assert bool(one.reason) is (one.noticed == "no"), one
    unseen = [one for one in results if one.noticed == "no" and one.recipe != RECIPES[2]]
    # No common reason hides a kind of number that the audit does not look at.
    assert max(Counter((one.where, one.recipe) for one in unseen).values()) <= 6


def test_results_are_read_as_they_were_written(tmp_path, results):
    perturbation.write(results[:5], tmp_path / "some.csv")
    assert perturbation.load(tmp_path / "some.csv") == results[:5]
    with pytest.raises(InputError, match="no such file"):
        perturbation.load(tmp_path / "none.csv")


def test_what_depends_on_a_changed_number_is_judged_anew_and_nothing_else(trial):
    sources = trial.printing({MEN[0]: "13"})
    judged = trial.judged(sources, MEN[:1])
    assert {MEN[0], "table1.sex_male.all.count", "table1.sex_male.surgery.percent", "table1.sex_male.p"} <= set(judged)
    assert len(judged) < 10
    for id_ in set(trial.numbers) - set(judged):
        assert sources.judge(id_).verdict == trial.claims_alone[id_].verdict, id_


def test_a_count_that_is_no_whole_number_is_refused(trial):
    with pytest.raises(InputError, match="whole number"):
        trial.judged(trial.printing({MEN[0]: "1.2"}), MEN[:1])


@pytest.mark.parametrize(
    ("changed", "tie"),
    [
        (MEN, TIES[0]),
        (["table1.bmi.surgery.median"], TIES[1]),
        (["methods.margin.threshold"], TIES[2]),
        (["abstract.os_ci.surgery.threshold"], TIES[0]),
        (["abstract.os_ci.surgery.threshold", "results-survival.os_ci.surgery.threshold"], TIES[2]),
    ],
)
def test_a_tie_is_to_numbers_that_stay_as_they_are(changed, tie, trial):
    assert trial.tie(changed) == tie


@pytest.mark.parametrize(
    ("digits", "reason"),
    [
        ({"methods.margin.threshold": "2"}, "nothing printed"),
        ({"table1.bmi.surgery.median": "25.1"}, "only limits"),
        ({"results-radiology.liver_gone.p": "0.60"}, "contradicted as the paper prints it"),
        ({"results-radiology.liver_gone.p": "0.05"}, "contradicted as the paper prints it"),
        ({"table4.note_tvi_high.threshold": "180"}, "the sign"),
        ({"table1.location.p": ">0.85"}, "as a limit"),
        ({"table1.age.surgery.sd": "9.8"}, "what is computed from it"),
        (
            {"table2.adjusted_marrow.surgery.count": "4", "table2.adjusted_marrow.prrt_only.count": "2"},
            "the other order",
        ),
        ({"results-survival.cox_surgery_adjusted.p": "0.448"}, "the rounding"),
        ({"abstract.response.p": "0.03", "results-surgery.response.p": "0.03"}, "another reading"),
    ],
)
def test_why_a_change_is_not_seen(digits, reason, trial):
    judged = trial.judged(trial.printing(digits), list(digits))
    assert reason in trial.reason(list(digits), judged)
