"""Push of times of death, last follow-up and surgery towards a statement, by simulated annealing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.reconstruction._numba.anneal_survival import (
    SURVIVAL_STATISTICS,
    propose_day,
    survival_statistics,
)
from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.statement import Statement, shortfall
from analysis_lib.reconstruction._numba.tests_and_curves import quantile
from analysis_lib.targets.time_unit import Clock

# The last temperature of a push, as a share of the first.
_COOLING = 0.08
_QUARTILES = (0.5, 0.25, 0.75)
# Of all moves, those of surgery, and those of surgery and the end of follow-up together.
_SURGERY, _TOGETHER = 0.4, 0.1


class Limits(NamedTuple):
    """First and last days, shapes (n,): of the end of follow-up, of surgery, and of the time between.

    Of who was not operated on, only the first two mean anything.
    """

    low: np.ndarray
    high: np.ndarray
    first_surgery: np.ndarray
    last_surgery: np.ndarray
    least_after: np.ndarray
    most_after: np.ndarray


class Boxes(NamedTuple):
    """What is printed: of survival, and of quartiles of months to surgery, (3, 17) and (3, 3); and how to read it.

    ``follow_up`` and ``rule`` are those of :func:`anneal_survival.survival_statistics`.
    """

    survival: np.ndarray
    surgery: np.ndarray
    follow_up: int
    rule: float


@njit
def _allowed(limits: Limits, operated: np.ndarray, day: np.ndarray, surgery: np.ndarray, i: int) -> bool:
    """Whether the days of patient ``i`` lie within the limits."""
    if not limits.low[i] <= day[i] <= limits.high[i]:
        return False
    if not operated[i]:
        return True
    if not limits.first_surgery[i] <= surgery[i] <= limits.last_surgery[i]:
        return False
    return limits.least_after[i] <= day[i] - surgery[i] <= limits.most_after[i]


@njit
def _surgery_misfit(surgery: np.ndarray, operated: np.ndarray, boxes: Boxes) -> float:
    ordered = np.sort(surgery[operated]) / DAYS_PER_MONTH
    found = np.empty(3)
    for q in range(3):
        found[q] = quantile(ordered, _QUARTILES[q], boxes.rule)
    return misfit(found, boxes.surgery, 0, 3)


@njit
def _survival_misfit(years: np.ndarray, event: np.ndarray, operated: np.ndarray, boxes: Boxes) -> float:
    found = np.zeros(SURVIVAL_STATISTICS)
    survival_statistics(years, event, operated, boxes.follow_up, boxes.rule, found)
    return misfit(found, boxes.survival, 0, SURVIVAL_STATISTICS)


@njit
def _propose_surgery(rng: np.random.Generator, surgery: np.ndarray, limits: Limits, boxes: Boxes, i: int) -> int:
    """Another day of surgery for patient ``i``."""
    kind = rng.random()
    if kind < 0.2:
        return rng.integers(limits.first_surgery[i], limits.last_surgery[i] + 1)
    if kind < 0.4:
        # Two patients stand about each quartile.
        q = rng.integers(0, 3)
        months = boxes.surgery[0, q] + rng.random() * (boxes.surgery[1, q] - boxes.surgery[0, q])
        return round(months * DAYS_PER_MONTH)
    return surgery[i] + round(rng.standard_normal() * 10 ** (2.5 * rng.random()))


@njit(nogil=True)
def push_survival(
    rng: np.random.Generator,
    day: np.ndarray,
    event: np.ndarray,
    operated: np.ndarray,
    surgery: np.ndarray,
    limits: Limits,
    clock: Clock,
    boxes: Boxes,
    statement: Statement,
    steps: int,
    hot: float,
) -> float:
    """Move days of the end of follow-up and of surgery until all that is printed fits and the statement is true.

    Parameters
    ----------
    day, surgery
        Shape (n,), changed in place; the latter 0 for who was not operated on.
    hot
        The temperature that it begins with.

    Returns
    -------
    float
        The energy that remains, 0 where both were reached.
    """
    n, operations = day.size, int(operated.sum())
    years, years_to_surgery = clock.years[day], clock.years[surgery]
    of_survival = _survival_misfit(years, event, operated, boxes)
    of_surgery = _surgery_misfit(surgery, operated, boxes)
    energy = of_survival + of_surgery + shortfall(statement, years, event, operated, years_to_surgery)
    for turn in range(steps):
        if energy == 0.0:
            break
        temperature = hot * _COOLING ** (turn / steps)
        kind = rng.random()
        # The operated come first.
        i = rng.integers(0, operations if kind < _SURGERY + _TOGETHER else n)
        j = i
        old_day, old_surgery, old_other = day[i], surgery[i], 0
        if kind < _SURGERY:
            if rng.random() < 0.4:
                j = rng.integers(0, operations)
                old_other = surgery[j]
                surgery[i], surgery[j] = old_other, old_surgery
            else:
                surgery[i] = _propose_surgery(rng, surgery, limits, boxes, i)
        elif kind < _SURGERY + _TOGETHER:
            shift = round(rng.standard_normal() * 10 ** (3 * rng.random()))
            day[i] += shift
            surgery[i] += shift
        else:
            day[i] = propose_day(rng, day, limits.low, limits.high, operated, clock.days_per_year, boxes.survival, i)
        highest = acceptance_limit(rng, energy, temperature)
        proposed = np.inf
        new_survival, new_surgery = of_survival, of_surgery
        if _allowed(limits, operated, day, surgery, i) and _allowed(limits, operated, day, surgery, j):
            years[i] = clock.years[day[i]]
            years_to_surgery[i], years_to_surgery[j] = clock.years[surgery[i]], clock.years[surgery[j]]
            if surgery[i] != old_surgery and j == i:
                new_surgery = _surgery_misfit(surgery, operated, boxes)
            proposed = new_surgery + shortfall(statement, years, event, operated, years_to_surgery)
            # All statistics of survival only where the rest does not decide.
            if day[i] != old_day and proposed <= highest:
                new_survival = _survival_misfit(years, event, operated, boxes)
            proposed += new_survival
        if proposed <= highest:
            energy, of_survival, of_surgery = proposed, new_survival, new_surgery
            continue
        day[i], surgery[i] = old_day, old_surgery
        if j != i:
            surgery[j] = old_other
        years[i] = clock.years[day[i]]
        years_to_surgery[i], years_to_surgery[j] = clock.years[surgery[i]], clock.years[surgery[j]]
    return energy
