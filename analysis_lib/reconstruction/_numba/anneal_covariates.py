"""Searches for covariates under which all regressions of death and surgery fit, by simulated annealing.

First many permutations of each covariate that fit by themselves, then a choice among these together
with sizes after PRRT that fits as a whole.
"""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import (
    cox_one,
    cox_two,
    cox_yes_no,
    logistic_coefficients,
    logistic_one,
    ratio,
)
from analysis_lib.reconstruction._numba.tests_and_curves import subset

# Places of the statistics, each a ratio with its limits and p: the hazard ratios of the three covariates of the
# pools, then of size after PRRT the hazard ratio of death and the odds ratio of surgery, then of the model
# adjusted for the score the hazard ratios of surgery and of the score.
SIZE_HAZARD_RATIO, SIZE_ODDS_RATIO, ADJUSTED_HAZARD_RATIO, SCORE_HAZARD_RATIO = 12, 16, 20, 24
JOINT_STATISTICS = 28
# Of Newton's steps to the score, in standard errors: what is left is the square of it.
_SCORE_CONVERGED = 1e-5
# KPS, grade 1 and activity, then ones and size: about what is taken from each, and what it is divided by.
_CENTRE = (90.0, 0.0, 29.0, 0.0, 50.0)
_SCALE = (10.0, 1.0, 3.0, 1.0, 20.0)
_SIZE = 4


@njit(nogil=True)
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
    """Permutations of a covariate's values within groups under which its own Cox regression fits.

    A hazard ratio changes in jumps as patients exchange values, so that its box has few members,
    each far from the next. A hot Metropolis walk visits them one after another.

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
        if proposed <= acceptance_limit(rng, energy, 3.0):
            energy = proposed
            accepted[:] = fit
        else:
            x[i], x[j] = a, b
    return found


@njit
def _standardise(values: np.ndarray, order: np.ndarray, which: int, columns: np.ndarray) -> None:
    """Put a covariate's values (n,), of those in ``order``, into its row of ``columns`` (5, m)."""
    for r, patient in enumerate(order):
        columns[which, r] = (values[patient] - _CENTRE[which]) / _SCALE[which]


@njit
def _hazard_of_size(
    years: np.ndarray, event: np.ndarray, order: np.ndarray, size: np.ndarray, fit: np.ndarray, out: np.ndarray
) -> None:
    """Cox regression of size; ``fit`` (2,) is where Newton's method starts, and ends."""
    if cox_one(years, event, size, order, fit):
        ratio(fit[0], fit[1], out[SIZE_HAZARD_RATIO:SIZE_ODDS_RATIO])
    else:
        out[SIZE_HAZARD_RATIO:SIZE_ODDS_RATIO] = np.nan
        fit[:] = 0.0


@njit
def _odds_of_size(columns: np.ndarray, outcome: np.ndarray, fit: np.ndarray, out: np.ndarray) -> None:
    """Logistic regression of surgery on size; ``fit`` (3,) is where Newton's method starts, and ends."""
    if logistic_one(columns[_SIZE], outcome, fit):
        ratio(fit[1] / _SCALE[_SIZE], fit[2] / _SCALE[_SIZE], out[SIZE_ODDS_RATIO:ADJUSTED_HAZARD_RATIO])
    else:
        out[SIZE_ODDS_RATIO:ADJUSTED_HAZARD_RATIO] = np.nan
        fit[:] = 0.0


@njit
def _adjusted_statistics(
    years: np.ndarray,
    event: np.ndarray,
    order: np.ndarray,
    outcome: np.ndarray,
    operated: np.ndarray,
    columns: np.ndarray,
    score_fit: np.ndarray,
    cox_fit: np.ndarray,
    out: np.ndarray,
) -> None:
    """Score from activity, grade, KPS and size; Cox regression of surgery beside the score."""
    k = score_fit.size
    information, score = np.empty((k, k)), np.zeros(operated.size)
    out[ADJUSTED_HAZARD_RATIO:] = np.nan
    if not logistic_coefficients(columns, outcome, score_fit, information, _SCORE_CONVERGED):
        score_fit[:] = 0.0
        return
    for r, patient in enumerate(order):
        eta = 0.0
        for a in range(k):
            eta += columns[a, r] * score_fit[a]
        score[patient] = 1.0 / (1.0 + math.exp(-eta))
    if cox_two(years, event, operated, score, order, cox_fit):
        ratio(cox_fit[0], cox_fit[2], out[ADJUSTED_HAZARD_RATIO:SCORE_HAZARD_RATIO])
        ratio(cox_fit[1], cox_fit[3], out[SCORE_HAZARD_RATIO:])
    else:
        cox_fit[:] = 0.0


