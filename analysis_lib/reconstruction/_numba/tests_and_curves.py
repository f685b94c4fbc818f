"""Kernels: tests, percentiles and Kaplan–Meier curves of one cohort, evaluated millions of times by a search.

Verification has an independent counterpart of each (statsmodels, lifelines, scipy), with which it
must agree; nothing but constants is shared between the two. Conventions are those of SPSS: percentiles by HAVERAGE
unless another rule is assumed, Mann–Whitney without continuity correction, the standard error of a
Kaplan–Meier median through the slope of the curve between S = .55 and S = .45.
"""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.base.units import Z95
from analysis_lib.reconstruction._numba.jit import njit

# A Kaplan–Meier curve that is .5 in exact arithmetic may miss it by some 1e-16 in floating point.
_TIE = 1e-9
# By numpy's names: SPSS's HAVERAGE; half-way between the steps.
QUANTILE_RULES = {"weibull": 0.0, "hazen": 0.5}


@njit
def normal_p(z: float) -> float:
    """Two-sided p of a standard normal deviate."""
    return math.erfc(abs(z) / math.sqrt(2.0))


@njit
def student_p(t: float, df: float) -> float:
    """Two-sided p of Student's t, by the continued fraction of the incomplete beta function.

    Press et al. 2007, *Numerical Recipes*, 3rd ed., 6.4.
    """
    x = df / (df + t * t)
    a, b = 0.5 * df, 0.5
    if x >= 1.0:
        return 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_fraction(a, b, x) / a
    return 1.0 - front * _beta_fraction(b, a, 1.0 - x) / b


@njit
def _beta_fraction(a: float, b: float, x: float) -> float:
    """Continued fraction of the incomplete beta function, by the modified Lentz method."""
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    h = d
    for m in range(1, 400):
        for step in range(2):
            if step == 0:
                k = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
            else:
                k = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
            d = 1.0 + k * d
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = 1.0 + k / c
            c = c if abs(c) > tiny else tiny
            h *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return h


@njit
def quantile(ordered: np.ndarray, share: float, rule: float) -> float:
    """Percentile of ascending values, by linear interpolation between two of them.

    ``rule`` is one of :data:`QUANTILE_RULES`: the percentile lies at (n + 1 − 2·rule)·share + rule
    (Hyndman & Fan 1996, Am Stat, types 6 and 5).
    """
    n = ordered.size
    position = (n + 1 - 2.0 * rule) * share + rule
    below = int(math.floor(position))
    if below < 1:
        return ordered[0]
    if below >= n:
        return ordered[n - 1]
    return ordered[below - 1] + (position - below) * (ordered[below] - ordered[below - 1])


@njit
def resort(order: np.ndarray, values: np.ndarray) -> None:
    """Insertion sort, in place, of indices that were ascending by ``values`` but for a few."""
    for i in range(1, order.size):
        moved = order[i]
        value = values[moved]
        j = i - 1
        while j >= 0 and values[order[j]] > value:
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = moved


@njit
def subset(order: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The indices in ``order`` whose patients are ``chosen``, in the same order."""
    kept = np.empty(order.size, np.int64)
    n = 0
    for k in order:
        if chosen[k]:
            kept[n] = k
            n += 1
    return kept[:n]


@njit
def mann_whitney_p(ordered: np.ndarray, ordered_1: np.ndarray) -> float:
    """Two-sided p of the Mann–Whitney test: asymptotic, corrected for ties, without continuity correction.

    ``ordered`` are the values of both groups, ascending, ``ordered_1`` those of the first.
    """
    n, n1 = ordered.size, ordered_1.size
    rank_sum, ties = 0.0, 0.0
    i, k = 0, 0
    while i < n:
        j = i
        while j + 1 < n and ordered[j + 1] == ordered[i]:
            j += 1
        while k < n1 and ordered_1[k] == ordered[i]:
            rank_sum += 0.5 * (i + j) + 1.0
            k += 1
        size = j - i + 1
        ties += float(size) ** 3 - size
        i = j + 1
    n2 = n - n1
    variance = n1 * n2 / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)))
    if variance <= 0.0:
        return 1.0
    return normal_p((rank_sum - n1 * (n1 + 1) / 2.0 - n1 * n2 / 2.0) / math.sqrt(variance))


@njit
def median_survival(time: np.ndarray, event: np.ndarray, order: np.ndarray, out: np.ndarray) -> None:
    """Kaplan–Meier median and its symmetric 95% limits as SPSS prints them.

    Parameters
    ----------
    time, event
        Shape (n,); ``event`` is 1 for an event, 0 for a censored time.
    order
        Indices of those who count, by ascending time.
    out
        Shape (3,), filled with median, lower and upper limit; NaN where undefined.
    """
    out[:] = np.nan
    n = order.size
    survival, greenwood = 1.0, 0.0
    upper_t, upper_s = np.nan, np.nan
    lower_t, lower_s = np.nan, np.nan
    variance = np.nan
    i = 0
    while i < n:
        j, deaths = i, 0
        now = time[order[i]]
        while j < n and time[order[j]] == now:
            deaths += event[order[j]]
            j += 1
        if deaths > 0:
            at_risk = n - i
            survival *= 1.0 - deaths / at_risk
            if at_risk > deaths:
                greenwood += deaths / (at_risk * (at_risk - deaths))
            if survival >= 0.55 - _TIE:
                upper_t, upper_s = now, survival
            if np.isnan(out[0]) and survival <= 0.5 + _TIE:
                out[0] = now
                variance = survival * survival * greenwood
            if survival <= 0.45 + _TIE:
                lower_t, lower_s = now, survival
                break
        i = j
    if np.isnan(out[0]) or np.isnan(upper_t) or np.isnan(lower_t):
        return
    half = Z95 * math.sqrt(variance) * (lower_t - upper_t) / (upper_s - lower_s)
    out[1], out[2] = out[0] - half, out[0] + half


@njit
def kaplan_meier_fall(time: np.ndarray, event: np.ndarray, order: np.ndarray, level: float) -> tuple[float, float]:
    """First time at which a Kaplan–Meier curve is at ``level`` or below (NaN if never), and where the curve ends."""
    curve, fall = 1.0, np.nan
    i, n = 0, order.size
    while i < n:
        j, events = i, 0
        while j < n and time[order[j]] == time[order[i]]:
            events += event[order[j]]
            j += 1
        curve *= 1.0 - events / (n - i)
        if np.isnan(fall) and curve <= level + _TIE:
            fall = time[order[i]]
        i = j
    return fall, curve


@njit
def log_rank_p(time: np.ndarray, event: np.ndarray, first: np.ndarray, order: np.ndarray) -> float:
    """Two-sided p of the Mantel–Cox log-rank test of two groups; arguments as above."""
    n = order.size
    n1 = 0
    for k in range(n):
        n1 += first[order[k]]
    at_risk, at_risk_1 = n, n1
    difference, variance = 0.0, 0.0
    i = 0
    while i < n:
        j, deaths, deaths_1, left_1 = i, 0, 0, 0
        now = time[order[i]]
        while j < n and time[order[j]] == now:
            patient = order[j]
            deaths += event[patient]
            if first[patient]:
                left_1 += 1
                deaths_1 += event[patient]
            j += 1
        if deaths > 0:
            share = at_risk_1 / at_risk
            difference += deaths_1 - deaths * share
            if at_risk > 1:
                variance += deaths * share * (1.0 - share) * (at_risk - deaths) / (at_risk - 1.0)
        at_risk -= j - i
        at_risk_1 -= left_1
        i = j
    return normal_p(difference / math.sqrt(variance)) if variance > 0.0 else 1.0
