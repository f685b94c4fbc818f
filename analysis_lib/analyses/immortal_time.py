"""Immortal time bias: naive, landmark and time-dependent analyses of surgery.

Patients had to survive to have surgery: counting them as operated from the start of treatment
credits surgery with months in which they could not die. Three analyses stand side by side here, for
one cohort or for many in one frame: the naive one, the landmark analysis, and surgery as a
covariate that changes with time.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.base.checks import Floats
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_YEAR, MONTHS_PER_YEAR
from analysis_lib.statistics import binary_cox
from analysis_lib.statistics.near_ties import merge_near_ties

ENDPOINTS = {"os": "overall survival", "pfs": "progression-free survival"}
#: An operation on the day of death counts so much earlier, as in R's Stanford heart data.
HALF_A_DAY = 0.5 / DAYS_PER_YEAR


def naive(frame: pd.DataFrame, endpoint: str = "os", ties: str = "breslow") -> pd.DataFrame:
    """Naive hazard ratio of surgery: patients count as operated from the start.

    Parameters
    ----------
    frame : pandas.DataFrame
        One or more cohorts in the schema, as :func:`validation.load` returns them.
    endpoint : {"os", "pfs"}
    ties : {"breslow", "efron"}

    Returns
    -------
    pandas.DataFrame
        As :func:`binary_cox.cox`, one row a cohort.

    Raises
    ------
    InputError
        If a column is missing or blank, or no cohort has an estimate; says why.

    Examples
    --------
    The Stanford heart transplants, in `data/examples`.

    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> naive(hearts)[["hr", "ci_low", "ci_high"]].round(2).iloc[0].tolist()
    [0.27, 0.17, 0.43]
    """
    frame, time, event = _endpoint(frame, endpoint)
    operated = (frame["group"] == "surgery").to_numpy()
    found = binary_cox.cox(frame["cohort"], time, event, operated, ties=ties)
    return _require_estimate(found)


def landmark(frame: pd.DataFrame, months: float, endpoint: str = "os", ties: str = "breslow") -> pd.DataFrame:
    """Landmark analysis: hazard ratio, from the landmark on, of those operated on by then.

    Parameters
    ----------
    frame, endpoint, ties
        As :func:`naive`.
    months : float
        The landmark, from the start of PRRT. Who died, progressed (for ``"pfs"``) or left
        observation by then is not counted; who was operated on later counts as not operated.

    Returns
    -------
    pandas.DataFrame
        As :func:`binary_cox.cox`, one row a cohort with patients beyond the landmark, and ``patients``
        and ``operated``: how many were counted.

    Raises
    ------
    InputError
        As :func:`naive`, and if the time of an operation is not known or nobody is left.

    References
    ----------
    Anderson JR, Cain KC, Gelber RD. J Clin Oncol 1983;1:710-719.

    Examples
    --------
    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> landmark(hearts, months=2)[["hr", "patients", "operated"]].round(2).iloc[0].tolist()
    [0.81, 64.0, 45.0]
    """
    frame, time, event = _endpoint(frame, endpoint)
    at = np.full(time.shape, months / MONTHS_PER_YEAR)
    time, surgery, at = _merged(frame, time, _years_to_surgery(frame), at)
    kept = time > at
    if not kept.any():
        raise InputError(f"nobody is under observation for {ENDPOINTS[endpoint]} beyond {months:g} months")
    cohort, operated = frame["cohort"].to_numpy()[kept], (surgery <= at)[kept]
    found = binary_cox.cox(cohort, time[kept], event[kept], operated, ties=ties)
    counts = pd.DataFrame({"patients": 1, "operated": operated.astype(int)}).groupby(cohort).sum()
    return _require_estimate(found.join(counts))


def counting_process(frame: pd.DataFrame, endpoint: str = "os", half_day: bool = True) -> pd.DataFrame:
    """Counting-process form: each patient's time cut at the operation.

    Parameters
    ----------
    frame, endpoint
        As :func:`naive`.
    half_day : bool
        For overall survival, count an operation on the last day (or later, by rounding) half a day
        before. Otherwise who was operated on that day has one row, not operated.

    Returns
    -------
    pandas.DataFrame
        One or two rows a patient: ``cohort, patient, start_years, stop_years, event, operated``.
        Who reached the endpoint before the operation has one row, not operated; who was operated on at
        the start has one row, operated.

    Raises
    ------
    InputError
        As :func:`naive`, and if the time of an operation is not known.

    Examples
    --------
    >>> operated = {"patient": [1], "group": "surgery", "os_years": 3.0, "os_event": 1, "months_to_surgery": 18}
    >>> counting_process(pd.DataFrame(operated))[["start_years", "stop_years", "event", "operated"]].to_numpy().tolist()
    [[0.0, 1.5, 0.0, 0.0], [1.5, 3.0, 1.0, 1.0]]
    """
    frame, time, event = _endpoint(frame, endpoint)
    time, surgery = _merged(frame, time, _years_to_surgery(frame))
    if endpoint == "os" and half_day:
        surgery = np.where(np.isfinite(surgery), np.minimum(surgery, np.maximum(time - HALF_A_DAY, 0)), np.inf)
        time, surgery = _merged(frame, time, surgery)
    # Nobody is lost: also an operation and a death at the very start make a row.
    before, after = surgery > 0, (surgery < time) | (surgery <= 0)
    ids = frame[["cohort", "patient"]]
    first = ids.assign(
        start_years=0.0, stop_years=np.minimum(time, surgery), event=np.where(after, 0, event), operated=0
    )
    second = ids.assign(start_years=surgery, stop_years=time, event=event, operated=1)
    rows = pd.concat([first[before], second[after]])
    return rows.sort_index(kind="stable").reset_index(drop=True)


def time_dependent(
    frame: pd.DataFrame, endpoint: str = "os", ties: str = "breslow", half_day: bool = True
) -> pd.DataFrame:
    """Time-dependent Cox model: surgery is 0 until the operation and 1 from then on.

    Parameters
    ----------
    frame, endpoint, ties
        As :func:`naive`.
    half_day
        As :func:`counting_process`.

    Returns
    -------
    pandas.DataFrame
        As :func:`binary_cox.cox`, one row a cohort.

    Raises
    ------
    InputError
        As :func:`counting_process`, and if no cohort has an estimate.

    References
    ----------
    Crowley J, Hu M. J Am Stat Assoc 1977;72:27-36.

    Examples
    --------
    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> time_dependent(hearts)[["hr", "ci_low", "ci_high"]].round(2).iloc[0].tolist()
    [1.13, 0.63, 2.05]
    """
    rows = counting_process(frame, endpoint, half_day)
    # Those of a first row are at risk from the beginning, also at time 0.
    start = rows["start_years"].where(rows["start_years"] > 0, -np.inf)
    found = binary_cox.cox(rows["cohort"], rows["stop_years"], rows["event"], rows["operated"], start, ties)
    return _require_estimate(found)


def share_explained(naive_hr: ArrayLike, other_hr: ArrayLike) -> Floats:
    """Share of the naive log hazard ratio that is gone in the other; shapes alike.

    1 where nothing is left of it, negative where the other is the stronger.

    Examples
    --------
    >>> share_explained([0.25, 0.25], [0.5, 1.0]).tolist()
    [0.5, 1.0]
    """
    return 1 - np.log(other_hr) / np.log(naive_hr)


def shift_surgery(
    frame: pd.DataFrame, quartiles: tuple[float, float, float], ends: tuple[float, float], late: bool
) -> pd.DataFrame:
    """Shift the times of surgery to be as early or as late as printed quartiles let them be.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cohorts in the schema with ``months_to_surgery``.
    quartiles, ends : tuple of float
        First quartile, median and third (SPSS's HAVERAGE, at (n + 1)/4 and so on), then the
        earliest and latest time admitted; months.
    late : bool
        As late as possible, or as early.

    Returns
    -------
    pandas.DataFrame
        A copy. The operated keep their order, and nobody is operated on after the last day of
        observation; but for that, the quartiles come out as printed.

    Examples
    --------
    >>> months = {"cohort": 1, "group": "surgery", "os_years": 9.0, "months_to_surgery": [7, 9, 12, 15, 18, 25, 40]}
    >>> shift_surgery(pd.DataFrame(months), (9, 15, 25), (6, 43), late=True)["months_to_surgery"].tolist()
    [9.0, 9.0, 15.0, 15.0, 25.0, 25.0, 43.0]
    """
    surgery = MONTHS_PER_YEAR * _years_to_surgery(frame)
    operated = np.isfinite(surgery)
    limits = np.array([ends[0], *quartiles, ends[1]])
    by_cohort = pd.Series(surgery[operated]).groupby(frame["cohort"].to_numpy()[operated])
    rank, size = by_cohort.rank(method="first").to_numpy(), by_cohort.transform("size").to_numpy()
    # The two ranks on which a quartile rests both stand at it.
    position = (size[:, np.newaxis] + 1) * np.array([0.25, 0.5, 0.75])
    if late:
        moved = limits[1:][(rank[:, np.newaxis] > np.ceil(position)).sum(axis=1)]
    else:
        moved = limits[:-1][(rank[:, np.newaxis] >= np.floor(position)).sum(axis=1)]
    lived = MONTHS_PER_YEAR * (frame["os_years"].to_numpy(float)[operated] - HALF_A_DAY)
    changed = surgery.copy()
    changed[operated] = np.minimum(moved, lived)
    return frame.assign(months_to_surgery=np.where(operated, changed, np.nan))


def _endpoint(frame: pd.DataFrame, endpoint: str) -> tuple[pd.DataFrame, Floats, NDArray[np.bool_]]:
    """The patients whose endpoint is known, with its times in years and its events."""
    if endpoint not in ENDPOINTS:
        raise ValueError(f"endpoint must be one of {', '.join(ENDPOINTS)}, not {endpoint!r}")
    columns = [f"{endpoint}_years", f"{endpoint}_event"]
    for column in ("group", *columns):
        if column not in frame or frame[column].isna().all():
            raise InputError(f"is not known, and {ENDPOINTS[endpoint]} needs it", column=column)
    needed = frame.columns.intersection(["cohort", "patient", "group", "months_to_surgery", *columns])
    frame = frame[needed].dropna(subset=columns).reset_index(drop=True)
    if "cohort" not in frame:
        frame = frame.assign(cohort=0)
    return frame, frame[columns[0]].to_numpy(float), frame[columns[1]].to_numpy(bool)


def _merged(frame: pd.DataFrame, *times: Floats) -> Floats:
    """Times of the patients, near-ties within a cohort merged: the same day in months and in years is one."""
    cohorts = np.tile(frame["cohort"].to_numpy(), len(times))
    return merge_near_ties(np.concatenate(times), cohorts).reshape(len(times), -1)


def _years_to_surgery(frame: pd.DataFrame) -> Floats:
    """Years to each patient's operation, infinite for those without one."""
    operated = (frame["group"] == "surgery").to_numpy()
    column = "months_to_surgery"
    known = frame[column].to_numpy(float) if column in frame else np.full(len(frame), np.nan)
    blank = operated & np.isnan(known)
    if blank.any():
        raise InputError(
            f"the time of surgery is not known of {blank.sum()} of {operated.sum()} operated patients",
            column=column,
            remedy="give it in months from the start of PRRT, or leave these patients out",
        )
    return np.where(operated, known / MONTHS_PER_YEAR, np.inf)


def _require_estimate(found: pd.DataFrame) -> pd.DataFrame:
    """Raise an InputError with the reasons if no cohort has an estimate."""
    if (found["reason"] != "").all():
        raise InputError("; ".join(sorted(set(found["reason"]))))
    return found
