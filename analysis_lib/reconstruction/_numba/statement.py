"""Kernels: what an adversary pushes, a quantity that no number prints, and how far it is from a goal.

Each quantity has a plain counterpart in :mod:`analysis_lib.analyses`, which computes the values that are told of.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.tests_and_curves import subset

# Kinds of quantity: none; log hazard ratios of surgery, from a landmark and as a covariate that changes with time;
# survival at a time, of a group; the difference of restricted means, surgery less no surgery, years; log hazard ratios
# of the groups as they are, from the events until a time and from those after it; that of a target trial.
NOTHING, LANDMARK, TIME_DEPENDENT, SURVIVAL_OPERATED, SURVIVAL_OTHERS, RESTRICTED_MEANS = range(6)
RATIO_UNTIL, RATIO_AFTER, TARGET_TRIAL = range(6, 9)
# What a quantity without a value counts beside the misfit of printed numbers.
_UNDEFINED = 10.0
# Log hazard ratio beyond which there is no finite estimate, and how often the range is halved.
_LARGEST, _HALVINGS = 18.0, 44


class Statement(NamedTuple):
    """A quantity that is to reach a goal.

    Attributes
    ----------
    kind : int
        One of the kinds of this module.
    at : float
        Its landmark, time, horizon or period of grace, years.
    sign : float
        1 where it is to be at least the goal, -1 where at most.
    goal : float
    weight : float
        What a unit short of the goal counts beside the misfit of printed numbers.
    """

    kind: int
    at: float
    sign: float
    goal: float
    weight: float


NO_STATEMENT = Statement(NOTHING, 0.0, 1.0, 0.0, 0.0)


@njit
def shortfall(
    statement: Statement, years: np.ndarray, event: np.ndarray, operated: np.ndarray, surgery: np.ndarray
) -> float:
    """What a quantity that has not reached its goal adds to the energy; 0 once it has.

    Parameters
    ----------
    years, event, operated
        Shape (n,).
    surgery
        Years to surgery, shape (n,); of the operated only.
    """
    if statement.kind == NOTHING:
        return 0.0
    value = quantity(statement.kind, statement.at, years, event, operated, surgery)
    if value != value:
        return _UNDEFINED
    return statement.weight * max(0.0, statement.sign * (statement.goal - value))


@njit
def quantity(
    kind: int, at: float, years: np.ndarray, event: np.ndarray, operated: np.ndarray, surgery: np.ndarray
) -> float:
    """The value of a quantity, NaN where it has none; arguments as of :class:`Statement` and :func:`shortfall`."""
    if kind == LANDMARK:
        return _log_ratio(years, event, operated & (surgery <= at), np.zeros(years.size), at, np.inf)
    if kind == TIME_DEPENDENT:
        return _log_ratio(years, event, operated, surgery, 0.0, np.inf)
    if kind == RATIO_UNTIL:
        return _log_ratio(years, event, operated, np.zeros(years.size), 0.0, at)
    if kind == RATIO_AFTER:
        return _log_ratio(years, event, operated, np.zeros(years.size), at, np.inf)
    if kind == TARGET_TRIAL:
        return _target_trial(years, event, operated & (surgery <= at), surgery, at)
    if kind == SURVIVAL_OPERATED:
        return _curve(years, event, operated, at)[0]
    if kind == SURVIVAL_OTHERS:
        return _curve(years, event, ~operated, at)[0]
    return _curve(years, event, operated, at)[1] - _curve(years, event, ~operated, at)[1]


@njit
def _log_ratio(
    years: np.ndarray, event: np.ndarray, exposed: np.ndarray, since: np.ndarray, after: float, until: float
) -> float:
    """Log hazard ratio of being ``exposed`` ``since`` a time, from deaths ``after`` a time ``until`` another; Breslow.

    At a death count those at risk; who is exposed from that very time on is not yet.
    """
    n = years.size
    at_risk, at_risk_1, deaths, deaths_1, times = np.empty(n), np.empty(n), np.zeros(n), 0, 0
    for k in range(n):
        now = years[k]
        if not event[k] or now <= after or now > until:
            continue
        first = True
        left, left_1, died, died_1 = 0, 0, 0, 0
        for i in range(n):
            if years[i] < now:
                continue
            yes = exposed[i] and since[i] < now
            left += 1
            left_1 += yes
            if event[i] and years[i] == now:
                # Of several deaths at a time, the first counts them all.
                first = first and i >= k
                died += 1
                died_1 += yes
        if first:
            at_risk[times], at_risk_1[times], deaths[times] = left, left_1, died
            deaths_1 += died_1
            times += 1
    return _root(at_risk[:times], at_risk_1[:times], deaths[:times], float(deaths_1))


@njit
def _target_trial(years: np.ndarray, event: np.ndarray, early: np.ndarray, surgery: np.ndarray, end: float) -> float:
    """Log hazard ratio of ``early`` surgery, until ``end``, of clones weighted by time alone.

    Each patient enters both arms, and who departs from one leaves it: at an early operation the arm without
    surgery, and at the end of the period without one the arm with it.
    """
    n, deaths, beyond, stayed = years.size, 0, 0, 0
    stop = np.where(early, np.minimum(years, surgery), years)
    for i in range(n):
        if years[i] > end:
            beyond += 1
            stayed += early[i]
    if stayed == 0:
        return np.nan
    # What each early operation adds to the hazard of leaving the arm without surgery.
    step = np.zeros(n)
    for i in range(n):
        if early[i]:
            step[i] = 1.0 / (stop >= surgery[i]).sum()
    at_risk, at_risk_1, died, died_1 = np.empty(n), np.empty(n), np.empty(n), 0.0
    for k in range(n):
        if not event[k]:
            continue
        now, hazard, without, alive, alive_early = years[k], 0.0, 0, 0, 0
        for i in range(n):
            if early[i] and surgery[i] < now:
                hazard += step[i]
            without += stop[i] >= now
            alive += years[i] >= now
            alive_early += early[i] and years[i] >= now
        weight = beyond / stayed if now > end else 1.0
        at_risk_1[deaths] = weight * (alive_early if now > end else alive)
        at_risk[deaths] = at_risk_1[deaths] + math.exp(hazard) * without
        of_surgery = weight * (early[k] or now <= end)
        died[deaths] = of_surgery + (0.0 if early[k] else math.exp(hazard))
        died_1 += of_surgery
        deaths += 1
    return _root(at_risk[:deaths], at_risk_1[:deaths], died[:deaths], died_1)


@njit
def _root(at_risk: np.ndarray, at_risk_1: np.ndarray, deaths: np.ndarray, deaths_1: float) -> float:
    """Where the score of a log hazard ratio is 0; NaN where it nowhere is.

    Parameters
    ----------
    at_risk, at_risk_1, deaths
        At each time of a death, shape (m,): all at risk, the exposed among them, and deaths; or their weights.
    deaths_1
        Of the exposed, in all.
    """
    low, high = -_LARGEST, _LARGEST
    # The score falls as the coefficient rises. Newton's method may fail where few are at risk, and there a push goes.
    for turn in range(_HALVINGS + 2):
        beta = low if turn == 0 else high if turn == 1 else (low + high) / 2.0
        weight, score = math.exp(beta), deaths_1
        for k in range(deaths.size):
            weighted = weight * at_risk_1[k]
            score -= deaths[k] * weighted / (weighted + at_risk[k] - at_risk_1[k])
        if (turn == 0 and score <= 0.0) or (turn == 1 and score >= 0.0):
            return np.nan
        if turn > 1:
            low, high = (beta, high) if score > 0.0 else (low, beta)
    return (low + high) / 2.0


@njit
def _curve(years: np.ndarray, event: np.ndarray, chosen: np.ndarray, at: float) -> tuple[float, float]:
    """Kaplan–Meier survival of the ``chosen`` at a time, and the mean restricted to it; NaN where it has ended."""
    order = subset(np.argsort(years), chosen)
    n, i = order.size, 0
    survival, area, last = 1.0, 0.0, 0.0
    while i < n and years[order[i]] <= at:
        j, deaths = i, 0
        while j < n and years[order[j]] == years[order[i]]:
            deaths += event[order[j]]
            j += 1
        area += survival * (years[order[i]] - last)
        last = years[order[i]]
        survival *= 1.0 - deaths / (n - i)
        i = j
    if i == n and survival > 0.0:
        return np.nan, np.nan
    return survival, area + survival * (at - last)
