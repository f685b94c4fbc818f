"""Near-ties: times that differ by rounding alone count as one time, as in R's survival package."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis_lib.base.checks import Floats

#: R's ``sqrt(.Machine$double.eps)``: of a time, or of the mean of the distinct times where that is more; and of a
#: probability of survival from a quantile, as in ``quantile.survfit``, since products differ in their last bits.
TOLERANCE = float(np.sqrt(np.finfo(float).eps))


def merge_near_ties(times: ArrayLike, cohort: ArrayLike | None = None) -> Floats:
    """Merge near-ties: each run of times, none further from the next than the tolerance, becomes its first.

    Times that were computed, as from dates in months and in years, differ in their last digits where
    the day is the same; sorted by these, deaths would precede or follow one another by chance.

    Parameters
    ----------
    times : array_like, shape (n,)
        Starts and stops together; what is not finite stays as it is.
    cohort : array_like, shape (n,), optional
        Number of each time's cohort, to merge within; one cohort by default.

    Returns
    -------
    ndarray, shape (n,)

    References
    ----------
    R's ``survival::aeqSurv``, which ``survfit``, ``survdiff`` and ``coxph`` call (their ``timefix``).

    Examples
    --------
    >>> merge_near_ties([2, 0.1 + 0.2, 0.3]).tolist()
    [2.0, 0.3, 0.3]
    """
    merged = np.array(times, float)
    known = np.isfinite(merged)
    label = np.zeros(merged.shape, int) if cohort is None else np.unique(cohort, return_inverse=True)[1]
    time, label = merged[known], label[known]
    if not time.size:
        return merged
    order = np.lexsort((time, label))
    time, label = time[order], label[order]
    first = np.diff(label, prepend=-1) != 0
    gap = np.diff(time, prepend=time[:1])
    distinct = first | (gap > 0)
    # The mean of each cohort's distinct times.
    mean = np.bincount(label, np.abs(time) * distinct) / np.maximum(np.bincount(label, distinct), 1)
    apart = first | (gap > TOLERANCE * np.maximum(mean, 1)[label])
    run = np.maximum.accumulate(np.where(apart, np.arange(time.size), 0))
    ordered = np.empty_like(time)
    ordered[order] = time[run]
    merged[known] = ordered
    return merged
