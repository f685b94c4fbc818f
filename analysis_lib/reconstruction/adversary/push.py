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
from analysis_lib.reconstruction.adversary.quantities import QUANTITIES, SCORES, SIDES, value
from analysis_lib.reconstruction.adversary.ratchet import ratchet
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.reconstruction.search import cohorts_around
from analysis_lib.reconstruction.stages.covariates import find_response
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed
from analysis_lib.targets.catalogue import Targets

# How often a task begins again from the best that it has, the pushes of a ratchet, and how often each state on its way
# is tried to be made a whole cohort.
TURNS, ROUNDS, _TRIES = 3, 8, 2


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
    number = _most_extreme(shipped.patients, task)
    measure = unprinted.measure(BaseMeasure(**shipped.origin.loc[number].drop("scheme")), task.usual)
    blocks, best = Blocks(targets), shipped.one(number)
    for _ in range(TURNS):
        for cohort in _CANDIDATES[QUANTITIES[task.id].moves](rng, blocks, measure, best, task):
            if not verify.wrong(cohort, targets):
                best = cohort
                break
    return best


def _most_extreme(patients: pd.DataFrame, task: Task) -> int:
    """The cohort to begin with, which keeps to the usual limits if the task does."""
    if task.usual:
        needy = unprinted.needs(patients).any(axis=1)
        patients = patients[~patients["cohort"].map(needy)]
    return int((task.sign * QUANTITIES[task.id].values(patients)).idxmax())


def _by_times(
    rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, start: pd.DataFrame, task: Task
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around pushed times of death and surgery, the most extreme first."""
    asked = QUANTITIES[task.id]

    def push(state, goal):
        return times.push(rng, blocks, measure, state, Statement(asked.kind, asked.at, task.sign, goal, asked.weight))

    first = Finished.of(start, blocks).survival
    path = ratchet(first, push, partial(times.value, asked), task.sign, asked.step, ROUNDS)
    for state in reversed(path[1:]):
        for _ in range(_TRIES):
            with suppress(SearchFailed):
                yield from cohorts_around(rng, blocks, measure, state, find_response(rng, blocks, state))


def _by_progressions(
    rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, start: pd.DataFrame, task: Task
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around pushed times of progression, the most extreme first."""
    asked = QUANTITIES[task.id]
    finished = Finished.of(start, blocks)

    def push(state, goal):
        statement = Statement(asked.kind, asked.at, task.sign, goal, asked.weight)
        return progressions.push(rng, blocks, measure, finished, state, statement)

    of_push = partial(progressions.value, asked, finished)
    for state in reversed(ratchet(finished.progression, push, of_push, task.sign, asked.step, ROUNDS)[1:]):
        for _ in range(_TRIES):
            with suppress(SearchFailed):
                yield from progressions.complete_around(rng, blocks, finished, state)


def _by_sizes(
    rng: np.random.Generator, blocks: Blocks, _: BaseMeasure, start: pd.DataFrame, task: Task
) -> Iterator[pd.DataFrame]:
    """Cohorts with pushed sizes before PRRT."""
    for _ in range(_TRIES):
        with suppress(SearchFailed):
            found = sizes.push(rng, start, blocks.targets, larger=task.sign > 0)
            if task.sign * (value(task.id, found) - value(task.id, start)) > 0:
                yield found


def _by_scores(
    rng: np.random.Generator, blocks: Blocks, _: BaseMeasure, start: pd.DataFrame, task: Task
) -> Iterator[pd.DataFrame]:
    """Cohorts with pushed sizes after PRRT, the most extreme first."""
    finished = Finished.of(start, blocks)
    walk = scores.Walk(blocks, finished, SCORES[task.id])
    for size in reversed(scores.walk(rng, walk, task.sign)[1:]):
        for _ in range(_TRIES):
            with suppress(SearchFailed):
                yield from scores.complete_around(rng, blocks, finished, walk.order, size)


_CANDIDATES = {"survival": _by_times, "progression": _by_progressions, "sizes": _by_sizes, "scores": _by_scores}
