"""Push of the times of death, last follow-up and surgery of a finished cohort."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis_lib.reconstruction._numba.push_survival import Boxes, Limits, push_survival
from analysis_lib.reconstruction._numba.statement import Statement, quantity
from analysis_lib.reconstruction.adversary.quantities import Quantity
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.state import Blocks, Survival
from analysis_lib.reconstruction.stages.survival import IMAGING_DAYS, SEPSIS_DAYS
from analysis_lib.reconstruction.stages.treatment import POSTOPERATIVE_DAYS

# Turns of a push, and the temperature that it begins with.
STEPS, _HOT = 100_000, 0.5


def value(asked: Quantity, state: Survival) -> float:
    """A quantity of times, on the scale of the push."""
    surgery = state.clock.years[state.surgery_day]
    return quantity(asked.kind, asked.at, state.years, state.event, state.operated, surgery)


def push(
    rng: np.random.Generator,
    blocks: Blocks,
    measure: BaseMeasure,
    state: Survival,
    statement: Statement,
    steps: int = STEPS,
) -> Survival | None:
    """Times that meet all that is printed of them and for which the statement is true; None if none were found."""
    pushed = replace(state, day=state.day.copy(), surgery_day=state.surgery_day.copy())
    ids = tuple(f"table3.since_start.surgery.{s}" for s in ("median", "q1", "q3"))
    boxes = Boxes(blocks.survival, blocks.targets.box(ids), blocks.follow_up, blocks.quantile)
    left = push_survival(
        rng, pushed.day, pushed.event, pushed.operated, pushed.surgery_day, _limits(measure, pushed),
        pushed.clock, boxes, statement, steps, _HOT,
    )  # fmt: skip
    return pushed if left == 0.0 else None


def _limits(measure: BaseMeasure, state: Survival) -> Limits:
    """Of each patient's days; the two early deaths have their own."""

    def everybody(day: int) -> np.ndarray:
        return np.full(state.day.size, day)

    low, high = everybody(measure.earliest_day), everybody(state.clock.years.size - 1)
    least_after, most_after = everybody(IMAGING_DAYS), high.copy()
    low[state.sepsis], high[state.sepsis] = SEPSIS_DAYS
    died = state.postoperative
    low[died], least_after[died], most_after[died] = 1, 1, POSTOPERATIVE_DAYS
    surgery = everybody(measure.earliest_surgery_day), everybody(measure.latest_surgery_day)
    return Limits(low, high, *surgery, least_after, most_after)
