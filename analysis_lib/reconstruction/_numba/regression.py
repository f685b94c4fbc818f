"""Kernels: Cox and logistic regressions of one cohort, evaluated millions of times by a search.

Maximum likelihood by Newton's method, with the conventions of SPSS: Breslow's ties (Breslow 1974,
Biometrics 30:89), Wald tests. They agree with statsmodels, which verification uses; nothing is shared
between the two. Each returns whether there is a finite estimate: False where the data are separated, so
that the likelihood rises without end, where a covariate does not vary, and where Newton's method fails.
"""

from __future__ import annotations

import math

import numpy as np

from analysis_lib.reconstruction._numba.cholesky import cholesky, solve_cholesky
from analysis_lib.reconstruction._numba.exp import exponentials
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.tests_and_curves import Z95, normal_p

_NEWTON_STEPS = 30
# Of the last Newton step, in standard errors; the errors printed are those before it.
_CONVERGED = 1e-9
# Coefficient of a yes or no beyond which there is no finite estimate, as a hazard ratio of 10⁸ is none.
_LARGEST_LOG_RATIO = 18.0
# Values that a processor may take at once.
_LANES = 16


@njit
def ratio(beta: float, error: float, out: np.ndarray) -> None:
    """Fill ``out`` (4,) with exp(beta), its 95% limits and the Wald p."""
    out[0] = math.exp(beta)
    out[1] = math.exp(beta - Z95 * error)
    out[2] = math.exp(beta + Z95 * error)
    out[3] = normal_p(beta / error)


@njit
def _damped(score: float, information: float) -> float:
    """A Newton step, of five standard errors at most."""
    step = score / information
    longest = 5.0 / math.sqrt(information)
    return math.copysign(longest, step) if abs(step) > longest else step


