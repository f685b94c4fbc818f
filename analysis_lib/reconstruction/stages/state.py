"""What all stages of the search share: what each finds, and the boxes that it must reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.ledger.joint_facts import tvi_transitions
from analysis_lib.reconstruction._numba.anneal_progression import DFS_P, PFS_P
from analysis_lib.reconstruction._numba.anneal_survival import (
    FOLLOW_UP,
    LOG_RANK_P,
    OBSERVED,
    REVERSE_KAPLAN_MEIER,
    SURVIVORS,
)
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.reconstruction.stages.column_spec import ratio_ids
from analysis_lib.targets.catalogue import GROUPS, Targets
from analysis_lib.targets.time_unit import Clock, clock

# Half units of the last digit of a test or a regression that count as one: of survival, and of progression.
_JUMPS = 100.0, 10.0
# From the last cycle to the first scan, by the printed schedule six weeks, and no less than four.
FIRST_SCAN_DAYS = 28
_FOLLOW_UPS = {"observed": OBSERVED, "reverse_kaplan_meier": REVERSE_KAPLAN_MEIER, "survivors": SURVIVORS}


class SearchFailed(Exception):
    """A stage of the search found nothing; others may be tried.

    What no search could meet, since printed numbers contradict each other by arithmetic, is an ``InputError``.

    Parameters
    ----------
    problem
        What was not found.
    stage
        ``survival``, ``covariates``, ``progression`` or the stem of a column, where a search
        failed; empty where what was chosen before left no room.
    nearest
        What the nearest found misses.
    """

    def __init__(self, problem: str, stage: str = "", nearest: str = "") -> None:
        super().__init__(f"{problem}; {nearest}" if nearest else problem)
        self.stage, self.nearest = stage, nearest


@dataclass
class Survival:
    """Times of death and last follow-up; the operated come first, in each group the dead.

    ``surgery_day`` is given, 0 without surgery, where it was searched together with these times.
    """

    day: np.ndarray
    event: np.ndarray
    operated: np.ndarray
    clock: Clock
    surgery_day: np.ndarray | None = None

    @property
    def sepsis(self) -> int:
        """Position of the patient who died after the first cycle."""
        return int(self.operated.sum())

    @property
    def postoperative(self) -> int:
        """Position of the patient who died of the operation."""
        return 0

    @property
    def years(self) -> np.ndarray:
        return self.clock.years[self.day]


@dataclass
class Covariates:
    """Covariates of the regressions but for size, shapes (n,): Karnofsky score, grade 1, activity."""

    kps: np.ndarray
    grade_1: np.ndarray
    activity: np.ndarray


@dataclass
class Treatment:
    """PRRT and surgery, shapes (n,): cycles, and the days of the last cycle and of surgery (0 without)."""

    cycles: np.ndarray
    last_cycle_day: np.ndarray
    surgery_day: np.ndarray

    @property
    def first_scan_day(self) -> np.ndarray:
        """Of the first scan after the last cycle."""
        return self.last_cycle_day + FIRST_SCAN_DAYS


@dataclass
class Progression:
    """Days of progression; ``role`` as in :mod:`anneal_progression`."""

    role: np.ndarray
    progressed: np.ndarray
    day: np.ndarray


class Blocks:
    """The boxes of all stages, read once from the targets.

    Raises
    ------
    InputError
        If printed numbers of patients contradict each other.
    """

    def __init__(self, targets: Targets) -> None:
        self.targets, self.numbers = targets, targets.numbers
        count = self.numbers.count
        self.sizes = tuple(count(f"table1.patients.{g}.n") for g in GROUPS)
        self.deaths = tuple(count(f"results-survival.deaths.{g}.count") for g in GROUPS[1:])
        if self.sizes[1] + self.sizes[2] != self.sizes[0]:
            raise InputError(f"groups of {self.sizes[1]} and {self.sizes[2]} do not make {self.sizes[0]} patients")
        if any(d > n for d, n in zip(self.deaths, self.sizes[1:], strict=True)):
            raise InputError("more deaths are printed than there are patients in a group")
        self.clock, self.quantile = clock(targets.assumptions.time_unit), QUANTILE_RULES[targets.assumptions.quantile]
        self.follow_up = _FOLLOW_UPS[targets.assumptions.follow_up]
        place = "results-survival"
        self.survival_ids = (
            *(f"{place}.os.{g}.{s}" for g in GROUPS for s in ("median", "ci_lo", "ci_hi")),
            f"{place}.os.p",
            *ratio_ids(f"{place}.cox_surgery", "hr"),
            *(f"{place}.follow_up.all.{s}" for s in ("median", "q1", "q3")),
        )
        self.covariate_ids = {
            name: ratio_ids(f"table5.{name}_death", "hr") for name in ("pr", "kps", "grade_1", "activity")
        }
        self.size_ids = (
            *ratio_ids("table5.size_post_death", "hr"),
            *ratio_ids("table5.size_post_surgery", "or"),
            *ratio_ids(f"{place}.cox_surgery_adjusted", "hr"),
            *ratio_ids(f"{place}.cox_score", "hr"),
        )
        self.progression_ids = (
            *(f"{place}.pfs.{g}.{s}" for g in GROUPS[1:] for s in ("median", "ci_lo", "ci_hi")),
            f"{place}.pfs.p",
            *(f"{place}.dfs.surgery.{s}" for s in ("median", "ci_lo", "ci_hi")),
            f"{place}.dfs_r0.surgery.median",
            f"{place}.dfs_r0.ci_undefined",
            *(f"{place}.dfs_r1.surgery.{s}" for s in ("median", "ci_lo", "ci_hi")),
            f"{place}.dfs_margin.surgery.p",
        )
        self.transitions = {g: tvi_transitions(self.numbers, g) for g in GROUPS[1:]}
        self.survival = targets.box(self.survival_ids)
        # Tests and regressions see only the order of times and change in jumps. So they count for less than times do
        # while a search is under way; that all lie inside is what ends it.
        self.survival[2, LOG_RANK_P:FOLLOW_UP] *= _JUMPS[0]
        self.progression = targets.box(self.progression_ids)
        self.progression[2, [PFS_P, DFS_P]] *= _JUMPS[1]
        undefined = self.progression_ids.index(f"{place}.dfs_r0.ci_undefined")
        if self.progression_ids[undefined] in targets:
            # SPSS's interval wants the curve to reach .45; how far it ends above guides the search.
            self.progression[:, undefined] = 0.45 + 1e-6, 1.0, 0.01


def missed(targets: Targets, ids: tuple[str, ...], statistics: np.ndarray) -> list[str]:
    """The targets among ``ids`` that ``statistics`` do not meet, each with its value."""
    box = targets.box(ids)
    return [
        f"{id} = {value:.5g} where {targets.numbers[id].printed if id in targets.numbers else 'undefined'} is printed"
        for id, value, low, high in zip(ids, statistics, box[0], box[1], strict=True)
        if id in targets and not low <= value <= high
    ]


class Nearest:
    """The statistics that came nearest to a box, of all searches that failed."""

    def __init__(self) -> None:
        self.misfit, self.statistics = np.inf, np.empty(0)

    def offer(self, misfit: float, statistics: Callable[[], np.ndarray]) -> None:
        """Keep what a search ended with, if nothing nearer is kept."""
        if misfit < self.misfit:
            self.misfit, self.statistics = misfit, statistics()

    def describe(self, targets: Targets, ids: tuple[str, ...]) -> str:
        """The targets that they miss, with what is printed; empty if no search came to an end."""
        lines = missed(targets, ids, self.statistics) if self.statistics.size else []
        return "the nearest found has " + "; ".join(lines) if lines else ""
