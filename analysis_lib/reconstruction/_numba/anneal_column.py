"""Search for one column of a cohort by its summaries and tests, by simulated annealing."""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.column_statistics import (
    COLUMN_STATISTICS,
    DECREASE_MEAN,
    MEAN,
    MEDIAN,
    MINIMUM,
    ODDS_RATIO,
    REGRESSION,
    T_TESTS,
    Column,
    column_statistics,
    decrease,
    odds_ratio,
    summarise,
)
from analysis_lib.reconstruction._numba.jit import njit

# Temperatures: quartiles in a dense class want a hot start, a sum that leans on another column a cool one.
_HOT, _WARM, _COLD = 3.0, 0.5, 0.03


@njit
def _replace(ordered: np.ndarray, old: float, new: float) -> None:
    """Put ``new`` in the place of ``old`` among ascending values, in place."""
    i = 0
    while ordered[i] != old:
        i += 1
    while i + 1 < ordered.size and ordered[i + 1] < new:
        ordered[i] = ordered[i + 1]
        i += 1
    while i > 0 and ordered[i - 1] > new:
        ordered[i] = ordered[i - 1]
        i -= 1
    ordered[i] = new


@njit
def _propose(rng: np.random.Generator, k: np.ndarray, column: Column, i: int) -> tuple[int, int]:
    """A patient and a value: that patient's own for patient ``i``, or of another one who exchanges with ``i``.

    It is ``i`` and the value that ``i`` has where a move is not possible.
    """
    kind = rng.random()
    if kind < 0.1:
        return i, rng.integers(column.low[i], column.high[i] + 1)
    if kind < 0.25:
        # A quantile is some patient's own value, or lies between two: put this one's there.
        group = 0 if rng.random() < 0.5 else (1 if column.first[i] else 2)
        aim = MEDIAN + 3 * group + rng.integers(0, 3)
        value = column.box[0, aim] + rng.random() * (column.box[1, aim] - column.box[0, aim])
        return i, round(value / column.step) if math.isfinite(value) else k[i]
    if kind < 0.8:
        return i, k[i] + round(rng.standard_normal() * 10 ** (2 * rng.random()))
    j = rng.integers(0, k.size)
    if k[i] < column.low[j] or k[i] > column.high[j]:
        return i, k[i]
    return j, k[j]


@njit
def _move(
    k: np.ndarray,
    x: np.ndarray,
    column: Column,
    ordered: tuple[np.ndarray, np.ndarray, np.ndarray],
    i: int,
    j: int,
    new: int,
) -> None:
    """Give patient ``i`` the value ``new``, and ``j``, if another, the value of ``i``; with old values, the inverse.

    ``ordered`` are the ascending values of all patients, the first and the second group.
    """
    everyone, part_1, part_2 = ordered
    first = column.first
    old, was, becomes = k[i], x[i], new * column.step
    k[i], x[i] = new, becomes
    if j != i:
        k[j], x[j] = old, was
        if first[i] == first[j]:
            return
        _replace(part_1 if first[j] else part_2, becomes, was)
    else:
        _replace(everyone, was, becomes)
    _replace(part_1 if first[i] else part_2, was, becomes)


@njit(nogil=True)
def anneal_column(rng: np.random.Generator, k: np.ndarray, column: Column, steps: int) -> float:
    """Move whole multiples ``k`` (n,) of the column's step, each within its own limits, into the box.

    A move changes one or two values, so that values are kept in order, by group, and only what
    it touches is computed anew; the regression, which costs the most, only where the rest does
    not decide.

    Returns
    -------
    float
        The misfit that remains, 0 if all statistics fit.
    """
    first, box, later = column.first, column.box, column.later
    x = k.astype(np.float64) * column.step
    statistics = np.zeros(COLUMN_STATISTICS)
    column_statistics(x, column, statistics)
    energy = misfit(statistics, box, 0, COLUMN_STATISTICS)
    ordered = np.sort(x), np.sort(x[first]), np.sort(x[~first])
    moments = column.comparisons[T_TESTS] or np.isfinite(box[:2, MEAN:MINIMUM]).any()
    trial, fit = statistics.copy(), np.zeros(2)
    hot = _WARM if later.size else _HOT
    for turn in range(steps):
        if energy == 0.0:
            break
        temperature = hot * (_COLD / hot) ** (turn / steps)
        i = rng.integers(0, k.size)
        j, new = _propose(rng, k, column, i)
        old = k[i]
        if new == old or new < column.low[i] or new > column.high[i]:
            continue
        highest = acceptance_limit(rng, energy, temperature)
        _move(k, x, column, ordered, i, j, new)
        # An exchange within a group changes nothing but the decrease.
        changed = j == i or first[i] != first[j]
        trial[:] = statistics
        if changed:
            summarise(ordered[0], ordered[1], ordered[2], column, moments, trial)
        if later.size:
            decrease(x, later, trial)
        proposed = misfit(trial, box, 0, ODDS_RATIO) + misfit(trial, box, DECREASE_MEAN, COLUMN_STATISTICS)
        if column.comparisons[REGRESSION] and proposed <= highest:
            if changed:
                odds_ratio(x, first, fit, trial)
            proposed += misfit(trial, box, ODDS_RATIO, DECREASE_MEAN)
        if proposed <= highest:
            energy = proposed
            statistics[:] = trial
        else:
            _move(k, x, column, ordered, i, j, old)
    return energy
