"""Firth's correction of one logistic or Cox model, with intervals from the penalised likelihood.

In a small study maximum likelihood exaggerates ratios, and where a covariate separates the outcomes
it has no estimate at all. Firth's penalty takes off the exaggeration and always leaves an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from analysis_lib.base import checks
from analysis_lib.statistics import regression, weighted_regression

_DROP = stats.chi2.isf(0.05, 1) / 2
# Log ratios beyond this, in standard deviations of the covariate, are no ratios.
_FAR = 40.0


@dataclass(frozen=True, eq=False)
class FirthModel:
    """A model with Firth's correction.

    Attributes
    ----------
    names : tuple of str
        The k covariates.
    coef, ratio, ci_low, ci_high, p : ndarray, shape (k,)
        Log ratio; odds or hazard ratio with its 95% limits, at which twice the profile of the
        penalised log-likelihood has fallen by 3.84; p of the penalised likelihood ratio test. A
        limit is 0 or infinite where the profile never falls so far.
    """

    names: tuple[str, ...]
    coef: np.ndarray
    ratio: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray


def logistic(covariates, outcome, names=None) -> FirthModel:
    """Logistic regression with a constant and Firth's correction.

    Parameters
    ----------
    covariates : array_like, shape (n,) or (n, k)
    outcome : array_like, shape (n,)
        1 or True, 0 or False.
    names : sequence of str, optional

    Returns
    -------
    FirthModel

    Raises
    ------
    ValueError
        As `propensity.logistic`; separation is no obstacle.

    References
    ----------
    Firth D. Biometrika 1993;80:27-38. Heinze G, Schemper M. Stat Med 2002;21:2409-2419.
    """
    outcome = checks.binary("outcome", outcome)
    if np.ptp(outcome) == 0:
        raise ValueError("outcome: all patients have the same")
    matrix, names = checks.covariates(covariates, outcome.size, names)
    matrix, _, sd = regression.standardised(matrix)
    design = np.column_stack([np.ones(outcome.size), matrix])
    regression.demand_unique(design)
    fit = weighted_regression.logistic(matrix[None], outcome[None], np.ones((1, outcome.size)), firth=True)

    def likelihood(beta):
        linear = design @ beta
        p = 1 / (1 + np.exp(-linear))
        information = design.T @ (design * (p * (1 - p))[:, None])
        leverage = p * (1 - p) * np.einsum("ni,ni->n", design @ np.linalg.pinv(information), design)
        value = outcome @ linear - np.logaddexp(0, linear).sum() + np.linalg.slogdet(information)[1] / 2
        return value, (outcome - p + leverage * (0.5 - p)) @ design

    return _profile(likelihood, fit.coef[0], np.r_[1.0, sd], names, first=1)


def cox(time, event, covariates, names=None) -> FirthModel:
    """Cox's model with Breslow ties and Firth's correction.

    Parameters
    ----------
    time, event, covariates, names
        As `survival.cox`.

    Returns
    -------
    FirthModel

    Raises
    ------
    ValueError
        As `survival.cox`; separation is no obstacle.

    References
    ----------
    Heinze G, Schemper M. Biometrics 2001;57:114-119.
    """
    time, event = checks.times_and_events(time, event)
    matrix, names = checks.covariates(covariates, time.size, names)
    if not event.any():
        raise ValueError("without an event there is no Cox model")
    matrix, _, sd = regression.standardised(matrix)
    regression.demand_unique(regression.risk_set_differences(time, event, matrix))
    order = np.lexsort((1 - event, -time))
    time, event, matrix = time[order], event[order], matrix[order]
    # Ties leave together: a risk set ends with the last of those who left at its time.
    last = np.searchsorted(-time, -time[event == 1], side="right") - 1

    def likelihood(beta):
        linear = matrix @ beta
        risk = np.exp(linear)[:, None]
        squares = (matrix[:, :, None] * matrix[:, None, :]).reshape(len(matrix), -1)
        total, first, second = (np.cumsum(risk * x, axis=0)[last] for x in (np.ones((len(matrix), 1)), matrix, squares))
        mean = first / total
        information = (second / total).sum(axis=0).reshape(2 * (matrix.shape[1],)) - mean.T @ mean
        return linear[event == 1].sum() - np.log(total).sum() + np.linalg.slogdet(information)[1] / 2, None

    return _profile(likelihood, _highest(likelihood, np.zeros(matrix.shape[1]))[0], sd, names, first=0)


def _highest(likelihood, start, fixed=None, value=0.0):
    """Where the likelihood is highest, and its value; one coefficient may be held."""
    free = np.array([j for j in range(len(start)) if j != fixed], int)
    beta = np.array(start, float)
    if fixed is not None:
        beta[fixed] = value

    def negative(part):
        beta[free] = part
        value, score = likelihood(beta)
        return -value if score is None else (-value, -score[free])

    if free.size:
        exact = likelihood(beta)[1] is not None
        found = optimize.minimize(negative, beta[free], jac=exact, method="BFGS", options={"gtol": 1e-9})
        beta[free] = found.x
    return beta, likelihood(beta)[0]


def _profile(likelihood, coef, sd, names, first) -> FirthModel:
    top = likelihood(coef)[0]
    low, high, p = [], [], []
    for j in range(first, len(coef)):

        def excess(value, j=j):
            return top - _highest(likelihood, coef, j, value)[1] - _DROP

        low.append(_crossing(excess, coef[j], -1))
        high.append(_crossing(excess, coef[j], +1))
        p.append(stats.chi2.sf(max(2 * (excess(0.0) + _DROP), 0), 1))
    coef, low, high = (np.asarray(x) / sd[first:] for x in (coef[first:], low, high))
    with np.errstate(over="ignore"):
        return FirthModel(names, coef, np.exp(coef), np.exp(low), np.exp(high), np.array(p))


def _crossing(excess, start, side):
    """Where the profile has fallen far enough on this side; infinite if it never does."""
    step = 0.5
    inner = start
    while abs(inner + side * step - start) < _FAR:
        outer = inner + side * step
        if excess(outer) > 0:
            return optimize.brentq(excess, *sorted((inner, outer)), xtol=1e-10)
        inner, step = outer, 2 * step
    return side * np.inf
