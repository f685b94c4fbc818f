"""Search for tumour sizes after PRRT under which the four regressions with size fit.

The regressions see sizes smoothly, so that Newton's method finds them where annealing would search for long: steps of
least norm in the linear model of all coefficients and errors, towards a point that prints as it should, then an
annealing of whole millimetres within the linear model, which costs next to nothing a move.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analysis_lib.base.units import Z95
from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.cholesky import cholesky, solve_cholesky
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import cox_one, cox_two, logistic_coefficients, logistic_one

# Models, in this order: Cox of size, logistic of size, then beside each other in a Cox model surgery and the score.
MODELS = 4
# Of each model the coefficient, its lower and upper limit, and z, the coefficient over its error.
SIZE_STATISTICS = 16
_SCORE_CONVERGED = 1e-6
# KPS, grade 1, activity, ones and size: about what is taken from each, and what it is divided by.
_CENTRE = (90.0, 0.0, 29.0, 0.0, 50.0)
_SCALE = (10.0, 1.0, 3.0, 1.0, 20.0)
_SIZE = 4
_NEWTON_STEPS, _PASSES, _ROUNDS, _MOVES = 12, 6, 4, 8_000
# Turns of the approach, which need not be exact, and its unit in standard errors.
_APPROACH, _SOFT = 2_000, 0.1
# mm
_LONGEST_STEP, _NEAR, _FAR = 15.0, 0.3, 2.0
_HOT, _WARM, _COLD = 2.0, 0.3, 0.01


class Scanned(NamedTuple):
    """The m patients with a size after PRRT, in ascending order of their times; shapes (m,).

    Attributes
    ----------
    years, event, operated : ndarray
        Time, 1 for a death, 1.0 for surgery.
    covariates : ndarray, shape (3, m)
        Karnofsky score, grade 1, activity.
    low, high : ndarray
        Limits of the size, mm.
    kind : ndarray
        Who may exchange sizes: those of a number.
    least, most : ndarray
        Share of the size before PRRT that the response leaves.
    """

    years: np.ndarray
    event: np.ndarray
    operated: np.ndarray
    covariates: np.ndarray
    low: np.ndarray
    high: np.ndarray
    kind: np.ndarray
    least: np.ndarray
    most: np.ndarray


class _Fits(NamedTuple):
    """Where Newton's methods start, and end, so that the next is near; and the covariates as they take them."""

    order: np.ndarray
    columns: np.ndarray
    size_cox: np.ndarray
    size_logistic: np.ndarray
    score: np.ndarray
    adjusted: np.ndarray


@njit
def first_fits(scanned: Scanned) -> _Fits:
    m = scanned.years.size
    columns = np.ones((len(_SCALE), m))
    for which in range(3):
        for i in range(m):
            columns[which, i] = (scanned.covariates[which, i] - _CENTRE[which]) / _SCALE[which]
    return _Fits(np.arange(m), columns, np.zeros(2), np.zeros(3), np.zeros(5), np.zeros(4))


@njit
def size_coefficients(scanned: Scanned, size: np.ndarray, fits: _Fits, out: np.ndarray) -> bool:
    """Coefficient and standard error of each model, into ``out`` (8,); False where there is none."""
    years, event, operated, columns = scanned.years, scanned.event, scanned.operated, fits.columns
    m = size.size
    for i in range(m):
        columns[_SIZE, i] = (size[i] - _CENTRE[_SIZE]) / _SCALE[_SIZE]
    scale = _SCALE[_SIZE]
    if not cox_one(years, event, columns[_SIZE], fits.order, fits.size_cox):
        return False
    if not logistic_one(columns[_SIZE], operated, fits.size_logistic):
        return False
    information = np.empty((5, 5))
    if not logistic_coefficients(columns, operated, fits.score, information, _SCORE_CONVERGED):
        return False
    score = np.empty(m)
    for i in range(m):
        eta = 0.0
        for a in range(5):
            eta += columns[a, i] * fits.score[a]
        score[i] = 1.0 / (1.0 + math.exp(-eta))
    if not cox_two(years, event, operated, score, fits.order, fits.adjusted):
        return False
    out[0], out[1] = fits.size_cox[0] / scale, fits.size_cox[1] / scale
    out[2], out[3] = fits.size_logistic[1] / scale, fits.size_logistic[2] / scale
    out[4], out[5] = fits.adjusted[0], fits.adjusted[2]
    out[6], out[7] = fits.adjusted[1], fits.adjusted[3]
    return True


