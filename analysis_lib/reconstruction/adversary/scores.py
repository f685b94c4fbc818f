"""Push of a finished cohort's sizes after PRRT, so that a hazard ratio by a propensity score goes to an extreme.

Four regressions with size are printed: eight equations for the sizes of 47 patients. So there is room to walk: up the
gradient of the ratio as far as the linear model of these equations lets it, then to whole millimetres near by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis_lib.analyses import propensity_weighting
from analysis_lib.reconstruction._numba.annealing import misfit
from analysis_lib.reconstruction._numba.cholesky import cholesky, solve_cholesky
from analysis_lib.reconstruction._numba.fit_sizes import (
    MODELS,
    SIZE_STATISTICS,
    Scanned,
    anneal_linear,
    first_fits,
    size_coefficients,
    size_jacobian,
    size_statistics,
)
from analysis_lib.reconstruction.adversary.finished import Finished
from analysis_lib.reconstruction.adversary.quantities import log_ratio_by_score
from analysis_lib.reconstruction.stages.builder import find_column
from analysis_lib.reconstruction.stages.columns import complete
from analysis_lib.reconstruction.stages.sizes import (
    AFTER_MM,
    BEFORE_MM,
    DECREASE,
    changes,
    limits_before,
    size_box,
    tumour_decides,
)
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed

# Steps of a walk, and the longest change of a size in one, mm.
STEPS, _LONGEST = 100, 4.0
_HOT = 0.3
# Strata hardly move with a size: there the way is that of the ratio with overlap weights.
_STEERED_BY = {"strata": "overlap"}
# Of a gradient, below which what the four regressions leave of it is error of rounding.
_NOTHING_LEFT = 1e-9


class Walk:
    """Sizes after PRRT of the scanned patients, in the order of their times, and what they must meet."""

    def __init__(self, blocks: Blocks, finished: Finished, score: tuple[str, tuple[str, ...]]) -> None:
        cohort = finished.cohort
        self.box = size_box(blocks.targets, blocks.size_ids)
        order = np.argsort(finished.survival.years, kind="stable")
        self.order = order[cohort["tumour_size_post_mm"].notna().to_numpy(bool)[order]]
        rows = cohort.iloc[self.order]
        self.size = rows["tumour_size_post_mm"].to_numpy(float)
        nothing = np.zeros(self.size.size)
        self.scanned = Scanned(
            finished.survival.years[self.order],
            finished.survival.event[self.order],
            finished.survival.operated[self.order].astype(float),
            np.stack([rows["kps"], rows["grade"] == "G1", rows["prrt_activity_gbq"]]).astype(float),
            *(np.full(self.size.size, float(end)) for end in AFTER_MM),
            nothing.astype(np.int64),
            nothing,
            nothing,
        )
        self.method, names = score
        self.steered_by = _STEERED_BY.get(self.method, self.method)
        self.sample = propensity_weighting.stack(rows.assign(cohort=0), names)
        self.column = names.index("tumour_size_post_mm")

    def samples(self, sizes: np.ndarray) -> propensity_weighting.Stack:
        """The patients under each of k sets of ``sizes`` (k, m)."""
        samples = self.sample.rows(np.zeros(len(sizes), int))
        covariates = samples.covariates.copy()
        covariates[:, :, self.column] = sizes
        return replace(samples, labels=np.arange(len(sizes)), covariates=covariates)

    def value(self, size: np.ndarray) -> float:
        """What is pushed, under sizes (m,)."""
        return float(log_ratio_by_score(self.samples(size[np.newaxis]), self.method).iloc[0])

    def step(self, rng: np.random.Generator, size: np.ndarray, sign: float, longest: float) -> np.ndarray | None:
        """Sizes some way up (down) the gradient that meet the four regressions; None where none were found."""
        change, at = self._linear(size)
        if change is None:
            return None
        apart = np.concatenate([size + np.eye(size.size), size - np.eye(size.size)])
        ratios = propensity_weighting.log_hazard_ratios(self.samples(apart))
        up, down = ratios[self.steered_by].to_numpy().reshape(2, -1)
        # Weights of the patients differ at random, so that no two steps go the same way.
        free = 0.2 + rng.random(size.size)
        gradient = sign * (up - down) * free
        free[((size <= AFTER_MM[0]) & (gradient < 0)) | ((size >= AFTER_MM[1]) & (gradient > 0))] = 0.0
        gradient[free == 0] = 0.0
        scaled = change / np.sqrt((change**2).sum(axis=1, keepdims=True))
        matrix, dual = (scaled * free) @ scaled.T, scaled @ gradient
        if not cholesky(matrix):
            return None
        solve_cholesky(matrix, dual)
        direction = gradient - free * (dual @ scaled)
        if np.abs(direction).max() <= _NOTHING_LEFT * np.abs(gradient).max():
            return None
        # Rounded, since sums of NumPy differ with the processor in the last bit.
        shift = np.round(direction * (longest / np.abs(direction).max()), 6)
        moved = np.clip(np.floor(size + shift + rng.random(size.size)), *AFTER_MM)
        for attempt in range(4):
            change, at = self._linear(moved)
            if change is None:
                return None
            anneal_linear(rng, self.scanned, moved, at, change, self.box, _HOT / (1 + attempt))
            if self.fits(moved):
                return moved
        return None

    def fits(self, size: np.ndarray) -> bool:
        """Whether all four regressions come out as printed."""
        found, statistics = np.empty(2 * MODELS), np.empty(SIZE_STATISTICS)
        if not size_coefficients(self.scanned, size, first_fits(self.scanned), found):
            return False
        size_statistics(found, statistics)
        return misfit(statistics, self.box, 0, SIZE_STATISTICS) == 0.0

    def _linear(self, size: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """Change of coefficients and errors with each size, (8, m), and these at ``size``, (8,); None without any."""
        fits, at, room = first_fits(self.scanned), np.empty(2 * MODELS), np.empty(2 * MODELS)
        change = np.empty((2 * MODELS, size.size))
        fine = size_coefficients(self.scanned, size, fits, at) and size_jacobian(
            self.scanned, size.copy(), fits, change, room
        )
        return (change if fine else None), at


def walk(rng: np.random.Generator, start: Walk, sign: float, steps: int = STEPS) -> list[np.ndarray]:
    """Sizes on the way to an extreme, each more extreme than those before; the first are those of the cohort."""
    path, longest = [start.size], _LONGEST
    at, best = start.size, start.value(start.size)
    for _ in range(steps):
        found = start.step(rng, at, sign, longest)
        reached = np.nan if found is None else start.value(found)
        # A ratio by strata changes by leaps, with many steps on the way to each.
        if sign * (reached - best) >= 0:
            at, longest = found, min(_LONGEST, 1.3 * longest)
            if reached != best:
                best = reached
                path.append(found)
        else:
            longest = max(1.0, 0.8 * longest)
    return path


def complete_around(
    rng: np.random.Generator, blocks: Blocks, finished: Finished, order: np.ndarray, size: np.ndarray
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around sizes after PRRT; times, responses, metastases and the other covariates stay.

    Raises
    ------
    SearchFailed
        If a column was not found.
    """
    cohort, count = finished.cohort, finished.survival.day.size
    response = finished.response
    least, most, *_ = changes(response[order], tumour_decides(cohort)[order])
    low, high = (np.full(count, end) for end in BEFORE_MM)
    low[order], high[order] = limits_before(size, least, most)
    if (low > high).any():
        raise SearchFailed("a response does not go with the size after PRRT")
    later = np.full(count, np.nan)
    later[order] = size
    operated, before = finished.survival.operated, cohort["tumour_size_mm"].to_numpy(float)
    build = finished.builder(rng, blocks)
    found = find_column(rng, blocks, DECREASE, low, high, lambda: before, operated, later)
    build.columns["tumour_size_mm"], build.columns["tumour_size_post_mm"] = found.astype(float), later
    yield complete(build, finished.covariates, finished.treatment, finished.progression)
