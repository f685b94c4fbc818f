"""Push of a finished cohort's sizes before PRRT, so that the groups differ in decrease as much or as little as can be.

They move within everything that is printed of them and what goes with each best response. No other target looks at
them, so that such a cohort meets all targets.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.column_statistics import COLUMN_STATISTICS, Column, column_statistics
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction.stages.anatomy import STILL_AS_LARGE
from analysis_lib.reconstruction.stages.progression import LAST_SCAN_DAYS
from analysis_lib.reconstruction.stages.sizes import BEFORE_MM, DECREASE, changes, limits_before, tumour_decides
from analysis_lib.reconstruction.stages.state import SearchFailed
from analysis_lib.targets.catalogue import Targets

# What a percentage point of difference is worth beside the misfit of the printed numbers.
_WORTH = 0.3
_HOT, _COLD = 2.0, 0.02
# Turns of a push.
STEPS = 400_000


@njit
def _push(
    rng: np.random.Generator, x: np.ndarray, column: Column, weights: np.ndarray, steps: int, best: np.ndarray
) -> float:
    """Anneal sizes ``x`` (mm) for the least sum of weighted decreases; the best that fits is left in ``best``."""
    low, high, after = column.low, column.high, column.later
    n = x.size
    statistics = np.zeros(COLUMN_STATISTICS)
    energy, least = np.inf, np.inf
    for turn in range(steps):
        temperature = _HOT * (_COLD / _HOT) ** (turn / steps)
        i = rng.integers(0, n)
        j, old, new = i, x[i], x[i]
        if rng.random() < 0.6:
            new = old + round(rng.standard_normal() * 10 ** (2 * rng.random()))
        else:
            j = rng.integers(0, n)
            new = x[j]
            if old < low[j] or old > high[j]:
                continue
        if new == old or new < low[i] or new > high[i]:
            continue
        x[i] = new
        if j != i:
            x[j] = old
        column_statistics(x, column, statistics)
        missed = misfit(statistics, column.box, 0, COLUMN_STATISTICS)
        reached = 0.0
        for k in range(n):
            if weights[k] != 0.0:
                reached += weights[k] * 100.0 * (1.0 - after[k] / x[k])
        proposed = missed + _WORTH * reached
        if proposed <= acceptance_limit(rng, energy, temperature):
            energy = proposed
            if missed == 0.0 and reached < least:
                least = reached
                best[:] = x
        else:
            x[i] = old
            if j != i:
                x[j] = new
    return least


def _left(scanned: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most of the size before PRRT that may be left, shapes (m,), by all that goes with it."""
    response = scanned["best_response"].to_numpy()
    least, most, *_ = changes(response, tumour_decides(scanned))
    contact = (scanned["tvi_post"] - scanned["tvi_pre"]).to_numpy(float)
    since_prrt = (scanned["months_to_smallest_size"] - scanned["prrt_months"]).to_numpy(float) * DAYS_PER_MONTH
    least = np.where(contact > 0, np.maximum(least, STILL_AS_LARGE + 0.001), least)
    most = np.where(contact < 0, np.minimum(most, 1.0), most)
    late = (since_prrt > LAST_SCAN_DAYS + 0.5) & (response != "PD")
    return least, np.where(late, np.minimum(most, 0.999), most)


def push(
    rng: np.random.Generator, cohort: pd.DataFrame, targets: Targets, *, larger: bool, steps: int = STEPS
) -> pd.DataFrame:
    """The cohort with other sizes before PRRT, which meet all that is printed of them.

    Parameters
    ----------
    cohort
        One row a patient, in the schema's columns; meets the targets.
    larger
        Whether the mean decrease (%) of the operated, less that of the others, is to be as large
        as can be, or as small.
    steps
        Length of the search.

    Raises
    ------
    SearchFailed
        If no sizes were found that fit.
    """
    after = cohort["tumour_size_post_mm"].to_numpy(float)
    operated = (cohort["group"] == "surgery").to_numpy()
    known = ~np.isnan(after)
    weights = np.zeros(after.size)
    for members, sign in ((operated & known, 1), (~operated & known, -1)):
        weights[members] = (-sign if larger else sign) / members.sum()
    low, high = (np.full(after.size, end) for end in BEFORE_MM)
    low[known], high[known] = limits_before(after[known], *_left(cohort[known]))
    if (low > high).any():
        raise SearchFailed("a response does not go with the size after PRRT")
    column = DECREASE.column(targets, low, high, operated, after)
    sizes = np.clip(cohort["tumour_size_mm"].to_numpy(float), low, high)
    best = np.empty_like(sizes)
    if not np.isfinite(_push(rng, sizes, column, weights, steps, best)):
        raise SearchFailed("no sizes before PRRT were found that meet what is printed")
    return cohort.assign(tumour_size_mm=best)
