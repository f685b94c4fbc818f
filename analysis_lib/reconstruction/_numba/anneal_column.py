"""Compiled search of single columns, by simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983).

A search changes one block of a cohort a little at a time, and stops as soon as all of the block's
statistics lie within their box. Arrays are changed in place; the random generator is the
caller's, so that a seed decides everything. What all searches share is here too.
"""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import cox_one, cox_yes_no, logistic_one, ratio
from analysis_lib.reconstruction._numba.tests_and_curves import mann_whitney_p, quantile, student_p

COLUMN_STATISTICS = 30
# Temperatures of a column's search: quartiles in a dense class want a hot start, a sum that leans
# on another column a cool one.
_HOT, _WARM, _COLD = 3.0, 0.5, 0.03
# Misfit of a statistic that should be defined and is not.
_UNDEFINED = 6.0


@njit(cache=True)
def misfit(statistics: np.ndarray, box: np.ndarray, start: int, stop: int) -> float:
    """How far statistics ``start`` to ``stop`` lie outside what is printed; 0 where all fit.

    ``box`` is (3, k): lower ends, upper ends, half a unit of the last digit. The square root
    lets a search trade a large distance for several small ones.
    """
    total = 0.0
    for k in range(start, stop):
        value = statistics[k]
        if value != value:
            if box[0, k] > -np.inf or box[1, k] < np.inf:
                total += _UNDEFINED
        elif value < box[0, k]:
            total += math.sqrt((box[0, k] - value) / box[2, k])
        elif value > box[1, k]:
            total += math.sqrt((value - box[1, k]) / box[2, k])
    return total


@njit(cache=True)
def limit(rng: np.random.Generator, energy: float, temperature: float) -> float:
    """Highest energy that Metropolis' rule accepts this time."""
    return energy - temperature * math.log(1.0 - rng.random())


