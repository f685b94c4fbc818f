"""The audit with some numbers changed: what is judged anew, what ties numbers, and why a change is not seen."""

from __future__ import annotations

import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.ledger.perturbation import TIES, Perturbation

MEN = [f"table1.sex_male.{group}.count" for group in ("surgery", "prrt_only")]


@pytest.fixture(scope="module")
def trial() -> Perturbation:
    return Perturbation()


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
        ({"table4.note_tvi_high.threshold": "180"}, "words may stand"),
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
