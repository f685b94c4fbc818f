"""Bayesian reading of a published ratio: posterior under a normal prior on its logarithm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis_lib.base import checks
from analysis_lib.base.units import Z95


@dataclass(frozen=True)
class Posterior:
    """Posterior median of a ratio, its 95% credible interval, and the probability that it is below 1."""

    ratio: float
    low: float
    high: float
    below_one: float


def posterior(ratio: float, ci_low: float, ci_high: float, prior_low: float, prior_high: float) -> Posterior:
    """Posterior of a ratio from its estimate, its 95% interval and a normal prior on the log ratio.

    Parameters
    ----------
    ratio, ci_low, ci_high : float
        As published.
    prior_low, prior_high : float
        Ends of the prior's central 95%. A sceptical prior has its middle at 1, as 0.5 to 2 has.

    Returns
    -------
    Posterior

    Raises
    ------
    ValueError
        If a value is not positive, or limits are not in order.

    References
    ----------
    Spiegelhalter DJ, Freedman LS, Parmar MKB. J R Stat Soc A 1994;157:357-416.

    Examples
    --------
    Prior and data say as much as each other, so that the logarithm is halved.

    >>> posterior(0.25, 0.1, 0.625, 0.4, 2.5).ratio
    0.5
    """
    mean, precision = _normal(ratio, ci_low, ci_high)
    prior_mean, prior_precision = _normal(np.sqrt(prior_low * prior_high), prior_low, prior_high)
    total = precision + prior_precision
    middle, sd = (precision * mean + prior_precision * prior_mean) / total, total**-0.5
    low, estimate, high = np.exp(middle + np.array([-1, 0, 1]) * Z95 * sd)
    return Posterior(float(estimate), float(low), float(high), float(special.ndtr(-middle / sd)))


def scepticism_limit(ci_low: float, ci_high: float) -> float:
    """Scepticism limit: end of the 95% sceptical prior under which a significant ratio just stops being credible.

    With a prior centred on 1 whose central 95% reaches to this limit, the posterior interval touches 1. Who held
    stronger ratios for even less plausible beforehand is not convinced.

    Parameters
    ----------
    ci_low, ci_high : float
        The ratio's 95% interval, on one side of 1.

    Returns
    -------
    float
        On the ratio's own side of 1.

    Raises
    ------
    ValueError
        If the interval holds 1, or its limits are not positive and in order.

    References
    ----------
    Matthews RAJ. R Soc Open Sci 2018;5:171047.

    Examples
    --------
    >>> limit = scepticism_limit(0.2, 0.8)
    >>> round(limit, 3), round(posterior(0.4, 0.2, 0.8, limit, 1 / limit).high, 9)
    (0.449, 1.0)
    """
    _normal(ci_low, ci_low, ci_high)
    near, far = sorted(np.log([ci_low, ci_high]), key=abs)
    if near * far <= 0:
        raise ValueError("an interval that holds 1 has no scepticism limit")
    return float(np.exp(np.sign(near) * (far - near) ** 2 / (4 * np.sqrt(near * far))))


def _normal(ratio: float, low: float, high: float) -> tuple[float, float]:
    """Mean and precision of the log ratio."""
    values = [float(checks.positive("ratio", x)) for x in (low, ratio, high)]
    if values != sorted(values) or low == high:
        raise ValueError("a ratio lies between its limits")
    return float(np.log(ratio)), float((2 * Z95 / np.log(high / low)) ** 2)
