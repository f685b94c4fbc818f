"""Simulated annealing: the misfit of a cohort's statistics, and Metropolis' rule.

A search changes one block of a cohort a little at a time, and stops as soon as all of the block's
statistics lie within their box (Kirkpatrick, Gelatt & Vecchi 1983, Science). Arrays are changed in
place; the random generator is the caller's, so that a seed decides everything.
"""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.reconstruction._numba.jit import njit

# Misfit of a statistic that should be defined and is not, or the other way round.
_UNDEFINED = 6.0


@njit
def misfit(statistics: np.ndarray, box: np.ndarray, start: int, stop: int) -> float:
    """How far statistics ``start`` to ``stop`` lie outside what is printed; 0 where all fit.

    ``box`` is (3, k): lower ends, upper ends, half a unit of the last digit. A lower end above the upper one
    says that the statistic must be undefined, as a median that is not reached. The square root lets a search
    trade a large distance for several small ones.
    """
    total = 0.0
    for k in range(start, stop):
        value = statistics[k]
        if value != value:
            if box[0, k] <= box[1, k] and (box[0, k] > -np.inf or box[1, k] < np.inf):
                total += _UNDEFINED
        elif box[0, k] > box[1, k]:
            total += _UNDEFINED
        elif value < box[0, k]:
            total += math.sqrt((box[0, k] - value) / box[2, k])
        elif value > box[1, k]:
            total += math.sqrt((value - box[1, k]) / box[2, k])
    return total


@njit
def acceptance_limit(rng: np.random.Generator, energy: float, temperature: float) -> float:
    """Highest energy that Metropolis' rule accepts this time (Metropolis et al. 1953, J Chem Phys)."""
    return energy - temperature * math.log(1.0 - rng.random())
