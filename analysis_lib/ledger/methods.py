"""The ways in which one printed number can follow from others.

A *derivation* computes the number under one or more named conventions; a *bound* says only
between what limits it must lie; a *statement* says why print cannot settle it. Recipes
(``data/recipes.csv``) name these methods; nothing here knows an id of the paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import SupportsFloat

import numpy as np

from analysis_lib.ledger.bounds import BOUNDS, Bound, splits
from analysis_lib.printed.number import Printed
from analysis_lib.statistics import contingency, summaries

Compute = Callable[..., SupportsFloat]

# Far above any number of patients here. What enumerates tables would take minutes beyond it, or
# all memory, if a count was mistyped.
MOST_PATIENTS = 2000


@dataclass(frozen=True)
class Derivation:
    """A number computed from others.

    Parameters
    ----------
    words
        What is computed, for a reader; ``{0}``, ``{1}`` … stand for the inputs' values.
    conventions
        Functions of the inputs by convention; or a function that makes them from the inputs'
        values, where what is admissible depends on these.
    library
        The library function that does the work, for tracing.
    takes
        How many inputs at least, and by how many at a time there may be more (0 for not at all).
    names
        All conventions there can be, if ``conventions`` is a function.
    choice
        Which convention the inputs' values call for, where a recipe states several; blank for none.
    statistic
        Whether it works a statistic out anew, and is not arithmetic that ties numbers together.
    """

    words: str
    conventions: Mapping[str, Compute] | Callable[[Sequence[float]], Mapping[str, Compute]]
    library: str = "analysis_lib.ledger.methods"
    takes: tuple[int, int] = field(kw_only=True)
    names: tuple[str, ...] = ()
    choice: Callable[[Sequence[float]], str] | None = None
    statistic: bool = False

    @property
    def convention_names(self) -> tuple[str, ...]:
        """What a recipe may give as stated by the paper."""
        return self.names if callable(self.conventions) else tuple(self.conventions)

    def named(self, values: Sequence[float]) -> Mapping[str, Compute]:
        """The conventions admissible for these inputs."""
        return self.conventions(values) if callable(self.conventions) else self.conventions


@dataclass(frozen=True)
class Statement:
    """Why nothing else that is printed says what a number must be."""

    words: str
    library: str = field(default="", init=False)
    takes: tuple[int, int] = field(default=(0, 0), init=False)


Method = Derivation | Bound | Statement


def implied_count(percent: Printed, n: int) -> int | None:
    """GRIM for a percentage: the only count out of ``n`` that prints as ``percent``; None if none or several do.

    The granularity argument of Brown & Heathers (2017), applied to a percentage.

    Examples
    --------
    >>> implied_count(Printed("46"), 26)
    12
    """
    if not n:
        return None
    interval = percent.interval
    first = max(0, math.ceil(max(interval.low, 0) * n / 100) - 1)
    last = min(n, math.floor(min(interval.high, 100) * n / 100) + 1)
    fitting = list(islice((k for k in range(first, last + 1) if percent.prints(100 * k / n)), 2))
    return fitting[0] if len(fitting) == 1 else None


def _percent(count: float, n: float) -> float:
    return 100 * count / n if n else math.nan


def _table(counts: Sequence[float]) -> np.ndarray:
    """Counts given row by row, two groups a row, as an r×2 table."""
    return np.asarray(counts, dtype=float).reshape(-1, 2)


def _test(test: Callable[[np.ndarray], float], keep_empty: bool = False) -> Compute:
    def compute(*counts: float) -> float:
        table = _table(counts)
        # A corner of no patients, or a count gone negative or without end, has no test.
        if not np.isfinite(table).all() or table.min() < 0 or (table.sum(axis=0) == 0).any():
            return math.nan
        return test(table[(table.sum(axis=1) > 0) | keep_empty].astype(int))

    return compute


def exact_test(table: np.ndarray) -> float:
    """Fisher's exact test of an r×2 table; beyond 2×2 that is Freeman and Halton's.

    Raises
    ------
    ValueError
        If the table holds more than `MOST_PATIENTS`.

    Examples
    --------
    >>> round(exact_test(np.array([[12, 13], [14, 10]])), 3)
    0.571
    """
    if table.sum() > MOST_PATIENTS:
        raise ValueError(f"the exact test is for up to {MOST_PATIENTS} patients")
    if table.shape == (2, 2):
        return contingency.fisher_exact(table)
    return contingency.fisher_freeman_halton(table)


def _categorical(values: Sequence[float]) -> Mapping[str, Compute]:
    rows = int((_table(values).sum(axis=1) > 0).sum())
    tests = {"pearson": contingency.pearson_chi2, "fisher": exact_test}
    if rows == 2:
        tests["yates"] = contingency.yates_chi2
    tests["likelihood_ratio"] = contingency.likelihood_ratio_chi2
    if rows > 2:
        tests["linear_by_linear"] = contingency.linear_by_linear
    # An empty category keeps its place in an order, so the others keep their scores.
    return {name: _test(test, keep_empty=name == "linear_by_linear") for name, test in tests.items()}


def usual_test(counts: np.ndarray) -> str:
    """Cochran's rule (1954): Pearson's test where every expected count is at least 5, else the exact one.

    ``counts`` has shape (r, 2) and no empty row or column.

    Examples
    --------
    >>> usual_test(np.array([[12, 13], [14, 10]]))
    'pearson'
    """
    return "pearson" if contingency.expected_counts(counts).min() >= 5 else "fisher"


def usual_test_p(counts: np.ndarray) -> float:
    """P by the test that :func:`usual_test` names."""
    return (contingency.pearson_chi2 if usual_test(counts) == "pearson" else exact_test)(counts)


def _called_for(values: Sequence[float]) -> str:
    """As :func:`usual_test` of a recipe's inputs; blank where they make no table."""
    table = _table(values)
    if not np.isfinite(table).all() or table.min() < 0 or (table.sum(axis=0) == 0).any():
        return ""
    return usual_test(table[table.sum(axis=1) > 0])


