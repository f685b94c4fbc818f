"""Verification: every target of every cohort recomputed by other means than the search's.

statsmodels fits the regressions and curves and makes the log-rank tests, scipy and NumPy the rest,
lifelines reverse Kaplan–Meier curves; nothing comes from ``kernels``. A cohort that differs by one
patient-day where it matters fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import schema, validation
from analysis_lib.targets import assumptions
from analysis_lib.targets.catalogue import Target, Targets, load_targets
from analysis_lib.targets.plausibility import logic_misses
from analysis_lib.targets.recompute import Recomputed

# Cohorts that a process is given at a time: enough that sending the targets with them costs nothing.
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
    """The targets that one cohort does not meet; an empty list if it meets all."""
    recomputed = Recomputed(frame.reset_index(drop=True), targets)
    values = ((target, recomputed.value(target)) for target in targets.values())
    return [Miss(number, target, value) for target, value in values if not value in target.interval]  # noqa: E713


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
    frame = validation.load(file)
    if lacking := [name for name in schema.fields() if name not in frame]:
        raise InputError(
            "the file lacks the column", file=file, column=lacking[0], remedy="all of the schema's columns"
        )
    work = partial(_wrong, targets or load_targets(assumptions=assumptions.of_file(file)))
    return [line for lines in _each_of(validation.split_cohorts(frame), work, jobs) for line in lines]


def _wrong(targets: Targets, numbered: tuple[int, pd.DataFrame]) -> list[str]:
    """What is wrong with one cohort."""
    number, frame = numbered
    found = []
    for group in ("surgery", "prrt_only"):
        patients, printed = (frame["group"] == group).sum(), targets.numbers.value(f"table1.patients.{group}.n")
        if patients != printed:
            found.append(f"cohort {number}: {patients} patients are in the group {group}, not {printed:g}")
    found += [str(miss) for miss in misses(frame, targets, number)]
    return found + [f"cohort {number}: {what}" for what in logic_misses(frame, targets.assumptions.time_unit)]


def _each_of(items: Iterable, work: Callable, jobs: int) -> Iterator:
    if jobs == 1:
        yield from map(work, items)
        return
    # Not by fork, which copies the locks of other threads as they happen to be.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(work, items, chunksize=_CHUNK)
        except BrokenProcessPool:
            raise InputError("a process was killed before it had verified its cohorts", remedy="verify again") from None
