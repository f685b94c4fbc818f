"""The staged search for one cohort: survival, covariates, progression.

Hazard ratios see only the order of times, and a covariate dealt out anew within a group leaves
its logistic regression alone. So the stages are: times of death and last follow-up; each
covariate's own Cox regression, many solutions of each; one choice among these together with
sizes after PRRT for the propensity model; times of progression and recurrence. What remains
(``columns``) is counts by construction and single columns.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis_lib.reconstruction import anneal, anneal_times
from analysis_lib.reconstruction.blocks import NO_LATER, Blocks, Nearest, Progression, Scheme, SearchFailed, Survival
from analysis_lib.reconstruction.targets import DAYS_PER_MONTH, DAYS_PER_YEAR

# Days within which the death after the first cycle fell, before a second could be given.
SEPSIS_DAYS = (7, 70)
POSTOPERATIVE_DAYS = 60
EARLIEST_SURGERY_DAY = 200
# Four cycles at the shortest interval of six weeks.
SHORTEST_PRRT_DAYS = 126
LATEST_SURGERY_DAY = 1300
EARLIEST_PROGRESSION_DAY = 150
_TRIES = 150
PROGRESSION_TRIES = 20


def find_survival(rng: np.random.Generator, blocks: Blocks, scheme: Scheme, tries: int = _TRIES) -> Survival:
    """Times that meet all targets of overall survival, from random starts, ``tries`` of them at most.

    Raises
    ------
    SearchFailed
        If none was found; names what the nearest missed.
    """
    n_operated, n_others = blocks.sizes[1:]
    event = np.concatenate([np.arange(n) < d for n, d in zip((n_operated, n_others), blocks.deaths, strict=True)])
    operated = np.arange(n_operated + n_others) < n_operated
    low = np.where(operated, EARLIEST_SURGERY_DAY + 120, 120)
    high = np.full(low.shape, blocks.clock.years.size - 1)
    state = Survival(np.zeros_like(low), event.astype(np.int64), operated, low, high, blocks.clock)
    low[state.sepsis], high[state.sepsis] = SEPSIS_DAYS
    high[state.postoperative] = LATEST_SURGERY_DAY
    # A time of 0 would be no time.
    np.maximum(low, np.flatnonzero(blocks.clock.years > 0)[0], out=low)
    nearest = Nearest()

    def statistics() -> np.ndarray:
        found = np.zeros(anneal_times.SURVIVAL_STATISTICS)
        anneal_times.survival_statistics(state.years, state.event, operated, blocks.follow_up, blocks.quantile, found)
        return found

    for _ in range(tries):
        state.day = rng.integers(low, high + 1)
        left = anneal_times.anneal_survival(
            rng, state.day, state.event, operated, low, high, blocks.clock, scheme.log_density(),
            blocks.follow_up, blocks.quantile, blocks.survival, 60_000, False,
        )  # fmt: skip
        if left == 0.0:
            state.day = blocks.clock.first_days(state.day)
            return state
        nearest.offer(left, statistics)
    told = nearest.told(blocks.targets, blocks.survival_ids)
    raise SearchFailed("no cohort meets all targets of overall survival", "survival", told)


def walk_survival(rng: np.random.Generator, blocks: Blocks, scheme: Scheme, start: Survival, steps: int) -> Survival:
    """Another solution, reached from ``start`` without leaving the box."""
    day = start.day.copy()
    anneal_times.anneal_survival(
        rng, day, start.event, start.operated, start.low, start.high, blocks.clock, scheme.log_density(),
        blocks.follow_up, blocks.quantile, blocks.survival, steps, True,
    )  # fmt: skip
    return replace(start, day=blocks.clock.first_days(day))


def find_surgery_days(rng: np.random.Generator, blocks: Blocks, state: Survival) -> np.ndarray | None:
    """Days from the start of PRRT to surgery, shape (n,), 0 for the others; None if none was found."""
    n1 = blocks.sizes[1]
    alive = state.day[:n1]
    low = np.full(n1, EARLIEST_SURGERY_DAY)
    high = np.minimum(alive - 30, LATEST_SURGERY_DAY)
    low[state.postoperative] = max(EARLIEST_SURGERY_DAY, alive[0] - POSTOPERATIVE_DAYS)
    high[state.postoperative] = alive[0] - 1
    if (high < low).any():
        return None
    ids = tuple(f"table3.since_start.surgery.{s}" for s in ("median", "q1", "q3"))
    box = np.hstack([blocks.targets.box(ids), blocks.targets.box(("",) * (anneal.COLUMN_STATISTICS - 3))])
    soonest_quartile = blocks.numbers["table3.since_end.surgery.q1"].interval.low * DAYS_PER_MONTH
    for _ in range(12):
        k = np.clip(np.round(rng.normal(14.8, 4.5, n1) * DAYS_PER_MONTH), low, high).astype(np.int64)
        everyone, need = np.ones(n1, dtype=bool), np.zeros(3, dtype=bool)
        left = anneal.anneal_column(
            rng, k, low, high, 1 / DAYS_PER_MONTH, everyone, need, NO_LATER, blocks.quantile, box, 8_000
        )
        if left > 0.0:
            continue
        # Surgery so soon after the start leaves too little time after the end of four cycles.
        if np.percentile(k - SHORTEST_PRRT_DAYS, 25, method=blocks.targets.assumptions.quantile) > soonest_quartile:
            return np.concatenate([k, np.zeros(blocks.sizes[2], np.int64)])
    return None


def find_progression(
    rng: np.random.Generator,
    blocks: Blocks,
    scheme: Scheme,
    state: Survival,
    surgery_day: np.ndarray,
    nearest: Nearest | None = None,
) -> Progression | None:
    """Days of progression and recurrence that meet all targets; None if none was found.

    Recurrence after surgery is progression, so that each patient has one such day. Operated
    patients with disease left have progressed, but for the one who died of the operation. What
    failed searches ended with is offered to ``nearest``.
    """
    count = blocks.numbers.count
    n, n1 = blocks.sizes[:2]
    free = [count(f"results-survival.dfs_{margin}.surgery.n") for margin in ("r0", "r1")]
    recurred = count("results-survival.dfs_recurrence.surgery.count")
    left = n1 - 1 - sum(free)
    if recurred + left != count("results-survival.progression.surgery.count"):
        raise SearchFailed("recurrences and patients with disease left do not make the printed progressions")
    others = count("results-survival.progression.prrt_only.count")
    others += count("results-survival.progression_clinical.prrt_only.count")
    earliest, fixed = _progression_limits(state, surgery_day)
    able = np.flatnonzero(~fixed & (earliest < state.day))
    operated, rest = able[able < n1], able[able >= n1]
    if operated.size < recurred + left or rest.size < others:
        return None
    for _ in range(PROGRESSION_TRIES):
        role, progressed = np.zeros(n, np.int64), np.zeros(n, dtype=bool)
        # A median after R1 needs most of its few patients to recur, and to have lived to do so.
        seen = state.day - surgery_day
        lasting = operated[seen[operated] > 4 * DAYS_PER_YEAR]
        if lasting.size < free[1] + 1:
            return None
        after_r1 = rng.choice(lasting, free[1], replace=False)
        role[1:n1] = 1
        role[after_r1] = 2
        with_disease = rng.choice(np.setdiff1d(operated, after_r1), left, replace=False)
        role[with_disease] = 0
        among_r1 = after_r1[: rng.integers((free[1] + 1) // 2, free[1] + 1)]
        after_r0 = np.intersect1d(operated, np.flatnonzero(role == 1))
        progressed[with_disease] = True
        progressed[among_r1] = True
        progressed[rng.choice(after_r0, recurred - among_r1.size, replace=False)] = True
        progressed[rng.choice(rest, others, replace=False)] = True
        day = np.where(progressed, rng.integers(np.minimum(earliest, state.day - 1), state.day), state.day)
        misses = anneal_times.anneal_progression(
            rng, state.day, state.event, state.operated, surgery_day, earliest, fixed, role, progressed, day,
            blocks.clock, scheme.progression_rate, blocks.progression, 60_000, False,
        )  # fmt: skip
        if misses == 0.0:
            return Progression(surgery_day, role, progressed, day)
        if nearest is not None:
            ends = state.day, state.event, state.operated, surgery_day, role, progressed, day, blocks.clock
            nearest.offer(misses, lambda ends=ends: _progression_statistics(*ends))
    return None


def _progression_statistics(*ends: np.ndarray) -> np.ndarray:
    found = np.zeros(anneal_times.PROGRESSION_STATISTICS)
    anneal_times.progression_statistics(*ends, found)
    return found


def walk_progression(
    rng: np.random.Generator, blocks: Blocks, scheme: Scheme, state: Survival, start: Progression, steps: int
) -> Progression:
    """Other days of progression, reached from ``start`` without leaving the box."""
    role, progressed, day = start.role.copy(), start.progressed.copy(), start.day.copy()
    anneal_times.anneal_progression(
        rng, state.day, state.event, state.operated, start.surgery_day, *_progression_limits(state, start.surgery_day),
        role, progressed, day, blocks.clock, scheme.progression_rate, blocks.progression, steps, True,
    )  # fmt: skip
    return Progression(start.surgery_day, role, progressed, day)


def _progression_limits(state: Survival, surgery_day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First day on which each patient's progression can be seen, and whose role is fixed."""
    earliest = np.where(state.operated, surgery_day + 60, EARLIEST_PROGRESSION_DAY)
    fixed = np.zeros(state.day.size, dtype=bool)
    fixed[[state.sepsis, state.postoperative]] = True
    return earliest, fixed