@njit
def _risk_sets(time: np.ndarray, event: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From the last patient to the first: who died, and with whom all of a time are counted; a risk set only grows."""
    n = order.size
    died, ends = np.empty(n, np.bool_), np.empty(n, np.bool_)
    for k in range(n):
        patient = order[n - 1 - k]
        died[k] = event[patient] != 0
        ends[k] = k == n - 1 or time[order[n - 2 - k]] != time[patient]
    return died, ends


@njit
def cox_one(time: np.ndarray, event: np.ndarray, x: np.ndarray, order: np.ndarray, out: np.ndarray) -> bool:
    """Cox regression with one covariate.

    Parameters
    ----------
    time, event, x
        Shape (n,).
    order
        Indices of those who count, by ascending time.
    out
        Shape (2,): the coefficient's starting value on entry, coefficient and standard error on return.

    Returns
    -------
    bool
        Whether there is a finite estimate.
    """
    n = order.size
    died, ends = _risk_sets(time, event, order)
    value, weight, room = x[order[::-1]], np.empty(n), np.empty(n)
    beta = out[0]
    for _ in range(_NEWTON_STEPS):
        for k in range(n):
            weight[k] = beta * value[k]
        exponentials(weight, room)
        s0, s1, s2, score, information = 0.0, 0.0, 0.0, 0.0, 0.0
        deaths, sum_x = 0, 0.0
        for k in range(n):
            weighted = weight[k] * value[k]
            s0 += weight[k]
            s1 += weighted
            s2 += weighted * value[k]
            if died[k]:
                deaths += 1
                sum_x += value[k]
            if ends[k] and deaths:
                mean = s1 / s0
                score += sum_x - deaths * mean
                information += deaths * (s2 / s0 - mean * mean)
                deaths, sum_x = 0, 0.0
        if not information > 1e-12:
            return False
        step = _damped(score, information)
        beta += step
        if abs(step) * math.sqrt(information) < _CONVERGED:
            out[0], out[1] = beta, 1.0 / math.sqrt(information)
            return True
    return False


@njit
def cox_yes_no(time: np.ndarray, event: np.ndarray, x: np.ndarray, order: np.ndarray, out: np.ndarray) -> bool:
    """Cox regression with one covariate that is True or False, or 1 or 0; arguments as of :func:`cox_one`.

    The likelihood sees only who was at risk, by group, at each time of death: these counts are
    taken once, and a Newton step needs one exponential.
    """
    n = order.size
    at_risk, at_risk_1 = np.empty(n), np.empty(n)
    deaths = np.zeros(n)
    times, deaths_1 = 0, 0
    left, left_1 = 0, 0
    i = n - 1
    while i >= 0:
        died = 0
        now = time[order[i]]
        while i >= 0 and time[order[i]] == now:
            patient = order[i]
            left += 1
            left_1 += x[patient]
            if event[patient]:
                died += 1
                deaths_1 += x[patient]
            i -= 1
        if died:
            at_risk[times], at_risk_1[times], deaths[times] = left, left_1, died
            times += 1
    return newton_yes_no(at_risk[:times], at_risk_1[:times], deaths[:times], deaths_1, out)


@njit
def newton_yes_no(
    at_risk: np.ndarray, at_risk_1: np.ndarray, deaths: np.ndarray, deaths_1: int, out: np.ndarray
) -> bool:
    """Cox regression of :func:`cox_yes_no` by its counts: at each time of death, in all and of those with a 1."""
    beta = out[0]
    for _ in range(_NEWTON_STEPS):
        weight = math.exp(beta)
        score, information = float(deaths_1), 0.0
        for k in range(deaths.size):
            weighted = weight * at_risk_1[k]
            mean = weighted / (weighted + at_risk[k] - at_risk_1[k])
            score -= deaths[k] * mean
            information += deaths[k] * mean * (1.0 - mean)
        if not information > 1e-12:
            return False
        step = _damped(score, information)
        beta += step
        if abs(step) * math.sqrt(information) < _CONVERGED:
            out[0], out[1] = beta, 1.0 / math.sqrt(information)
            return True
        if abs(beta) > _LARGEST_LOG_RATIO:
            return False
    return False


@njit
def cox_two(
    time: np.ndarray,
    event: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    order: np.ndarray,
    out: np.ndarray,
) -> bool:
    """Cox regression with two covariates; as :func:`cox_one`, but ``out`` is (4,): two coefficients, two errors."""
    n = order.size
    died, ends = _risk_sets(time, event, order)
    xs, ys, weight, room = x[order[::-1]], y[order[::-1]], np.empty(n), np.empty(n)
    b, c = out[0], out[1]
    for _ in range(_NEWTON_STEPS):
        for k in range(n):
            weight[k] = b * xs[k] + c * ys[k]
        exponentials(weight, room)
        s0, sx, sy, sxx, sxy, syy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        ux, uy, ixx, ixy, iyy = 0.0, 0.0, 0.0, 0.0, 0.0
        deaths = 0
        for k in range(n):
            vx, vy = xs[k], ys[k]
            wx, wy = weight[k] * vx, weight[k] * vy
            s0 += weight[k]
            sx += wx
            sy += wy
            sxx += wx * vx
            sxy += wx * vy
            syy += wy * vy
            if died[k]:
                deaths += 1
                ux += vx
                uy += vy
            if ends[k] and deaths:
                mx, my = sx / s0, sy / s0
                ux -= deaths * mx
                uy -= deaths * my
                ixx += deaths * (sxx / s0 - mx * mx)
                ixy += deaths * (sxy / s0 - mx * my)
                iyy += deaths * (syy / s0 - my * my)
                deaths = 0
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


@njit
def logistic(columns: np.ndarray, outcome: np.ndarray, beta: np.ndarray, errors: np.ndarray) -> bool:
    """Binary logistic regression by Newton's method.

    Parameters
    ----------
    columns
        Shape (k, n), a row for each covariate, that of ones included.
    outcome
        Shape (n,), 0 or 1.
    beta, errors
        Shape (k,); ``beta`` holds the starting values on entry. Both are filled.

    Returns
    -------
    bool
        Whether there is a finite estimate.
    """
    k = beta.size
    information = np.empty((k, k))
    if not logistic_coefficients(columns, outcome, beta, information, _CONVERGED):
        return False
    _errors_from_cholesky(information, errors)
    return True


# Divisors are above 1. That they are checked all the same decides the order of sums, and so what a seed leads to.
@njit(fastmath={"reassoc", "contract"}, error_model="python")
def logistic_one(x: np.ndarray, outcome: np.ndarray, out: np.ndarray) -> bool:
    """Binary logistic regression with one covariate beside the constant.

    ``out`` (3,) holds the starting values of constant and coefficient on entry; both and the
    coefficient's standard error on return. Sums may be taken in any order.
    """
    n = x.size
    # Whole vectors: of the patients added each has no weight.
    whole = (n + _LANES - 1) // _LANES * _LANES
    value, died, there = np.zeros(whole), np.zeros(whole), np.zeros(whole)
    value[:n], died[:n], there[:n] = x, outcome, 1.0
    weight, powers = np.empty(whole), np.empty(whole)
    for _ in range(_NEWTON_STEPS):
        for i in range(whole):
            weight[i] = -out[0] - out[1] * value[i]
        exponentials(weight, powers)
        u0, u1, i00, i01, i11 = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(whole):
            p = there[i] / (1.0 + weight[i])
            residual, w = died[i] - p, p * (1.0 - p)
            u0 += residual
            u1 += residual * value[i]
            i00 += w
            i01 += w * value[i]
            i11 += w * value[i] * value[i]
        if not i00 > 1e-12:
            return False
        rest = i11 - i01 * i01 / i00
        if not rest > 1e-12:
            return False
        step = (u1 - u0 * i01 / i00) / rest
        constant = (u0 - i01 * step) / i00
        out[0] += constant
        out[1] += step
        largest = max(abs(constant) * math.sqrt(i00), abs(step) * math.sqrt(rest))
        if largest > 1e4:
            return False
        if largest < _CONVERGED:
            out[2] = 1.0 / math.sqrt(rest)
            return True
    return False


@njit(fastmath={"reassoc", "contract"})
def logistic_coefficients(
    columns: np.ndarray, outcome: np.ndarray, beta: np.ndarray, information: np.ndarray, converged: float
) -> bool:
    """Coefficients of :func:`logistic`, until a Newton step is below ``converged`` standard errors.

    ``information`` (k, k) holds its Cholesky factor at the end, for errors. Sums may be taken in any order.
    """
    k, n = columns.shape
    score = np.empty(k)
    w, residual, room = np.empty(n), np.empty(n), np.empty(n)
    for _ in range(_NEWTON_STEPS):
        w[:] = 0.0
        for a in range(k):
            for i in range(n):
                w[i] -= columns[a, i] * beta[a]
        exponentials(w, room)
        for i in range(n):
            p = 1.0 / (1.0 + w[i])
            residual[i] = outcome[i] - p
            w[i] = p * (1.0 - p)
        for a in range(k):
            x = columns[a]
            total = 0.0
            for i in range(n):
                total += x[i] * residual[i]
            score[a] = total
            for b in range(a + 1):
                y = columns[b]
                total = 0.0
                for i in range(n):
                    total += w[i] * x[i] * y[i]
                information[a, b] = total
        if not cholesky(information):
            return False
        solve_cholesky(information, score)
        largest = 0.0
        for a in range(k):
            beta[a] += score[a]
            largest = max(largest, abs(score[a]) * information[a, a])
        if largest > 1e4:
            return False
        if largest < converged:
            return True
    return False


@njit
def _errors_from_cholesky(factor: np.ndarray, errors: np.ndarray) -> None:
    """Standard errors: square roots of the diagonal of the information's inverse."""
    k = errors.size
    unit = np.empty(k)
    for a in range(k):
        unit[:] = 0.0
        unit[a] = 1.0
        solve_cholesky(factor, unit)
        errors[a] = math.sqrt(unit[a])
