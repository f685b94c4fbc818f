"""Kaplan–Meier curves of many cohorts at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.base.checks import Floats

# A band ends where fewer cohorts than this still have a patient under observation.
_LEAST_SHARE = 0.5
_PERCENTILES = {"lowest": 0, "q1": 25, "median": 50, "q3": 75, "highest": 100}


def curves(time: Floats, event: NDArray, grid: Floats) -> Floats:
    """Kaplan–Meier survival of each cohort at each time of a grid.

    Parameters
    ----------
    time, event : ndarray, shape (cohorts, patients)
        ``event`` is 1 for an event; a patient whose time is NaN is not there.
    grid : ndarray, shape (k,)

    Returns
    -------
    ndarray, shape (cohorts, k)
        Survival just after each time, NaN after a cohort's last one, unless the curve has come
        down to 0.

    Examples
    --------
    >>> curves(np.array([[1.0, 2, 3, 4]]), np.array([[1, 0, 1, 0]]), np.array([0.5, 1, 3, 9])).tolist()
    [[1.0, 0.75, 0.375, nan]]
    """
    # Events before what is censored at the same time; then each patient is a step of its own, and
    # steps at one time multiply to what the formula for ties gives. Blanks come last.
    order = np.lexsort((np.where(event == 1, 0, 1), time), axis=1)
    time, event = (np.take_along_axis(a, order, axis=1) for a in (time, event))
    patients = np.count_nonzero(~np.isnan(time), axis=1)[:, None]
    at_risk = np.maximum(patients - np.arange(time.shape[1]), 1)
    steps = np.cumprod(np.where((event == 1) & ~np.isnan(time), 1 - 1 / at_risk, 1.0), axis=1)
    steps = np.hstack([np.ones((len(time), 1)), steps])
    past = np.count_nonzero(time[:, :, None] <= grid, axis=1)
    found = np.take_along_axis(steps, past, axis=1)
    # Floating point leaves some 1e-17 where all have died.
    found = np.where(found < 1e-12, 0.0, found)
    last = np.max(time, axis=1, initial=-np.inf, where=~np.isnan(time))[:, None]
    return np.where((grid <= last) | (found == 0), found, np.nan)


def at_risk(time: Floats, years: Sequence[float]) -> NDArray[np.int_]:
    """Patients at risk just before each of ``years``, shape (cohorts, k).

    Examples
    --------
    >>> at_risk(np.array([[1.0, 2, 3, 4]]), [0, 2, 5]).tolist()
    [[4, 3, 0]]
    """
    return np.count_nonzero(time[:, :, None] >= np.asarray(years, float), axis=1)


def envelope(values: Floats) -> pd.DataFrame:
    """Extremes and quartiles of values over the cohorts.

    Parameters
    ----------
    values : ndarray, shape (cohorts, k)
        NaN where a cohort has none.

    Returns
    -------
    pandas.DataFrame
        k rows: ``lowest``, ``q1``, ``median``, ``q3``, ``highest``; NaN where more than half of
        the cohorts have none.
    """
    known = np.isfinite(values).mean(axis=0) >= _LEAST_SHARE
    found = np.full((len(_PERCENTILES), values.shape[1]), np.nan)
    if known.any():
        found[:, known] = np.nanpercentile(values[:, known], list(_PERCENTILES.values()), axis=0)
    return pd.DataFrame(found.T, columns=list(_PERCENTILES))
