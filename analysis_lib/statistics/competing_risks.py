"""Cumulative incidence of an event that another event can preclude."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis_lib.base import checks
from analysis_lib.statistics import survival
from analysis_lib.statistics.near_ties import TOLERANCE, merge_near_ties


def cumulative_incidence(time: ArrayLike, event: ArrayLike, competing: ArrayLike, at: float) -> float:
    """Cumulative incidence of an event at a time, with a competing risk (Aalen-Johansen).

    Parameters
    ----------
    time : array_like, shape (n,)
        Time to the first event of either kind, or to censoring.
    event, competing : array_like, shape (n,)
        1 or True for the event, and for the event that precludes it; neither for a censoring.
    at : float
        In the unit of `time`; an event at that very time counts.

    Returns
    -------
    float
        The share that has had the event; NaN if nobody was observed so long while some were still free of both.

    Raises
    ------
    ValueError
        As :func:`survival.kaplan_meier`, and if a patient has both events.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.

    Examples
    --------
    Of four patients one has the event, one dies before it could come, one has the event.

    >>> cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0], [0, 1, 0, 0], at=3)
    0.5
    """
    time, event = checks.times_and_events(time, event)
    either = event + checks.binary("competing", competing)
    if np.any(either > 1):
        raise ValueError("competing: a patient has one event or the other")
    time = merge_near_ties(time)
    curve = survival.kaplan_meier(time, either)
    reached = curve.time <= at + TOLERANCE * max(at, 1)
    if reached.all() and curve.survival[-1] > 0 and curve.time[-1] < at * (1 - TOLERANCE):
        return float("nan")
    events = np.bincount(np.searchsorted(curve.time, time), weights=event, minlength=curve.time.size)
    steps = np.r_[1.0, curve.survival[:-1]] * events / curve.at_risk
    return float(steps[reached].sum())
