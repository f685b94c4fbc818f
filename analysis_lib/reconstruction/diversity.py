"""How much reconstructed cohorts differ: in themselves, and in what the paper does not print.

Cohorts of one start resemble each other. So an ensemble counts for fewer independent cohorts than
it holds; how many, the variance between and within starts tells for each quantity.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis_lib import immortal, survival
from analysis_lib.cohort import each
from analysis_lib.errors import InputError

LANDMARK_MONTHS = 18
_SURVIVAL_YEARS = 5


def survival_at(frame: pd.DataFrame, years: float, time: str = "os_years", event: str = "os_event") -> float:
    """Kaplan–Meier estimate at ``years``; NaN without patients or beyond the last time."""
    known = frame.dropna(subset=[time, event])
    if not len(known) or known[time].max() < years:
        return np.nan
    curve = survival.kaplan_meier(known[time], known[event])
    before = np.flatnonzero(curve.time <= years)
    return float(curve.survival[before[-1]]) if before.size else 1.0


def landmark_hazard_ratio(frame: pd.DataFrame, months: float = LANDMARK_MONTHS) -> float:
    """Hazard ratio of being operated on by the landmark; NaN where there is no estimate."""
    try:
        return float(immortal.landmark(frame, months)["hr"].iat[0])
    except InputError:
        return np.nan


def _of_group(group: str, years: float, name: str) -> Callable[[pd.DataFrame], float]:
    return lambda frame: survival_at(frame[frame["group"] == group], years, f"{name}_years", f"{name}_event")


# Quantities that the paper does not print.
UNPRINTED: dict[str, Callable[[pd.DataFrame], float]] = {
    "5-year OS, surgery": _of_group("surgery", _SURVIVAL_YEARS, "os"),
    "5-year OS, PRRT only": _of_group("prrt_only", _SURVIVAL_YEARS, "os"),
    "3-year PFS, surgery": _of_group("surgery", 3, "pfs"),
    "3-year PFS, PRRT only": _of_group("prrt_only", 3, "pfs"),
    "landmark HR of surgery, 18 months": landmark_hazard_ratio,
}


def quantities(frame: pd.DataFrame, starts: list[dict]) -> pd.DataFrame:
    """Unprinted quantities of each cohort of an ensemble.

    Parameters
    ----------
    frame
        A loaded ensemble.
    starts
        The manifest's list of starts, with ``start``, ``scheme``, ``first_cohort`` and ``cohorts``.

    Returns
    -------
    pandas.DataFrame
        One row a cohort: ``cohort``, ``start``, ``scheme`` and the columns of :data:`UNPRINTED`.
    """
    firsts = np.array([row["first_cohort"] for row in starts])
    rows = []
    for number, cohort in each(frame):
        origin = starts[int(np.searchsorted(firsts, number, side="right")) - 1]
        values = {name: quantity(cohort) for name, quantity in UNPRINTED.items()}
        rows.append({"cohort": number, "start": origin["start"], "scheme": origin["scheme"], **values})
    return pd.DataFrame(rows)


def spread(values: pd.Series, start: pd.Series) -> dict[str, float]:
    """How a quantity varies within and between starts.

    Parameters
    ----------
    values, start
        Shape (cohorts,); NaN values are left out.

    Returns
    -------
    dict
        ``mean``, ``low`` and ``high`` (5th and 95th percentile), ``within`` and ``between``
        (variances, by analysis of variance with one random effect), ``correlation`` (between
        cohorts of one start) and ``effective`` (sample size: cohorts divided by the design effect
        1 + (m - 1)·correlation, with m the mean size of a start; Kish 1965, *Survey Sampling*, 5.4).
    """
    known = values.notna()
    values, start = values[known], start[known]
    groups = values.groupby(start)
    n, k = len(values), groups.ngroups
    sizes = groups.size().to_numpy()
    within = float(((values - groups.transform("mean")) ** 2).sum() / max(n - k, 1))
    square = float((sizes * (groups.mean().to_numpy() - values.mean()) ** 2).sum() / max(k - 1, 1))
    size = (n - (sizes**2).sum() / n) / max(k - 1, 1)
    between = max(0.0, (square - within) / size) if n > k > 1 else 0.0
    total = within + between
    correlation = between / total if total else 0.0
    low, high = np.percentile(values, (5, 95))
    return {
        "mean": float(values.mean()),
        "low": float(low),
        "high": float(high),
        "within": within,
        "between": between,
        "correlation": correlation,
        "effective": n / (1 + (n / k - 1) * correlation),
    }


def distances(
    frame: pd.DataFrame, columns: tuple[str, ...] = ("os_years", "pfs_years", "tumour_size_post_mm")
) -> np.ndarray:
    """Distances between cohorts, whatever the order of their patients.

    Each cohort is described by the sorted values of each column in each group; a distance is the
    mean absolute difference of these, in standard deviations of the column (the mean of
    Wasserstein distances). Blanks sort last and count by how many there are.

    Returns
    -------
    numpy.ndarray
        Shape (cohorts, cohorts), symmetric, zero on the diagonal.
    """
    profiles = []
    for _, cohort in each(frame):
        parts = [np.sort(group[list(columns)].to_numpy(float), axis=0) for _, group in cohort.groupby("group")]
        profiles.append(np.concatenate(parts).ravel())
    stacked = np.array(profiles)
    scale = np.tile(frame[list(columns)].std().to_numpy(), stacked.shape[1] // len(columns))
    scaled = stacked / scale
    return np.array([np.nanmean(np.abs(scaled - row), axis=1) for row in scaled])
