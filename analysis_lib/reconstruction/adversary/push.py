"""The push of one quantity to one side: from a finished cohort down to one that is verified again."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.reconstruction import verify
from analysis_lib.reconstruction._numba.statement import Statement
from analysis_lib.reconstruction.adversary import progressions, redraws, scores, sizes, times, unprinted
from analysis_lib.reconstruction.adversary.finished import Finished, settled
from analysis_lib.reconstruction.adversary.quantities import QUANTITIES, SCORES, SIDES, value
from analysis_lib.reconstruction.adversary.ratchet import ratchet
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.reconstruction.search import cohorts_around
from analysis_lib.reconstruction.stages.covariates import find_activity, find_response
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed
from analysis_lib.targets.catalogue import Targets

# Cohorts that a task begins with, how often it begins again from the best that it has, the pushes of a ratchet, and how
# often a state on its way is tried to be made a whole cohort.
STARTS, TURNS, ROUNDS, _TRIES = 3, 2, 8, 12
# The states on the way of a push, the first as it was, and what makes whole cohorts of one.
Way = tuple[list[Any], Callable[[Any], Iterator[pd.DataFrame]]]


@dataclass(frozen=True)
class Task:
    """What is pushed: which quantity, to which side, within the narrower limits or the widest."""

    id: str
    side: str
    narrow: bool

    @property
    def name(self) -> str:
        return f"{self.id}-{self.side}-{'narrow' if self.narrow else 'widest'}"

    @property
    def sign(self) -> float:
        return SIDES[self.side]


def find_witness(targets: Targets, seed: int, shipped: Ensemble, task: Task) -> pd.DataFrame:
    """The most extreme cohort found that meets every target and every rule; at worst the most extreme of ``shipped``.

    Each task has random numbers of its own, so that any can be had without the others.
    """
    rng = np.random.default_rng([seed, zlib.crc32(task.name.encode())])
    blocks, reached = Blocks(targets), []

    def reach(cohort: pd.DataFrame) -> float:
        far = task.sign * value(task.id, cohort)
        return -np.inf if np.isnan(far) else far

    for number in _most_extreme(shipped.patients, task):
        measure = unprinted.measure(BaseMeasure(**shipped.origin.loc[number].drop("scheme")), task.narrow)
        best = shipped.one(number)
        for _ in range(TURNS):
            path, complete = _WAYS[QUANTITIES[task.id].moves](rng, blocks, measure, best, task)
            # What steers a push is not always what is pushed.
            if (found := _farthest(path, complete, targets)) is not None:
                best = max(best, found, key=reach)
        reached.append(best)
    return max(reached, key=reach)


def _most_extreme(patients: pd.DataFrame, task: Task) -> list[int]:
    """The cohorts to begin with, which keep to the narrower limits if the task does; the farthest first."""
    if task.narrow:
        needy = unprinted.needs(patients).any(axis=1)
        patients = patients[~patients["cohort"].map(needy)]
    return (task.sign * QUANTITIES[task.id].values(patients)).nlargest(STARTS).index.tolist()


def _farthest(path: list, complete: Callable[[Any], Iterator[pd.DataFrame]], targets: Targets) -> pd.DataFrame | None:
    """A whole cohort around a state far along the path, by bisection: the farther, the fewer can be made whole."""
    best, low, high = None, 0, len(path) - 1
    while low < high:
        middle = (low + high + 1) // 2
        found = _verified(partial(complete, path[middle]), targets)
        if found is None:
            high = middle - 1
        else:
            best, low = found, middle
    return best


def _verified(complete: Callable[[], Iterator[pd.DataFrame]], targets: Targets) -> pd.DataFrame | None:
    for _ in range(_TRIES):
        with suppress(SearchFailed):
            for cohort in complete():
                if not verify.wrong(cohort, targets):
                    return cohort
    return None


def _by_times(rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, start: pd.DataFrame, task: Task) -> Way:
    """Times of death and surgery, and all that follows from them."""
    asked = QUANTITIES[task.id]

    def push(state, goal):
        return times.push(rng, blocks, measure, state, Statement(asked.kind, asked.at, task.sign, goal, asked.weight))

    def complete(state):
        return cohorts_around(rng, blocks, measure, state, find_response(rng, blocks, state))

    first = Finished.of(start, blocks).survival
    return ratchet(first, push, partial(times.value, asked), task.sign, asked.step, ROUNDS), complete


def _by_progressions(
    rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, start: pd.DataFrame, task: Task
) -> Way:
    """Times of progression around times of death and treatment."""
    asked, finished = QUANTITIES[task.id], Finished.of(start, blocks)

    def push(state, goal):
        statement = Statement(asked.kind, asked.at, task.sign, goal, asked.weight)
        return progressions.push(rng, blocks, measure, finished, state, statement)

    of_push = partial(progressions.value, asked, finished)
    path = ratchet(finished.progression, push, of_push, task.sign, asked.step, ROUNDS)
    return path, partial(progressions.complete_around, rng, blocks, finished)


def _by_sizes(rng: np.random.Generator, blocks: Blocks, _: BaseMeasure, start: pd.DataFrame, task: Task) -> Way:
    """Sizes before PRRT, with nothing else."""
    path = [start]
    with suppress(SearchFailed):
        found = sizes.push(rng, start, blocks.targets, larger=task.sign > 0)
        if task.sign * (value(task.id, found) - value(task.id, start)) > 0:
            path.append(found)
    return path, lambda cohort: iter([settled(cohort, blocks)])


def _by_scores(rng: np.random.Generator, blocks: Blocks, _: BaseMeasure, start: pd.DataFrame, task: Task) -> Way:
    """Sizes after PRRT, around everything else of the regressions."""
    finished = Finished.of(start, blocks)
    walk = scores.Walk(blocks, finished, SCORES[task.id])
    return scores.walk(rng, walk, task.sign), partial(scores.complete_around, rng, blocks, finished, walk.order)


def _by_covariates(rng: np.random.Generator, blocks: Blocks, _: BaseMeasure, start: pd.DataFrame, task: Task) -> Way:
    """Grades and performance scores, and sizes around them."""
    finished = Finished.of(start, blocks)

    def of_draw(drawn):
        return value(task.id, redraws.with_covariates(finished, drawn))

    draw = partial(redraws.draw_covariates, rng, blocks, finished)
    path = redraws.push(draw, of_draw, finished.covariates, task.sign)
    return path, partial(redraws.complete_around, rng, blocks, finished)


def _by_activity(
    rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, start: pd.DataFrame, task: Task
) -> Way:
    """Activities, and all that follows from them."""
    finished = Finished.of(start, blocks)
    survival, partial_response = finished.survival, (finished.response == "PR").astype(float)

    def of_draw(activity):
        return value(task.id, finished.cohort.assign(prrt_activity_gbq=activity))

    draw = partial(find_activity, rng, blocks, survival)
    path = redraws.push(draw, of_draw, finished.covariates.activity, task.sign)
    return path, partial(cohorts_around, rng, blocks, measure, survival, partial_response)


def _by_columns(rng: np.random.Generator, blocks: Blocks, _: BaseMeasure, start: pd.DataFrame, task: Task) -> Way:
    """All columns that come after times, responses, metastases and sizes."""
    finished = Finished.of(start, blocks)
    draw = partial(redraws.draw_columns, rng, blocks, finished)
    path = redraws.push(draw, partial(value, task.id), start, task.sign, redraws.WHOLE)
    return path, lambda cohort: iter([cohort])


_WAYS = {
    "survival": _by_times,
    "progression": _by_progressions,
    "sizes": _by_sizes,
    "scores": _by_scores,
    "covariates": _by_covariates,
    "activity": _by_activity,
    "columns": _by_columns,
}
