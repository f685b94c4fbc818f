"""Pushed times meet all that is printed of them, reach their goal, and keep within their limits."""

import numpy as np
import pytest

from analysis_lib.reconstruction._numba.statement import Statement
from analysis_lib.reconstruction.adversary import times, unprinted
from analysis_lib.reconstruction.adversary.finished import Finished
from analysis_lib.reconstruction.adversary.quantities import QUANTITIES
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.state import Blocks
from analysis_lib.targets.recompute import Recomputed

ASKED = QUANTITIES["landmark_hr_18"]
STEPS = 20_000


@pytest.fixture(scope="module")
def blocks(targets):
    return Blocks(targets)


@pytest.fixture
def finished(one, blocks):
    return Finished.of(one, blocks)


@pytest.fixture
def measure(shipped):
    return unprinted.measure(BaseMeasure(**shipped.origin.loc[0].drop("scheme")), narrow=False)


def test_what_the_stages_found_is_read_back_from_a_cohort(finished, one, blocks):
    state, rows = finished.survival, finished.cohort
    assert rows["cause_of_death"][[state.postoperative, state.sepsis]].tolist() == ["postoperative", "sepsis"]
    np.testing.assert_array_equal(state.years, rows["os_years"])
    months = state.surgery_day[state.operated] / 30.4375
    np.testing.assert_allclose(np.sort(months), np.sort(one["months_to_surgery"].dropna()))
    assert (finished.progression.role[~state.operated] == 0).all()
    free = one["no_evidence_of_disease"] == 1
    assert np.bincount(finished.progression.role)[1:].tolist() == [
        (free & (one["resection_margin"] == margin)).sum() for margin in ("R0", "R1")
    ]


def test_a_push_reaches_its_goal_with_every_number_of_survival_as_printed(finished, blocks, measure, targets):
    start = times.value(ASKED, finished.survival)
    asked = Statement(ASKED.kind, ASKED.at, 1.0, start + 0.05, ASKED.weight)
    first, again = (
        times.push(np.random.default_rng(2), blocks, measure, finished.survival, asked, STEPS) for _ in range(2)
    )
    assert (first.day == again.day).all() and (first.surgery_day == again.surgery_day).all()
    assert times.value(ASKED, first) >= start + 0.05
    operated = first.operated
    months = np.where(operated, first.surgery_day / 30.4375, np.nan)
    cohort = finished.cohort.assign(os_years=first.years, months_to_surgery=months)
    recomputed = Recomputed(cohort, targets)
    for id in (*blocks.survival_ids, *(f"table3.since_start.surgery.{s}" for s in ("median", "q1", "q3"))):
        assert recomputed.value(targets[id]) in targets[id].interval, id
    after = (first.day - first.surgery_day)[operated]
    assert after.min() >= 1 and np.sort(after)[1] >= 30
    assert first.surgery_day[operated].max() <= measure.latest_surgery_day


def test_a_goal_out_of_reach_gives_nothing_and_leaves_the_start_as_it_was(finished, blocks, measure):
    before = finished.survival.day.copy()
    asked = Statement(ASKED.kind, ASKED.at, 1.0, 50.0, ASKED.weight)
    assert times.push(np.random.default_rng(2), blocks, measure, finished.survival, asked, 2_000) is None
    assert (finished.survival.day == before).all()
