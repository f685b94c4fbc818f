"""Stage of the search: cycles of PRRT, the day of the last, and the day of surgery."""

from __future__ import annotations

import numpy as np

from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.builder import find_column
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed, Survival, Treatment
from analysis_lib.reconstruction.stages.survival import IMAGING_DAYS
from analysis_lib.targets.catalogue import GROUPS

# A cycle of 7.4 GBq comes out a little more or less; doses may be halved.
ACTIVITY_PER_CYCLE = (3.6, 7.7)
PLANNED_CYCLES = 4
# From one cycle to the next, by plan, and where toxicity delays it.
CYCLE_DAYS, LONGEST_CYCLE_DAYS = (42, 70), 112
# From the last cycle to surgery, and from surgery to the death of it.
FROM_PRRT_DAYS, POSTOPERATIVE_DAYS = 42, 60


def find_treatment(
    rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, state: Survival, activity: np.ndarray
) -> Treatment:
    """Cycles by activity, surgery by its printed quartiles, and last cycles at intervals of the plan between.

    Raises
    ------
    SearchFailed
        If none were found.
    """
    cycles = _cycles(rng, blocks, state, activity)
    full = blocks.numbers.value("table2.class_full_from.threshold")
    intervals = cycles - 1
    shortest = intervals * CYCLE_DAYS[0]
    longest = intervals * np.where(activity >= full, CYCLE_DAYS[1], LONGEST_CYCLE_DAYS)
    # An evaluated response wants a scan before the end of follow-up.
    room = state.day - 2 * FROM_PRRT_DAYS
    room[state.sepsis] = 0
    longest = np.minimum(longest, room)
    if (longest < shortest).any():
        raise SearchFailed("follow-up ends before the cycles that the activity needs")
    who = np.flatnonzero(state.operated)
    if state.surgery_day is None:
        surgery = _surgery_days(rng, blocks, measure, state, shortest)
    else:
        surgery = state.surgery_day
        if (surgery[who] < shortest[who] + FROM_PRRT_DAYS).any():
            raise SearchFailed("surgery comes before the cycles that the activity needs")
    longest[who] = np.minimum(longest[who], surgery[who] - FROM_PRRT_DAYS)
    usual = np.minimum(longest, np.maximum(intervals * CYCLE_DAYS[1], shortest))
    days = np.floor(rng.uniform(shortest, usual + 1))
    spec = ColumnSpec.of_group("table3.since_end", "surgery", 1 / DAYS_PER_MONTH)
    low, high = surgery[who] - longest[who], surgery[who] - shortest[who]
    _room_for_quartiles(blocks, spec.stem, low / DAYS_PER_MONTH, high / DAYS_PER_MONTH)
    days[who] = surgery[who] - find_column(rng, blocks, spec, low, high, lambda: surgery[who] - days[who])
    return Treatment(cycles, days.astype(np.int64), surgery)


def _cycles(rng: np.random.Generator, blocks: Blocks, state: Survival, activity: np.ndarray) -> np.ndarray:
    """Cycles that can have given the activity, with the printed medians, ranges and p; shape (n,)."""
    full = blocks.numbers.value("table2.class_full_from.threshold")
    least, most = ACTIVITY_PER_CYCLE
    low, high = np.ceil(activity / most - 1e-9), np.floor(activity / least + 1e-9)
    low[activity >= full] = high[activity >= full] = PLANNED_CYCLES
    low[state.sepsis] = high[state.sepsis] = 1
    top = [blocks.numbers.value(f"table2.cycles.{g}.range_hi") for g in GROUPS[1:]]
    high = np.minimum(high, np.where(state.operated, *top))
    if (low > high).any():
        raise SearchFailed("an activity goes with no printed number of cycles")
    low, high = low.astype(np.int64), high.astype(np.int64)
    spec = ColumnSpec.by_group("table2.cycles")
    return find_column(rng, blocks, spec, low, high, lambda: rng.integers(low, high + 1), state.operated)


def _surgery_days(
    rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, state: Survival, prrt_days: np.ndarray
) -> np.ndarray:
    """Days from the start of PRRT to surgery, shape (n,), 0 for the no-surgery group."""
    who = np.flatnonzero(state.operated)
    low = np.maximum(measure.earliest_surgery_day, prrt_days[who] + FROM_PRRT_DAYS)
    high = np.minimum(state.day[who] - IMAGING_DAYS, measure.latest_surgery_day)
    died = np.flatnonzero(who == state.postoperative)
    low[died] = np.maximum(low[died], state.day[state.postoperative] - POSTOPERATIVE_DAYS)
    high[died] = state.day[state.postoperative] - 1
    if (high < low).any():
        raise SearchFailed("follow-up leaves no day for surgery")
    spec = ColumnSpec.of_group("table3.since_start", "surgery", 1 / DAYS_PER_MONTH)
    middle = blocks.numbers.value("table3.since_start.surgery.median")

    def start() -> np.ndarray:
        return np.round(rng.normal(middle, middle / 3, who.size) * DAYS_PER_MONTH)

    surgery = np.zeros(state.day.size, np.int64)
    surgery[who] = find_column(rng, blocks, spec, low, high, start)
    return surgery


def _room_for_quartiles(blocks: Blocks, stem: str, low: np.ndarray, high: np.ndarray) -> None:
    """Quantiles rise with every value: these of all lower and all upper ends bracket what can be met."""
    ids = tuple(f"{stem}.surgery.{s}" for s in ("median", "q1", "q3"))
    box, shares = blocks.targets.box(ids), (50, 25, 75)
    least, most = (np.percentile(ends, shares, method=blocks.targets.assumptions.quantile) for ends in (low, high))
    if (least > box[1]).any() or (most < box[0]).any():
        raise SearchFailed("the days of surgery leave no room for the printed time since the end of PRRT")
