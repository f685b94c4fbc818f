"""The push of one quantity to one side: from a finished cohort down to one that is verified again."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis_lib.reconstruction import verify
from analysis_lib.reconstruction._numba.statement import Statement
from analysis_lib.reconstruction.adversary import progressions, scores, sizes, times, unprinted
from analysis_lib.reconstruction.adversary.finished import Finished
from analysis_lib.reconstruction.adversary.quantities import QUANTITIES, SCORES, SIDES
from analysis_lib.reconstruction.adversary.ratchet import ratchet
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.reconstruction.search import cohorts_around
from analysis_lib.reconstruction.stages.covariates import find_response
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed
from analysis_lib.targets.catalogue import Targets

# Pushes of a ratchet, and how often each state on its way is tried to be made a whole cohort.
ROUNDS, _TRIES = 12, 4
# Cohorts whose sizes are pushed.
STARTS = 6


@dataclass(frozen=True)
class Task:
    """What is pushed: which quantity, to which side, within the usual limits or the widest."""

    id: str
    side: str
    usual: bool

    @property
    def name(self) -> str:
        return f"{self.id}-{self.side}-{'usual' if self.usual else 'widest'}"

    @property
    def sign(self) -> float:
        return SIDES[self.side]


def find_witness(targets: Targets, seed: int, shipped: Ensemble, task: Task) -> pd.DataFrame:
    """The most extreme cohort found that meets every target and every rule; at worst the most extreme of ``shipped``.

    Each task has random numbers of its own, so that any can be had without the others.
    """
    rng = np.random.default_rng([seed, zlib.crc32(task.name.encode())])
    starts = _starts(shipped, task)
    for cohort in _CANDIDATES[QUANTITIES[task.id].moves](rng, Blocks(targets), shipped, starts, task):
        if not verify.wrong(cohort, targets):
            return cohort
    return shipped.one(starts[0])


def _starts(shipped: Ensemble, task: Task) -> list[int]:
    """Shipped cohorts to begin with, the most extreme first."""
    patients = shipped.patients
    if task.usual:
        needy = unprinted.needs(patients).any(axis=1)
        patients = patients[~patients["cohort"].map(needy)]
    values = task.sign * QUANTITIES[task.id].values(patients).dropna()
    return values.sort_values(ascending=False, kind="stable").index[:STARTS].tolist()


def _by_times(
    rng: np.random.Generator, blocks: Blocks, shipped: Ensemble, starts: list[int], task: Task
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around pushed times of death and surgery, the most extreme first."""
    asked, measure = QUANTITIES[task.id], _measure(shipped, starts[0], task)
    value = partial(times.value, asked)

    def push(state, goal):
        return times.push(rng, blocks, measure, state, Statement(asked.kind, asked.at, task.sign, goal, asked.weight))

    start = Finished.of(shipped.one(starts[0]), blocks).survival
    for state in reversed(ratchet(start, push, value, task.sign, asked.step, ROUNDS)[1:]):
        for _ in range(_TRIES):
            with suppress(SearchFailed):
                yield from cohorts_around(rng, blocks, measure, state, find_response(rng, blocks, state))


def _by_progressions(
    rng: np.random.Generator, blocks: Blocks, shipped: Ensemble, starts: list[int], task: Task
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around pushed times of progression, the most extreme first."""
    asked, measure = QUANTITIES[task.id], _measure(shipped, starts[0], task)
    finished = Finished.of(shipped.one(starts[0]), blocks)

    def push(state, goal):
        statement = Statement(asked.kind, asked.at, task.sign, goal, asked.weight)
        return progressions.push(rng, blocks, measure, finished, state, statement)

    value = partial(progressions.value, asked, finished)
    for state in reversed(ratchet(finished.progression, push, value, task.sign, asked.step, ROUNDS)[1:]):
        for _ in range(_TRIES):
            with suppress(SearchFailed):
                yield from progressions.complete_around(rng, blocks, finished, state)


def _by_sizes(
    rng: np.random.Generator, blocks: Blocks, shipped: Ensemble, starts: list[int], task: Task
) -> Iterator[pd.DataFrame]:
    """Cohorts with pushed sizes before PRRT, the most extreme first."""
    found = []
    for number in starts:
        with suppress(SearchFailed):
            found.append(sizes.push(rng, shipped.one(number), blocks.targets, larger=task.sign > 0))
    values = QUANTITIES[task.id].values(pd.concat([one.assign(cohort=k) for k, one in enumerate(found)]))
    for k in (task.sign * values).sort_values(ascending=False, kind="stable").index:
        yield found[k]


def _by_scores(
    rng: np.random.Generator, blocks: Blocks, shipped: Ensemble, starts: list[int], task: Task
) -> Iterator[pd.DataFrame]:
    """Cohorts with pushed sizes after PRRT, the most extreme first."""
    finished = Finished.of(shipped.one(starts[0]), blocks)
    start = scores.Walk(blocks, finished, SCORES[task.id])
    for size in reversed(scores.walk(rng, start, task.sign)[1:]):
        for _ in range(_TRIES):
            with suppress(SearchFailed):
                yield from scores.complete_around(rng, blocks, finished, start.order, size)


_CANDIDATES = {"survival": _by_times, "progression": _by_progressions, "sizes": _by_sizes, "scores": _by_scores}


def _measure(shipped: Ensemble, number: int, task: Task) -> BaseMeasure:
    drawn = shipped.origin.loc[number].drop("scheme").to_dict()
    return unprinted.measure(BaseMeasure(**drawn), task.usual)
