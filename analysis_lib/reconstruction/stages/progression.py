"""Stage of the search: times of progression and recurrence."""

from __future__ import annotations

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_YEAR
from analysis_lib.reconstruction._numba.anneal_progression import (
    FREE_R0,
    FREE_R1,
    HOT,
    NOT_FREE,
    PROGRESSION_STATISTICS,
    Patients,
    anneal_progression,
    progression_statistics,
)
from analysis_lib.reconstruction._numba.statement import NO_STATEMENT
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.state import Blocks, Nearest, Progression, SearchFailed, Survival, Treatment
from analysis_lib.reconstruction.stages.survival import IMAGING_DAYS
from analysis_lib.targets.time_unit import Clock

# From the last cycle to the last scan that a best response is taken from: at six months.
LAST_SCAN_DAYS = 224
TRIES, _STEPS = 8, 60_000


def find_progression(
    rng: np.random.Generator,
    blocks: Blocks,
    measure: BaseMeasure,
    state: Survival,
    treatment: Treatment,
    response: np.ndarray,
) -> Progression:
    """Days of progression and recurrence that meet all targets.

    Recurrence after surgery is progression, so that each patient has one such day. Operated patients with disease
    left have progressed, but for the one who died of the operation; and progressive disease as best ``response`` is
    the progression.

    Raises
    ------
    SearchFailed
        If none was found; names what the nearest missed.
    """
    count = blocks.numbers.count
    n, n1 = blocks.sizes[:2]
    free = [count(f"results-survival.dfs_{margin}.surgery.n") for margin in ("r0", "r1")]
    recurred = count("results-survival.dfs_recurrence.surgery.count")
    left = n1 - 1 - sum(free)
    if recurred + left != count("results-survival.progression.surgery.count"):
        raise InputError("recurrences and patients with disease left do not make the printed progressions")
    others = count("results-survival.progression.prrt_only.count")
    others += count("results-survival.progression_clinical.prrt_only.count")
    progressive = response == "PD"
    patients = patients_at_risk(measure, state, treatment, progressive)
    able = np.flatnonzero(~patients.fixed & (patients.earliest <= patients.latest))
    operated, rest = able[able < n1], able[able >= n1]
    nearest = Nearest()
    for _ in range(TRIES):
        role, progressed = np.full(n, NOT_FREE), progressive.copy()
        # A median after R1 needs most of its few patients to recur, and to have lived to do so.
        seen = state.day - treatment.surgery_day
        lasting = operated[seen[operated] > 4 * DAYS_PER_YEAR]
        if lasting.size < free[1] + 1 or operated.size < recurred + left or rest.size < others - progressive.sum():
            raise SearchFailed("too few patients were followed for long enough to recur")
        after_r1 = rng.choice(lasting, free[1], replace=False)
        role[1:n1] = FREE_R0
        role[after_r1] = FREE_R1
        with_disease = rng.choice(np.setdiff1d(operated, after_r1), left, replace=False)
        role[with_disease] = NOT_FREE
        among_r1 = after_r1[: rng.integers((free[1] + 1) // 2, free[1] + 1)]
        after_r0 = np.intersect1d(operated, np.flatnonzero(role == FREE_R0))
        progressed[with_disease] = True
        progressed[among_r1] = True
        progressed[rng.choice(after_r0, recurred - among_r1.size, replace=False)] = True
        progressed[rng.choice(rest, others - progressive.sum(), replace=False)] = True
        day = np.where(
            progressed, rng.integers(np.minimum(patients.earliest, patients.latest), patients.latest + 1), state.day
        )
        misses = anneal_progression(
            rng, patients, role, progressed, day, blocks.clock, measure.progression_rate, blocks.progression, _STEPS,
            NO_STATEMENT, HOT,
        )  # fmt: skip
        if misses == 0.0:
            return Progression(role, progressed, day)
        ends = patients, role, progressed, day, blocks.clock
        nearest.offer(misses, lambda ends=ends: _progression_statistics(*ends))
    missed = nearest.describe(blocks.targets, blocks.progression_ids)
    raise SearchFailed("no days of progression meet what is printed", "progression", missed)


def _progression_statistics(*ends: Patients | np.ndarray | Clock) -> np.ndarray:
    found = np.zeros(PROGRESSION_STATISTICS)
    progression_statistics(*ends, found)
    return found


def patients_at_risk(measure: BaseMeasure, state: Survival, treatment: Treatment, progressive: np.ndarray) -> Patients:
    """The patients with the days between which progression can be seen, and whose role is fixed."""
    scan = treatment.first_scan_day
    earliest = np.where(state.operated, treatment.surgery_day + 2 * IMAGING_DAYS, scan)
    latest = state.day - 1
    latest[progressive] = np.minimum(latest, treatment.last_cycle_day + LAST_SCAN_DAYS)[progressive]
    fixed = progressive.copy()
    fixed[[state.sepsis, state.postoperative]] = True
    earliest_left = scan if measure.progression_before_surgery else earliest
    return Patients(
        state.day, state.event, state.operated, treatment.surgery_day, earliest, latest, earliest_left, fixed
    )
