"""Stage of the search: times of death and last follow-up, and days of surgery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.reconstruction._numba.anneal_column import anneal_column
from analysis_lib.reconstruction._numba.anneal_survival import (
    SURVIVAL_STATISTICS,
    anneal_survival,
    survival_statistics,
)
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.state import Blocks, Nearest, Scheme, SearchFailed, Survival

# Days within which the death after the first cycle fell, before a second could be given.
SEPSIS_DAYS = (7, 70)
POSTOPERATIVE_DAYS = 60
EARLIEST_SURGERY_DAY = 200
# Four cycles at the shortest interval of six weeks.
SHORTEST_PRRT_DAYS = 126
LATEST_SURGERY_DAY = 1300
_TRIES = 150


def find_survival(rng: np.random.Generator, blocks: Blocks, scheme: Scheme, tries: int = _TRIES) -> Survival:
    """Times that meet all targets of overall survival, from random starts, ``tries`` of them at most.

    Raises
    ------
    SearchFailed
        If none was found; names what the nearest missed.
    """
    n_operated, n_others = blocks.sizes[1:]
    event = np.concatenate([np.arange(n) < d for n, d in zip((n_operated, n_others), blocks.deaths, strict=True)])
    operated = np.arange(n_operated + n_others) < n_operated
    low = np.where(operated, EARLIEST_SURGERY_DAY + 120, 120)
    high = np.full(low.shape, blocks.clock.years.size - 1)
    state = Survival(np.zeros_like(low), event.astype(np.int64), operated, low, high, blocks.clock)
    low[state.sepsis], high[state.sepsis] = SEPSIS_DAYS
    high[state.postoperative] = LATEST_SURGERY_DAY
    # A time of 0 would be no time.
    np.maximum(low, np.flatnonzero(blocks.clock.years > 0)[0], out=low)
    nearest = Nearest()

    def statistics() -> np.ndarray:
        found = np.zeros(SURVIVAL_STATISTICS)
        survival_statistics(state.years, state.event, operated, blocks.follow_up, blocks.quantile, found)
        return found

    for _ in range(tries):
        state.day = rng.integers(low, high + 1)
        left = anneal_survival(
            rng, state.day, state.event, operated, low, high, blocks.clock, scheme.log_density(),
            blocks.follow_up, blocks.quantile, blocks.survival, 60_000, False,
        )  # fmt: skip
        if left == 0.0:
            state.day = blocks.clock.first_days(state.day)
            return state
        nearest.offer(left, statistics)
    missed = nearest.describe(blocks.targets, blocks.survival_ids)
    raise SearchFailed("no cohort meets all targets of overall survival", "survival", missed)


def walk_survival(rng: np.random.Generator, blocks: Blocks, scheme: Scheme, start: Survival, steps: int) -> Survival:
    """Another solution, reached from ``start`` without leaving the box."""
    day = start.day.copy()
    anneal_survival(
        rng, day, start.event, start.operated, start.low, start.high, blocks.clock, scheme.log_density(),
        blocks.follow_up, blocks.quantile, blocks.survival, steps, True,
    )  # fmt: skip
    return replace(start, day=blocks.clock.first_days(day))


def find_surgery_days(rng: np.random.Generator, blocks: Blocks, state: Survival) -> np.ndarray | None:
    """Days from the start of PRRT to surgery, shape (n,), 0 for the others; None if none was found."""
    n1 = blocks.sizes[1]
    alive = state.day[:n1]
    low = np.full(n1, EARLIEST_SURGERY_DAY)
    high = np.minimum(alive - 30, LATEST_SURGERY_DAY)
    low[state.postoperative] = max(EARLIEST_SURGERY_DAY, alive[0] - POSTOPERATIVE_DAYS)
    high[state.postoperative] = alive[0] - 1
    if (high < low).any():
        return None
    spec = ColumnSpec.of_group("table3.since_start", "surgery", 1 / DAYS_PER_MONTH)
    column = spec.column(blocks.targets, low, high, np.ones(n1, dtype=bool))
    soonest_quartile = blocks.numbers["table3.since_end.surgery.q1"].interval.low * DAYS_PER_MONTH
    for _ in range(12):
        k = np.clip(np.round(rng.normal(14.8, 4.5, n1) * DAYS_PER_MONTH), low, high).astype(np.int64)
        if anneal_column(rng, k, column, 8_000) > 0.0:
            continue
        # Surgery so soon after the start leaves too little time after the end of four cycles.
        if np.percentile(k - SHORTEST_PRRT_DAYS, 25, method=blocks.targets.assumptions.quantile) > soonest_quartile:
            return np.concatenate([k, np.zeros(blocks.sizes[2], np.int64)])
    return None