@njit(cache=True)
def split(order: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The members of ``order`` that are ``chosen``, in the same order."""
    kept = np.empty(order.size, np.int64)
    n = 0
    for k in order:
        if chosen[k]:
            kept[n] = k
            n += 1
    return kept[:n]


@njit(cache=True)
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


@njit(cache=True)
def _summarise(part: np.ndarray, g: int, rule: float, moments: bool, out: np.ndarray) -> None:
    """Quartiles and ends of ascending values into the places of group ``g``; ``moments`` too if asked."""
    if part.size == 0:
        return
    out[3 * g] = quantile(part, 0.5, rule)
    out[3 * g + 1] = quantile(part, 0.25, rule)
    out[3 * g + 2] = quantile(part, 0.75, rule)
    out[15 + 2 * g], out[16 + 2 * g] = part[0], part[-1]
    if moments:
        total, squares = 0.0, 0.0
        for x in part:
            total += x
        mean = total / part.size
        for x in part:
            squares += (x - mean) ** 2
        out[9 + g] = mean
        out[12 + g] = math.sqrt(squares / max(part.size - 1, 1))


@njit(cache=True)
def _compare(everyone: np.ndarray, part_1: np.ndarray, need: np.ndarray, out: np.ndarray) -> None:
    """Tests of the first group's ascending values against the others'."""
    if need[0]:
        out[21] = mann_whitney_p(everyone, part_1)
    if need[1]:
        n, n1 = everyone.size, part_1.size
        n2 = n - n1
        v1, v2 = out[13] ** 2, out[14] ** 2
        difference = out[10] - out[11]
        pooled = ((n1 - 1) * v1 + (n2 - 1) * v2) / (n - 2)
        out[22] = student_p(difference / math.sqrt(pooled * (1 / n1 + 1 / n2)), n - 2.0)
        w1, w2 = v1 / n1, v2 / n2
        freedom = (w1 + w2) ** 2 / (w1 * w1 / (n1 - 1) + w2 * w2 / (n2 - 1))
        out[23] = student_p(difference / math.sqrt(w1 + w2), freedom)


@njit(cache=True)
def _regress(x: np.ndarray, first: np.ndarray, fit: np.ndarray, out: np.ndarray) -> None:
    """Odds ratio of the first group; ``fit`` (2,) is where Newton's method starts, and ends."""
    n = x.size
    value, outcome = np.empty(n), np.empty(n)
    centre, squares = x.mean(), 0.0
    for i in range(n):
        value[i] = x[i] - centre
        squares += value[i] ** 2
        outcome[i] = first[i]
    scale = math.sqrt(squares / n)
    scale = scale if scale > 0.0 else 1.0
    value /= scale
    beta = np.array([fit[0] + fit[1] * centre, fit[1] * scale, 0.0])
    if logistic_one(value, outcome, beta):
        ratio(beta[1] / scale, beta[2] / scale, out[24:28])
        fit[1] = beta[1] / scale
        fit[0] = beta[0] - fit[1] * centre
    else:
        out[24:28] = np.nan
        fit[:] = 0.0


@njit(cache=True)
def _decrease(x: np.ndarray, after: np.ndarray, out: np.ndarray) -> None:
    """Mean and SD of the decrease from ``x`` to ``after``, per cent."""
    known, total, squares = 0, 0.0, 0.0
    for i in range(x.size):
        if after[i] == after[i]:
            decrease = 100.0 * (1.0 - after[i] / x[i])
            known += 1
            total += decrease
            squares += decrease * decrease
    out[28] = total / known
    out[29] = math.sqrt(max(squares - total * total / known, 0.0) / (known - 1))


@njit(cache=True)
def column_statistics(
    x: np.ndarray, first: np.ndarray, need: np.ndarray, after: np.ndarray, rule: float, out: np.ndarray
) -> None:
    """Statistics of one column of a cohort.

    Parameters
    ----------
    x, first
        Shape (n,); ``first`` marks the first group.
    need
        Shape (3,): whether to compute Mann–Whitney, the t tests, the logistic regression.
    after
        Shape (n,): the same quantity later, NaN where unknown; empty if there is none.
    rule
        Of quartiles, as :func:`kernels.quantile` has it.
    out
        Shape (30,): median, q1, q3 of all, first, second; their means; their SDs; minimum and
        maximum of each; p by Mann–Whitney, Student, Welch; OR, limits, p of the first group;
        mean and SD of the decrease from ``x`` to ``after``, per cent.
    """
    everyone, part_1, part_2 = np.sort(x), np.sort(x[first]), np.sort(x[~first])
    _summarise(everyone, 0, rule, True, out)
    _summarise(part_1, 1, rule, True, out)
    _summarise(part_2, 2, rule, True, out)
    _compare(everyone, part_1, need, out)
    if need[2]:
        _regress(x, first, np.zeros(2), out)
    if after.size:
        _decrease(x, after, out)


@njit(cache=True, nogil=True)
def anneal_column(
    rng: np.random.Generator,
    k: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    step: float,
    first: np.ndarray,
    need: np.ndarray,
    after: np.ndarray,
    rule: float,
    box: np.ndarray,
    steps: int,
) -> float:
    """Move whole multiples ``k`` of ``step``, each within its own limits, into the box.

    A move changes one or two values, so that values are kept in order, by group, and only what
    it touches is computed anew; the regression, which costs the most, only where the rest does
    not decide.

    Returns
    -------
    float
        The misfit that remains, 0 if all statistics fit.
    """
    n = k.size
    x = k.astype(np.float64) * step
    statistics = np.zeros(COLUMN_STATISTICS)
    column_statistics(x, first, need, after, rule, statistics)
    energy = misfit(statistics, box, 0, COLUMN_STATISTICS)
    everyone, part_1, part_2 = np.sort(x), np.sort(x[first]), np.sort(x[~first])
    moments = need[1] or np.isfinite(box[:2, 9:15]).any()
    trial, fit = statistics.copy(), np.zeros(2)
    hot = _WARM if after.size else _HOT
    for turn in range(steps):
        if energy == 0.0:
            break
        temperature = hot * (_COLD / hot) ** (turn / steps)
        i = rng.integers(0, n)
        j = i
        kind = rng.random()
        old, new = k[i], k[i]
        if kind < 0.1:
            new = rng.integers(low[i], high[i] + 1)
        elif kind < 0.25:
            # A quantile is some patient's own value, or lies between two: put this one's there.
            group = 0 if rng.random() < 0.5 else (1 if first[i] else 2)
            aim = 3 * group + rng.integers(0, 3)
            value = box[0, aim] + rng.random() * (box[1, aim] - box[0, aim])
            if not math.isfinite(value):
                continue
            new = round(value / step)
        elif kind < 0.8:
            new = old + round(rng.standard_normal() * 10 ** (2 * rng.random()))
        else:
            j = rng.integers(0, n)
            new = k[j]
            if old < low[j] or old > high[j]:
                continue
        if new == old or new < low[i] or new > high[i]:
            continue
        highest = limit(rng, energy, temperature)
        was, becomes = x[i], new * step
        k[i], x[i] = new, becomes
        if j != i:
            k[j], x[j] = old, was
        else:
            _replace(everyone, was, becomes)
        apart = j == i or first[i] != first[j]
        trial[:] = statistics
        if apart:
            _replace(part_1 if first[i] else part_2, was, becomes)
            if j != i:
                _replace(part_1 if first[j] else part_2, becomes, was)
            _summarise(everyone, 0, rule, moments, trial)
            _summarise(part_1, 1, rule, moments, trial)
            _summarise(part_2, 2, rule, moments, trial)
            _compare(everyone, part_1, need, trial)
        if after.size:
            _decrease(x, after, trial)
        proposed = misfit(trial, box, 0, 24) + misfit(trial, box, 28, COLUMN_STATISTICS)
        if need[2] and proposed <= highest:
            if apart:
                _regress(x, first, fit, trial)
            proposed += misfit(trial, box, 24, 28)
        if proposed <= highest:
            energy = proposed
            statistics[:] = trial
            continue
        k[i], x[i] = old, was
        if j != i:
            k[j], x[j] = new, becomes
        else:
            _replace(everyone, becomes, was)
        if apart:
            _replace(part_1 if first[i] else part_2, becomes, was)
            if j != i:
                _replace(part_1 if first[j] else part_2, was, becomes)
    return energy


@njit(cache=True, nogil=True)
def collect_orders(
    rng: np.random.Generator,
    years: np.ndarray,
    event: np.ndarray,
    order: np.ndarray,
    group: np.ndarray,
    x: np.ndarray,
    box: np.ndarray,
    gap: int,
    steps: int,
    out: np.ndarray,
) -> int:
    """Ways to deal a covariate's values out within groups so that its Cox regression fits.

    A hazard ratio changes in jumps as patients exchange values, so that its box has few members,
    each far from the next. A hot walk visits them one after another.

    Parameters
    ----------
    group
        Shape (n,): patients exchange values within a group, those of group -1 never.
    gap
        Least number of turns between two members of the pool.
    out
        Shape (m, n): the pool.

    Returns
    -------
    int
        How many were found.
    """
    n = x.size
    statistics, fit, accepted = np.zeros(4), np.zeros(2), np.zeros(2)
    energy = 1e9
    found, last = 0, -gap
    yes_no = ((x == 0.0) | (x == 1.0)).all()
    for turn in range(steps):
        i, j = rng.integers(0, n), rng.integers(0, n)
        a, b = x[i], x[j]
        if a == b or group[i] != group[j] or group[i] < 0:
            continue
        x[i], x[j] = b, a
        fit[:] = accepted
        fits = cox_yes_no(years, event, x, order, fit) if yes_no else cox_one(years, event, x, order, fit)
        if fits:
            ratio(fit[0], fit[1], statistics)
        else:
            statistics[:] = np.nan
            fit[0] = 0.0
        proposed = misfit(statistics, box, 0, 4)
        if proposed == 0.0 and turn - last >= gap:
            out[found] = x
            found += 1
            last = turn
            if found == out.shape[0]:
                break
        if proposed <= limit(rng, energy, 3.0):
            energy = proposed
            accepted[:] = fit
        else:
            x[i], x[j] = a, b
    return found
