"""Stage of the search: times of progression and recurrence."""

from __future__ import annotations

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_YEAR
from analysis_lib.reconstruction._numba.anneal_progression import (
    FREE_R0,
    FREE_R1,
    NOT_FREE,
    PROGRESSION_STATISTICS,
    Patients,
    anneal_progression,
    progression_statistics,
)
from analysis_lib.reconstruction.stages.state import Blocks, Nearest, Progression, Scheme, Survival
from analysis_lib.targets.time_unit import Clock

EARLIEST_PROGRESSION_DAY = 150
PROGRESSION_TRIES = 20


def find_progression(
    rng: np.random.Generator,
    blocks: Blocks,
    scheme: Scheme,
    state: Survival,
    surgery_day: np.ndarray,
    nearest: Nearest | None = None,
) -> Progression | None:
    """Days of progression and recurrence that meet all targets; None if none was found.

    Recurrence after surgery is progression, so that each patient has one such day. Operated
    patients with disease left have progressed, but for the one who died of the operation. What
    failed searches ended with is offered to ``nearest``.
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
    patients = _patients(state, surgery_day)
    earliest = patients.earliest
    able = np.flatnonzero(~patients.fixed & (earliest < state.day))
    operated, rest = able[able < n1], able[able >= n1]
    if operated.size < recurred + left or rest.size < others:
        return None
    for _ in range(PROGRESSION_TRIES):
        role, progressed = np.full(n, NOT_FREE), np.zeros(n, dtype=bool)
        # A median after R1 needs most of its few patients to recur, and to have lived to do so.
        seen = state.day - surgery_day
        lasting = operated[seen[operated] > 4 * DAYS_PER_YEAR]
        if lasting.size < free[1] + 1:
            return None
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
        progressed[rng.choice(rest, others, replace=False)] = True
        day = np.where(progressed, rng.integers(np.minimum(earliest, state.day - 1), state.day), state.day)
        misses = anneal_progression(
            rng, patients, role, progressed, day, blocks.clock, scheme.progression_rate, blocks.progression, 60_000,
            False,
        )  # fmt: skip
        if misses == 0.0:
            return Progression(surgery_day, role, progressed, day)
        if nearest is not None:
            ends = patients, role, progressed, day, blocks.clock
            nearest.offer(misses, lambda ends=ends: _progression_statistics(*ends))
    return None


def _progression_statistics(*ends: Patients | np.ndarray | Clock) -> np.ndarray:
    found = np.zeros(PROGRESSION_STATISTICS)
    progression_statistics(*ends, found)
    return found


def walk_progression(
    rng: np.random.Generator, blocks: Blocks, scheme: Scheme, state: Survival, start: Progression, steps: int
) -> Progression:
    """Other days of progression, reached from ``start`` without leaving the box."""
    role, progressed, day = start.role.copy(), start.progressed.copy(), start.day.copy()
    patients = _patients(state, start.surgery_day)
    anneal_progression(
        rng, patients, role, progressed, day, blocks.clock, scheme.progression_rate, blocks.progression, steps, True
    )
    return Progression(start.surgery_day, role, progressed, day)


def _patients(state: Survival, surgery_day: np.ndarray) -> Patients:
    """The patients with the first day on which progression can be seen, and whose role is fixed."""
    earliest = np.where(state.operated, surgery_day + 60, EARLIEST_PROGRESSION_DAY)
    fixed = np.zeros(state.day.size, dtype=bool)
    fixed[[state.sepsis, state.postoperative]] = True
    return Patients(state.day, state.event, state.operated, surgery_day, earliest, fixed)
