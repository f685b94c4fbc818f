"""A cohort under construction: random allocation of what is counted, searches for what is summarised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis_lib.reconstruction._numba.anneal_column import anneal_column
from analysis_lib.reconstruction._numba.column_statistics import COLUMN_STATISTICS, Column, column_statistics
from analysis_lib.reconstruction._numba.regression import cox_one, logistic
from analysis_lib.reconstruction._numba.tests_and_curves import normal_p, subset
from analysis_lib.reconstruction.stages.column_spec import NO_LATER, ColumnSpec
from analysis_lib.reconstruction.stages.state import Blocks, Nearest, SearchFailed, Survival
from analysis_lib.targets.catalogue import GROUPS

TRIES = 6


class Builder:
    """One cohort under construction; ``columns`` holds those made so far, shape (n,) each."""

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

    def choose(self, able: np.ndarray, number: int, what: str) -> np.ndarray:
        """``number`` random patients among those who are ``able``."""
        if number > able.size:
            raise SearchFailed(f"{what}: {number} patients are printed where only {able.size} can be")
        return self.rng.choice(able, number, replace=False)

    def allocate(self, column: str, stems: dict, default: object, able: np.ndarray | None = None) -> np.ndarray:
        """A column by its counts: each value to random patients, as often as printed; ``default`` to all others."""
        values = np.full(self.n, default, dtype=object)
        free = np.ones(self.n, dtype=bool) if able is None else able.copy()
        for value, stem in stems.items():
            for group, number in self.counts(stem).items():
                members = self.members[group]
                chosen = self.choose(members[free[members]], number, stem)
                values[chosen] = value
                free[chosen] = False
        self.columns[column] = values
        return values

    def search_column(
        self,
        spec: ColumnSpec,
        low: np.ndarray,
        high: np.ndarray,
        start: Callable[[], np.ndarray],
        who: np.ndarray,
        later: np.ndarray = NO_LATER,
    ) -> np.ndarray:
        """A column by its summaries, shape (n,), NaN for all but ``who``.

        Parameters
        ----------
        low, high
            Limits of each value, in steps, shape of ``who``.
        start
            Draws values to begin with, in steps.
        who
            Positions of the patients who have a value.
        later
            The later measurement, where its decrease is printed.

        Raises
        ------
        SearchFailed
            If none was found.
        """
        first = self.operated[who] if len(spec.groups) > 1 else np.ones(who.size, dtype=bool)
        column = spec.column(self.targets, low, high, first, later)
        nearest = Nearest()
        for _ in range(TRIES):
            k = np.clip(start(), low, high).astype(np.int64)
            left = anneal_column(self.rng, k, column, 25_000)
            if left == 0.0:
                values = np.full(self.n, np.nan)
                values[who] = np.round(k * spec.step, 6)
                return values
            nearest.offer(left, lambda k=k: _statistics(k * spec.step, column))
        missed = nearest.describe(self.targets, spec.ids)
        raise SearchFailed(f"no column meets what is printed under {spec.stem}", spec.stem, missed)

    def shuffled(self, column: str) -> np.ndarray:
        """A random permutation of a column within the groups, which leaves all its summaries alone."""
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
            order = subset(np.argsort(state.years, kind="stable"), known)
            if not logistic(columns, self.operated[known].astype(float), beta, errors):
                continue
            if not cox_one(state.years, state.event, x, order, fit):
                continue
            if min(normal_p(beta[1] / errors[1]), normal_p(fit[0] / fit[1])) > limit:
                return
        raise SearchFailed("a variable that is printed as not significant cannot be made so")


def _statistics(x: np.ndarray, column: Column) -> np.ndarray:
    found = np.zeros(COLUMN_STATISTICS)
    column_statistics(x, column, found)
    return found


def limits(n: int, low: float, high: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The same limits for ``n`` patients, in steps."""
    return np.full(n, round(low / step), np.int64), np.full(n, round(high / step), np.int64)
