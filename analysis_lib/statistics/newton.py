"""Newton's method for the likelihoods of many samples at once.

All samples take their steps side by side; one whose estimate does not exist gets NaN and stops no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.base.checks import Floats

_STEPS = 100
# Of the last step, in the covariates' units. Under separation steps stay near 1.
_CONVERGED = 1e-9
# More than the decrement of a step of 1 in a sample of some hundred patients.
_FAR = 10
# The information's determinant, its diagonal scaled to 1, and that diagonal against the first step's.
_SINGULAR, _VANISHED = 1e-11, 1e-7


Derivatives = Callable[[Floats, NDArray[np.intp]], tuple[NDArray, NDArray]]


@dataclass(frozen=True, eq=False)
class Fits:
    """Fitted models of m samples with k coefficients each; NaN where there is no finite estimate.

    Attributes
    ----------
    coef : ndarray, shape (m, k)
    covariance : ndarray, shape (m, k, k)
        Inverse information. Only of whole-number weights does it speak of sampling error.
    """

    coef: Floats
    covariance: Floats


def maximise(derivatives: Derivatives, samples: int, coefficients: int) -> Fits:
    """Maximum-likelihood estimates by damped Newton steps from zero.

    Parameters
    ----------
    derivatives
        ``derivatives(beta, rows)`` gives the score, shape (r, k), and the information, (r, k, k), of
        the samples numbered ``rows`` at their coefficients ``beta``, (r, k).
    samples, coefficients : int
        m and k.

    Returns
    -------
    Fits

    References
    ----------
    Damping: Nesterov Y, Nemirovskii A. Interior-point polynomial algorithms in convex programming.
    SIAM 1994, chapter 2.
    """
    shape = (samples, coefficients)
    coef, covariance, beta = np.full(shape, np.nan), np.full((*shape, coefficients), np.nan), np.zeros(shape)
    rows, at_first = np.arange(samples), None
    for _ in range(_STEPS):
        if not rows.size:
            break
        with np.errstate(over="ignore", invalid="ignore"):
            score, information = derivatives(beta[rows], rows)
            covariances = inverse(information)
            step = np.einsum("mij,mj->mi", covariances, score)
            # Damped where the likelihood is far from a parabola, whole near its top. Its decrement grows with
            # the number of patients, and the way does not: of very many, the step itself says how far off.
            size = np.abs(step).max(axis=1)
            decrement = np.sqrt(np.maximum(np.einsum("mi,mi->m", score, step), 0))
            damping = np.where(decrement > 0.5, np.minimum(decrement, _FAR * size), 0)
        diagonal = np.einsum("mii->mi", information)
        at_first = diagonal if at_first is None else at_first
        alive = np.isfinite(step).all(axis=1) & (diagonal > _VANISHED * at_first[rows]).all(axis=1)
        done = alive & (size < _CONVERGED)
        coef[rows[done]], covariance[rows[done]] = (beta[rows] + step)[done], covariances[done]
        go = alive & ~done
        beta[rows[go]] += (step / (1 + damping)[:, None])[go]
        rows = rows[go]
    return Fits(coef, covariance)


def inverse(matrices: Floats) -> Floats:
    """Inverse of each symmetric matrix, shape (m, k, k); NaN where it has none."""
    diagonal = np.einsum("mii->mi", matrices)
    with np.errstate(all="ignore"):
        size = np.sqrt(diagonal)
        scaled = matrices / (size[:, :, None] * size[:, None, :])
        good = np.isfinite(scaled).all(axis=(1, 2))
        good[good] = np.linalg.det(scaled[good]) > _SINGULAR
        found = np.full(matrices.shape, np.nan)
        found[good] = np.linalg.inv(scaled[good]) / (size[good][:, :, None] * size[good][:, None, :])
    return found