@njit
def reset_fits(fits: _Fits) -> None:
    fits.size_cox[:] = 0.0
    fits.size_logistic[:] = 0.0
    fits.score[:] = 0.0
    fits.adjusted[:] = 0.0


@njit
def size_statistics(coefficients: np.ndarray, out: np.ndarray) -> None:
    """What is printed, from coefficients with errors (8,)."""
    for k in range(MODELS):
        beta, error = coefficients[2 * k], coefficients[2 * k + 1]
        out[4 * k], out[4 * k + 3] = beta, beta / error
        out[4 * k + 1], out[4 * k + 2] = beta - Z95 * error, beta + Z95 * error


@njit
def _aim(rng: np.random.Generator, box: np.ndarray, k: int, out: np.ndarray) -> bool:
    """A coefficient and error of model ``k`` that print as they should, at random; False if none was drawn.

    Where nothing is printed of the model, ``out`` stays as it is.
    """
    if not (math.isfinite(box[0, 4 * k]) and math.isfinite(box[1, 4 * k])):
        return True
    for _ in range(200):
        beta = box[0, 4 * k] + rng.random() * (box[1, 4 * k] - box[0, 4 * k])
        # From each limit and from z an interval of the error.
        least = max((beta - box[1, 4 * k + 1]) / Z95, (box[0, 4 * k + 2] - beta) / Z95)
        most = min((beta - box[0, 4 * k + 1]) / Z95, (box[1, 4 * k + 2] - beta) / Z95)
        ends = beta / box[0, 4 * k + 3], beta / box[1, 4 * k + 3]
        least, most = max(least, min(ends)), min(most, max(ends))
        if least < most:
            out[2 * k], out[2 * k + 1] = beta, least + rng.random() * (most - least)
            return True
    return False


@njit
def _soften(box: np.ndarray) -> np.ndarray:
    """The box with a tenth of a standard error as its unit, which is near enough to begin Newton's steps."""
    soft = box.copy()
    for k in range(MODELS):
        error = (box[1, 4 * k + 2] - box[0, 4 * k + 1]) / (2.0 * Z95)
        soft[2, 4 * k : 4 * k + 3] = error * _SOFT if math.isfinite(error) else 1.0
        soft[2, 4 * k + 3] = _SOFT
    return soft


@njit
def _approach(
    rng: np.random.Generator,
    scanned: Scanned,
    before: np.ndarray,
    size: np.ndarray,
    fits: _Fits,
    soft: np.ndarray,
    decrease: np.ndarray,
) -> None:
    """Anneal sizes, exchanged within classes or drawn anew within the response, until the models are about right."""
    m = size.size
    coefficients, statistics, summary = np.empty(2 * MODELS), np.empty(SIZE_STATISTICS), np.empty(2)
    energy = np.inf
    for turn in range(_APPROACH):
        i, j = rng.integers(0, m), rng.integers(0, m)
        old = size[i]
        exchanged = rng.random() < 0.5
        if exchanged:
            if scanned.kind[i] != scanned.kind[j] or i == j:
                continue
            _exchange(before, size, i, j)
        else:
            left = scanned.least[i] + rng.random() * (scanned.most[i] - scanned.least[i])
            size[i] = min(max(round(before[i] * left), scanned.low[i]), scanned.high[i])
        proposed = np.inf
        if size_coefficients(scanned, size, fits, coefficients):
            size_statistics(coefficients, statistics)
            _decrease(before, size, summary)
            proposed = misfit(statistics, soft, 0, SIZE_STATISTICS) + misfit(summary, decrease, 0, 2)
        else:
            reset_fits(fits)
        temperature = _HOT * (_COLD / _HOT) ** (turn / _APPROACH)
        if proposed <= acceptance_limit(rng, energy, temperature):
            energy = proposed
        elif exchanged:
            _exchange(before, size, i, j)
        else:
            size[i] = old


