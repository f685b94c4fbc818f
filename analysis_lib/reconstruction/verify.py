"""Verification: every target of every cohort recomputed by other means than the search's.

Three things are checked of a cohort: that its patients are numbered from 1, every target, and every rule of
what is possible in a patient. Nothing comes from the compiled functions of the search. A cohort that differs by
one patient-day where it matters fails here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base import parallel
from analysis_lib.base.errors import InputError
from analysis_lib.cohort import plausibility, schema, validation
from analysis_lib.targets import assumptions, time_unit
from analysis_lib.targets.catalogue import Target, Targets, load_targets
from analysis_lib.targets.recompute import Recomputed

# Cohorts sent to a process at a time: enough that sending the targets with them costs nothing.
_CHUNK = 10


@dataclass(frozen=True)
class Miss:
    """A target that a cohort does not meet, and its value there."""

    cohort: int
    target: Target
    value: float

    def __str__(self) -> str:
        low, high = self.target.interval.low, self.target.interval.high
        value = "not defined" if np.isnan(self.value) else f"{self.value:.8g}"
        return f"cohort {self.cohort}: {self.target.id} is {value}, not from {low:g} to {high:g}"


def misses(frame: pd.DataFrame, targets: Targets, number: int = 0) -> list[Miss]:
    """The targets that one cohort does not meet; an empty list if it meets all.

    A statistic that cannot be computed is NaN, which no interval contains: a miss.
    """
    recomputed = Recomputed(frame, targets)
    values = ((target, recomputed.value(target)) for target in targets.values())
    return [Miss(number, target, value) for target, value in values if value not in target.interval]


def verify_file(file: Path | str, jobs: int = 1, targets: Targets | None = None) -> list[str]:
    """All that is wrong with the cohorts of a file, in one line each; an empty list if nothing.

    Parameters
    ----------
    file
        Cohorts in the schema.
    jobs
        How many processes share the work; what they find does not depend on it.
    targets
        The paper's by default, under the assumptions of the manifest beside the file.

    Raises
    ------
    InputError
        If the file is unreadable, malformed, or lacks a column; if ``jobs`` is below 1.
    """
    if jobs < 1:
        raise InputError(f"{jobs} jobs were asked for", remedy="at least 1")
    frame = validation.load_cohorts(file)
    if lacking := [name for name in schema.fields() if name not in frame]:
        raise InputError(
            "the file lacks the column", file=file, column=lacking[0], remedy="all of the schema's columns"
        )
    work = partial(_wrong_of_chunk, targets or load_targets(assumptions=assumptions.of_file(file)))
    cohorts = list(validation.split_cohorts(frame))
    chunks = [cohorts[k : k + _CHUNK] for k in range(0, len(cohorts), _CHUNK)]
    found = {k: lines for (k, _), lines in parallel.each(work, enumerate(chunks), jobs)}
    return [line for k in sorted(found) for line in found[k]]


def wrong(frame: pd.DataFrame, targets: Targets, number: int = 0) -> list[str]:
    """All that is wrong with one cohort, in one line each; an empty list if nothing."""
    numbered = sorted(frame["patient"]) == list(range(1, len(frame) + 1))
    told = [] if numbered else [f"the patients are not numbered from 1 to {len(frame)}"]
    told += map(str, plausibility.broken(frame, time_unit.scale(targets.assumptions.time_unit)))
    return [*map(str, misses(frame, targets, number)), *(f"cohort {number}: {what}" for what in told)]


def _wrong_of_chunk(targets: Targets, chunk: tuple[int, list[tuple[int, pd.DataFrame]]]) -> list[str]:
    return [line for number, frame in chunk[1] for line in wrong(frame, targets, number)]
