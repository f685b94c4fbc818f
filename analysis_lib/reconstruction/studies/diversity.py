"""Diversity of an ensemble: what it says of the unprinted, distances, and the effective number of cohorts."""

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


def effective_number(values: pd.Series) -> float:
    """Effective sample size of a quantity over cohorts in the order of their search.

    n (1 - r) / (1 + r) with r the correlation of each cohort with the next, at most n: cohorts that each have a
    start of their own are worth as many as they are, those that walk from one to the next are not. NaN values are left
    out.

    References
    ----------
    Geyer CJ. Practical Markov chain Monte Carlo. Stat Sci 1992;7:473, for an autoregression of order one.

    Examples
    --------
    >>> round(effective_number(pd.Series([1.0, 1.0, 1.0, 5.0, 5.0, 5.0])), 1)
    1.5
    """
    known = values.dropna()
    r = max(0.0, float(known.autocorr(1)))
    return len(known) * (1 - r) / (1 + r)


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
