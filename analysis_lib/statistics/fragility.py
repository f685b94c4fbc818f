"""Fragility index: how few outcomes must change for a p value to cross the limit of significance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis_lib.base import checks
from analysis_lib.statistics import contingency, survival
from analysis_lib.statistics.near_ties import merge_near_ties

_SIGNIFICANT = 0.05


def fragility_index(table: ArrayLike) -> int | None:
    """Fragility index of a 2×2 table: fewest patients whose outcome must change for Fisher's p to cross 0.05.

    Parameters
    ----------
    table : array_like, shape (2, 2)
        A row for each outcome, a column for each group. The groups keep their sizes.

    Returns
    -------
    int or None
        Counted over both groups and in both directions, for p values on either side of 0.05; None if no outcomes
        of groups of these sizes cross it.

    Raises
    ------
    ValueError
        If the table is not 2×2, or a count is not a whole number from 0.

    References
    ----------
    Walsh M, et al. J Clin Epidemiol 2014;67:622-628 (one group, towards p above alpha). Lin L. J Eval Clin Pract
    2021;27:505-516 (both groups, either direction).

    Examples
    --------
    >>> fragility_index([[15, 6], [25, 34]]), fragility_index([[15, 8], [25, 32]])
    (1, 2)
    """
    counts = checks.counts(table)
    if counts.shape != (2, 2):
        raise ValueError(f"a fragility index is of a 2×2 table, not of one of shape {counts.shape}")
    events, sizes = counts[0], counts.sum(axis=0)

    def significant(events: ArrayLike) -> bool:
        return contingency.fisher_exact(np.array([events, sizes - events])) < _SIGNIFICANT

    before = significant(events)
    for changed in range(1, sizes.sum() + 1):
        for first in range(-changed, changed + 1):
            rest = changed - abs(first)
            for moved in {events[1] - rest, events[1] + rest}:
                other = np.array([events[0] + first, moved])
                if (other >= 0).all() and (other <= sizes).all() and significant(other) != before:
                    return changed
    return None


def logrank_fragility(time: ArrayLike, event: ArrayLike, exposed: ArrayLike) -> int | None:
    """Fragility index of a log-rank test: fewest more events in the exposed group that take p to 0.05.

    An exposed patient who was censored then has the event at the same time, as if the last visit had found it.

    Parameters
    ----------
    time, event, exposed : array_like, shape (n,)
        1 or True for an event, and for a patient of the group that fares better.

    Returns
    -------
    int or None
        0 if p is not below 0.05; None if it stays below whoever of the exposed has the event.

    Raises
    ------
    ValueError
        As :func:`survival.logrank`.

    Notes
    -----
    Patients at risk stay the same, so each event more adds the share of the unexposed at risk to observed less
    expected. Events are added where that share is greatest. That makes the fewest where no two times are equal; many
    tied events change the variance too, and fewer may then do.

    Examples
    --------
    >>> exposed = [0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1]
    >>> logrank_fragility(range(1, 13), [1] * 6 + [0] * 6, exposed)
    2
    """
    time, event = checks.times_and_events(time, event)
    time, exposed = merge_near_ties(time), checks.binary("exposed", exposed)
    event = event.copy()
    censored = np.flatnonzero((exposed == 1) & (event == 0))
    share = np.array([np.mean(exposed[time >= time[k]] == 0) for k in censored])
    for added, patient in enumerate([None, *censored[np.argsort(-share, kind="stable")]]):
        if patient is not None:
            event[patient] = 1
        if not survival.logrank(time, event, exposed).p < _SIGNIFICANT:
            return added
    return None