@njit
def _exchange(before: np.ndarray, size: np.ndarray, i: int, j: int) -> None:
    before[i], before[j] = before[j], before[i]
    size[i], size[j] = size[j], size[i]


@njit
def _decrease(before: np.ndarray, size: np.ndarray, out: np.ndarray) -> None:
    """Mean and SD of the decrease, per cent."""
    m, total, squares = size.size, 0.0, 0.0
    for i in range(m):
        part = 100.0 * (1.0 - size[i] / before[i])
        total += part
        squares += part * part
    out[0] = total / m
    out[1] = math.sqrt(max(squares - total * total / m, 0.0) / (m - 1))


@njit
def size_jacobian(scanned: Scanned, size: np.ndarray, fits: _Fits, out: np.ndarray, room: np.ndarray) -> bool:
    """Change of coefficients and errors with each size, a millimetre, into ``out`` (8, m); ``room`` is (8,)."""
    k = out.shape[0]
    for i in range(size.size):
        old = size[i]
        for side in (1.0, -1.0):
            size[i] = old + side
            fine = size_coefficients(scanned, size, fits, room)
            size[i] = old
            if not fine:
                return False
            for a in range(k):
                out[a, i] = room[a] / 2.0 if side > 0.0 else out[a, i] - room[a] / 2.0
    return True


@njit
def _newton(rng: np.random.Generator, scanned: Scanned, size: np.ndarray, fits: _Fits, aim: np.ndarray) -> bool:
    """Steps of least norm, under random weights, towards the coefficients and errors ``aim`` (8,)."""
    m, k = size.size, aim.size
    at, shifted, change = np.empty(k), np.empty(k), np.empty((k, m))
    left, dual, matrix = np.empty(k), np.empty(k), np.empty((k, k))
    weight, step = np.empty(m), np.empty(m)
    for i in range(m):
        weight[i] = (0.2 + rng.random()) * size[i] * size[i]
    for _ in range(_NEWTON_STEPS):
        if not size_coefficients(scanned, size, fits, at):
            return False
        if not size_jacobian(scanned, size, fits, change, shifted):
            return False
        # Rows of very different units: each by its own length.
        for a in range(k):
            length = 0.0
            for i in range(m):
                length += change[a, i] ** 2
            length = math.sqrt(length)
            if length == 0.0:
                return False
            left[a] = (aim[a] - at[a]) / length
            for i in range(m):
                change[a, i] /= length
        free = weight.copy()
        # Who is at a limit stays there, and the others take over.
        for _ in range(_PASSES):
            for a in range(k):
                for b in range(a + 1):
                    entry = 0.0
                    for i in range(m):
                        entry += free[i] * change[a, i] * change[b, i]
                    matrix[a, b] = entry
            if not cholesky(matrix):
                return False
            dual[:] = left
            solve_cholesky(matrix, dual)
            largest = 0.0
            for i in range(m):
                step[i] = 0.0
                for a in range(k):
                    step[i] += change[a, i] * dual[a]
                step[i] *= free[i]
                largest = max(largest, abs(step[i]))
            shrink = min(1.0, _LONGEST_STEP / largest) if largest > 0.0 else 1.0
            fixed = False
            for i in range(m):
                step[i] *= shrink
                if free[i] > 0.0 and not scanned.low[i] <= size[i] + step[i] <= scanned.high[i]:
                    free[i] = 0.0
                    fixed = True
            if not fixed:
                break
        for i in range(m):
            size[i] = min(max(size[i] + step[i], scanned.low[i]), scanned.high[i])
        if largest < _NEAR:
            break
    return True


