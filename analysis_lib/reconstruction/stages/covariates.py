"""Stage of the search: covariates of which each has a regression of death that fits, but for size."""

from __future__ import annotations

from itertools import product

import numpy as np

from analysis_lib.base.errors import InputError
from analysis_lib.printed.transcription import Transcription
from analysis_lib.reconstruction._numba.anneal_column import anneal_column
from analysis_lib.reconstruction._numba.annealing import misfit
from analysis_lib.reconstruction._numba.column_statistics import DECREASE_MEAN, MANN_WHITNEY_P, ODDS_RATIO
from analysis_lib.reconstruction._numba.find_order import find_order
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import logistic, ratio
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES, mann_whitney_p
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.state import Blocks, Covariates, SearchFailed, Survival
from analysis_lib.targets.catalogue import CLASSES, GROUPS

# Karnofsky score below which the centre gave no PRRT (Kwekkeboom et al. 2008, J Clin Oncol).
LOWEST_KPS = 50
ACTIVITY_STEP = 0.1
_TRIES = 150
# Exchanges of values between patients.
_STEPS = 2_000_000


@njit(nogil=True)
def _fitting_tables(levels, first, second, n1, n2, rank_box, ratio_box, out):
    """Pairs of rows of ``first`` and ``second`` whose Mann–Whitney p and odds ratio fit."""
    n = n1 + n2
    x, outcome = np.empty(n), np.zeros(n)
    outcome[:n1] = 1.0
    columns, beta, errors, statistics = np.ones((2, n)), np.zeros(2), np.empty(2), np.zeros(4)
    found = 0
    p = np.zeros(1)
    for a in range(first.shape[0]):
        at = 0
        for level in range(levels.size):
            x[at : at + first[a, level]] = levels[level]
            at += first[a, level]
        for b in range(second.shape[0]):
            at = n1
            for level in range(levels.size):
                x[at : at + second[b, level]] = levels[level]
                at += second[b, level]
            p[0] = mann_whitney_p(np.sort(x), x[:n1])
            if misfit(p, rank_box, 0, 1) > 0.0:
                continue
            columns[1] = (x - 90.0) / 10.0
            beta[:] = 0.0
            if logistic(columns, outcome, beta, errors):
                ratio(beta[1] / 10.0, errors[1] / 10.0, statistics)
                if misfit(statistics, ratio_box, 0, 4) == 0.0 and found < out.shape[0]:
                    out[found, 0], out[found, 1] = a, b
                    found += 1
    return found


def kps_tables(blocks: Blocks) -> list[np.ndarray]:
    """Every way to count Karnofsky scores by group that fits what is printed of them.

    Returns
    -------
    list of numpy.ndarray
        Each of shape (n,): scores, the operated first. Few enough to be enumerated: the
        quartiles, Mann–Whitney's p and the odds ratio leave next to no choice.
    """
    box = blocks.targets.box(ColumnSpec.by_group("table1.kps", odds_ratio="table5.kps_surgery").ids)
    levels = np.arange(LOWEST_KPS, 101, 10)
    tables, rule = [], blocks.targets.assumptions.quantile
    for g in (1, 2):
        tables.append(_tables_by_quartiles(levels, blocks.sizes[g], box[:, 3 * g : 3 * g + 3], rule))
    out = np.empty((10_000, 2), np.int64)
    rank_box, ratio_box = box[:, [MANN_WHITNEY_P]], box[:, ODDS_RATIO:DECREASE_MEAN].copy()
    found = _fitting_tables(levels.astype(float), *tables, *blocks.sizes[1:], rank_box, ratio_box, out)
    both = [[np.repeat(levels, tables[g][row[g]]) for g in (0, 1)] for row in out[:found]]
    everyone = [np.concatenate(pair).astype(float) for pair in both]
    return [x for x in everyone if not _quartile_misfit(np.sort(x), box[:, :3], rule)]


def _quartile_misfit(ordered: np.ndarray, limits: np.ndarray, rule: str) -> bool:
    """Whether median, first or third quartile lies outside its ``limits`` (3, 3)."""
    values = np.percentile(ordered, (50, 25, 75), method=rule)
    return bool(((values < limits[0]) | (values > limits[1])).any())


