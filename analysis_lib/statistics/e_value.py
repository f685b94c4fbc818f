"""E-value: how strong unmeasured confounding would have to be to explain a ratio away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.base import checks


@dataclass(frozen=True)
class EValue:
    """E-values of an estimate and of the limit of its interval that is nearer to 1."""

    estimate: float
    limit: float


def risk_ratio(hr: float) -> float:
    """Approximate risk ratio of a common outcome, from its hazard ratio.

    Parameters
    ----------
    hr : float
        Positive.

    Returns
    -------
    float
        ``(1 - 0.5^sqrt(hr)) / (1 - 0.5^sqrt(1/hr))``. An outcome is common if more than about 15%
        have it by the end of follow-up; of a rare one the hazard ratio serves as it is.

    References
    ----------
    VanderWeele TJ. Biometrics 2020;76:746-752.

    Examples
    --------
    >>> round(risk_ratio(0.56), 3)
    0.67
    """
    hr = float(checks.positive("hazard ratio", hr))
    return float((1 - 0.5 ** np.sqrt(hr)) / (1 - 0.5 ** np.sqrt(1 / hr)))


def e_value(ratio: float, ci_low: float, ci_high: float) -> EValue:
    """E-value of a risk ratio and its interval.

    The least ratio that an unmeasured confounder would need with both the treatment and the
    outcome, beyond what is adjusted for, to move the ratio (or its limit) to 1.

    Parameters
    ----------
    ratio, ci_low, ci_high : float
        A risk ratio and its limits, positive and in order.

    Returns
    -------
    EValue
        ``r + sqrt(r (r - 1))`` of the ratio or its reciprocal, whichever is above 1; 1 for the
        limit if the interval holds 1.

    Raises
    ------
    ValueError
        If a value is not positive and finite, or the ratio is outside its limits.

    References
    ----------
    VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-274.

    Examples
    --------
    >>> found = e_value(2.0, 1.25, 3.2)
    >>> round(found.estimate, 2), round(found.limit, 2)
    (3.41, 1.81)
    """
    values = [float(checks.positive("ratio", x)) for x in (ci_low, ratio, ci_high)]
    if values != sorted(values):
        raise ValueError("a ratio lies between its limits")
    low, ratio, high = values
    limit = 1.0 if low <= 1 <= high else min((low, high), key=lambda x: abs(np.log(x)))
    return EValue(_e_value(ratio), _e_value(limit))


def _e_value(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))


def e_value_of_hazard_ratio(hr: float, ci_low: float, ci_high: float, common: bool) -> EValue:
    """E-value of a hazard ratio and its interval.

    Parameters
    ----------
    hr, ci_low, ci_high : float
        Positive and in order.
    common : bool
        Whether more than about 15% have the outcome: the ratio is then made a risk ratio first.

    Returns
    -------
    EValue

    Raises
    ------
    ValueError
        As `e_value`.

    References
    ----------
    VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-274, table 2.

    Examples
    --------
    >>> found = e_value_of_hazard_ratio(0.56, 0.46, 0.69, common=True)
    >>> round(found.estimate, 2), round(found.limit, 2)
    (2.35, 1.91)
    """
    ratios = (hr, ci_low, ci_high)
    return e_value(*map(risk_ratio, ratios)) if common else e_value(*ratios)
