"""Kaplan–Meier curves of many cohorts at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# A fan ends where fewer cohorts than this still have a patient under observation.
_LEAST_SHARE = 0.5


_PERCENTILES = {"lowest": 0, "q1": 25, "median": 50, "q3": 75, "highest": 100}


def curves(time: np.ndarray, event: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Kaplan–Meier survival of each cohort at each time of a grid.

    Parameters
    ----------
    time, event
        Shape (cohorts, patients); ``event`` is 1 for an event.
    grid
        Shape (k,).

    Returns
    -------
    numpy.ndarray
        Shape (cohorts, k); survival just after each time, NaN after a cohort's last one, unless
        the curve has come down to 0.
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


def at_risk(time: np.ndarray, years: Sequence[float]) -> np.ndarray:
    """Patients under observation just before each of ``years``, shape (cohorts, k)."""
    return np.count_nonzero(time[:, :, None] >= np.asarray(years, float), axis=1)


def envelope(values: np.ndarray) -> pd.DataFrame:
    """How values vary over the cohorts.

    Parameters
    ----------
    values
        Shape (cohorts, k); NaN where a cohort has none.

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
