"""Stage of the search: times of death and last follow-up."""

from __future__ import annotations

import numpy as np

from analysis_lib.reconstruction._numba.anneal_survival import (
    SURVIVAL_STATISTICS,
    anneal_survival,
    survival_statistics,
)
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.state import Blocks, Nearest, SearchFailed, Survival

# Days within which the death after the first cycle fell, before a second could be given.
SEPSIS_DAYS = (7, 70)
# From surgery to the first imaging after it, of which all but the postoperative death tell.
IMAGING_DAYS = 30
_TRIES, _STEPS = 16, 20_000


def find_survival(rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure) -> Survival:
    """Times that meet all targets of overall survival, from random starts.

    Raises
    ------
    SearchFailed
        If none was found; names what the nearest missed.
    """
    n_operated, n_others = blocks.sizes[1:]
    event = np.concatenate([np.arange(n) < d for n, d in zip((n_operated, n_others), blocks.deaths, strict=True)])
    operated = np.arange(n_operated + n_others) < n_operated
    first_after_surgery = measure.earliest_surgery_day + IMAGING_DAYS
    low = np.where(operated, max(first_after_surgery, measure.earliest_day), measure.earliest_day)
    high = np.full(low.shape, blocks.clock.years.size - 1)
    state = Survival(np.zeros_like(low), event.astype(np.int64), operated, blocks.clock)
    low[state.sepsis], high[state.sepsis] = SEPSIS_DAYS
    low[state.postoperative], high[state.postoperative] = measure.earliest_surgery_day + 1, measure.latest_surgery_day
    # A time of 0 would be no time.
    np.maximum(low, np.flatnonzero(blocks.clock.years > 0)[0], out=low)
    nearest = Nearest()

    def statistics() -> np.ndarray:
        found = np.zeros(SURVIVAL_STATISTICS)
        survival_statistics(state.years, state.event, operated, blocks.follow_up, blocks.quantile, found)
        return found

    density = measure.log_density()
    for _ in range(_TRIES):
        state.day = rng.integers(low, high + 1)
        left = anneal_survival(
            rng, state.day, state.event, operated, low, high, blocks.clock, density, blocks.follow_up,
            blocks.quantile, blocks.survival, _STEPS,
        )  # fmt: skip
        if left == 0.0:
            state.day = blocks.clock.first_days(state.day)
            return state
        nearest.offer(left, statistics)
    missed = nearest.describe(blocks.targets, blocks.survival_ids)
    raise SearchFailed("no cohort meets all targets of overall survival", "survival", missed)