def _tables_by_quartiles(levels: np.ndarray, n: int, limits: np.ndarray, rule: str) -> np.ndarray:
    """Counts by level, shape (m, levels), whose quartiles lie within ``limits`` (3, 3)."""
    # q1 at the second-highest level or above leaves no more patients below it than its position counts.
    below = int((n + 1 - 2 * QUANTILE_RULES[rule]) / 4 + QUANTILE_RULES[rule]) if limits[0, 1] > levels[-3] else n
    rows = []
    for low_counts in product(range(below + 1), repeat=levels.size - 2):
        if sum(low_counts) > below:
            continue
        for second in range(n - sum(low_counts) + 1):
            row = (*low_counts, second, n - sum(low_counts) - second)
            if not _quartile_misfit(np.repeat(levels, row), limits, rule):
                rows.append(row)
    return np.array(rows, dtype=np.int64).reshape(-1, len(levels))


def activities(rng: np.random.Generator, blocks: Blocks, sepsis: int) -> np.ndarray:
    """Cumulative activities by Table 2's classes, all its ends attained; shape (n,), GBq.

    The lowest belongs to the patient at ``sepsis``, who had one cycle.

    Raises
    ------
    SearchFailed
        If none was found.
    """
    numbers = blocks.numbers
    n = blocks.sizes[0]
    low, high, class_of = [], [], []
    for g in GROUPS[1:]:
        bottom, top = (numbers.value(f"table2.activity.{g}.range_{end}") for end in ("lo", "hi"))
        for name in reversed(CLASSES):
            start, stop = (numbers.value(f"table2.class_{name}_{end}.threshold") for end in ("from", "to"))
            members = numbers.count(f"table2.class_{name}.{g}.count")
            low += [round(max(start, bottom) / ACTIVITY_STEP)] * members
            high += [round(min(stop, top) / ACTIVITY_STEP)] * members
            class_of += [name] * members
    low, high, class_of = np.array(low), np.array(high), np.array(class_of)
    if low.size != n or (low > high).any():
        raise InputError("Table 2's classes of activity contradict its ranges or the number of patients")
    spec = ColumnSpec.by_group("table2.activity", ACTIVITY_STEP, odds_ratio="table5.activity_surgery")
    first = np.arange(n) < blocks.sizes[1]
    for _ in range(_TRIES):
        lower, upper = low.copy(), high.copy()
        _attain_ends(rng, lower, upper, class_of, sepsis, numbers)
        k = rng.integers(lower, upper + 1)
        if anneal_column(rng, k, spec.column(blocks.targets, lower, upper, first), 40_000) == 0.0:
            return np.round(k * ACTIVITY_STEP, 6)
    raise SearchFailed("no activities meet Table 2 and Table 5 at once")


def _attain_ends(
    rng: np.random.Generator,
    low: np.ndarray,
    high: np.ndarray,
    class_of: np.ndarray,
    sepsis: int,
    numbers: Transcription,
) -> None:
    """Give each end of the groups' ranges and of Table 2's classes to one of their patients.

    The lowest of all goes to ``sepsis``.
    """
    operated = np.arange(low.size) < sepsis
    for group, members in zip(GROUPS[1:], (operated, ~operated), strict=True):
        for side in ("lo", "hi"):
            end = round(numbers.value(f"table2.activity.{group}.range_{side}") / ACTIVITY_STEP)
            able = np.flatnonzero(members & (low <= end) & (high >= end) & (low < high))
            chosen = sepsis if sepsis in able else rng.choice(able)
            low[chosen] = high[chosen] = end
    for name in CLASSES:
        for side in ("from", "to"):
            end = round(numbers.value(f"table2.class_{name}_{side}.threshold") / ACTIVITY_STEP)
            if ((class_of == name) & (low == end) & (high == end)).any():
                continue
            able = np.flatnonzero((class_of == name) & (low <= end) & (high >= end) & (low < high))
            if not able.size:
                raise SearchFailed(f"no patient of Table 2's class can have its end, {end * ACTIVITY_STEP:g} GBq")
            chosen = rng.choice(able)
            low[chosen] = high[chosen] = end


