"""Compiled statistics of one cohort of patients, for what a search evaluates millions of times.

Every function here has an independent counterpart in ``verify``
(statsmodels, lifelines, scipy), with which it must agree; nothing is shared between the two.
Conventions are those of SPSS: Breslow ties, Wald tests, percentiles by HAVERAGE, Mann–Whitney
without continuity correction, the standard error of a Kaplan–Meier median through the slope of
the curve between S = .55 and S = .45.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

Z95 = 1.959963984540054
# A Kaplan–Meier curve that is .5 in exact arithmetic may miss it by some 1e-16 in floating point.
_TIE = 1e-9
_NEWTON_STEPS = 30
# Of the last Newton step, in standard errors; the errors printed are those before it.
_CONVERGED = 1e-9


@njit(cache=True)
def normal_p(z: float) -> float:
    """Two-sided p of a standard normal deviate."""
    return math.erfc(abs(z) / math.sqrt(2.0))


@njit(cache=True)
def student_p(t: float, df: float) -> float:
    """Two-sided p of Student's t, by the continued fraction of the incomplete beta function.

    Press et al. 2007, *Numerical Recipes*, 3rd ed., 6.4 (modified Lentz).
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


@njit(cache=True)
def _beta_fraction(a: float, b: float, x: float) -> float:
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


@njit(cache=True)
def ratio(beta: float, error: float, out: np.ndarray) -> None:
    """Fill ``out`` (4,) with exp(beta), its 95% limits and the Wald p."""
    out[0] = math.exp(beta)
    out[1] = math.exp(beta - Z95 * error)
    out[2] = math.exp(beta + Z95 * error)
    out[3] = normal_p(beta / error)


@njit(cache=True)
def haverage(ordered: np.ndarray, share: float) -> float:
    """Percentile of ascending values, weighted average at (n + 1)·share (SPSS HAVERAGE)."""
    n = ordered.size
    position = (n + 1) * share
    below = int(math.floor(position))
    if below < 1:
        return ordered[0]
    if below >= n:
        return ordered[n - 1]
    return ordered[below - 1] + (position - below) * (ordered[below] - ordered[below - 1])


@njit(cache=True)
def mann_whitney_p(values: np.ndarray, first: np.ndarray) -> float:
    """Asymptotic two-sided p, corrected for ties, without continuity correction.

    ``first`` is True for members of the first group; shapes (n,).
    """
    n = values.size
    order = np.argsort(values)
    n1 = 0
    rank_sum, ties = 0.0, 0.0
    i = 0
    while i < n:
        j = i
        while j + 1 < n and values[order[j + 1]] == values[order[i]]:
            j += 1
        size = j - i + 1
        for k in range(i, j + 1):
            if first[order[k]]:
                n1 += 1
                rank_sum += 0.5 * (i + j) + 1.0
        ties += float(size) ** 3 - size
        i = j + 1
    n2 = n - n1
    variance = n1 * n2 / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)))
    if variance <= 0.0:
        return 1.0
    return normal_p((rank_sum - n1 * (n1 + 1) / 2.0 - n1 * n2 / 2.0) / math.sqrt(variance))


@njit(cache=True)
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


@njit(cache=True)
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


@njit(cache=True)
def cox_one(time: np.ndarray, event: np.ndarray, x: np.ndarray, order: np.ndarray, out: np.ndarray) -> bool:
    """Proportional hazards with one covariate, Breslow ties.

    ``out`` (2,) holds the coefficient's starting value on entry, coefficient and standard error
    on return. Returns whether Newton's method converged.
    """
    n = order.size
    beta = out[0]
    for _ in range(_NEWTON_STEPS):
        s0, s1, s2, score, information = 0.0, 0.0, 0.0, 0.0, 0.0
        i = n - 1
        while i >= 0:
            deaths, sum_x = 0, 0.0
            now = time[order[i]]
            while i >= 0 and time[order[i]] == now:
                patient = order[i]
                value = x[patient]
                weight = math.exp(beta * value)
                s0 += weight
                s1 += weight * value
                s2 += weight * value * value
                if event[patient]:
                    deaths += 1
                    sum_x += value
                i -= 1
            if deaths:
                mean = s1 / s0
                score += sum_x - deaths * mean
                information += deaths * (s2 / s0 - mean * mean)
        if not information > 1e-12:
            return False
        step = score / information
        if abs(step) > 5.0 / math.sqrt(information):
            step = math.copysign(5.0 / math.sqrt(information), step)
        beta += step
        if abs(step) * math.sqrt(information) < _CONVERGED:
            out[0], out[1] = beta, 1.0 / math.sqrt(information)
            return True
    return False