@njit
def anneal_linear(
    rng: np.random.Generator,
    scanned: Scanned,
    size: np.ndarray,
    at: np.ndarray,
    change: np.ndarray,
    box: np.ndarray,
    hot: float,
) -> None:
    """Move whole millimetres in the linear model of the coefficients until all statistics fit, and no size far."""
    m = size.size
    model, trial, centre = at.copy(), np.empty(8), size.copy()
    statistics = np.empty(SIZE_STATISTICS)
    size_statistics(model, statistics)
    energy = misfit(statistics, box, 0, SIZE_STATISTICS)
    for turn in range(_MOVES):
        if energy == 0.0:
            break
        i, j = rng.integers(0, m), rng.integers(0, m)
        shift = float(rng.integers(1, 3))
        if rng.random() < 0.5:
            shift = -shift
        back = -shift if rng.random() < 0.5 and j != i else 0.0
        if abs(size[i] + shift - centre[i]) > _FAR or abs(size[j] + back - centre[j]) > _FAR:
            continue
        if not scanned.low[i] <= size[i] + shift <= scanned.high[i]:
            continue
        if not scanned.low[j] <= size[j] + back <= scanned.high[j]:
            continue
        for a in range(8):
            trial[a] = model[a] + shift * change[a, i] + back * change[a, j]
        size_statistics(trial, statistics)
        proposed = misfit(statistics, box, 0, SIZE_STATISTICS)
        temperature = hot * (_COLD / hot) ** (turn / _MOVES)
        if proposed <= acceptance_limit(rng, energy, temperature):
            energy = proposed
            size[i] += shift
            size[j] += back
            model[:] = trial


@njit(nogil=True)
def fit_sizes(
    rng: np.random.Generator,
    scanned: Scanned,
    before: np.ndarray,
    size: np.ndarray,
    box: np.ndarray,
    decrease: np.ndarray,
) -> float:
    """Move sizes after PRRT, in whole mm and within their limits, until all statistics fit.

    Parameters
    ----------
    before, size
        Shape (m,): sizes before and after PRRT to begin with, changed in place; those before only go to others with
        those after.
    box
        Shape (3, 16): lower ends, upper ends and half their distance, of logarithms of ratios and limits, and of z.

    Returns
    -------
    float
        The misfit that remains, 0 if all fit; infinite if a model has no estimate.
    """
    m = size.size
    fits = first_fits(scanned)
    _approach(rng, scanned, before, size, fits, _soften(box), decrease)
    aim = np.empty(8)
    if not size_coefficients(scanned, size, fits, aim):
        return np.inf
    for k in range(MODELS):
        if not _aim(rng, box, k, aim):
            return np.inf
    if not _newton(rng, scanned, size, fits, aim):
        return np.inf
    for i in range(m):
        down = math.floor(size[i])
        size[i] = min(max(down + (1.0 if rng.random() < size[i] - down else 0.0), scanned.low[i]), scanned.high[i])
    at, shifted, change = np.empty(8), np.empty(8), np.empty((8, m))
    statistics = np.empty(SIZE_STATISTICS)
    left = np.inf
    for attempt in range(_ROUNDS):
        if not size_coefficients(scanned, size, fits, at) or not size_jacobian(scanned, size, fits, change, shifted):
            return np.inf
        anneal_linear(rng, scanned, size, at, change, box, _WARM / (1 + attempt))
        # As an independent program would: from the beginning, to the last digit.
        reset_fits(fits)
        if not size_coefficients(scanned, size, fits, at):
            return np.inf
        size_statistics(at, statistics)
        left = misfit(statistics, box, 0, SIZE_STATISTICS)
        if left == 0.0:
            break
    return left
