"""Push of the times of progression and recurrence of a finished cohort, around its times of death and surgery."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis_lib.reconstruction._numba.anneal_progression import anneal_progression
from analysis_lib.reconstruction._numba.statement import Statement, quantity
from analysis_lib.reconstruction.adversary.finished import Finished
from analysis_lib.reconstruction.adversary.quantities import Quantity
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.search import Course, find_measured
from analysis_lib.reconstruction.stages.builder import Builder
from analysis_lib.reconstruction.stages.columns import complete
from analysis_lib.reconstruction.stages.progression import patients_at_risk
from analysis_lib.reconstruction.stages.state import Blocks, Progression

# Turns of a push, and the temperature that it begins with.
STEPS, _HOT = 60_000, 0.5


def value(asked: Quantity, finished: Finished, found: Progression) -> float:
    """A quantity of progression-free survival, on the scale of the push."""
    survival, clock = finished.survival, finished.survival.clock
    end = np.where(found.progressed, found.day, survival.day)
    seen = np.where(found.progressed, 1, survival.event)
    surgery = clock.years[finished.treatment.surgery_day]
    return quantity(asked.kind, asked.at, clock.years[end], seen, survival.operated, surgery)


def push(
    rng: np.random.Generator,
    blocks: Blocks,
    measure: BaseMeasure,
    finished: Finished,
    found: Progression,
    statement: Statement,
    steps: int = STEPS,
) -> Progression | None:
    """Progressions that meet all that is printed and for which the statement is true; None if none were found."""
    pushed = Progression(*(getattr(found, name).copy() for name in ("role", "progressed", "day")))
    progressive = finished.response == "PD"
    patients = patients_at_risk(measure, finished.survival, finished.treatment, progressive)
    left = anneal_progression(
        rng, patients, pushed.role, pushed.progressed, pushed.day, blocks.clock, 0.0, blocks.progression, steps,
        statement, _HOT,
    )  # fmt: skip
    return pushed if left == 0.0 else None


def complete_around(
    rng: np.random.Generator, blocks: Blocks, finished: Finished, found: Progression
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around progressions; treatment and best response stay as they were.

    Raises
    ------
    SearchFailed
        If a stage found nothing.
    """
    build = Builder(rng, blocks, finished.survival)
    build.columns["best_response"] = finished.response
    activity = finished.cohort["prrt_activity_gbq"].to_numpy(float)
    scanned = finished.cohort["tumour_size_post_mm"].notna().to_numpy(bool)
    course = Course(build, activity, finished.treatment, found, scanned)
    yield complete(build, find_measured(rng, blocks, finished.survival, course), finished.treatment, found)
