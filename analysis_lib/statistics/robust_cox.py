"""Weighted Cox model of one sample with robust limits, as R's ``coxph(weights =, robust = TRUE)``.

lifelines fits weights with Efron's ties alone, statsmodels with none: so it is written out here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis_lib.base import checks
from analysis_lib.base.checks import Floats
from analysis_lib.statistics import newton
from analysis_lib.statistics.near_ties import merge_near_ties


@dataclass(frozen=True, eq=False)
class RobustCox:
    """A Cox model of k covariates; NaN where there is no finite estimate.

    Attributes
    ----------
    coef : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
        Inverse information; of sampling error it speaks where all weights are 1.
    robust : ndarray, shape (k, k)
        Sandwich estimate, the weights taken as known.
    """

    coef: Floats
    covariance: Floats
    robust: Floats


def cox(
    time: ArrayLike, event: ArrayLike, covariates: ArrayLike, weights: ArrayLike | None = None, ties: str = "breslow"
) -> RobustCox:
    """Cox proportional hazards model with weights and a robust (sandwich) covariance.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        As `survival.kaplan_meier`.
    covariates : array_like, shape (n, k)
    weights : array_like, shape (n,), optional
        Positive; 1 by default.
    ties : {"breslow", "efron"}

    Returns
    -------
    RobustCox

    Raises
    ------
    ValueError
        If the times or events are no such, a weight is not positive, or `ties` is unknown.

    References
    ----------
    Lin DY, Wei LJ. J Am Stat Assoc 1989;84:1074-1078. Binder DA. Biometrika 1992;79:139-147. Ties with
    weights: Therneau TM, Grambsch PM. Modeling survival data. Springer 2000, sections 3.3 and 7.2.

    Examples
    --------
    Of the tied deaths at time 1 one is exposed, out of one exposed and three others: 2 r / (r + 3) = 1.

    >>> found = cox([1, 1, 2, 3], [1, 1, 0, 0], [[1.0], [0], [0], [0]])
    >>> np.exp(found.coef).round(6).tolist(), np.sqrt(found.robust[0]).round(4).tolist()
    ([3.0], [0.8165])
    """
    if ties not in ("breslow", "efron"):
        raise ValueError(f"ties must be 'breslow' or 'efron', not {ties!r}")
    time, died = checks.times_and_events(time, event)
    x = checks.finite("covariates", covariates)
    w = checks.positive("weights", np.ones(time.size) if weights is None else weights)
    mean, sd = x.mean(axis=0), x.std(axis=0)
    sd = np.where(sd > 1e-9 * (1 + np.abs(mean)), sd, 1.0)
    x = (x - mean) / sd
    # Patients by distinct time; sums over those at risk run back from the last.
    times, place = np.unique(merge_near_ties(time), return_inverse=True)
    order = np.argsort(place, kind="stable")
    x, w, died, place = x[order], w[order], died[order], place[order]
    first = np.searchsorted(place, np.arange(times.size))
    tied = np.add.reduceat(died, first)
    steps = np.maximum(tied, 1) if ties == "efron" else np.ones_like(tied)
    # Of d tied events the k-th is taken among those at risk less k/d of the tied; Breslow's take all.
    at = np.repeat(np.arange(times.size), steps)
    less = (np.arange(at.size) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[at]
    share = (np.add.reduceat(w * died, first) / steps)[at]
    there = share > 0
    at, less, share = at[there], less[there], share[there]

    def sums(values: Floats) -> Floats:
        """Sums over those at risk in each step, shape (steps, ...)."""
        by_time = np.add.reduceat(values, first, axis=0)
        events = np.add.reduceat((values.T * died).T, first, axis=0)
        at_risk = np.cumsum(by_time[::-1], axis=0)[::-1]
        return at_risk[at] - (events[at].T * less).T

    def moments(beta: Floats) -> tuple[Floats, Floats, Floats]:
        hazard = w * np.exp(x @ beta)
        total = sums(hazard)
        return hazard, total, sums(hazard[:, None] * x) / total[:, None]

    observed = (w * died) @ x

    def derivatives(beta: Floats, _: NDArray[np.intp]) -> tuple[Floats, Floats]:
        hazard, total, means = moments(beta[0])
        squares = np.empty((x.shape[1], x.shape[1]))
        for row, column in np.ndindex(squares.shape):
            squares[row, column] = share @ (sums(hazard * x[:, row] * x[:, column]) / total)
        return (observed - share @ means)[None], (squares - (share * means.T) @ means)[None]

    fits = newton.maximise(derivatives, 1, x.shape[1])
    coef, covariance = fits.coef[0], fits.covariance[0]
    if not np.isfinite(coef).all():
        return RobustCox(coef, covariance, covariance)
    _, total, means = moments(coef)
    # What each patient adds to the score: at an own event, less what was expected up to then.
    jump = share / total
    parts = np.column_stack([jump, jump[:, None] * means, jump * less, (jump * less)[:, None] * means])
    parts = np.column_stack([parts, means / np.bincount(at, minlength=times.size)[at][:, None]])
    by_time = np.zeros((times.size, parts.shape[1]))
    np.add.at(by_time, at, parts)
    k = x.shape[1]
    so_far, own, average = np.cumsum(by_time[:, : k + 1], axis=0), by_time[:, k + 1 : 2 * k + 2], by_time[:, -k:]
    expected = so_far[place] - died[:, None] * own[place]
    residual = died[:, None] * (x - average[place])
    residual -= np.exp(x @ coef)[:, None] * (x * expected[:, :1] - expected[:, 1:])
    influence = (w[:, None] * residual) @ covariance / sd
    scale = sd[:, None] * sd
    return RobustCox(coef / sd, covariance / scale, influence.T @ influence)
