"""What all stages of the search share: base measures, what each stage finds, and the boxes it must reach."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.ledger.joint_facts import tvi_transitions
from analysis_lib.reconstruction._numba.anneal_survival import OBSERVED, REVERSE_KAPLAN_MEIER, SURVIVORS
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.reconstruction.stages.column_spec import ratio_ids
from analysis_lib.targets.catalogue import GROUPS, LONGEST_FOLLOW_UP_YEARS, Targets
from analysis_lib.targets.time_unit import Clock, clock

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


@dataclass(frozen=True)
class Scheme:
    """A base measure: where times would lie if no printed number held them.

    Rates are of exponential densities, a year; ``admitted_evenly`` thins times out as a study
    does that admits patients evenly and ends on one day.
    """

    name: str
    description: str
    death_rate: float
    follow_up_rate: float
    progression_rate: float
    admitted_evenly: bool

    def log_density(self) -> np.ndarray:
        """Shape (2, years): of last follow-up and of death, by year."""
        year = np.arange(np.ceil(LONGEST_FOLLOW_UP_YEARS) + 1) + 0.5
        left = np.maximum(1 - year / (LONGEST_FOLLOW_UP_YEARS + 0.5), 0.02)
        # One by one: NumPy's own logarithm of an array differs with the processor in the last bit.
        thinned = np.array([math.log(share) for share in left]) * self.admitted_evenly
        return np.array([-self.follow_up_rate * year, -self.death_rate * year + thinned])


SCHEMES = (
    Scheme(
        "accrual",
        "patients admitted evenly from 2000 to 2019, survivors followed to 2020, a constant hazard of death",
        death_rate=1 / 8,
        follow_up_rate=0.0,
        progression_rate=1 / 4,
        admitted_evenly=True,
    ),
    Scheme(
        "losses",
        "follow-up that ends early for many, deaths and progressions spread evenly over the years",
        death_rate=0.0,
        follow_up_rate=1 / 4,
        progression_rate=0.0,
        admitted_evenly=False,
    ),
)


def scheme_of(start: int) -> Scheme:
    """The scheme of an ensemble's start: they take turns."""
    return SCHEMES[start % len(SCHEMES)]


@dataclass
class Survival:
    """Times of death and last follow-up; the operated come first, in each group the dead."""

    day: np.ndarray
    event: np.ndarray
    operated: np.ndarray
    low: np.ndarray
    high: np.ndarray
    clock: Clock

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
    """Covariates of the regressions; shapes (n,), sizes NaN without a scan."""

    kps: np.ndarray
    grade_1: np.ndarray
    activity: np.ndarray
    partial_response: np.ndarray
    size_post: np.ndarray


@dataclass
class Progression:
    """Days of surgery and progression; ``role`` as in :mod:`anneal_progression`."""

    surgery_day: np.ndarray
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
        self.joint_ids = (
            *ratio_ids("table5.kps_death", "hr"),
            *ratio_ids("table5.grade_1_death", "hr"),
            *ratio_ids("table5.activity_death", "hr"),
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
        self.joint = targets.box(self.joint_ids)
        self.progression = targets.box(self.progression_ids)
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
