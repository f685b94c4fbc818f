"""Diversity of an ensemble: distances, variance within and between starts, effective number of cohorts.

Cohorts of one start resemble each other. So an ensemble counts for fewer independent cohorts than
it holds; how many, the variance between and within starts tells for each quantity.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time
from analysis_lib.cohort.validation import split_cohorts
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.statistics import survival_batch

LANDMARK_MONTHS = 18


def unprinted(ensemble: Ensemble) -> pd.DataFrame:
    """Quantities that the paper does not print, in each cohort.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: survival at fixed times by group, and the hazard ratio of being operated
        on by a landmark; NaN where a cohort has none.
    """
    operated = ensemble.patients["group"] == "surgery"
    found = {}
    for name, years in (("os", 5), ("pfs", 3)):
        event = ensemble.array(f"{name}_event")
        for group, members in (("surgery", operated), ("PRRT only", ~operated)):
            curve = survival_batch.curves(ensemble.array(f"{name}_years", members), event, np.array([years]))
            found[f"{years}-year {name.upper()}, {group}"] = curve[:, 0]
    table = pd.DataFrame(found, index=ensemble.origin.index)
    landmark = immortal_time.landmark(ensemble.patients, LANDMARK_MONTHS)["hr"]
    return table.join(landmark.rename(f"landmark HR of surgery, {LANDMARK_MONTHS} months"))


def spread(values: pd.Series, start: pd.Series) -> dict[str, float]:
    """Variance of a quantity within and between starts, and the effective number of cohorts.

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

    Examples
    --------
    >>> found = spread(pd.Series([1.0, 2.0, 5.0, 6.0]), pd.Series([0, 0, 1, 1]))
    >>> print(f"{found['correlation']:.2f}, {found['effective']:.2f}")
    0.94, 2.06
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

    Examples
    --------
    >>> frame = pd.DataFrame({"cohort": [0, 0, 1, 1], "group": "surgery", "os_years": [1.0, 2.0, 2.0, 3.0]})
    >>> distances(frame, ("os_years",)).round(2).tolist()
    [[0.0, 1.22], [1.22, 0.0]]
    """
    profiles = []
    for _, cohort in split_cohorts(frame):
        parts = [np.sort(group[list(columns)].to_numpy(float), axis=0) for _, group in cohort.groupby("group")]
        profiles.append(np.concatenate(parts).ravel())
    stacked = np.array(profiles)
    scale = np.tile(frame[list(columns)].std().to_numpy(), stacked.shape[1] // len(columns))
    scaled = stacked / scale
    return np.array([np.nanmean(np.abs(scaled - row), axis=1) for row in scaled])
