"""Bounds on a Mann-Whitney p value from what is printed of two groups: quartiles, or scores on few levels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain, combinations

import numpy as np
from scipy import special

from analysis_lib.base.checks import Floats, Integers
from analysis_lib.base.units import Z95
from analysis_lib.printed.number import Interval

_MOST_PAIRS = 2_000_000

# By the fraction of the values that lie below.
Quantiles = Mapping[float, Interval]


def mann_whitney_bounds(sizes: tuple[int, int], first: Quantiles, second: Quantiles) -> Interval:
    """Bounds on the p value of a Mann-Whitney test, from quantiles of both groups.

    Parameters
    ----------
    sizes
        Values in each group.
    first, second
        What the quantiles of each group may be, by their fraction (0 and 1 for the extremes), as
        SPSS takes them (HAVERAGE).

    Returns
    -------
    Interval
        The asymptotic, tie-corrected, two-sided p value without continuity correction. Wide, and
        wider than the true limits: the most extreme ranks and the most ties are put together,
        though no values may have both.

    Raises
    ------
    ValueError
        If no values have such quantiles.

    Examples
    --------
    >>> first, second = ({q: Interval(v, v) for q, v in ((0.25, v), (0.5, v + 1), (0.75, v + 2))} for v in (1, 5))
    >>> round(mann_whitney_bounds((20, 20), first, second).high, 4)
    0.4989
    """
    (low1, high1), (low2, high2) = (bounds_of_ordered(n, q) for n, q in zip(sizes, (first, second), strict=True))
    if (low1 > high1).any() or (low2 > high2).any():
        raise ValueError("no values have these quantiles")
    middle = math.prod(sizes) / 2
    above = _wins(high1, low2) - middle
    below = _wins(low1, high2) - middle
    lows, highs = np.concatenate([low1, low2]), np.concatenate([high1, high2])
    ends = np.unique(np.concatenate([lows, highs]))
    ends = ends[np.isfinite(ends)]
    most_tied = max((int(((lows <= end) & (highs >= end)).sum()) for end in ends), default=len(lows))
    nearest = 0.0 if below <= 0 <= above else min(abs(above), abs(below))
    return Interval(_p(max(abs(above), abs(below)), sizes, most_tied), _p(nearest, sizes, 1))


def bounds_of_ordered(n: int, quantiles: Quantiles) -> tuple[Floats, Floats]:
    """Order statistics: the least and the greatest that each of n ordered values can be, from their quantiles.

    Examples
    --------
    >>> low, high = bounds_of_ordered(4, {0.5: Interval(2, 3)})
    >>> low.tolist(), high.tolist()
    ([-inf, -inf, 2.0, 2.0], [3.0, 3.0, inf, inf])
    """
    low, high = np.full(n, -math.inf), np.full(n, math.inf)
    place = np.arange(1, n + 1)
    for fraction, value in quantiles.items():
        rank = min(max((n + 1) * fraction, 1), n)
        low[place >= rank] = np.maximum(low[place >= rank], value.low)
        high[place <= rank] = np.minimum(high[place <= rank], value.high)
    return low, high


def _wins(first: Floats, second: Floats) -> float:
    """How many pairs the first group wins, those that tie by half; infinite values win and lose."""
    difference = first[:, None] - second
    difference[np.isnan(difference)] = 0
    return float((difference > 0).sum() + (difference == 0).sum() / 2)


def _p(from_middle: float, sizes: tuple[int, int], tied: int) -> float:
    """The p value where U lies so far from its middle and values are tied in groups of so many."""
    total = sum(sizes)
    groups, rest = divmod(total, tied)
    ties = groups * (tied**3 - tied) + rest**3 - rest
    variance = math.prod(sizes) / 12 * (total + 1 - ties / (total * (total - 1)))
    return 1.0 if from_middle == 0 else 0.0 if variance <= 0 else float(_two_sided(from_middle / variance**0.5))


def score_tables_p(
    levels: Sequence[float],
    sizes: tuple[int, int],
    quartiles: Sequence[Sequence[Interval]],
    ratio: Interval,
    ci_low: Interval,
    ci_high: Interval,
    wald_p: Interval,
) -> Floats | None:
    """Mann-Whitney p values of every table of scores that fits quartiles and a logistic regression.

    Parameters
    ----------
    levels
        The scores that there are, in ascending order.
    sizes
        Patients in each group.
    quartiles
        Median, first and third quartile, as SPSS takes them: of both groups together, of each group.
    ratio, ci_low, ci_high, wald_p
        Odds ratio of being in the first group by one unit of the score, its 95% Wald limits and p value.

    Returns
    -------
    numpy.ndarray or None
        Shape (m,), one p value for each table; empty if none fits. None if too many have the quartiles.

    Raises
    ------
    ValueError
        If a limit of the ratio is not positive.

    Notes
    -----
    All tables are enumerated. A logistic model is fitted to each sum of two groups' tables at both ends
    of the ratio; where the first group's sum of scores lies between what these expect, it is fitted in full.
    """
    score = np.asarray(levels, dtype=float)
    if not 0 < ratio.low <= ratio.high < math.inf:
        raise ValueError("an odds ratio must be positive")
    first, second = (_count_tables(len(score), n) for n in sizes)
    first, second = (t[_have(t, score, q)] for t, q in zip((first, second), quartiles[1:], strict=True))
    if not len(first) or not len(second) or len(first) * len(second) > _MOST_PAIRS:
        return None if len(first) and len(second) else np.empty(0)
    pairs = (first[:, None] + second).reshape(-1, score.size)
    base = sum(sizes) + 1
    _, at, which = np.unique(pairs @ base ** np.arange(score.size), return_index=True, return_inverse=True)
    both = pairs[at]
    ends = np.full((2, len(both)), math.nan)
    known = _have(both, score, quartiles[0])
    for end, value in zip(ends, (ratio.low, ratio.high), strict=True):
        end[known] = (both[known] * _shares(both[known], score, sizes[0], math.log(value))) @ score
    sums = np.repeat(first @ score, len(second))
    kept = np.flatnonzero((sums >= ends[0][which]) & (sums <= ends[1][which]))
    slope, se = _logistic(pairs[kept], score, sizes[0], sums[kept], ratio)
    printed = (np.exp(slope - Z95 * se), ci_low), (np.exp(slope + Z95 * se), ci_high), (_two_sided(slope / se), wald_p)
    fits = np.logical_and.reduce([(value >= limit.low) & (value <= limit.high) for value, limit in printed])
    return np.array([_tied_p(first[k // len(second)], pairs[k], sizes) for k in kept[fits]])


@lru_cache(maxsize=4)
def _count_tables(levels: int, n: int) -> Integers:
    """Every way to put n patients on some levels, shape (m, levels)."""
    places = chain.from_iterable(combinations(range(n + levels - 1), levels - 1))
    bars = np.fromiter(places, int).reshape(-1, levels - 1)
    edges = np.column_stack([np.full(len(bars), -1), bars, np.full(len(bars), n + levels - 1)])
    return np.diff(edges, axis=1) - 1


def _have(tables: Integers, levels: Floats, quartiles: Sequence[Interval]) -> Integers:
    """Which tables have their median and quartiles within limits."""
    n = int(tables[0].sum())
    reached = tables.cumsum(axis=1)
    kept = np.arange(len(tables))
    for fraction, limit in zip((0.5, 0.25, 0.75), quartiles, strict=True):
        rank = (n + 1) * fraction
        places = (math.floor(rank), math.ceil(rank))
        lower, upper = (levels[(reached[kept] < place).sum(axis=1)] for place in places)
        value = lower + (rank % 1) * (upper - lower)
        kept = kept[(value >= limit.low) & (value <= limit.high)]
    return kept


def _shares(counts: Integers, score: Floats, successes: int, slope: Floats | float) -> Floats:
    """Shares of the first group by level that logistic models of these slopes give, shape (m, levels)."""
    sloped = np.multiply.outer(np.broadcast_to(slope, len(counts)), score - score.mean())
    intercept = np.zeros((len(counts), 1))
    for _ in range(60):
        shares = special.expit(intercept + sloped)
        weight = np.maximum((counts * shares * (1 - shares)).sum(axis=1), 1e-12)
        # Far from the answer Newton's step may lead still farther.
        step = np.clip((successes - (counts * shares).sum(axis=1)) / weight, -4, 4)
        intercept += step[:, None]
        if np.abs(step).max(initial=0) < 1e-10:
            break
    return special.expit(intercept + sloped)


def _logistic(counts: Integers, score: Floats, successes: int, total: Floats, ratio: Interval) -> tuple[Floats, Floats]:
    """Slope and standard error of the logistic model of each table, whose ratio lies within limits; shapes (m,)."""
    low, high = (np.full(len(counts), math.log(end)) for end in (ratio.low, ratio.high))
    for _ in range(40):
        slope = (low + high) / 2
        shares = _shares(counts, score, successes, slope)
        # The expected sum of scores rises with the slope.
        below = (counts * shares) @ score < total
        low, high = np.where(below, slope, low), np.where(below, high, slope)
    weight = counts * shares * (1 - shares)
    mean = (weight @ score) / weight.sum(axis=1)
    return slope, (weight * (score - mean[:, None]) ** 2).sum(axis=1) ** -0.5


def _two_sided(z: Floats | float) -> Floats:
    return 2 * special.ndtr(-np.abs(z))


def _tied_p(first: Integers, both: Integers, sizes: tuple[int, int]) -> float:
    """The p value of one table of counts by level."""
    n = both.sum()
    ranks = both.cumsum() - (both - 1) / 2
    u = first @ ranks - sizes[0] * (sizes[0] + 1) / 2
    variance = math.prod(sizes) / 12 * (n + 1 - (both**3 - both).sum() / (n * (n - 1)))
    return float(_two_sided((u - math.prod(sizes) / 2) / variance**0.5))
