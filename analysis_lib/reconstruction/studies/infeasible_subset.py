"""Irreducible infeasible subset: the smallest set of printed numbers that a search still fails to meet.

A deletion filter (Chinneck & Dravnieks 1991, ORSA J Comput 3:157) leaves out one target after the
other. Where the search fails without it, the target is not needed for the conflict and stays out.
What is left fails as a whole, and is met as soon as any one of it is left out. That is strong
evidence and no proof: a search that fails may have been unlucky, which is why it says how often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis_lib.cohort import plausibility
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.search import (
    VERIFICATION,
    Course,
    cohorts_around,
    find_course,
    find_measured,
    find_start,
)
from analysis_lib.reconstruction.stages.covariates import find_activity, find_covariates, find_response
from analysis_lib.reconstruction.stages.sizes import DECREASE
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed, Survival
from analysis_lib.reconstruction.stages.survival import find_survival
from analysis_lib.targets import time_unit
from analysis_lib.targets.catalogue import Targets

# What meets the targets of the stages before, and how often a stage is tried around each.
_STATES, _TRIES = 4, 4
# How often a conflict, once found, is tried again before it is reported.
_AGAIN = 8


@dataclass(frozen=True)
class Conflict:
    """The smallest set found of targets that no search met together.

    Attributes
    ----------
    stage : str
        As :class:`SearchFailed` has it.
    ids : tuple of str
        The targets.
    searches : int
        How many searches failed to meet them.
    nearest : str
        What the nearest found misses of them; empty where the stage does not say.
    rule : str
        Id of the rule of ``data/plausibility.csv`` that they contradict; empty where they contradict each other.
    """

    stage: str
    ids: tuple[str, ...]
    searches: int
    nearest: str = ""
    rule: str = ""

    def __str__(self) -> str:
        rule = f"the rule {self.rule} of {plausibility.FILE.name}"
        if not self.ids:
            told = f"{self.searches} searches broke {rule}, whichever printed number was left out"
        else:
            told = f"{self.searches} searches failed to meet these together, and met them without any one of them: "
            told += ", ".join((*((rule,) if self.rule else ()), *self.ids))
        return told + (f"; {self.nearest}" if self.nearest else "")


def smallest(meets: Callable[[Targets], bool], targets: Targets, ids: Sequence[str]) -> tuple[str, ...]:
    """Those of ``ids`` that cannot be met together, and can once any one of them is left out.

    Parameters
    ----------
    meets
        Whether a search meets what is left of the targets.
    targets
        All targets; those beside ``ids`` are kept throughout.
    ids
        Among which the conflict lies; what belongs together (a median and its limits) side by side.

    Returns
    -------
    tuple of str
        Empty if the search meets all of them after all.
    """
    if meets(targets):
        return ()
    left_out: set[str] = set()
    # Whole facts first, then single numbers: most facts have no part in a conflict.
    for facts in (_by_fact(ids), [(id,) for id in ids]):
        for fact in facts:
            if not left_out.issuperset(fact) and not meets(targets.without(left_out | set(fact))):
                left_out |= set(fact)
    return tuple(id for id in ids if id not in left_out)


def _by_fact(ids: Sequence[str]) -> list[tuple[str, ...]]:
    facts: dict[str, list[str]] = {}
    for id in ids:
        facts.setdefault(id.rpartition(".")[0], []).append(id)
    return [tuple(fact) for fact in facts.values()]


def find(targets: Targets, seed: int, failure: SearchFailed) -> Conflict | None:
    """The conflict behind a failure; None where no stage failed, or where nothing fails when tried again.

    Takes minutes: each target is left out once, and searched without.
    """
    if not failure.stage:
        return None
    stage = _STAGES.get(failure.stage, _Column)(targets, seed, failure.stage)
    ids = smallest(stage.meets, targets, stage.ids)
    if not ids and not stage.rule:
        return None
    kept = targets.without(set(stage.ids) - set(ids))
    # What is hard to meet looks like a conflict to a short search.
    if stage.meets(kept, _AGAIN):
        return None
    return Conflict(failure.stage, ids, _AGAIN * _TRIES * len(stage.states), stage.nearest, stage.rule)


class _Stage:
    """A stage of the search, tried on its own around ``states``, which meet the targets of the stages before it."""

    ids: tuple[str, ...]
    rule = ""

    def __init__(self, targets: Targets, seed: int, name: str) -> None:
        self.name, self.seed, self.nearest = name, seed, ""
        rng, blocks = np.random.default_rng(seed), Blocks(targets)
        self.states = [self._state(rng, blocks) for _ in range(_STATES)]
        self.ids = tuple(id for id in self._bearing(blocks) if id in targets)

    def meets(self, targets: Targets, times: int = 1) -> bool:
        """Whether the stage meets the targets around one of the states."""
        rng, blocks = np.random.default_rng(self.seed), Blocks(targets)
        for _ in range(times * _TRIES):
            for state in self.states:
                try:
                    self._find(rng, blocks, state)
                except SearchFailed as error:
                    if error.stage == self.name:
                        self.nearest = error.nearest
                else:
                    return True
        return False

    def _state(self, rng: np.random.Generator, blocks: Blocks) -> Any:
        return find_start(rng, blocks)

    def _bearing(self, blocks: Blocks) -> Sequence[str]:
        """Ids among which a conflict of this stage lies."""
        raise NotImplementedError

    def _find(self, rng: np.random.Generator, blocks: Blocks, state: Any) -> None:
        raise NotImplementedError


class _Survival(_Stage):
    """Times of death and last follow-up, under random base measures."""

    def _state(self, rng: np.random.Generator, blocks: Blocks) -> BaseMeasure:
        return BaseMeasure.draw(rng)

    def _bearing(self, blocks: Blocks) -> Sequence[str]:
        return blocks.survival_ids

    def _find(self, rng: np.random.Generator, blocks: Blocks, state: BaseMeasure) -> None:
        find_survival(rng, blocks, state)


class _Covariates(_Stage):
    """Regressions of death but for size, around times of death."""

    def _bearing(self, blocks: Blocks) -> Sequence[str]:
        return [id for ids in blocks.covariate_ids.values() for id in ids]

    def _find(self, rng: np.random.Generator, blocks: Blocks, state: tuple[BaseMeasure, Survival]) -> None:
        find_response(rng, blocks, state[1])
        find_covariates(rng, blocks, state[1], find_activity(rng, blocks, state[1]))


class _Progression(_Stage):
    """Progression and recurrence, around times of death."""

    def _bearing(self, blocks: Blocks) -> Sequence[str]:
        return blocks.progression_ids

    def _find(self, rng: np.random.Generator, blocks: Blocks, state: tuple[BaseMeasure, Survival]) -> None:
        find_course(rng, blocks, *state, find_response(rng, blocks, state[1]))


class _Sizes(_Stage):
    """Sizes before and after PRRT, around treatment and progression."""

    def _state(self, rng: np.random.Generator, blocks: Blocks) -> tuple[Survival, Course]:
        while True:
            measure, survival = find_start(rng, blocks)
            try:
                partial = find_response(rng, blocks, survival)
                return survival, find_course(rng, blocks, measure, survival, partial)
            except SearchFailed:
                continue

    def _bearing(self, blocks: Blocks) -> Sequence[str]:
        return (*DECREASE.ids, *blocks.size_ids)

    def _find(self, rng: np.random.Generator, blocks: Blocks, state: tuple[Survival, Course]) -> None:
        find_measured(rng, blocks, *state)


class _Column(_Stage):
    """One column of whole cohorts around times of death."""

    def _bearing(self, blocks: Blocks) -> Sequence[str]:
        return [id for id in blocks.targets if id.startswith(f"{self.name}.")]

    def _find(self, rng: np.random.Generator, blocks: Blocks, state: tuple[BaseMeasure, Survival]) -> None:
        next(cohorts_around(rng, blocks, *state, find_response(rng, blocks, state[1])))


class _Rules(_Stage):
    """The rule that most whole cohorts break, and what is printed of its columns."""

    def _bearing(self, blocks: Blocks) -> Sequence[str]:
        rng, found = np.random.default_rng(self.seed), Counter[plausibility.Rule]()
        for _ in range(_TRIES):
            for state in self.states:
                with suppress(SearchFailed):
                    found.update(self._broken(rng, blocks, state))
        if not found:
            return ()
        ((rule, _),) = found.most_common(1)
        self.rule = rule.id
        return [id for id, target in blocks.targets.items() if set(target.columns) & set(rule.columns)]

    def _find(self, rng: np.random.Generator, blocks: Blocks, state: tuple[BaseMeasure, Survival]) -> None:
        if self.rule in {rule.id for rule in self._broken(rng, blocks, state)}:
            raise SearchFailed(f"a whole cohort breaks the rule {self.rule}")

    def _broken(
        self, rng: np.random.Generator, blocks: Blocks, state: tuple[BaseMeasure, Survival]
    ) -> list[plausibility.Rule]:
        cohort = next(cohorts_around(rng, blocks, *state, find_response(rng, blocks, state[1])))
        scale = time_unit.scale(blocks.targets.assumptions.time_unit)
        return [one.rule for one in plausibility.broken(cohort, scale)]


_STAGES = {
    "survival": _Survival,
    "covariates": _Covariates,
    "progression": _Progression,
    "sizes": _Sizes,
    VERIFICATION: _Rules,
}