def _smallest_exact_p(*counts: float) -> float:
    """Smallest exact p over several 3×2 tables given one after another."""
    tables = np.asarray(counts, dtype=float).reshape(-1, 6)
    found = [float(_test(exact_test)(*table)) for table in tables]
    return min((p for p in found if not math.isnan(p)), default=math.nan)


_CATEGORICAL = ("pearson", "fisher", "yates", "likelihood_ratio", "linear_by_linear")
_T_TESTS = {"pooled": True, "welch": False}


def _t_test(equal_variance: bool) -> Compute:
    def compute(m1: float, s1: float, n1: float, m2: float, s2: float, n2: float) -> SupportsFloat:
        return summaries.t_test(m1, s1, int(n1), m2, s2, int(n2), equal_variance=equal_variance)

    return compute


def _t_test_split(values: Sequence[float]) -> Mapping[str, Compute]:
    """t tests for every split of a known total that the printed overall mean (to ±0.5) allows."""
    return {
        f"{name}, {n1} and {n2} patients": _bind_split(n1, n2, equal)
        for n1, n2 in _splits(values)
        for name, equal in _T_TESTS.items()
    }


def _splits(values: Sequence[float]) -> list[tuple[int, int]]:
    """The splits of a total that two groups' means and the mean of all (to ±0.5) allow."""
    m1, _, m2, _, total, mean, most1, most2 = values
    # The group means are themselves rounded to ±0.5, so the mean of the union may move by 1.
    return [
        (n1, n2)
        for n1, n2 in splits(total, most1, most2, MOST_PATIENTS)
        if abs((n1 * m1 + n2 * m2) / total - mean) <= 1
    ]


def _bind_split(n1: int, n2: int, equal: bool) -> Compute:
    return lambda m1, s1, m2, s2, *rest: _t_test(equal)(m1, s1, n1, m2, s2, n2)


def _pooled_sd_split(values: Sequence[float]) -> Mapping[str, Compute]:
    """The SD of both groups together, for every split of a known total that the printed overall mean allows."""

    def of(n1: int, n2: int) -> Compute:
        return lambda m1, s1, m2, s2, *rest: summaries.pooled_sd((m1, m2), (s1, s2), (n1, n2))

    return {f"{n1} and {n2} patients": of(n1, n2) for n1, n2 in _splits(values)}


def _odds_ratio(part: str) -> Compute:
    def compute(count1: float, n1: float, count2: float, n2: float) -> float:
        table = [[int(count1), int(n1 - count1)], [int(count2), int(n2 - count2)]]
        return getattr(contingency.odds_ratio(table), part)

    return compute


def _one(function: Compute) -> dict[str, Compute]:
    return {"": function}


def _pooled_sd(*values: float) -> SupportsFloat:
    half = len(values) // 3
    means, sds, ns = values[:half], values[half : 2 * half], values[2 * half :]
    return summaries.pooled_sd(means, sds, [int(n) for n in ns])


def _pooled_mean(*values: float) -> SupportsFloat:
    half = len(values) // 2
    return summaries.pooled_mean(values[:half], [int(n) for n in values[half:]])


