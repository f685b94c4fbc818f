"""Cox models of a binary exposure, for many cohorts at once, and the test of proportional hazards.

Such a model needs no more of its patients than, at each time with an event, how many with and
without the exposure were at risk and how many had the event. These counts are drawn up for all
cohorts together. Patients may enter late, so that a patient can come over from the unexposed to the
exposed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis_lib.base.checks import Floats
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import Z95
from analysis_lib.statistics import newton
from analysis_lib.statistics.near_ties import merge_near_ties

NO_EVENTS = "nobody had an event"
NO_CONTRAST = "there is nobody to compare with: at each event all at risk were exposed, or none"
SEPARATED_NONE = "no exposed patient had an event while others were at risk: the ratio tends to 0"
SEPARATED_ALL = "only exposed patients had events while others were at risk: the ratio tends to infinity"


@dataclass(frozen=True, eq=False)
class RiskTables:
    """Patients at risk and events at each distinct time of an event in each cohort.

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

    labels: NDArray
    cohort: NDArray[np.intp]
    time: Floats
    at_risk: NDArray
    events: NDArray

    def sums(self, values: NDArray) -> NDArray:
        """Sum of a value of each table by cohort, shape (cohorts,)."""
        return np.bincount(self.cohort, weights=values, minlength=self.labels.size)


def risk_tables(
    cohort: ArrayLike, stop: ArrayLike, event: ArrayLike, exposed: ArrayLike, start: ArrayLike | None = None
) -> RiskTables:
    """Count the patients at risk and the events of all cohorts.

    Parameters
    ----------
    cohort : array_like, shape (n,)
        Number of each row's cohort.
    stop : array_like, shape (n,)
        Time of the event or the censoring.
    event, exposed : array_like, shape (n,)
        1 or True: an event at `stop`; exposed during the row.
    start : array_like, shape (n,), optional
        A row is at risk at times t with ``start < t <= stop``; all from the beginning by default.
        (statsmodels' ``PHReg(entry=...)`` counts it at ``start`` too, R does not.)

    Returns
    -------
    RiskTables

    Raises
    ------
    ValueError
        If a row ends where it starts: it would be at risk at no time.
    """
    stop = np.asarray(stop, float)
    start = np.full(stop.shape, -np.inf) if start is None else np.asarray(start, float)
    event, exposed = np.asarray(event, bool), np.asarray(exposed, bool)
    labels, code = np.unique(np.asarray(cohort), return_inverse=True)
    start, stop = np.split(merge_near_ties(np.concatenate([start, stop]), np.tile(code, 2)), 2)
    if (start >= stop).any():
        raise ValueError("start: must lie before stop")
    # A key orders by cohort, then time; whole numbers, so that no two times run together.
    late = np.isfinite(start)
    times, place = np.unique(np.concatenate([start[late], stop]), return_inverse=True)
    starts, stops = np.split(place, [late.sum()])
    begin = code[late] * times.size + starts
    end = code * times.size + stops
    keys, table = np.unique(end[event], return_inverse=True)
    cohort_of_table = keys // times.size
    beyond = (cohort_of_table + 1) * times.size
    at_risk, events = np.empty((2, keys.size), int), np.empty((2, keys.size), int)
    for side in (0, 1):
        members = exposed == side
        not_left, not_entered = (
            np.searchsorted(sorted_keys, beyond) - np.searchsorted(sorted_keys, keys)
            for sorted_keys in (np.sort(end[members]), np.sort(begin[members[late]]))
        )
        at_risk[side] = not_left - not_entered
        events[side] = np.bincount(table, weights=members[event], minlength=keys.size)
    return RiskTables(labels, cohort_of_table, times[keys % times.size], at_risk.T, events.T)


def cox(
    cohort: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    exposed: ArrayLike,
    start: ArrayLike | None = None,
    ties: str = "breslow",
) -> pd.DataFrame:
    """Cox proportional hazards model of a binary exposure, for each cohort.

    Parameters
    ----------
    cohort, stop, event, exposed, start
        As :func:`risk_tables`.
    ties : {"breslow", "efron"}
        How tied events enter the likelihood.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: ``coef`` and ``se`` of the log hazard ratio, ``hr`` with Wald's 95%
        limits ``ci_low`` and ``ci_high``, ``p``, ``events`` and ``events_exposed``, and ``reason``:
        blank, or why there is no estimate (whose numbers are then NaN).

    Raises
    ------
    ValueError
        If `ties` is unknown.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Breslow N. Biometrics 1974;30:89-99. Efron B. J Am Stat
    Assoc 1977;72:557-565.

    Examples
    --------
    Of the tied deaths at time 1 one is exposed, out of one exposed and three others at risk:
    2 hr / (hr + 3) = 1. In the second cohort only the exposed die.

    >>> found = cox([1, 1, 1, 1, 2, 2], [1, 1, 2, 3, 1, 2], [1, 1, 0, 0, 1, 0], [1, 0, 0, 0, 1, 0])
    >>> found["hr"].round(6).tolist()
    [3.0, nan]
    >>> found["reason"].tolist()[1]
    'only exposed patients had events while others were at risk: the ratio tends to infinity'
    """
    return fit(risk_tables(cohort, stop, event, exposed, start), ties)


