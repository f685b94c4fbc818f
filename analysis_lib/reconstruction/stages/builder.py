"""A cohort under construction: dealing out what is counted, searching what is summarised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis_lib.reconstruction._numba import anneal_column
from analysis_lib.reconstruction._numba.regression import cox_one, logistic
from analysis_lib.reconstruction._numba.tests_and_curves import normal_p
from analysis_lib.reconstruction.stages.state import NO_LATER, Blocks, Nearest, SearchFailed, Survival, column_ids
from analysis_lib.targets.catalogue import GROUPS

_NO_TEST = np.zeros(3, dtype=bool)
TRIES = 6


class Builder:
    """One cohort under construction; ``frame`` holds the columns made so far."""

    def __init__(self, rng: np.random.Generator, blocks: Blocks, state: Survival) -> None:
        self.rng, self.blocks, self.count = rng, blocks, blocks.numbers.count
        self.numbers, self.targets = blocks.numbers, blocks.targets
        self.n, self.operated = blocks.sizes[0], state.operated
        self.members = {"all": np.arange(self.n)}
        self.members |= {"surgery": np.flatnonzero(self.operated), "prrt_only": np.flatnonzero(~self.operated)}
        self.columns: dict[str, np.ndarray] = {}

    def counts(self, stem: str) -> dict[str, int]:
        """The counts that are printed under ``stem``, by group; the groups' own where there are any."""
        found = {g: self.count(id) for g in GROUPS if (id := f"{stem}.{g}.count") in self.numbers}
        return {g: k for g, k in found.items() if g != "all"} if len(found) > 1 else found

    def choose(self, able: np.ndarray, wanted: int, what: str) -> np.ndarray:
        """``wanted`` of the patients who are ``able``."""
        if wanted > able.size:
            raise SearchFailed(f"{what}: {wanted} patients are printed where only {able.size} can be")
        return self.rng.choice(able, wanted, replace=False)

    def deal(self, column: str, stems: dict, default: object, able: np.ndarray | None = None) -> np.ndarray:
        """Values of a column to patients, as often as printed; ``default`` to all others."""
        values = np.full(self.n, default, dtype=object)
        free = np.ones(self.n, dtype=bool) if able is None else able.copy()
        for value, stem in stems.items():
            for group, wanted in self.counts(stem).items():
                members = self.members[group]
                chosen = self.choose(members[free[members]], wanted, stem)
                values[chosen] = value
                free[chosen] = False
        self.columns[column] = values
        return values

    def summarised(
        self, stem, step, low, high, start, who, group="", test="mann_whitney", after=NO_LATER, later=""
    ) -> np.ndarray:
        """A column by its summaries; ``low``, ``high`` and ``start`` are in steps, shape of ``who``."""
        if group:
            ids = tuple(f"{stem}.{group}.{s}" for s in ("median", "q1", "q3"))
            rest = [""] * (anneal_column.COLUMN_STATISTICS - 3)
            rest[6], rest[9] = f"{stem}.{group}.mean", f"{stem}.{group}.sd"
            ids = (*ids, *rest)
            box, need = self.targets.box(ids), _NO_TEST
            first = np.ones(who.size, dtype=bool)
        else:
            ids = column_ids(stem, test, later=later)
            box, need = self.blocks.column(stem, test, later=later)
            first = self.operated[who]
        nearest = Nearest()
        for _ in range(TRIES):
            k = np.clip(start(), low, high).astype(np.int64)
            left = anneal_column.anneal_column(
                self.rng, k, low, high, float(step), first, need, after, self.blocks.quantile, box, 25_000
            )
            if left == 0.0:
                values = np.full(self.n, np.nan)
                values[who] = np.round(k * step, 6)
                return values
            nearest.offer(left, lambda k=k: self._statistics(k * float(step), first, need, after))
        told = nearest.told(self.targets, ids)
        raise SearchFailed(f"no column meets what is printed under {stem}", stem, told)

    def _statistics(self, x: np.ndarray, first: np.ndarray, need: np.ndarray, after: np.ndarray) -> np.ndarray:
        found = np.zeros(anneal_column.COLUMN_STATISTICS)
        anneal_column.column_statistics(x, first, need, after, self.blocks.quantile, found)
        return found

    def shuffled(self, column: str) -> np.ndarray:
        """A column's values dealt anew within the groups, which leaves all its summaries alone."""
        values = self.columns[column]
        for group in GROUPS[1:]:
            values[self.members[group]] = self.rng.permutation(values[self.members[group]])
        return values

    def until_not_significant(self, state: Survival, make: Callable[[], np.ndarray]) -> None:
        """Make a column again until neither surgery nor death depends on it, as Table 5's footnote says."""
        limit = self.numbers.value("methods.alpha.threshold")
        for _ in range(200):
            x = make().astype(float)
            known = ~np.isnan(x)
            columns = np.stack([np.ones(known.sum()), x[known]])
            beta, errors, fit = np.zeros(2), np.ones(2), np.zeros(2)
            order = anneal_column.split(np.argsort(state.years, kind="stable"), known)
            if not logistic(columns, self.operated[known].astype(float), beta, errors):
                continue
            if not cox_one(state.years, state.event, x, order, fit):
                continue
            if min(normal_p(beta[1] / errors[1]), normal_p(fit[0] / fit[1])) > limit:
                return
        raise SearchFailed("a variable that is printed as not significant cannot be made so")


def limits(n: int, low: float, high: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    return np.full(n, round(low / step), np.int64), np.full(n, round(high / step), np.int64)
