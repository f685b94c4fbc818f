"""Compiled search for covariates under which all regressions of death and surgery fit at once."""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.reconstruction._numba.anneal_column import limit, misfit, split
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import cox_one, cox_two, logistic_coefficients, logistic_one, ratio

JOINT_STATISTICS = 28
# Of Newton's steps to the score, in standard errors: what is left is the square of it.
_SCORE_CONVERGED = 1e-5
# KPS, grade 1 and activity, then ones and size: about what is taken from each, and what it is divided by.
_CENTRE = (90.0, 0.0, 29.0, 0.0, 50.0)
_SCALE = (10.0, 1.0, 3.0, 1.0, 20.0)
_SIZE = 4


@njit(cache=True)
def _standardise(values: np.ndarray, order: np.ndarray, which: int, columns: np.ndarray) -> None:
    """Put a covariate's values (n,), of those in ``order``, into its row of ``columns`` (5, m)."""
    for r, patient in enumerate(order):
        columns[which, r] = (values[patient] - _CENTRE[which]) / _SCALE[which]


@njit(cache=True)
def _hazard_of_size(
    years: np.ndarray, event: np.ndarray, order: np.ndarray, size: np.ndarray, fit: np.ndarray, out: np.ndarray
) -> None:
    if cox_one(years, event, size, order, fit):
        ratio(fit[0], fit[1], out[12:16])
    else:
        out[12:16] = np.nan
        fit[:] = 0.0


@njit(cache=True)
def _odds_of_size(columns: np.ndarray, outcome: np.ndarray, fit: np.ndarray, out: np.ndarray) -> None:
    if logistic_one(columns[_SIZE], outcome, fit):
        ratio(fit[1] / _SCALE[_SIZE], fit[2] / _SCALE[_SIZE], out[16:20])
    else:
        out[16:20] = np.nan
        fit[:] = 0.0


@njit(cache=True)
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
    out[20:28] = np.nan
    if not logistic_coefficients(columns, outcome, score_fit, information, _SCORE_CONVERGED):
        score_fit[:] = 0.0
        return
    for r, patient in enumerate(order):
        eta = 0.0
        for a in range(k):
            eta += columns[a, r] * score_fit[a]
        score[patient] = 1.0 / (1.0 + math.exp(-eta))
    if cox_two(years, event, operated, score, order, cox_fit):
        ratio(cox_fit[0], cox_fit[2], out[20:24])
        ratio(cox_fit[1], cox_fit[3], out[24:28])
    else:
        cox_fit[:] = 0.0


@njit(cache=True, nogil=True)
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
    picked: np.ndarray,
) -> float:
    """Choose from the pools and move sizes after PRRT until all regressions fit at once.

    Parameters
    ----------
    operated
        Shape (n,), 1.0 or 0.0.
    pools
        Shape (3, m, n): ways to deal out KPS, grade 1 and activity, each with a fitting Cox
        regression (:func:`anneal.collect_orders`).
    size
        Shape (n,), mm, NaN without a scan.
    box
        Shape (3, 28); statistics 0 to 11 are the pools' own.
    walk
        Start inside the box and stay there for all ``steps``.
    picked
        Shape (3,), the positions chosen; those on entry are the start.

    Returns
    -------
    float
        The misfit that remains.
    """
    n = years.size
    order = split(np.argsort(years), ~np.isnan(size))
    outcome = operated[order]
    columns = np.ones((len(_SCALE), order.size))
    _standardise(size, order, _SIZE, columns)
    statistics = np.zeros(JOINT_STATISTICS)
    size_cox, size_logistic = np.zeros(2), np.zeros(3)
    score_fit, cox_fit = np.zeros(5), np.zeros(4)
    for which in range(3):
        _standardise(pools[which, picked[which]], order, which, columns)
    _hazard_of_size(years, event, order, size, size_cox, statistics)
    _odds_of_size(columns, outcome, size_logistic, statistics)
    _adjusted_statistics(years, event, order, outcome, operated, columns, score_fit, cox_fit, statistics)
    energy = misfit(statistics, box, 12, JOINT_STATISTICS)
    trial = statistics.copy()
    for turn in range(steps):
        if energy == 0.0 and not walk:
            break
        highest = 0.0 if walk else limit(rng, energy, 1.5 * 0.06 ** (turn / steps))
        trial[:] = statistics
        if rng.random() < 0.05:
            which, choice = rng.integers(0, 3), rng.integers(0, pools.shape[1])
            _standardise(pools[which, choice], order, which, columns)
            _adjusted_statistics(years, event, order, outcome, operated, columns, score_fit, cox_fit, trial)
            proposed = misfit(trial, box, 12, JOINT_STATISTICS)
            if proposed <= highest:
                energy = proposed
                picked[which] = choice
                statistics[:] = trial
            else:
                _standardise(pools[which, picked[which]], order, which, columns)
            continue
        i, j = rng.integers(0, n), rng.integers(0, n)
        a, b = size[i], size[j]
        if i == j or a != a or b != b or operated[i] != operated[j]:
            continue
        exchanged = rng.random() < 0.5
        if exchanged:
            size[i], size[j] = b, a
        else:
            shift = float(rng.integers(1, 2 if rng.random() < 0.5 else 6))
            if rng.random() < 0.5:
                shift = -shift
            size[i] = a + shift
            if rng.random() < 0.5:
                size[j] = b - shift
        if min(size[i], size[j]) < size_low or max(size[i], size[j]) > size_high:
            size[i], size[j] = a, b
            continue
        _standardise(size, order, _SIZE, columns)
        # Cheapest first, and no further than where a part already decides. An exchange within a group
        # leaves the odds ratio as it was.
        if not exchanged:
            _odds_of_size(columns, outcome, size_logistic, trial)
        proposed = misfit(trial, box, 16, 20)
        if proposed <= highest:
            _hazard_of_size(years, event, order, size, size_cox, trial)
            proposed += misfit(trial, box, 12, 16)
        if proposed <= highest:
            _adjusted_statistics(years, event, order, outcome, operated, columns, score_fit, cox_fit, trial)
            proposed += misfit(trial, box, 20, JOINT_STATISTICS)
        if proposed <= highest:
            energy = proposed
            statistics[:] = trial
        else:
            size[i], size[j] = a, b
            _standardise(size, order, _SIZE, columns)
    return energy
