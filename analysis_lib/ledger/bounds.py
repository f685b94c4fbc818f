"""The limits that printed numbers set to one that needs each patient's value, and those of its kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from analysis_lib.printed.number import Interval, propagate
from analysis_lib.printed.transcription import PublishedNumber
from analysis_lib.statistics import rank_bounds, summaries
from analysis_lib.statistics.logrank_bounds import logrank_bounds

Limits = Callable[[Sequence[Interval]], Interval]

# Karnofsky scores, in tens, from the lowest that the centre treated (Kwekkeboom et al. 2008, J Clin Oncol).
_SCORES = range(50, 101, 10)
# Well above any number of patients here: what is enumerated would take minutes beyond it, if a count was mistyped.
_MOST_PATIENTS = 200
_MOST_IN_TABLES = 30


@dataclass(frozen=True)
class Bound:
    """Limits that other printed numbers put on a number that needs each patient's value.

    Parameters
    ----------
    words
        Why they do, for a reader.
    limits
        The limits, from what each input may be.
    library
        The library function that does the work, for tracing.
    takes
        How many inputs at least, and by how many at a time there may be more (0 for not at all).
    by_corners
        Whether what follows is computed at every corner of the inputs' roundings.
    """

    words: str
    limits: Limits
    library: str = "analysis_lib.ledger.bounds"
    takes: tuple[int, int] = field(default=(2, 0), kw_only=True)
    by_corners: bool = field(default=True, kw_only=True)


def possible(number: PublishedNumber) -> Interval:
    """What a number of this kind can be at all: a p value lies from 0 to 1, a share up to 100%, a count not below 0.

    A mean in per cent may be that of changes, and SPSS's limits of a median may lie below 0. Limits that the authors
    set are what they set.
    """
    kind, unit = number.statistic, number.unit
    if kind in ("threshold", "cited") or (kind in ("ci_lo", "ci_hi") and unit):
        return Interval(-math.inf, math.inf)
    low = -math.inf if (kind, unit) == ("mean", "%") else 0.0
    return Interval(low, 1.0 if kind == "p" else 100.0 if unit == "%" and kind != "sd" else math.inf)


def within(limits: Interval, number: PublishedNumber) -> Interval:
    """The limits of a number within what its kind can be, and of a count in whole numbers.

    Raises
    ------
    ValueError
        If nothing is left.
    """
    kind = possible(number)
    low, high = max(limits.low, kind.low), min(limits.high, kind.high)
    if number.statistic in ("count", "n"):
        low, high = (end if math.isinf(end) else rule(end) for end, rule in ((low, math.ceil), (high, math.floor)))
    return Interval(low, high)


def splits(total: float, most1: float, most2: float, most: int) -> Iterator[tuple[int, int]]:
    """Every way to split a total into two groups of at least two and at most so many; none beyond ``most`` in all."""
    if total <= most:
        for n1 in range(max(2, int(total - most2)), min(int(most1), int(total) - 2) + 1):
            yield n1, int(total) - n1


def _hull(intervals: Sequence[Interval]) -> Interval:
    """The least interval that holds all of some."""
    if not intervals:
        raise ValueError("no split of the patients into two groups is possible")
    return Interval(min(i.low for i in intervals), max(i.high for i in intervals))


def _over(function: Callable[..., object]) -> Limits:
    return lambda intervals: propagate(function, intervals)  # type: ignore[arg-type]


def _over_splits(limits: Callable[[int, int, Sequence[Interval]], Interval]) -> Limits:
    """Limits over every split of a total, the last three inputs, into a group and the other."""

    def of(intervals: Sequence[Interval]) -> Interval:
        *rest, total, most1, most2 = intervals
        return _hull([limits(n1, n2, rest) for n1, n2 in splits(total.high, most1.high, most2.high, _MOST_PATIENTS)])

    return of


def _mean_of_both(n1: int, n2: int, intervals: Sequence[Interval]) -> Interval:
    return propagate(lambda mean1, mean2: (n1 * mean1 + n2 * mean2) / (n1 + n2), intervals)


def _group_mean(n1: int, n2: int, intervals: Sequence[Interval]) -> Interval:
    return propagate(lambda mean, other: ((n1 + n2) * mean - n2 * other) / n1, intervals)


def _group_sd(n1: int, n2: int, intervals: Sequence[Interval]) -> Interval:
    def sd(overall: float, mean1: float, mean2: float, sd2: float) -> float:
        between = n1 * n2 / (n1 + n2) * (mean1 - mean2) ** 2
        # Where the rounding leaves nothing for the group it may leave anything down to 0.
        return math.sqrt(max(0.0, ((n1 + n2 - 1) * overall**2 - (n2 - 1) * sd2**2 - between) / (n1 - 1)))

    return propagate(sd, intervals)


def _rank_p(fractions: tuple[float, float, float]) -> Callable[[int, int, Sequence[Interval]], Interval]:
    def limits(n1: int, n2: int, intervals: Sequence[Interval]) -> Interval:
        groups = (dict(zip(fractions, intervals[k : k + 3], strict=True)) for k in (0, 3))
        return rank_bounds.mann_whitney_bounds((n1, n2), *groups)

    return limits


def _remembered(limits: Limits) -> Limits:
    """The same limits, enumerated once for the same inputs: a fact printed twice, or an audit repeated with another."""
    of = cache(lambda *intervals: limits(intervals))
    return lambda intervals: of(*intervals)


@_remembered
def _logrank_p(intervals: Sequence[Interval]) -> Interval:
    n1, n2, deaths1, deaths2 = (int(i.high) for i in intervals[:4])
    ratio, ci_low, ci_high = intervals[4:]
    if not 0 < ci_low.low <= ci_low.high < ci_high.low or not 0 < ratio.low <= ratio.high < math.inf:
        raise ValueError("a hazard ratio and its limits must be positive, and the lower limit below the upper")
    if n1 + n2 > _MOST_PATIENTS:
        raise ValueError(f"risk sets are enumerated for up to {_MOST_PATIENTS} patients")
    with np.errstate(invalid="ignore", divide="ignore"):  # where no risk set leaves any variance
        found = logrank_bounds((n1, n2), (deaths1, deaths2), ratio, ci_low, ci_high)
    if found is None:
        raise ValueError("no order of deaths and censorings gives this hazard ratio and interval")
    return found.p


@_remembered
def _score_tables_p(intervals: Sequence[Interval]) -> Interval:
    n1, n2 = (int(i.high) for i in intervals[:2])
    if not 1 <= min(n1, n2) <= max(n1, n2) <= _MOST_IN_TABLES:
        raise ValueError(f"tables of scores are enumerated for groups of 1 to {_MOST_IN_TABLES} patients")
    quartiles = [intervals[k : k + 3] for k in (2, 5, 8)]
    found = rank_bounds.score_tables_p(_SCORES, (n1, n2), quartiles, *intervals[11:])
    if found is None:
        return Interval(0.0, 1.0)
    if not found.size:
        raise ValueError("no table of scores has these quartiles and this odds ratio")
    return Interval(float(found.min()), float(found.max()))


def _of_share(mean: float, n: float) -> float:
    """Bhatia and Davis (2000): no SD of shares is above that of zeros and hundreds with the same mean."""
    return math.sqrt(mean * (100 - mean) * n / (n - 1))


def _sd_of_share(intervals: Sequence[Interval]) -> Interval:
    mean, n = intervals
    nearest = min(max(50.0, mean.low), mean.high)
    return Interval(0.0, _of_share(nearest, n.low))


BOUNDS: dict[str, Bound] = {
    "wald_estimate": Bound(
        "a Wald interval is symmetric about the logarithm of its ratio",
        _over(summaries.wald_estimate),
        "analysis_lib.statistics.summaries.wald_estimate",
    ),
    "wald_limit": Bound(
        "a Wald interval is symmetric about the logarithm of its ratio",
        _over(summaries.wald_limit),
        "analysis_lib.statistics.summaries.wald_limit",
    ),
    "midpoint": Bound(
        "SPSS centres the interval of a median on the median",
        _over(summaries.symmetric_midpoint),
        "analysis_lib.statistics.summaries.symmetric_midpoint",
    ),
    "symmetric_limit": Bound(
        "SPSS centres the interval of a median on the median",
        _over(lambda median, limit: 2 * median - limit),
        "analysis_lib.statistics.summaries.symmetric_midpoint",
    ),
    "between": Bound("it lies between other printed numbers", _hull, takes=(1, 1)),
    "at_most": Bound("it cannot exceed another printed number", lambda i: Interval(-math.inf, i[0].high), takes=(1, 0)),
    "at_least": Bound(
        "it cannot be below another printed number", lambda i: Interval(i[0].low, math.inf), takes=(1, 0)
    ),
    "rest_of_hundred": Bound(
        "with another share of the same whole it cannot exceed 100%",
        lambda i: Interval(0, 100 - i[0].low),
        takes=(1, 0),
    ),
    "study_years": Bound(
        "nothing is seen for longer than the study lasted", lambda i: Interval(0, i[1].high - i[0].low + 1)
    ),
    "mean_of_both": Bound(
        "the two groups' means leave it, for each split of the patients",
        _over_splits(_mean_of_both),
        takes=(5, 0),
    ),
    "group_mean": Bound(
        "the mean of all and that of the other group leave it",
        _over_splits(_group_mean),
        takes=(5, 0),
    ),
    "group_sd": Bound(
        "the standard deviation of all and that of the other group leave it",
        _over_splits(_group_sd),
        takes=(7, 0),
    ),
    "sd_of_share": Bound("shares of this mean can vary no more", _sd_of_share),
    "sd_of_positive": Bound(
        "what has this mean and is never negative can vary no more",
        lambda i: Interval(0, i[0].high * i[1].high ** 0.5),
    ),
    "logrank_p": Bound(
        "a hazard ratio and its interval leave the log-rank test little choice",
        _logrank_p,
        "analysis_lib.statistics.logrank_bounds.logrank_bounds",
        takes=(7, 0),
        by_corners=False,
    ),
    **{
        f"rank_p_{name}": Bound(
            f"a rank test sees the order of all values, of which {words} tell a part",
            _over_splits(_rank_p(fractions)),
            "analysis_lib.statistics.rank_bounds.mann_whitney_bounds",
            takes=(9, 0),
            by_corners=False,
        )
        for name, words, fractions in (
            ("quartiles", "the quartiles", (0.5, 0.25, 0.75)),
            ("ranges", "medians and ranges", (0.5, 0.0, 1.0)),
        )
    },
    "score_tables_p": Bound(
        "few tables of scores have these quartiles and this odds ratio",
        _score_tables_p,
        "analysis_lib.statistics.rank_bounds.score_tables_p",
        takes=(15, 0),
        by_corners=False,
    ),
}