def fit(tables: RiskTables, ties: str = "breslow") -> pd.DataFrame:
    """Cox model of a binary exposure from tables of those at risk; as :func:`cox`.

    The counts may be sums of weights, with Breslow's ties: the ratio is then the weighted one, and its
    standard error, limits and p value, which take weights for patients, mean nothing.

    Raises
    ------
    ValueError
        If `ties` is unknown.
    """
    if ties not in ("breslow", "efron"):
        raise ValueError(f"ties must be 'breslow' or 'efron', not {ties!r}")
    total, among_exposed = tables.sums(tables.events.sum(axis=1)), tables.sums(tables.events[:, 1])
    mixed = (tables.at_risk > 0).all(axis=1)
    unexposed_mixed, exposed_mixed = (tables.sums(tables.events[:, side] * mixed) for side in (0, 1))
    reason = np.select(
        [total == 0, unexposed_mixed + exposed_mixed == 0, exposed_mixed == 0, unexposed_mixed == 0],
        [NO_EVENTS, NO_CONTRAST, SEPARATED_NONE, SEPARATED_ALL],
        default="",
    ).astype(object)
    use = mixed & (reason == "")[tables.cohort]
    fits = newton.maximise(_derivatives(tables, use, ties), tables.labels.size, 1)
    coef, se = fits.coef[:, 0], np.sqrt(fits.covariance[:, 0, 0])
    half = Z95 * se
    return pd.DataFrame(
        {
            "coef": coef,
            "se": se,
            "hr": np.exp(coef),
            "ci_low": np.exp(coef - half),
            "ci_high": np.exp(coef + half),
            "p": 2 * special.ndtr(-np.abs(coef) / se),
            "events": total.astype(int),
            "events_exposed": among_exposed.astype(int),
            "reason": reason,
        },
        index=pd.Index(tables.labels, name="cohort"),
    )


def proportional_hazards(
    cohort: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    exposed: ArrayLike,
    transform: Callable[[Floats], Floats] = np.log,
    ties: str = "breslow",
) -> pd.DataFrame:
    """Score test of proportional hazards: does the log hazard ratio change with a function of time?

    Parameters
    ----------
    cohort, time, event, exposed : array_like, shape (n,)
        As :func:`risk_tables`, everyone at risk from the beginning.
    transform
        Of the times of events, elementwise.
    ties
        As :func:`cox`.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: ``chi2`` with one degree of freedom and ``p``; NaN where the ratio has no
        finite estimate.

    Raises
    ------
    InputError
        If no cohort has an estimate.

    References
    ----------
    Grambsch PM, Therneau TM. Biometrika 1994;81:515-526; in the form of R's ``cox.zph`` since
    survival 3.0, a score test.

    Examples
    --------
    All exposed who die do so early, all others late.

    >>> time, event, exposed = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0, 1, 1]
    >>> proportional_hazards([0] * 8, time, event, exposed).round(3).to_dict("records")
    [{'chi2': 3.799, 'p': 0.051}]
    """
    fits = cox(cohort, time, event, exposed, ties=ties)
    if (fits["reason"] != "").all():
        raise InputError(fits["reason"].iat[0])
    tables = risk_tables(cohort, time, event, exposed)
    row, at_risk, events = _terms(tables, np.arange(tables.time.size), ties)
    share = _share_exposed(at_risk, fits["coef"].to_numpy()[tables.cohort[row]])
    total = events.sum(axis=1)
    residual, variance = events[:, 1] - total * share, total * share * (1 - share)
    g = transform(tables.time)[row]
    score, v, vg, vgg = (
        np.bincount(tables.cohort[row], weights=x, minlength=tables.labels.size)
        for x in (g * residual, variance, g * variance, g * g * variance)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        information = vgg - vg**2 / v
        information[~(information > 1e-9 * vgg)] = np.nan
        chi2 = score**2 / information
    return pd.DataFrame({"chi2": chi2, "p": special.chdtrc(1, chi2)}, index=fits.index)


def _share_exposed(at_risk: NDArray, log_ratio: Floats) -> Floats:
    """Share of the exposed in the hazard of all at risk, shape (m,)."""
    hazard = at_risk[:, 1] * np.exp(log_ratio)
    return hazard / (at_risk[:, 0] + hazard)


def _terms(tables: RiskTables, row: NDArray[np.intp], ties: str) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Terms of the partial likelihood from some rows of the tables: row, at risk and events of each."""
    at_risk, events = tables.at_risk[row].astype(float), tables.events[row].astype(float)
    if ties == "efron":
        # Of d tied events the k-th is taken among those at risk less k/d of the tied.
        d = events.sum(axis=1).astype(int)
        k = np.arange(d.sum()) - np.repeat(np.cumsum(d) - d, d)
        row, at_risk, events = (np.repeat(x, d, axis=0) for x in (row, at_risk, events / d[:, np.newaxis]))
        at_risk = at_risk - k[:, np.newaxis] * events
    return row, at_risk, events


def _derivatives(tables: RiskTables, use: NDArray[np.bool_], ties: str) -> newton.Derivatives:
    """Score and information of the cohorts' partial likelihoods, from the tables to use."""
    row, at_risk, events = _terms(tables, np.flatnonzero(use), ties)
    cohort, total, exposed = tables.cohort[row], events.sum(axis=1), events[:, 1]

    def derivatives(beta: Floats, rows: NDArray[np.intp]) -> tuple[NDArray, NDArray]:
        log_ratio = np.zeros(tables.labels.size)
        log_ratio[rows] = beta[:, 0]
        share = _share_exposed(at_risk, log_ratio[cohort])
        score, information = (
            np.bincount(cohort, weights=x, minlength=log_ratio.size)[rows]
            for x in (exposed - total * share, total * share * (1 - share))
        )
        return score[:, None], information[:, None, None]

    return derivatives
