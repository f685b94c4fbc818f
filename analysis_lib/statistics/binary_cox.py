"""Cox models of one yes-or-no exposure, for many cohorts at once.

Such a model needs no more of its patients than, at each time with an event, how many with and
without the exposure were at risk and how many had the event. These counts are drawn up for all
cohorts together; Newton's steps then run on all of them side by side. Rows may begin late, so that
a patient can come over from the unexposed to the exposed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

_STEPS = 100
# A step in the log ratio is no longer than this: far out the likelihood is flat, and a step from there wild.
_LONGEST_STEP = 2.0
# Of the last Newton step, in standard errors.
_CONVERGED = 1e-10

NO_EVENTS = "nobody had an event"
NO_CONTRAST = "there is nobody to compare with: at each event all at risk were exposed, or none"
SEPARATED_NONE = "no exposed patient had an event while others were at risk: the ratio tends to 0"
SEPARATED_ALL = "only exposed patients had events while others were at risk: the ratio tends to infinity"


@dataclass(frozen=True, eq=False)
class RiskTables:
    """Who was at risk and who had the event, at each distinct time of an event in each cohort.

    Attributes
    ----------
    labels : ndarray, shape (cohorts,)
        The cohorts' numbers, ascending.
    cohort : ndarray of int, shape (m,)
        Position of each table's cohort among `labels`.
    time : ndarray, shape (m,)
        Of its events.
    at_risk, events : ndarray, shape (m, 2)
        Unexposed and exposed patients at risk just before the time, and their events at it.
    """

    labels: np.ndarray
    cohort: np.ndarray
    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray


def risk_tables(cohort, start, stop, event, exposed) -> RiskTables:
    """Draw up the tables of all cohorts.

    Parameters
    ----------
    cohort : array_like, shape (n,)
        Number of each row's cohort.
    start, stop : array_like, shape (n,)
        A row is at risk at times t with ``start < t <= stop``; ``-inf`` is from the beginning.
    event, exposed : array_like, shape (n,)
        1 or True: an event at `stop`; exposed during the row.

    Returns
    -------
    RiskTables
    """
    start, stop = np.asarray(start, float), np.asarray(stop, float)
    event, exposed = np.asarray(event, bool), np.asarray(exposed, bool)
    labels, code = np.unique(cohort, return_inverse=True)
    # A key orders by cohort, then time; whole numbers, so that no two times run together.
    late = np.isfinite(start)
    times, place = np.unique(np.concatenate([start[late], stop]), return_inverse=True)
    starts, stops = np.split(place, [late.sum()])
    begin = code[late] * times.size + starts
    end = code * times.size + stops
    when, which = np.unique(end[event], return_inverse=True)
    of = when // times.size
    beyond = (of + 1) * times.size
    at_risk, events = np.empty((2, when.size), int), np.empty((2, when.size), int)
    for side in (0, 1):
        mine = exposed == side
        still, not_yet = (
            np.searchsorted(keys, beyond) - np.searchsorted(keys, when)
            for keys in (np.sort(end[mine]), np.sort(begin[mine[late]]))
        )
        at_risk[side] = still - not_yet
        events[side] = np.bincount(which, weights=mine[event], minlength=when.size)
    return RiskTables(labels, of, times[when % times.size], at_risk.T, events.T)


def cox(cohort, start, stop, event, exposed, ties: str = "breslow") -> pd.DataFrame:
    """A Cox model of the exposure for each cohort.

    Parameters
    ----------
    cohort, start, stop, event, exposed
        As :func:`risk_tables`.
    ties : {"breslow", "efron"}
        How tied events enter the likelihood.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: ``coef`` and ``se`` of the log hazard ratio, ``hr`` with Wald's 95%
        limits ``ci_low`` and ``ci_high``, ``p``, ``events`` and ``events_exposed``, and ``reason``:
        blank, or why there is no estimate (whose numbers are then NaN).

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Breslow N. Biometrics 1974;30:89-99. Efron B. J Am Stat
    Assoc 1977;72:557-565.
    """
    if ties not in ("breslow", "efron"):
        raise ValueError(f"ties must be 'breslow' or 'efron', not {ties!r}")
    tables = risk_tables(cohort, start, stop, event, exposed)
    cohorts = tables.labels.size
    total = _sum(tables, tables.events.sum(axis=1), cohorts)
    among_exposed = _sum(tables, tables.events[:, 1], cohorts)
    mixed = (tables.at_risk > 0).all(axis=1)
    unexposed_mixed, exposed_mixed = (_sum(tables, tables.events[:, k] * mixed, cohorts) for k in (0, 1))
    reason = np.select(
        [total == 0, unexposed_mixed + exposed_mixed == 0, exposed_mixed == 0, unexposed_mixed == 0],
        [NO_EVENTS, NO_CONTRAST, SEPARATED_NONE, SEPARATED_ALL],
        default="",
    ).astype(object)
    known = reason == ""
    coef, se = np.full(cohorts, np.nan), np.full(cohorts, np.nan)
    use = mixed & known[tables.cohort]
    if use.any():
        coef[known], se[known] = _newton(*_terms(tables, use, ties), cohorts, known)
    half = stats.norm.isf(0.025) * se
    return pd.DataFrame(
        {
            "coef": coef,
            "se": se,
            "hr": np.exp(coef),
            "ci_low": np.exp(coef - half),
            "ci_high": np.exp(coef + half),
            "p": 2 * stats.norm.sf(np.abs(coef) / se),
            "events": total.astype(int),
            "events_exposed": among_exposed.astype(int),
            "reason": reason,
        },
        index=pd.Index(tables.labels, name="cohort"),
    )


def _sum(tables: RiskTables, values: np.ndarray, cohorts: int) -> np.ndarray:
    return np.bincount(tables.cohort, weights=values, minlength=cohorts)


def _terms(tables: RiskTables, use: np.ndarray, ties: str) -> tuple[np.ndarray, ...]:
    """Each factor of the likelihoods: cohort, unexposed and exposed at risk, events, those exposed."""
    cohort, at_risk, events = tables.cohort[use], tables.at_risk[use].astype(float), tables.events[use].astype(float)
    if ties == "efron":
        # Of d tied events the k-th is taken among those at risk less k/d of the tied.
        d = events.sum(axis=1).astype(int)
        k = np.arange(d.sum()) - np.repeat(np.cumsum(d) - d, d)
        share = events / d[:, np.newaxis]
        cohort, at_risk, events = (np.repeat(x, d, axis=0) for x in (cohort, at_risk, share))
        at_risk = at_risk - k[:, np.newaxis] * events
    return cohort, at_risk[:, 0], at_risk[:, 1], events.sum(axis=1), events[:, 1]


def _newton(cohort, unexposed, exposed, events, events_exposed, cohorts, known) -> tuple[np.ndarray, np.ndarray]:
    beta, below, above = np.zeros(cohorts), np.full(cohorts, -np.inf), np.full(cohorts, np.inf)
    for _ in range(_STEPS):
        risk = exposed * np.exp(beta)[cohort]
        share = risk / (unexposed + risk)
        score = np.bincount(cohort, weights=events_exposed - events * share, minlength=cohorts)[known]
        information = np.bincount(cohort, weights=events * share * (1 - share), minlength=cohorts)[known]
        error = 1 / np.sqrt(information)
        step = np.clip(score * error**2, -_LONGEST_STEP, _LONGEST_STEP)
        if np.all(np.abs(step) < _CONVERGED * error):
            break
        # The score falls as beta rises: it tells on which side of here the estimate lies.
        now = beta[known]
        below[known] = np.where(score > 0, now, below[known])
        above[known] = np.where(score < 0, now, above[known])
        inside = (now + step >= below[known]) & (now + step <= above[known])
        with np.errstate(invalid="ignore"):  # of limits still infinite, inside which any step is
            beta[known] = np.where(inside, now + step, (below[known] + above[known]) / 2)
    return beta[known], error
