"""Search for times of progression and recurrence, by simulated annealing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.statement import Statement, shortfall
from analysis_lib.reconstruction._numba.tests_and_curves import (
    kaplan_meier_fall,
    log_rank_p,
    median_survival,
    resort,
    subset,
)
from analysis_lib.targets.time_unit import Clock

# A patient's role: disease left after surgery, or no surgery; none left after R0; none left after R1.
NOT_FREE, FREE_R0, FREE_R1 = 0, 1, 2
# Places of the statistics: medians with limits of progression-free survival of the operated and the others, with
# the log-rank test, and of disease-free survival of all, after R0 (median, and where the curve ends) and after R1.
PFS_OPERATED, PFS_OTHERS, PFS_P, DFS, DFS_R0, DFS_R0_END, DFS_R1, DFS_P = 0, 3, 6, 7, 10, 11, 12, 15
PROGRESSION_STATISTICS = 16
HOT, _COLD = 2.5, 0.08


class Patients(NamedTuple):
    """What is known of n patients when progressions are searched; shapes (n,).

    Attributes
    ----------
    os_day, dead, operated : ndarray
        Day of death or last follow-up, whether it is of death, and who was operated on.
    surgery_day : ndarray
        0 without surgery.
    earliest, latest : ndarray
        First and last day on which progression can be seen.
    earliest_left : ndarray
        The first, where disease is left after surgery.
    fixed : ndarray
        Who keeps their role.
    """

    os_day: np.ndarray
    dead: np.ndarray
    operated: np.ndarray
    surgery_day: np.ndarray
    earliest: np.ndarray
    latest: np.ndarray
    earliest_left: np.ndarray
    fixed: np.ndarray


@njit
def progression_statistics(
    patients: Patients, role: np.ndarray, progressed: np.ndarray, day: np.ndarray, clock: Clock, out: np.ndarray
) -> None:
    """Progression-free and disease-free survival, in the places of this module; ``out`` is (16,)."""
    pfs, dfs, seen = _ends(patients, progressed, day, clock)
    _progression_curves(pfs, seen, patients.operated, np.argsort(pfs), True, True, out)
    _recurrence_curves(dfs, progressed, role, np.argsort(dfs), out)


@njit
def _ends(
    patients: Patients, progressed: np.ndarray, day: np.ndarray, clock: Clock
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Years to progression or death since the start and since surgery, and whether it was seen."""
    n = day.size
    pfs, dfs, seen = np.empty(n), np.empty(n), np.empty(n, np.int64)
    for i in range(n):
        end = day[i] if progressed[i] else patients.os_day[i]
        pfs[i] = clock.years[end]
        dfs[i] = clock.years[end - patients.surgery_day[i]]
        seen[i] = 1 if progressed[i] else patients.dead[i]
    return pfs, dfs, seen


@njit
def _progression_curves(
    pfs: np.ndarray,
    seen: np.ndarray,
    operated: np.ndarray,
    order: np.ndarray,
    of_operated: bool,
    of_others: bool,
    out: np.ndarray,
) -> None:
    """Progression-free survival; ``of_operated`` and ``of_others`` say which curves have moved."""
    if of_operated:
        median_survival(pfs, seen, subset(order, operated), out[PFS_OPERATED:PFS_OTHERS])
    if of_others:
        median_survival(pfs, seen, subset(order, ~operated), out[PFS_OTHERS:PFS_P])
    out[PFS_P] = log_rank_p(pfs, seen, operated, order)


@njit
def _recurrence_curves(
    dfs: np.ndarray, progressed: np.ndarray, role: np.ndarray, order: np.ndarray, out: np.ndarray
) -> None:
    """Disease-free survival of those who were free of disease after surgery."""
    recurred = progressed.astype(np.int64)
    free, after_r0 = subset(order, role != NOT_FREE), subset(order, role == FREE_R0)
    median_survival(dfs, recurred, free, out[DFS:DFS_R0])
    with_limits = np.empty(3)
    median_survival(dfs, recurred, after_r0, with_limits)
    out[DFS_R0] = with_limits[0]
    out[DFS_R0_END] = kaplan_meier_fall(dfs, recurred, after_r0, 0.0)[1]
    median_survival(dfs, recurred, subset(order, role == FREE_R1), out[DFS_R1:DFS_P])
    out[DFS_P] = log_rank_p(dfs, recurred, role == FREE_R0, free)


@njit
def _first_day(patients: Patients, role: np.ndarray, i: int) -> int:
    """First day on which progression of patient ``i`` can be seen."""
    return patients.earliest_left[i] if role[i] == NOT_FREE else patients.earliest[i]