METHODS: dict[str, Method] = {
    # --- derivations
    "percent": Derivation("{0} of {1}, in per cent", _one(_percent), takes=(2, 0)),
    "count_from_percent": Derivation(
        "the only count of the group that prints this percentage",
        _one(lambda k: k),
        "analysis_lib.ledger.methods.implied_count",
        takes=(1, 0),
    ),
    "sum": Derivation("the sum of the parts", _one(lambda *x: sum(x)), takes=(1, 1)),
    "difference": Derivation(
        "the total {0} less the other parts",
        _one(lambda total, *x: total - sum(x)),
        takes=(2, 1),
    ),
    "product": Derivation("{0} times {1}", _one(lambda x, y: x * y), takes=(2, 0)),
    "quotient": Derivation("{0} divided by {1}", _one(lambda x, y: x / y if y else math.nan), takes=(2, 0)),
    "equals": Derivation("the same quantity, printed elsewhere as {0}", _one(lambda x: x), takes=(1, 0)),
    "smallest": Derivation("the smaller of {0} and {1}", _one(min), takes=(2, 0)),
    "largest": Derivation("the larger of {0} and {1}", _one(max), takes=(2, 0)),
    "pooled_mean": Derivation(
        "the groups' means, weighted by their sizes",
        _one(_pooled_mean),
        "analysis_lib.statistics.summaries.pooled_mean",
        takes=(4, 2),
        statistic=True,
    ),
    "pooled_sd": Derivation(
        "the standard deviation of both groups together, from their means and standard deviations",
        _one(_pooled_sd),
        "analysis_lib.statistics.summaries.pooled_sd",
        takes=(6, 3),
        statistic=True,
    ),
    "categorical_p": Derivation(
        "a test of the counts",
        _categorical,
        "analysis_lib.statistics.contingency",
        takes=(4, 2),
        names=_CATEGORICAL,
        choice=_called_for,
        statistic=True,
    ),
    "smallest_exact_p": Derivation(
        "the smallest exact p value over the rows of the table",
        {"fisher": _smallest_exact_p},
        "analysis_lib.statistics.contingency.fisher_freeman_halton",
        takes=(6, 6),
        statistic=True,
    ),
    "t_test": Derivation(
        "a t test from the printed means, standard deviations and group sizes",
        {name: _t_test(equal) for name, equal in _T_TESTS.items()},
        "analysis_lib.statistics.summaries.t_test",
        takes=(6, 0),
        statistic=True,
    ),
    "t_test_split": Derivation(
        "a t test from the printed means and standard deviations, for each split of the {4} "
        "patients that their overall mean allows",
        _t_test_split,
        "analysis_lib.statistics.summaries.t_test",
        takes=(8, 0),
        names=tuple(_T_TESTS),
        statistic=True,
    ),
    "pooled_sd_split": Derivation(
        "the standard deviation of both groups together, for each split of the {4} patients that their overall mean "
        "allows",
        _pooled_sd_split,
        "analysis_lib.statistics.summaries.pooled_sd",
        takes=(8, 0),
        statistic=True,
    ),
    **{
        name: Derivation(
            f"the {words} of {{0}}/{{1}} against {{2}}/{{3}}",
            _one(_odds_ratio(part)),
            "analysis_lib.statistics.contingency.odds_ratio",
            takes=(4, 0),
            statistic=True,
        )
        for name, words, part in (
            ("odds_ratio", "odds ratio", "estimate"),
            ("odds_ratio_low", "lower Wald limit of the odds ratio", "ci_low"),
            ("odds_ratio_high", "upper Wald limit of the odds ratio", "ci_high"),
            ("odds_ratio_p", "Wald p value of the odds ratio", "p"),
        )
    },
    "wald_p": Derivation(
        "the Wald p value that the ratio {0} and its interval {1} to {2} imply",
        _one(summaries.wald_p),
        "analysis_lib.statistics.summaries.wald_p",
        takes=(3, 0),
    ),
    "wald_level": Derivation(
        "the confidence level at which ratio, interval and p value agree, in per cent",
        _one(lambda *x: 100 * summaries.wald_confidence_level(*x)),
        "analysis_lib.statistics.summaries.wald_confidence_level",
        takes=(4, 0),
    ),
    **BOUNDS,
    # --- statements
    "patient_level": Statement("it needs each patient's value, which is not public"),
    "design_choice": Statement("it is a choice of the study's design, made and not computed"),
    "reported_once": Statement("it is a finding reported once, on which no other printed number depends"),
}
