"""Irreducible infeasible subset: the smallest set of printed numbers that a search still fails to meet.

A deletion filter (Chinneck & Dravnieks 1991, ORSA J Comput 3:157) leaves out one target after the
other. Where the search fails without it, the target is not needed for the conflict and stays out.
What is left fails as a whole, and is met as soon as any one of it is left out. That is strong
evidence and no proof: a search that fails may have been unlucky, which is why it says how often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis_lib.reconstruction.chain import kps_choices, solve
from analysis_lib.reconstruction.stages import covariates, progression
from analysis_lib.reconstruction.stages import survival as survival_stage
from analysis_lib.reconstruction.stages.column_spec import ratio_ids
from analysis_lib.reconstruction.stages.columns import complete
from analysis_lib.reconstruction.stages.state import (
    SCHEMES,
    Blocks,
    Nearest,
    SearchFailed,
    Survival,
    scheme_of,
)
from analysis_lib.targets.catalogue import Targets

# Sets of times around which a stage is tried, as many by each scheme.
_STATES = 2 * len(SCHEMES)
# Random starts of a search for times of death, and columns completed around one solution.
_TRIES, _COMPLETIONS = 12, 20
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
    """

    stage: str
    ids: tuple[str, ...]
    searches: int
    nearest: str = ""

    def __str__(self) -> str:
        together = f"{self.searches} searches failed to meet these together, and met them without any one of them: "
        return together + ", ".join(self.ids) + (f"; {self.nearest}" if self.nearest else "")


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

    Takes some minutes: each target is left out once, and searched without.
    """
    if not failure.stage:
        return None
    if failure.stage in _STAGES:
        stage = _STAGES[failure.stage](targets, seed)
    else:
        stage = _Column(targets, seed, failure.stage)
    ids = smallest(stage.meets, targets, [id for id in stage.ids if id in targets])
    if not ids:
        return None
    kept = targets.without({id for id in stage.ids if id in targets} - set(ids))
    # What is hard to meet looks like a conflict to a short search.
    if stage.meets(kept, _AGAIN):
        return None
    return Conflict(failure.stage, ids, _AGAIN * stage.searches, stage.nearest)


class _Stage:
    """One stage of the search, tried on its own; ``searches`` is how many a try makes."""

    ids: tuple[str, ...]
    searches: int

    def __init__(self, seed: int) -> None:
        self.seed, self.nearest = seed, ""

    def meets(self, targets: Targets, tries: int = 1) -> bool:
        """Whether one of so many tries meets the targets."""
        rng, blocks = np.random.default_rng(self.seed), Blocks(targets)
        return any(self._met(rng, blocks) for _ in range(tries))

    def _met(self, rng: np.random.Generator, blocks: Blocks) -> bool:
        raise NotImplementedError


class _Survival(_Stage):
    """Times of death and last follow-up, from random times."""

    def __init__(self, targets: Targets, seed: int) -> None:
        super().__init__(seed)
        self.ids = Blocks(targets).survival_ids
        self.searches = _TRIES * len(SCHEMES)

    def _met(self, rng: np.random.Generator, blocks: Blocks) -> bool:
        for scheme in SCHEMES:
            try:
                survival_stage.find_survival(rng, blocks, scheme, _TRIES)
            except SearchFailed as error:
                self.nearest = error.nearest
            else:
                return True
        return False


class _Progression(_Stage):
    """Progression and recurrence, around times of death and of surgery that meet their own targets."""

    def __init__(self, targets: Targets, seed: int) -> None:
        super().__init__(seed)
        rng, blocks = np.random.default_rng(seed), Blocks(targets)
        self.ids = blocks.progression_ids
        self.states: list[tuple[Survival, np.ndarray]] = []
        while len(self.states) < _STATES:
            survival = survival_stage.find_survival(rng, blocks, scheme_of(len(self.states)))
            days = survival_stage.find_surgery_days(rng, blocks, survival)
            if days is not None:
                self.states.append((survival, days))
        self.searches = _STATES * progression.PROGRESSION_TRIES

    def _met(self, rng: np.random.Generator, blocks: Blocks) -> bool:
        nearest = Nearest()
        for k, state in enumerate(self.states):
            if progression.find_progression(rng, blocks, scheme_of(k), *state, nearest) is not None:
                return True
        self.nearest = nearest.describe(blocks.targets, self.ids)
        return False


class _Covariates(_Stage):
    """Regressions of death and surgery, around times of death that meet their own targets."""

    def __init__(self, targets: Targets, seed: int) -> None:
        # The regressions' search does not say how near it came.
        super().__init__(seed)
        rng, blocks = np.random.default_rng(seed), Blocks(targets)
        self.ids = (*ratio_ids("table5.pr_death", "hr"), *blocks.joint_ids)
        self.states = [survival_stage.find_survival(rng, blocks, scheme_of(k)) for k in range(_STATES)]
        self.searches = _STATES

    def _met(self, rng: np.random.Generator, blocks: Blocks) -> bool:
        for state in self.states:
            activity = covariates.find_activity(rng, blocks, state.sepsis)
            if covariates.find_covariates(rng, blocks, state, kps_choices(blocks), activity) is not None:
                return True
        return False


class _Column(_Stage):
    """One column, completed around whole solutions of the stages before."""

    def __init__(self, targets: Targets, seed: int, stem: str) -> None:
        super().__init__(seed)
        self.stem = stem
        rng, blocks = np.random.default_rng(seed), Blocks(targets)
        self.ids = tuple(id for id in targets if id.startswith(f"{stem}."))
        self.states = [solve(rng, blocks, scheme) for scheme in SCHEMES]
        self.searches = _COMPLETIONS * len(self.states)

    def _met(self, rng: np.random.Generator, blocks: Blocks) -> bool:
        for state in self.states:
            for _ in range(_COMPLETIONS):
                try:
                    complete(rng, blocks, state.survival, state.covariates, state.progression)
                except SearchFailed as error:
                    if error.stage == self.stem:
                        self.nearest = error.nearest
                else:
                    return True
        return False


_STAGES = {"survival": _Survival, "progression": _Progression, "covariates": _Covariates}
