"""The cohorts of one start: a solution of all stages from random times, then a walk to further ones, each verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.reconstruction.stages import covariates as covariate_stage
from analysis_lib.reconstruction.stages import progression as progression_stage
from analysis_lib.reconstruction.stages import survival as survival_stage
from analysis_lib.reconstruction.stages.columns import complete
from analysis_lib.reconstruction.stages.state import (
    Blocks,
    Covariates,
    Progression,
    Scheme,
    SearchFailed,
    Survival,
    scheme_of,
)
from analysis_lib.reconstruction.verify import logic_misses, misses
from analysis_lib.targets.catalogue import Targets

# How often along a chain times of survival and surgery are drawn anew.
_FRESH_EVERY = 5
_WALK_STEPS = 20_000
_TRIES = 12
# Solutions around which no whole cohort can be completed, before a start is given up.
_DEAD_ENDS = 12
# Searches for times of death that find none, before a start is given up.
_HOPELESS = 4


@dataclass
class Solution:
    """Times and covariates of a cohort: all that its curves and regressions see."""

    survival: Survival
    covariates: Covariates
    progression: Progression


@dataclass
class Position:
    """Where a chain stands after a cohort: all that its next one depends on.

    ``generator`` is the state of the random numbers, as NumPy's bit generators have it.
    """

    made: int
    solution: Solution
    generator: dict[str, Any]

    def packed(self) -> dict[str, Any]:
        """The position as JSON holds it, without loss."""
        parts = {
            name: {field: x.tolist() for field, x in vars(part).items() if isinstance(x, np.ndarray)}
            for name, part in vars(self.solution).items()
        }
        return {"made": self.made, "generator": self.generator, "solution": parts}

    @classmethod
    def unpacked(cls, packed: dict[str, Any], blocks: Blocks) -> Position:
        """The inverse of :meth:`packed`, in a search with these ``blocks``."""
        survival, covariates, progression = (
            {field: np.array(x) for field, x in packed["solution"][name].items()}
            for name in ("survival", "covariates", "progression")
        )
        solution = Solution(
            Survival(**survival, clock=blocks.clock), Covariates(**covariates), Progression(**progression)
        )
        return cls(packed["made"], solution, packed["generator"])


def chain(
    targets: Targets, seed: int, start: int, length: int, position: dict[str, Any] | None = None
) -> Iterator[tuple[pd.DataFrame, Position]]:
    """Cohorts of one start, each verified, with where the chain then stands.

    The scheme alternates with the start's number. From a ``position``, packed, the chain goes on to its
    ``length`` with the cohorts that it would have given anyway.

    Raises
    ------
    SearchFailed
        If a stage finds nothing.
    """
    rng = np.random.default_rng([seed, start])
    scheme = scheme_of(start)
    blocks = Blocks(targets)
    if position is None:
        solution, made = solve(rng, blocks, scheme), 0
    else:
        stands = Position.unpacked(position, blocks)
        solution, made = stands.solution, stands.made
        rng.bit_generator.state = stands.generator
    failures: list[SearchFailed] = []
    while made < length:
        if made:
            solution = walk(rng, blocks, scheme, solution, fresh=made % _FRESH_EVERY == 0)
        frame = _verified(rng, targets, blocks, solution, failures)
        if frame is not None:
            made += 1
            yield frame, Position(made, solution, rng.bit_generator.state)
        elif not made:
            if len(failures) >= _DEAD_ENDS * _TRIES:
                raise _commonest(failures)
            # Dead ends of single columns come from the times; take others.
            solution = solve(rng, blocks, scheme)


def solve(rng: np.random.Generator, blocks: Blocks, scheme: Scheme) -> Solution:
    """Survival, covariates and progression from a random start.

    Raises
    ------
    SearchFailed
        If none was found.
    """
    choices, failed = kps_choices(blocks), Counter()
    for _ in range(_TRIES):
        try:
            survival = survival_stage.find_survival(rng, blocks, scheme)
        except SearchFailed:
            failed["survival"] += 1
            if failed["survival"] == _HOPELESS:
                raise
            continue
        activity = covariate_stage.find_activity(rng, blocks, survival.sepsis)
        covariates = covariate_stage.find_covariates(rng, blocks, survival, choices, activity)
        if covariates is None:
            failed["covariates"] += 1
            continue
        progression = find_progression(rng, blocks, scheme, survival)
        if progression is not None:
            return Solution(survival, covariates, progression)
        failed["progression"] += 1
    what = {
        "survival": "overall survival",
        "covariates": "the regressions",
        "progression": "progression and recurrence",
    }
    found = ", ".join(f"{what[stage]} failed {times} times" for stage, times in failed.items())
    raise SearchFailed(
        f"no cohort meets survival, regressions and progression at once: of {_TRIES} starts {found}",
        # Whichever stage was reached last was never passed.
        next(stage for stage in ("progression", "covariates", "survival") if failed[stage]),
    )


def find_progression(
    rng: np.random.Generator, blocks: Blocks, scheme: Scheme, survival: Survival
) -> Progression | None:
    """Days of surgery, progression and recurrence around given times; None if none was found."""
    for _ in range(_TRIES):
        days = survival_stage.find_surgery_days(rng, blocks, survival)
        if days is None:
            continue
        found = progression_stage.find_progression(rng, blocks, scheme, survival, days)
        if found is not None:
            return found
    return None


def walk(rng: np.random.Generator, blocks: Blocks, scheme: Scheme, start: Solution, fresh: bool) -> Solution:
    """A neighbouring solution; ``fresh`` moves times of death and draws surgery and progression anew."""
    survival, progression = start.survival, None
    if fresh:
        survival = survival_stage.walk_survival(rng, blocks, scheme, survival, _WALK_STEPS)
        progression = find_progression(rng, blocks, scheme, survival)
    if progression is None:
        survival = start.survival
        progression = progression_stage.walk_progression(rng, blocks, scheme, survival, start.progression, _WALK_STEPS)
    covariates = covariate_stage.walk_covariates(rng, blocks, survival, start.covariates, _WALK_STEPS)
    return Solution(survival, covariates, progression)


def _verified(
    rng: np.random.Generator, targets: Targets, blocks: Blocks, solution: Solution, failures: list[SearchFailed]
) -> pd.DataFrame | None:
    """A whole cohort that meets every target by independent recomputation; None if none was found.

    Why a column was not found is added to ``failures``.
    """
    for _ in range(_TRIES):
        try:
            frame = complete(rng, blocks, solution.survival, solution.covariates, solution.progression)
        except SearchFailed as error:
            failures.append(error)
            continue
        if not logic_misses(frame, targets.assumptions.time_unit) and not misses(frame, targets):
            return frame
    return None


def _commonest(failures: list[SearchFailed]) -> SearchFailed:
    """The last of the kind of failure that came up most."""
    kinds = [failure.stage or str(failure) for failure in failures]
    kind = Counter(kinds).most_common(1)[0][0]
    return failures[max(k for k, one in enumerate(kinds) if one == kind)]


_CHOICES: dict[str, list[np.ndarray]] = {}


def kps_choices(blocks: Blocks) -> list[np.ndarray]:
    """The Karnofsky scores by :func:`covariates.kps_tables`, enumerated once for the same targets.

    Raises
    ------
    InputError
        If there are none.
    """
    digest = blocks.targets.digest
    if digest not in _CHOICES:
        _CHOICES[digest] = covariate_stage.kps_tables(blocks)
    if not _CHOICES[digest]:
        raise InputError("no Karnofsky scores meet Table 1 and Table 5 at once; all were enumerated")
    return _CHOICES[digest]