def find_response(rng: np.random.Generator, blocks: Blocks, state: Survival) -> np.ndarray:
    """Who had a partial response, 1.0 or 0.0, shape (n,), so that its hazard ratio of death fits.

    Raises
    ------
    SearchFailed
        If none was found.
    """
    response = allocated(rng, state.operated, _partial_responses(blocks), spared=state.sepsis)
    return _find_order(rng, blocks, state, "pr", response, spared=True)


def find_activity(rng: np.random.Generator, blocks: Blocks, state: Survival) -> np.ndarray:
    """Cumulative activity, GBq, shape (n,), with the printed summaries and hazard ratio of death.

    Raises
    ------
    SearchFailed
        If none was found.
    """
    activity = activities(rng, blocks, state.sepsis)
    return _find_order(rng, blocks, state, "activity", activity, spared=True)


def find_covariates(rng: np.random.Generator, blocks: Blocks, state: Survival, activity: np.ndarray) -> Covariates:
    """Karnofsky score and grade 1 beside the activity, each with a hazard ratio of death that fits.

    Raises
    ------
    SearchFailed
        If none were found.
    InputError
        If no Karnofsky scores meet Table 1.
    """
    counts = [blocks.numbers.count(f"table1.grade_1.{g}.count") for g in GROUPS[1:]]
    scores = kps_choices(blocks)
    grade_1 = _find_order(rng, blocks, state, "grade_1", allocated(rng, state.operated, counts))
    kps = _find_order(rng, blocks, state, "kps", scores[rng.integers(len(scores))].copy())
    return Covariates(kps, grade_1, activity)


def _find_order(
    rng: np.random.Generator, blocks: Blocks, state: Survival, name: str, values: np.ndarray, spared: bool = False
) -> np.ndarray:
    """Values (n,) permuted within the groups so that their regression of death fits; the sepsis death's may stay."""
    group = np.where(state.operated, 0, 1)
    if spared:
        group[state.sepsis] = -1
    box = blocks.targets.box(blocks.covariate_ids[name])
    if not find_order(rng, state.years, state.event, group, values, box, _STEPS):
        raise SearchFailed(f"the hazard ratio of death of {name} is met by no order", "covariates")
    return values


_CHOICES: dict[str, list[np.ndarray]] = {}


def kps_choices(blocks: Blocks) -> list[np.ndarray]:
    """The Karnofsky scores of :func:`kps_tables`, enumerated once for the same targets.

    Raises
    ------
    InputError
        If there are none.
    """
    digest = blocks.targets.digest
    if digest not in _CHOICES:
        _CHOICES[digest] = kps_tables(blocks)
    if not _CHOICES[digest]:
        raise InputError("no Karnofsky scores meet Table 1 and Table 5 at once; all were enumerated")
    return _CHOICES[digest]


def allocated(rng: np.random.Generator, operated: np.ndarray, counts: list[int], spared: int = -1) -> np.ndarray:
    """Ones for ``counts`` patients of each group, chosen at random; never for ``spared``."""
    x = np.zeros(operated.size)
    for members, wanted in zip((np.flatnonzero(operated), np.flatnonzero(~operated)), counts, strict=True):
        members = members[members != spared]
        if wanted > members.size:
            raise InputError(f"{wanted} patients are printed where a group has {members.size}")
        x[rng.choice(members, wanted, replace=False)] = 1.0
    return x


def _partial_responses(blocks: Blocks) -> list[int]:
    """Partial responses by group: the only counts that print as the percentages."""
    counts = []
    for g, n in zip(GROUPS[1:], blocks.sizes[1:], strict=True):
        interval = blocks.numbers[f"results-surgery.pr.{g}.percent"].interval
        fitting = [k for k in range(n + 1) if 100 * k / n in interval]
        if not fitting:
            raise InputError(f"no count of {n} patients prints as the percentage of partial responses")
        counts.append(fitting[0])
    return counts