@njit
def _can_exchange(patients: Patients, role: np.ndarray, progressed: np.ndarray, i: int, j: int) -> bool:
    """Whether patients ``i`` and ``j`` may exchange roles and progressions, and differ in them."""
    if patients.fixed[i] or patients.fixed[j] or patients.operated[i] != patients.operated[j]:
        return False
    if role[i] == role[j] and progressed[i] == progressed[j]:
        return False
    return patients.earliest[i] <= patients.latest[i] and patients.earliest[j] <= patients.latest[j]


@njit
def _exchange(role: np.ndarray, progressed: np.ndarray, i: int, j: int) -> None:
    role[i], role[j] = role[j], role[i]
    progressed[i], progressed[j] = progressed[j], progressed[i]


@njit
def _propose(
    rng: np.random.Generator,
    patients: Patients,
    role: np.ndarray,
    day: np.ndarray,
    days_per_year: float,
    box: np.ndarray,
    i: int,
) -> int:
    """Another day of progression for patient ``i``; -1 where there is none."""
    kind = rng.random()
    if kind < 0.2:
        return rng.integers(_first_day(patients, role, i), patients.latest[i] + 1)
    if kind >= 0.4:
        return day[i] + round(rng.standard_normal() * 10 ** (3 * rng.random()))
    # A median is some patient's own time: put this one's there.
    of_recurrence = role[i] != NOT_FREE and rng.random() < 0.7
    if not of_recurrence:
        aim = PFS_OPERATED if patients.operated[i] else PFS_OTHERS
    elif rng.random() < 0.7:
        aim = DFS_R0 if role[i] == FREE_R0 else DFS_R1
    else:
        aim = DFS
    years = box[0, aim] + rng.random() * (box[1, aim] - box[0, aim])
    if not 0.0 < years < 100.0:
        return -1
    return round(years * days_per_year) + (patients.surgery_day[i] if of_recurrence else 0)


@njit(nogil=True)
def anneal_progression(
    rng: np.random.Generator,
    patients: Patients,
    role: np.ndarray,
    progressed: np.ndarray,
    day: np.ndarray,
    clock: Clock,
    rate: float,
    box: np.ndarray,
    steps: int,
    statement: Statement,
    hot: float,
) -> float:
    """Decide who progressed, when, and who was free of disease after surgery.

    Parameters
    ----------
    role, progressed, day
        Shape (n,): where to begin, changed in place; ``day`` counts where ``progressed``.
    rate
        Of the exponential base measure of times of progression, a year.
    statement
        What is to be true of progression-free survival besides.
    hot
        Temperature to begin with.

    Returns
    -------
    float
        The misfit that remains, and what is lacking of the statement.
    """
    n, latest, operated = day.size, patients.latest, patients.operated
    statistics = np.zeros(PROGRESSION_STATISTICS)
    progression_statistics(patients, role, progressed, day, clock, statistics)
    energy = misfit(statistics, box, 0, PROGRESSION_STATISTICS)
    trial = statistics.copy()
    pfs, dfs, seen = _ends(patients, progressed, day, clock)
    surgery = clock.years[patients.surgery_day]
    energy += shortfall(statement, pfs, seen, operated, surgery)
    pfs_order, dfs_order = np.argsort(pfs), np.argsort(dfs)
    for turn in range(steps):
        if energy == 0.0:
            break
        temperature = hot * (_COLD / hot) ** (turn / steps)
        i, j = rng.integers(0, n), rng.integers(0, n)
        old_i, old_j = day[i], day[j]
        gain = 0.0
        exchanges = rng.random() < 0.3
        if exchanges:
            if not _can_exchange(patients, role, progressed, i, j):
                continue
            _exchange(role, progressed, i, j)
            day[i] = rng.integers(_first_day(patients, role, i), latest[i] + 1)
            day[j] = rng.integers(_first_day(patients, role, j), latest[j] + 1)
        else:
            if not progressed[i]:
                continue
            new = _propose(rng, patients, role, day, clock.days_per_year, box, i)
            if new < _first_day(patients, role, i) or new > latest[i]:
                continue
            day[i] = new
            gain = rate * (old_i - new) / clock.days_per_year
        highest = acceptance_limit(rng, energy + temperature * gain, temperature)
        pfs, dfs, seen = _ends(patients, progressed, day, clock)
        resort(pfs_order, pfs)
        trial[:] = statistics
        # Patients exchange roles within a group only: the other's curve stays.
        _progression_curves(pfs, seen, operated, pfs_order, operated[i], not operated[i], trial)
        proposed = misfit(trial, box, 0, DFS) + shortfall(statement, pfs, seen, operated, surgery)
        if operated[i] and proposed <= highest:
            resort(dfs_order, dfs)
            _recurrence_curves(dfs, progressed, role, dfs_order, trial)
        proposed += misfit(trial, box, DFS, PROGRESSION_STATISTICS)
        if proposed <= highest:
            energy = proposed
            statistics[:] = trial
        else:
            day[i], day[j] = old_i, old_j
            if exchanges:
                _exchange(role, progressed, i, j)
    return energy
