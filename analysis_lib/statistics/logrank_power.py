"""Power of a log-rank test by Schoenfeld's formula, from the number of events."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis_lib.base import checks
from analysis_lib.base.checks import Floats
from analysis_lib.base.units import Z95


def power(events: float, hr: ArrayLike, share: float) -> Floats:
    """Power of a two-sided log-rank test at 5%, for true hazard ratios.

    Parameters
    ----------
    events : float
        Events in both groups together.
    hr : array_like
        True ratios, positive. At the ratio that the study itself observed, power repeats the p value.
    share : float
        Share of the patients in the first group.

    Returns
    -------
    ndarray
        The chance of p below 0.05, in either direction.

    References
    ----------
    Schoenfeld D. Biometrika 1981;68:316-319. Hoenig JM, Heisey DM. Am Stat 2001;55:19-24 (on observed power).

    Examples
    --------
    >>> power(66, [0.5, 1.0], share=0.5).round(3).tolist()
    [0.804, 0.05]
    """
    shift = np.log(checks.positive("hazard ratio", hr)) * _root_information(events, share)
    return special.ndtr(shift - Z95) + special.ndtr(-shift - Z95)


def events_needed(hr: float, share: float, power: float = 0.8) -> int:
    """Fewest events with which a two-sided log-rank test at 5% has a power at a true hazard ratio.

    Parameters
    ----------
    hr, share, power
        As :func:`power`, with a ratio other than 1.

    References
    ----------
    Schoenfeld DA. Biometrics 1983;39:499-503.

    Examples
    --------
    >>> events_needed(0.5, share=0.5)
    66
    """
    return math.ceil(((Z95 + special.ndtri(power)) / (np.log(hr) * _root_information(1, share))) ** 2)


def detectable_ratio(events: float, share: float, power: float = 0.8) -> float:
    """Detectable hazard ratio below 1: weakest that a two-sided log-rank test at 5% finds with a power.

    Parameters
    ----------
    events, share, power
        As :func:`power`.

    Examples
    --------
    >>> round(detectable_ratio(66, share=0.5), 3)
    0.502
    """
    return float(np.exp(-(Z95 + special.ndtri(power)) / _root_information(events, share)))


def _root_information(events: float, share: float) -> float:
    """Reciprocal of the standard error of a log hazard ratio near 1."""
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    return float(np.sqrt(checks.positive("events", events) * share * (1 - share)))
