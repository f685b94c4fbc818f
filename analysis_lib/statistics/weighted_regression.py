"""Weighted Cox and logistic models of many samples at once, for weighting and the bootstrap.

Arrays have one row a sample and one column a patient. A weight is how often a patient counts: a
whole number where a bootstrap has drawn him so often, any number from 0 in weighting; a patient of
weight 0 is not there, which also fills up samples of unequal size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis_lib.base.checks import Floats, Integers
from analysis_lib.statistics import newton
from analysis_lib.statistics.newton import Fits


def cox(time: Floats, event: NDArray, covariates: Floats, weights: Floats, strata: Integers | None = None) -> Fits:
    """Cox proportional hazards models with Breslow ties, weighted and stratified.

    Parameters
    ----------
    time, event, weights : ndarray, shape (m, n)
    covariates : ndarray, shape (m, n, k)
    strata : ndarray of int, shape (m, n), optional
        Each stratum has its own baseline hazard.

    Returns
    -------
    Fits

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Breslow N. Biometrics 1974;30:89-99. Weights: Binder DA.
    Biometrika 1992;79:139-147.

    Examples
    --------
    One sample, whose ratio solves 2 r / (r + 3) = 1; the fifth patient has weight 0.

    >>> time, event = np.array([[1.0, 1, 2, 3, 1]]), np.array([[1, 1, 0, 0, 1]])
    >>> exposed, weights = np.array([[[1.0], [0], [0], [0], [1]]]), np.array([[1.0, 1, 1, 1, 0]])
    >>> np.exp(cox(time, event, exposed, weights).coef).round(6).tolist()
    [[3.0]]
    """
    strata = np.zeros(time.shape, np.int64) if strata is None else strata
    # Within a stratum the last to leave come first: a running sum is then over those at risk.
    order = np.lexsort((-time, strata), axis=1)
    time, event, weights, strata = (np.take_along_axis(a, order, axis=1) for a in (time, event, weights, strata))
    x, scale, _ = _standardised(np.take_along_axis(covariates, order[:, :, None], axis=1), weights)
    opens = np.diff(strata, axis=1, prepend=-1) != 0
    closes = np.diff(time, axis=1, append=np.nan) != 0
    closes |= np.roll(opens, -1, axis=1)
    n = time.shape[1]
    column = np.broadcast_to(np.arange(n), time.shape)
    stratum_start = np.maximum.accumulate(np.where(opens, column, 0), axis=1)
    tie_end = np.minimum.accumulate(np.where(closes, column, n)[:, ::-1], axis=1)[:, ::-1]
    # Only events enter a step: the rows' events side by side, filled up with weight 0.
    count = (event > 0).sum(axis=1)
    at = np.argsort(~(event > 0), axis=1, kind="stable")[:, : count.max(initial=0)]
    event_weight = np.where(np.arange(at.shape[1]) < count[:, None], np.take_along_axis(weights, at, axis=1), 0.0)
    first, beyond = np.take_along_axis(stratum_start, at, axis=1), np.take_along_axis(tie_end, at, axis=1) + 1
    observed = np.einsum("me,mek->mk", event_weight, np.take_along_axis(x, at[:, :, None], axis=1))
    k = x.shape[2]
    powers = _powers(x)

    def derivatives(beta: Floats, rows: NDArray[np.intp]) -> tuple[NDArray, NDArray]:
        here, share = powers[rows], event_weight[rows][:, :, None]
        hazard = weights[rows] * np.exp(np.einsum("mnk,mk->mn", here[:, :, 1 : k + 1], beta))
        # The first sum is over nobody.
        sums = np.zeros((len(here), n + 1, here.shape[2]))
        np.cumsum(hazard[:, :, None] * here, axis=1, out=sums[:, 1:])
        each = np.arange(len(here))[:, None]
        at_risk = sums[each, beyond[rows]] - sums[each, first[rows]]
        total = np.where(at_risk[:, :, :1] > 0, at_risk[:, :, :1], 1.0)
        means = at_risk[:, :, 1 : k + 1] / total
        score = observed[rows] - (share * means).sum(axis=1)
        squares = (share * at_risk[:, :, k + 1 :] / total).sum(axis=1).reshape(-1, k, k)
        return score, squares - np.matmul((share * means).transpose(0, 2, 1), means)

    fits = newton.maximise(derivatives, len(x), k)
    return Fits(fits.coef / scale, fits.covariance / (scale[:, :, None] * scale[:, None, :]))


def logistic(covariates: Floats, outcome: NDArray, weights: Floats, firth: bool = False) -> Fits:
    """Logistic regression with a constant, by maximum likelihood or with Firth's correction.

    Parameters
    ----------
    covariates : ndarray, shape (m, n, k)
    outcome, weights : ndarray, shape (m, n)
    firth : bool
        Whether the likelihood is penalised by the root of the information's determinant, so that
        the estimate is finite also under separation.

    Returns
    -------
    Fits
        k + 1 coefficients, the constant first.

    References
    ----------
    Firth D. Biometrika 1993;80:27-38. Heinze G, Schemper M. Stat Med 2002;21:2409-2419.

    Examples
    --------
    Of two patients without the covariate and three with it, one each has the outcome: the odds are
    1 and 1/2.

    >>> x, y = np.array([[[0.0], [0], [1], [1], [1]]]), np.array([[0, 1, 0, 0, 1]])
    >>> fits = logistic(x, y, np.ones((1, 5)))
    >>> probabilities(fits, x).round(3).tolist()
    [[0.5, 0.5, 0.333, 0.333, 0.333]]
    """
    x, scale, mean = _standardised(covariates, weights)
    x = np.concatenate([np.ones_like(x[:, :, :1]), x], axis=2)

    def derivatives(beta: Floats, rows: NDArray[np.intp]) -> tuple[NDArray, NDArray]:
        here, w = x[rows], weights[rows]
        p = 1 / (1 + np.exp(-np.einsum("mnk,mk->mn", here, beta)))
        variance = w * p * (1 - p)
        information = np.matmul((here * variance[:, :, None]).transpose(0, 2, 1), here)
        residual = w * (outcome[rows] - p)
        if firth:
            leverage = variance * np.einsum("mni,mni->mn", np.matmul(here, newton.inverse(information)), here)
            residual = residual + leverage * (0.5 - p)
        return np.einsum("mn,mnk->mk", residual, here), information

    fits = newton.maximise(derivatives, len(x), x.shape[2])
    # Back to the covariates' units: the constant takes up what their means contribute.
    back = np.zeros((*fits.coef.shape, fits.coef.shape[1]))
    back[:, range(1, back.shape[1]), range(1, back.shape[1])] = 1 / scale
    back[:, 0, 0], back[:, 0, 1:] = 1, -mean / scale
    return Fits(np.einsum("mij,mj->mi", back, fits.coef), back @ fits.covariance @ back.transpose(0, 2, 1))


def probabilities(fits: Fits, covariates: Floats) -> Floats:
    """Fitted probabilities of logistic models, shape (m, n)."""
    linear = fits.coef[:, :1] + np.einsum("mnk,mk->mn", covariates, fits.coef[:, 1:])
    return 1 / (1 + np.exp(-linear))


def _standardised(covariates: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Covariates with mean 0 and SD 1 among those who count, so that steps do not depend on the units.

    Their SDs and means, shape (m, k), come along.
    """
    w = (weights / weights.sum(axis=1, keepdims=True))[:, :, None]
    mean = (w * covariates).sum(axis=1, keepdims=True)
    sd = np.sqrt((w * (covariates - mean) ** 2).sum(axis=1))
    sd = np.where(sd > 1e-9 * (1 + np.abs(mean[:, 0])), sd, 1.0)
    return np.where(w > 0, (covariates - mean) / sd[:, None, :], 0.0), sd, mean[:, 0]


def _powers(x: Floats) -> Floats:
    """One, the covariates and their products side by side, shape (m, n, 1 + k + k²)."""
    products = (x[:, :, :, None] * x[:, :, None, :]).reshape(*x.shape[:2], -1)
    return np.concatenate([np.ones_like(x[:, :, :1]), x, products], axis=2)