@njit
def _move_sizes(rng: np.random.Generator, size: np.ndarray, i: int, j: int) -> bool:
    """Exchange the sizes of two patients, or shift one or both by some mm; returns whether they were exchanged."""
    if rng.random() < 0.5:
        size[i], size[j] = size[j], size[i]
        return True
    shift = float(rng.integers(1, 2 if rng.random() < 0.5 else 6))
    if rng.random() < 0.5:
        shift = -shift
    size[i] += shift
    if rng.random() < 0.5:
        size[j] -= shift
    return False


@njit(nogil=True)
def anneal_joint(
    rng: np.random.Generator,
    years: np.ndarray,
    event: np.ndarray,
    operated: np.ndarray,
    pools: np.ndarray,
    size: np.ndarray,
    size_low: float,
    size_high: float,
    box: np.ndarray,
    steps: int,
    walk: bool,
    chosen: np.ndarray,
) -> float:
    """Choose from the pools of permutations and move sizes after PRRT until all regressions fit at once.

    Parameters
    ----------
    operated
        Shape (n,), 1.0 or 0.0.
    pools
        Shape (3, m, n): permutations of KPS, grade 1 and activity, each with a fitting Cox
        regression (:func:`collect_orders`).
    size
        Shape (n,), mm, NaN without a scan.
    box
        Shape (3, 28); statistics 0 to 11 are the pools' own.
    walk
        Start inside the box and stay there for all ``steps``.
    chosen
        Shape (3,), the positions chosen; those on entry are the start.

    Returns
    -------
    float
        The misfit that remains.
    """
    n = years.size
    order = subset(np.argsort(years), ~np.isnan(size))
    outcome = operated[order]
    columns = np.ones((len(_SCALE), order.size))
    _standardise(size, order, _SIZE, columns)
    statistics = np.zeros(JOINT_STATISTICS)
    size_cox, size_logistic = np.zeros(2), np.zeros(3)
    score_fit, cox_fit = np.zeros(5), np.zeros(4)
    for which in range(3):
        _standardise(pools[which, chosen[which]], order, which, columns)
    _hazard_of_size(years, event, order, size, size_cox, statistics)
    _odds_of_size(columns, outcome, size_logistic, statistics)
    _adjusted_statistics(years, event, order, outcome, operated, columns, score_fit, cox_fit, statistics)
    energy = misfit(statistics, box, SIZE_HAZARD_RATIO, JOINT_STATISTICS)
    trial = statistics.copy()
    for turn in range(steps):
        if energy == 0.0 and not walk:
            break
        highest = 0.0 if walk else acceptance_limit(rng, energy, 1.5 * 0.06 ** (turn / steps))
        trial[:] = statistics
        if rng.random() < 0.05:
            which, choice = rng.integers(0, 3), rng.integers(0, pools.shape[1])
            _standardise(pools[which, choice], order, which, columns)
            _adjusted_statistics(years, event, order, outcome, operated, columns, score_fit, cox_fit, trial)
            proposed = misfit(trial, box, SIZE_HAZARD_RATIO, JOINT_STATISTICS)
            if proposed <= highest:
                energy = proposed
                chosen[which] = choice
                statistics[:] = trial
            else:
                _standardise(pools[which, chosen[which]], order, which, columns)
            continue
        i, j = rng.integers(0, n), rng.integers(0, n)
        a, b = size[i], size[j]
        if i == j or a != a or b != b or operated[i] != operated[j]:
            continue
        exchanged = _move_sizes(rng, size, i, j)
        if min(size[i], size[j]) < size_low or max(size[i], size[j]) > size_high:
            size[i], size[j] = a, b
            continue
        _standardise(size, order, _SIZE, columns)
        # Cheapest first, and no further than where a part already decides. An exchange within a group
        # leaves the odds ratio as it was.
        if not exchanged:
            _odds_of_size(columns, outcome, size_logistic, trial)
        proposed = misfit(trial, box, SIZE_ODDS_RATIO, ADJUSTED_HAZARD_RATIO)
        if proposed <= highest:
            _hazard_of_size(years, event, order, size, size_cox, trial)
            proposed += misfit(trial, box, SIZE_HAZARD_RATIO, SIZE_ODDS_RATIO)
        if proposed <= highest:
            _adjusted_statistics(years, event, order, outcome, operated, columns, score_fit, cox_fit, trial)
            proposed += misfit(trial, box, ADJUSTED_HAZARD_RATIO, JOINT_STATISTICS)
        if proposed <= highest:
            energy = proposed
            statistics[:] = trial
        else:
            size[i], size[j] = a, b
            _standardise(size, order, _SIZE, columns)
    return energy