@njit(cache=True)
def cox_two(
    time: np.ndarray,
    event: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    order: np.ndarray,
    out: np.ndarray,
) -> bool:
    """As :func:`cox_one` with two covariates; ``out`` is (4,): two coefficients, two errors."""
    n = order.size
    b, c = out[0], out[1]
    for _ in range(_NEWTON_STEPS):
        s0, sx, sy, sxx, sxy, syy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        ux, uy, ixx, ixy, iyy = 0.0, 0.0, 0.0, 0.0, 0.0
        i = n - 1
        while i >= 0:
            deaths = 0
            now = time[order[i]]
            while i >= 0 and time[order[i]] == now:
                patient = order[i]
                vx, vy = x[patient], y[patient]
                weight = math.exp(b * vx + c * vy)
                s0 += weight
                sx += weight * vx
                sy += weight * vy
                sxx += weight * vx * vx
                sxy += weight * vx * vy
                syy += weight * vy * vy
                if event[patient]:
                    deaths += 1
                    ux += vx
                    uy += vy
                i -= 1
            if deaths:
                mx, my = sx / s0, sy / s0
                ux -= deaths * mx
                uy -= deaths * my
                ixx += deaths * (sxx / s0 - mx * mx)
                ixy += deaths * (sxy / s0 - mx * my)
                iyy += deaths * (syy / s0 - my * my)
        determinant = ixx * iyy - ixy * ixy
        if not determinant > 1e-14:
            return False
        db = (iyy * ux - ixy * uy) / determinant
        dc = (ixx * uy - ixy * ux) / determinant
        size = math.sqrt(max(ux * db + uy * dc, 0.0))
        shrink = 1.0 if size < 5.0 else 5.0 / size
        b += shrink * db
        c += shrink * dc
        if size < _CONVERGED:
            out[0], out[1] = b, c
            out[2], out[3] = math.sqrt(iyy / determinant), math.sqrt(ixx / determinant)
            return True
    return False


@njit(cache=True)
def logistic(design: np.ndarray, outcome: np.ndarray, beta: np.ndarray, errors: np.ndarray) -> bool:
    """Binary logistic regression by Newton's method.

    Parameters
    ----------
    design
        Shape (n, k), with its column of ones.
    outcome
        Shape (n,), 0 or 1.
    beta, errors
        Shape (k,); ``beta`` holds the starting values on entry. Both are filled.

    Returns
    -------
    bool
        Whether it converged.
    """
    n, k = design.shape
    score = np.empty(k)
    information = np.empty((k, k))
    for _ in range(_NEWTON_STEPS):
        score[:] = 0.0
        information[:] = 0.0
        for i in range(n):
            eta = 0.0
            for a in range(k):
                eta += design[i, a] * beta[a]
            p = 1.0 / (1.0 + math.exp(-eta))
            w = p * (1.0 - p)
            for a in range(k):
                score[a] += design[i, a] * (outcome[i] - p)
                for b in range(a + 1):
                    information[a, b] += w * design[i, a] * design[i, b]
        if not _cholesky(information):
            return False
        _solve_cholesky(information, score)
        largest = 0.0
        for a in range(k):
            beta[a] += score[a]
            largest = max(largest, abs(score[a]) * information[a, a])
        if largest > 1e4:
            return False
        if largest < 1e-9:
            _errors_from_cholesky(information, errors)
            return True
    return False


@njit(cache=True)
def _cholesky(matrix: np.ndarray) -> bool:
    """Lower Cholesky factor in place of the lower triangle."""
    k = matrix.shape[0]
    for a in range(k):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= matrix[a, c] * matrix[b, c]
            if a == b:
                if total <= 1e-12:
                    return False
                matrix[a, a] = math.sqrt(total)
            else:
                matrix[a, b] = total / matrix[b, b]
    return True


@njit(cache=True)
def _solve_cholesky(factor: np.ndarray, vector: np.ndarray) -> None:
    k = vector.size
    for a in range(k):
        for b in range(a):
            vector[a] -= factor[a, b] * vector[b]
        vector[a] /= factor[a, a]
    for a in range(k - 1, -1, -1):
        for b in range(a + 1, k):
            vector[a] -= factor[b, a] * vector[b]
        vector[a] /= factor[a, a]


@njit(cache=True)
def _errors_from_cholesky(factor: np.ndarray, errors: np.ndarray) -> None:
    k = errors.size
    unit = np.empty(k)
    for a in range(k):
        unit[:] = 0.0
        unit[a] = 1.0
        _solve_cholesky(factor, unit)
        errors[a] = math.sqrt(unit[a])
