"""Answers to whether a conclusion holds, over all roundings of published numbers, and the steps that lead to one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from analysis_lib.ledger.joint_facts import GROUPS
from analysis_lib.ledger.methods import usual_test_p
from analysis_lib.printed.number import Interval, propagate
from analysis_lib.printed.transcription import PublishedNumber, Transcription
from analysis_lib.statistics.contingency import binomial_interval


class Answer(NamedTuple):
    """Whether a conclusion holds, None where the roundings decide, and why in a plain sentence."""

    holds: bool | None
    why: str


Settle = Callable[[Transcription], Answer]


def registering(known: dict[str, Settle]) -> Callable[[str], Callable[[Settle], Settle]]:
    """Decorator that enters a function in a dict, as the calculation that settles a conclusion."""

    def settles(id_: str) -> Callable[[Settle], Settle]:
        def register(function: Settle) -> Settle:
            known[id_] = function
            return function

        return register

    return settles


def all_of(*parts: bool | None) -> bool | None:
    """Whether all hold; None if none fails and the roundings decide one.

    Examples
    --------
    >>> all_of(True, None), all_of(False, None), all_of(True, True)
    (None, False, True)
    """
    return False if False in parts else None if None in parts else True


def opposite(holds: bool | None) -> bool | None:
    """Whether it fails; None if the roundings decide."""
    return None if holds is None else not holds


def is_below(found: Interval, limit: Interval) -> bool | None:
    """Whether the one is below the other over all roundings; None where they decide.

    Examples
    --------
    >>> is_below(Interval(0.02, 0.03), Interval(0.05, 0.05)), is_below(Interval(0.04, 0.06), Interval(0.05, 0.05))
    (True, None)
    """
    return True if found.high < limit.low else False if found.low >= limit.high else None


def exactly(value: float) -> Interval:
    return Interval(value, value)


def between(low: Interval, value: Interval, high: Interval) -> bool | None:
    return all_of(is_below(low, value), is_below(value, high))


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def share(k: int, n: int) -> tuple[Interval, str]:
    """The exact 95% interval of a share, in per cent, and the share with it in words."""
    found = binomial_interval(k, n)
    limits = Interval(100 * found.ci_low, 100 * found.ci_high)
    return limits, f"{k} of {n} ({percent(k / n)}, 95% interval {limits.low:.0f} to {limits.high:.0f}%)"


def mean_interval(mean: PublishedNumber, sd: PublishedNumber, n: int) -> tuple[tuple[Interval, Interval], str]:
    """The lower and the upper 95% limit of a mean over all roundings, and the interval in words."""
    half = stats.t.isf(0.025, n - 1) / math.sqrt(n)
    low, high = (
        propagate(lambda m, s, sign=sign: m + sign * half * s, [mean.interval, sd.interval]) for sign in (-1, 1)
    )
    ends = [mean.printed.value + sign * half * sd.printed.value for sign in (-1, 1)]
    return (low, high), f"95% interval {ends[0]:.0f} to {ends[1]:.0f}%"


def usual_p(numbers: Transcription, table: list[list[int]]) -> tuple[bool, str]:
    """Whether the test that the paper's rule calls for is significant, and its p in words."""
    p = usual_test_p(np.array(table))
    return bool(p < numbers.value("methods.alpha.threshold")), f"p = {p:.2g}"


def significant(numbers: Transcription, id_: str) -> bool | None:
    return is_below(numbers[id_].interval, numbers["methods.alpha.threshold"].interval)


def by_group(numbers: Transcription, ids: str) -> list[int]:
    return [numbers.count(ids.replace("*", group)) for group in GROUPS]
