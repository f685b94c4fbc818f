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

_TRIES, _STEPS = 6, 25_000


def find_column(
    rng: np.random.Generator,
    blocks: Blocks,
    spec: ColumnSpec,
    low: np.ndarray,
    high: np.ndarray,
    start: Callable[[], np.ndarray],
    first: np.ndarray | None = None,
    later: np.ndarray = NO_LATER,
    tries: int = _TRIES,
) -> np.ndarray:
    """Values, in steps of the ``spec``, that meet what it prints; shape (n,).

    Parameters
    ----------
    low, high
        Limits of each value, in steps, shape (n,).
    start
        Draws values to begin with, in steps.
    first
        Who is in the first group, shape (n,); everybody by default.
    later
        The later measurement, where its decrease is printed.

    Raises
    ------
    SearchFailed
        If none was found; names what the nearest missed.
    """
    first = np.ones(low.size, dtype=bool) if first is None else first
    column = spec.column(blocks.targets, low.astype(np.int64), high.astype(np.int64), first, later)
    nearest = Nearest()
    for _ in range(tries):
        k = np.clip(start(), low, high).astype(np.int64)
        left = anneal_column(rng, k, column, _STEPS)
        if left == 0.0:
            return k
        nearest.offer(left, lambda k=k: _statistics(k * spec.step, column))
    missed = nearest.describe(blocks.targets, spec.ids)
    raise SearchFailed(f"no column meets what is printed under {spec.stem}", spec.stem, missed)


def _statistics(x: np.ndarray, column: Column) -> np.ndarray:
    found = np.zeros(COLUMN_STATISTICS)
    column_statistics(x, column, found)
    return found


class Builder:
    """One cohort under construction; ``columns`` holds those made so far, shape (n,) each."""

    def __init__(self, rng: np.random.Generator, blocks: Blocks, state: Survival) -> None:
        self.rng, self.blocks, self.count, self.state = rng, blocks, blocks.numbers.count, state
        self.numbers, self.targets = blocks.numbers, blocks.targets
        self.n, self.operated = blocks.sizes[0], state.operated
        self.members = {"all": np.arange(self.n)}
        self.members |= {"surgery": np.flatnonzero(self.operated), "prrt_only": np.flatnonzero(~self.operated)}
        self.columns: dict[str, np.ndarray] = {"group": np.where(self.operated, "surgery", "prrt_only").astype(object)}

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

    def events(
        self, prefix: str, stems: dict[str, str], who: np.ndarray, able: dict[str, np.ndarray] | None = None
    ) -> None:
        """Columns of events that are counted: each of ``who`` has at least one, nobody the same twice.

        Parameters
        ----------
        prefix
            Of the columns' names.
        stems
            Under which the count of each kind is printed.
        able
            For kinds that not everybody can have: who can, shape (n,).

        Raises
        ------
        SearchFailed
            If random choices left some without any.
        """
        able = able or {}
        totals = {k: self.count(f"{stem}.surgery.count") for k, stem in stems.items()}
        table = {k: np.where(self.operated, 0, None).astype(object) for k in stems}
        # First the kinds of the fewest, then one to each who has none yet, then the rest.
        for k in sorted(able, key=lambda k: int(able[k][who].sum())):
            table[k][self.choose(who[able[k][who]], totals.pop(k), stems[k])] = 1
        rest = self.rng.permutation([k for k, total in totals.items() for _ in range(total)])
        none = self.rng.permutation([i for i in who if not any(table[k][i] for k in stems)]).astype(np.int64)
        if rest.size < none.size:
            raise SearchFailed(f"{none.size} patients share {rest.size} events of {prefix}")
        for k, patient in zip(rest, none, strict=False):
            table[k][patient] = 1
        for k in rest[none.size :]:
            table[k][self.choose(who[table[k][who] == 0], 1, stems[k])] = 1
        self.columns |= {prefix + k: values for k, values in table.items()}

    def search_column(
        self, spec: ColumnSpec, low: np.ndarray, high: np.ndarray, start: Callable[[], np.ndarray], who: np.ndarray
    ) -> np.ndarray:
        """A column of :func:`find_column`, shape (n,), NaN for all but ``who``, to whom the other arrays belong.

        Raises
        ------
        SearchFailed
            If none was found.
        """
        first = self.operated[who] if len(spec.groups) > 1 else None
        values = np.full(self.n, np.nan)
        values[who] = np.round(find_column(self.rng, self.blocks, spec, low, high, start, first) * spec.step, 6)
        return values

    def until_not_significant(self, make: Callable[[], np.ndarray], *, death_only: bool = False) -> None:
        """Make a column again until neither surgery nor death depends on it, as Table 5's footnote says."""
        limit = self.numbers.value("methods.alpha.threshold")
        state = self.state
        for _ in range(200):
            x = make().astype(float)
            known = ~np.isnan(x)
            columns = np.stack([np.ones(known.sum()), x[known]])
            beta, errors, fit = np.zeros(2), np.ones(2), np.zeros(2)
            order = subset(np.argsort(state.years, kind="stable"), known)
            if not cox_one(state.years, state.event, x, order, fit) or normal_p(fit[0] / fit[1]) <= limit:
                continue
            if death_only:
                return
            fitted = logistic(columns, self.operated[known].astype(float), beta, errors)
            if fitted and normal_p(beta[1] / errors[1]) > limit:
                return
        raise SearchFailed("a variable that is printed as not significant cannot be made so")


def limits(n: int, low: float, high: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The same limits for ``n`` patients, in steps."""
    return np.full(n, round(low / step), np.int64), np.full(n, round(high / step), np.int64)
