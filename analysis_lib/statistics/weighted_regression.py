"""Weighted Cox and logistic models of many samples at once, for weighting and the bootstrap.

Arrays have one row a sample and one column a patient. A weight is how often a patient counts: a
whole number where a bootstrap has drawn him so often, any number from 0 in weighting; a patient of
weight 0 is not there, which also fills up samples of unequal size. All samples take Newton's steps
side by side; one whose estimate does not exist gets NaN and stops no other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_STEPS = 100
# Of the last step, in standard deviations of the covariate. Under separation steps stay near 1.
_CONVERGED = 1e-9
# The information's determinant, its diagonal scaled to 1, and that diagonal against the first step's.
_SINGULAR, _VANISHED = 1e-11, 1e-7


@dataclass(frozen=True, eq=False)
class Fits:
    """Fitted models of m samples with k coefficients each; NaN where there is no finite estimate.

    Attributes
    ----------
    coef : ndarray, shape (m, k)
    covariance : ndarray, shape (m, k, k)
        Inverse information. Only of whole-number weights does it speak of sampling error.
    """

    coef: np.ndarray
    covariance: np.ndarray


def cox(time, event, covariates, weights, strata=None) -> Fits:
    """Cox models with Breslow ties.

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
    """
    strata = np.zeros(time.shape, int) if strata is None else strata
    # Within a stratum the last to leave come first: a running sum is then over those at risk.
    order = np.lexsort((-time, strata), axis=1)
    time, event, weights, strata = (np.take_along_axis(a, order, axis=1) for a in (time, event, weights, strata))
    x, scale = _standardised(np.take_along_axis(covariates, order[:, :, None], axis=1), weights)
    opens = np.diff(strata, axis=1, prepend=-1) != 0
    closes = np.diff(time, axis=1, append=np.nan) != 0
    closes |= np.roll(opens, -1, axis=1)
    n = time.shape[1]
    column = np.broadcast_to(np.arange(n), time.shape)
    before = np.maximum.accumulate(np.where(opens, column, 0), axis=1)
    last = np.minimum.accumulate(np.where(closes, column, n)[:, ::-1], axis=1)[:, ::-1]
    # Only events enter a step: the rows' events side by side, filled up with weight 0.
    count = (event > 0).sum(axis=1)
    at = np.argsort(~(event > 0), axis=1, kind="stable")[:, : count.max(initial=0)]
    d = np.where(np.arange(at.shape[1]) < count[:, None], np.take_along_axis(weights, at, axis=1), 0.0)
    first, to = np.take_along_axis(before, at, axis=1), np.take_along_axis(last, at, axis=1) + 1
    own = np.einsum("me,mek->mk", d, np.take_along_axis(x, at[:, :, None], axis=1))
    k = x.shape[2]
    powers = _powers(x)

    def derivatives(beta, rows):
        here, share = powers[rows], d[rows][:, :, None]
        risk = weights[rows] * np.exp(np.einsum("mnk,mk->mn", here[:, :, 1 : k + 1], beta))
        # The first sum is over nobody.
        sums = np.zeros((len(here), n + 1, here.shape[2]))
        np.cumsum(risk[:, :, None] * here, axis=1, out=sums[:, 1:])
        each = np.arange(len(here))[:, None]
        at_risk = sums[each, to[rows]] - sums[each, first[rows]]
        total = np.where(at_risk[:, :, :1] > 0, at_risk[:, :, :1], 1.0)
        means = at_risk[:, :, 1 : k + 1] / total
        score = own[rows] - (share * means).sum(axis=1)
        spread = (share * at_risk[:, :, k + 1 :] / total).sum(axis=1).reshape(-1, k, k)
        return score, spread - np.matmul((share * means).transpose(0, 2, 1), means)

    fits = _newton(derivatives, *x.shape[::2])
    return Fits(fits.coef / scale, fits.covariance / (scale[:, :, None] * scale[:, None, :]))


def logistic(covariates, outcome, weights, firth: bool = False) -> Fits:
    """Logistic models with a constant, by maximum likelihood or with Firth's correction.

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
    """
    x, scale, mean = _standardised(covariates, weights, centre=True)
    x = np.concatenate([np.ones_like(x[:, :, :1]), x], axis=2)

    def derivatives(beta, rows):
        here, w = x[rows], weights[rows]
        p = 1 / (1 + np.exp(-np.einsum("mnk,mk->mn", here, beta)))
        spread = w * p * (1 - p)
        information = np.matmul((here * spread[:, :, None]).transpose(0, 2, 1), here)
        residual = w * (outcome[rows] - p)
        if firth:
            inverse = _inverse(information)
            leverage = spread * np.einsum("mni,mni->mn", np.matmul(here, inverse), here)
            residual = residual + leverage * (0.5 - p)
        return np.einsum("mn,mnk->mk", residual, here), information

    fits = _newton(derivatives, *x.shape[::2])
    # Back to the covariates' units: the constant takes up what their means contribute.
    back = np.zeros((*fits.coef.shape, fits.coef.shape[1]))
    back[:, range(1, back.shape[1]), range(1, back.shape[1])] = 1 / scale
    back[:, 0, 0], back[:, 0, 1:] = 1, -mean / scale
    return Fits(np.einsum("mij,mj->mi", back, fits.coef), back @ fits.covariance @ back.transpose(0, 2, 1))


def probabilities(fits: Fits, covariates) -> np.ndarray:
    """Fitted probabilities of logistic models, shape (m, n)."""
    linear = fits.coef[:, :1] + np.einsum("mnk,mk->mn", covariates, fits.coef[:, 1:])
    return 1 / (1 + np.exp(-linear))


def _standardised(covariates, weights, centre=False):
    """Covariates with SD 1 among those who count, so that steps do not depend on the units."""
    w = (weights / weights.sum(axis=1, keepdims=True))[:, :, None]
    mean = (w * covariates).sum(axis=1, keepdims=True)
    sd = np.sqrt((w * (covariates - mean) ** 2).sum(axis=1))
    sd = np.where(sd > 1e-9 * (1 + np.abs(mean[:, 0])), sd, 1.0)
    x = np.where(w > 0, (covariates - mean) / sd[:, None, :], 0.0)
    return (x, sd, mean[:, 0]) if centre else (x, sd)


def _powers(x):
    """One, the covariates and their products side by side, shape (m, n, 1 + k + k²)."""
    products = (x[:, :, :, None] * x[:, :, None, :]).reshape(*x.shape[:2], -1)
    return np.concatenate([np.ones_like(x[:, :, :1]), x, products], axis=2)


def _inverse(information):
    """Inverse of each matrix; NaN where it has none."""
    diagonal = np.einsum("mii->mi", information)
    with np.errstate(all="ignore"):
        size = np.sqrt(diagonal)
        scaled = information / (size[:, :, None] * size[:, None, :])
        good = np.isfinite(scaled).all(axis=(1, 2))
        good[good] = np.linalg.det(scaled[good]) > _SINGULAR
        inverse = np.full(information.shape, np.nan)
        inverse[good] = np.linalg.inv(scaled[good]) / (size[good][:, :, None] * size[good][:, None, :])
    return inverse


def _newton(derivatives, m, k) -> Fits:
    """Newton's steps from zero; ``derivatives(beta, rows)`` gives score and information of some rows."""
    coef, covariance, beta = np.full((m, k), np.nan), np.full((m, k, k), np.nan), np.zeros((m, k))
    rows, at_first = np.arange(m), None
    for _ in range(_STEPS):
        if not rows.size:
            break
        with np.errstate(over="ignore", invalid="ignore"):
            score, information = derivatives(beta[rows], rows)
            inverse = _inverse(information)
            step = np.einsum("mij,mj->mi", inverse, score)
            # Damped where the likelihood is far from a parabola, whole near its top.
            decrement = np.sqrt(np.maximum(np.einsum("mi,mi->m", score, step), 0))
            size = np.abs(step).max(axis=1)
        diagonal = np.einsum("mii->mi", information)
        at_first = diagonal if at_first is None else at_first
        alive = np.isfinite(step).all(axis=1) & (diagonal > _VANISHED * at_first[rows]).all(axis=1)
        done = alive & (size < _CONVERGED)
        coef[rows[done]], covariance[rows[done]] = (beta[rows] + step)[done], inverse[done]
        go = alive & ~done
        beta[rows[go]] += (step / (1 + np.where(decrement > 0.5, decrement, 0))[:, None])[go]
        rows = rows[go]
    return Fits(coef, covariance)
