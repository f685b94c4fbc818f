"""Statistics of one column of a cohort: summaries by group, tests between groups, odds ratio, decrease.

All lie in one array, in the places named here. Groups are numbered: 0 all patients, 1 the first group, 2 the second.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import logistic_one, ratio
from analysis_lib.reconstruction._numba.tests_and_curves import mann_whitney_p, quantile, student_p

# Of group g at + 3 g, at + g, and at + 2 g.
MEDIAN, Q1, Q3 = 0, 1, 2
MEAN, SD = 9, 12
MINIMUM, MAXIMUM = 15, 16
MANN_WHITNEY_P, STUDENT_P, WELCH_P = 21, 22, 23
# With its limits and p.
ODDS_RATIO = 24
DECREASE_MEAN, DECREASE_SD = 28, 29
COLUMN_STATISTICS = 30
# Which comparisons of the groups a search makes.
RANK_TEST, T_TESTS, REGRESSION = 0, 1, 2


class Column(NamedTuple):
    """What holds a column of n patients.

    Attributes
    ----------
    low, high : ndarray, shape (n,)
        Limits of each value, in steps.
    step : float
        Of which all values are multiples.
    first : ndarray, shape (n,)
        The first group.
    comparisons : ndarray, shape (3,)
        Whether to make the rank test, the t tests, the logistic regression.
    later : ndarray, shape (n,)
        The same quantity later, NaN where unknown; empty if there is none.
    rule : float
        Of quartiles, as :func:`tests_and_curves.quantile` has it.
    box : ndarray, shape (3, 30)
        Lower ends, upper ends and half a unit of the last digit of the statistics.
    """

    low: np.ndarray
    high: np.ndarray
    step: float
    first: np.ndarray
    comparisons: np.ndarray
    later: np.ndarray
    rule: float
    box: np.ndarray


@njit
def _summarise_group(part: np.ndarray, g: int, rule: float, moments: bool, out: np.ndarray) -> None:
    """Quartiles and range of the ascending values of group ``g``; mean and SD only with ``moments``."""
    if part.size == 0:
        return
    out[MEDIAN + 3 * g] = quantile(part, 0.5, rule)
    out[Q1 + 3 * g] = quantile(part, 0.25, rule)
    out[Q3 + 3 * g] = quantile(part, 0.75, rule)
    out[MINIMUM + 2 * g], out[MAXIMUM + 2 * g] = part[0], part[-1]
    if moments:
        total, squares = 0.0, 0.0
        for x in part:
            total += x
        mean = total / part.size
        for x in part:
            squares += (x - mean) ** 2
        out[MEAN + g] = mean
        out[SD + g] = math.sqrt(squares / max(part.size - 1, 1))


@njit
def _t_tests(n1: int, n2: int, out: np.ndarray) -> None:
    """p of Student's and Welch's t tests, from the groups' means and SDs in ``out``."""
    v1, v2 = out[SD + 1] ** 2, out[SD + 2] ** 2
    difference = out[MEAN + 1] - out[MEAN + 2]
    pooled = ((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 + n2 - 2)
    out[STUDENT_P] = student_p(difference / math.sqrt(pooled * (1 / n1 + 1 / n2)), n1 + n2 - 2.0)
    w1, w2 = v1 / n1, v2 / n2
    freedom = (w1 + w2) ** 2 / (w1 * w1 / (n1 - 1) + w2 * w2 / (n2 - 1))
    out[WELCH_P] = student_p(difference / math.sqrt(w1 + w2), freedom)


@njit
def summarise(
    everyone: np.ndarray, part_1: np.ndarray, part_2: np.ndarray, column: Column, moments: bool, out: np.ndarray
) -> None:
    """Summaries and tests of the ascending values of all patients and of both groups."""
    _summarise_group(everyone, 0, column.rule, moments, out)
    _summarise_group(part_1, 1, column.rule, moments, out)
    _summarise_group(part_2, 2, column.rule, moments, out)
    if column.comparisons[RANK_TEST]:
        out[MANN_WHITNEY_P] = mann_whitney_p(everyone, part_1)
    if column.comparisons[T_TESTS]:
        _t_tests(part_1.size, part_2.size, out)


@njit
def odds_ratio(x: np.ndarray, first: np.ndarray, fit: np.ndarray, out: np.ndarray) -> None:
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
        ratio(beta[1] / scale, beta[2] / scale, out[ODDS_RATIO:DECREASE_MEAN])
        fit[1] = beta[1] / scale
        fit[0] = beta[0] - fit[1] * centre
    else:
        out[ODDS_RATIO:DECREASE_MEAN] = np.nan
        fit[:] = 0.0


@njit
def decrease(x: np.ndarray, later: np.ndarray, out: np.ndarray) -> None:
    """Mean and SD of the decrease from ``x`` to ``later``, per cent."""
    known, total, squares = 0, 0.0, 0.0
    for i in range(x.size):
        if later[i] == later[i]:
            change = 100.0 * (1.0 - later[i] / x[i])
            known += 1
            total += change
            squares += change * change
    out[DECREASE_MEAN] = total / known
    out[DECREASE_SD] = math.sqrt(max(squares - total * total / known, 0.0) / (known - 1))


@njit
def column_statistics(x: np.ndarray, column: Column, out: np.ndarray) -> None:
    """All statistics of the values ``x`` (n,); what is not computed stays as it is in ``out`` (30,)."""
    first = column.first
    summarise(np.sort(x), np.sort(x[first]), np.sort(x[~first]), column, True, out)
    if column.comparisons[REGRESSION]:
        odds_ratio(x, first, np.zeros(2), out)
    if column.later.size:
        decrease(x, column.later, out)
