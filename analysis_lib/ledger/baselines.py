"""Baselines: what other tools check in a table, to measure the audit against on the same errors.

They are told what belongs together by the recipes, which spares them the reading of a page. Each check
raises an alarm or none; it knows no verdicts, no other readings and no number of another kind.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial

from analysis_lib.base.errors import InputError
from analysis_lib.ledger.audit import Sources
from analysis_lib.ledger.recipes import Term
from analysis_lib.ledger.verdicts import judge
from analysis_lib.printed.number import Printed, propagate
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import summaries

GRIM, PERCENTAGES, P_VALUES, INTERVALS, SUMS = "GRIM", "percentages", "p values", "intervals", "table sums"
TOOLS = {
    GRIM: "no whole number of the group prints as the percentage",
    PERCENTAGES: "the count and the size of the group give another percentage",
    P_VALUES: "every usual test of the counts gives a p value off by an order of magnitude, or across 0.05",
    INTERVALS: "the interval does not have its estimate in the middle",
    SUMS: "parts and total of a table do not add up",
}
_ALPHA = 0.05
_USUAL_TESTS = ("pearson", "yates", "fisher")
# The middle of an interval by the statistic of its estimate: for ratios on the logarithmic scale.
_CENTRES = dict.fromkeys(("hr", "or"), summaries.wald_estimate) | dict.fromkeys(
    ("mean", "median"), summaries.symmetric_midpoint
)


@dataclass(frozen=True)
class Check:
    """One thing that a tool looks at.

    Parameters
    ----------
    tool
        One of `TOOLS`.
    ids
        Of the numbers that it looks at.
    alarm
        Whether it objects.
    parts
        Of a sum, the ids of the parts.
    """

    tool: str
    ids: frozenset[str]
    alarm: Callable[[Sources], bool]
    parts: frozenset[str] = frozenset()


def grim(printed: Printed, n: float, scale: float = 100) -> bool:
    """GRIM test: whether a mean of ``n`` whole numbers, times ``scale``, can print so.

    References
    ----------
    Brown NJL, Heathers JAJ. Soc Psychol Personal Sci 2017;8:363-369.

    Examples
    --------
    >>> grim(Printed("5.19"), 28, scale=1), grim(Printed("5.18"), 28, scale=1)
    (False, True)
    """
    total = printed.value * n / scale
    return n > 0 and any(printed.prints(scale * whole / n) for whole in (math.floor(total), math.ceil(total)))


def p_value_differs(printed: Printed, p: float) -> bool:
    """Whether a recomputed p value is beyond a printed limit, off by an order of magnitude, or across 0.05.

    Examples
    --------
    >>> p_value_differs(Printed("0.02"), 0.04), p_value_differs(Printed("0.02"), 0.06)
    (False, True)
    """
    low, high = max(printed.interval.low, 0.0), printed.interval.high
    if p in printed.interval or printed.relation != "=":
        return p not in printed.interval
    off = low / p if p < low else p / high if high > 0 else math.inf
    return off > 10 or high < _ALPHA <= p or p < _ALPHA <= low


class Baselines:
    """All checks of the numbers of a transcription, and which of them object to it as it stands."""

    def __init__(self, sources: Sources) -> None:
        self.checks = [*_of_recipes(sources), *_intervals(sources.numbers)]
        self.touching: dict[str, list[Check]] = defaultdict(list)
        for check in self.checks:
            for id_ in check.ids:
                self.touching[id_].append(check)
        self.objecting = [check for check in self.checks if check.alarm(sources)]

    def alarms(self, sources: Sources, changed: Collection[str]) -> set[str]:
        """The tools that object once some numbers are printed otherwise, and did not before."""
        touched = {id(check): check for one in changed for check in self.touching[one]}.values()
        return {check.tool for check in touched if check not in self.objecting and check.alarm(sources)}

    def miscounts(self, numbers: Transcription, rows: Collection[str]) -> bool:
        """Whether a sum does not add up once rows of its parts are lost or stand twice."""
        touched = (check for one in rows for check in self.touching[one] if check.tool == SUMS)
        return any(
            sum(numbers.value(id_) for id_ in check.parts.intersection(rows)) != 0
            for check in touched
            if (check.ids - check.parts).isdisjoint(rows)
        )


def _of_recipes(sources: Sources) -> Iterator[Check]:
    for id_, number in sources.numbers.items():
        if not number.own:
            continue
        ways = sources.ways(id_)
        inputs = ways[0].inputs
        ids = frozenset([id_, *(source for way in ways for source in way.ids)])
        match ways[0].method_name:
            case "percent":
                part, whole = inputs
                yield Check(GRIM, frozenset([id_, *whole.ids]), partial(_no_count, id_, whole))
                if len(part.ids) == 1:
                    yield Check(PERCENTAGES, ids, partial(_other_percentage, id_, part, whole))
            case "categorical_p":
                yield Check(P_VALUES, ids, partial(_other_p, id_))
            case "sum" | "difference" as method if number.where.startswith("table"):
                if all(len(term.ids) == len(term.parts) == 1 for term in inputs):
                    total = id_ if method == "sum" else ways[0].ids[0]
                    yield Check(SUMS, ids, partial(_other_sum, total, ids - {total}), ids - {total})


def _no_count(id_: str, whole: Term, sources: Sources) -> bool:
    printed = sources.numbers[id_].printed
    return printed.value > 100 or not grim(printed, whole.evaluate(sources.numbers)[0])


def _other_percentage(id_: str, part: Term, whole: Term, sources: Sources) -> bool:
    count, n = (term.evaluate(sources.numbers)[0] for term in (part, whole))
    return n <= 0 or 100 * count / n not in sources.numbers[id_].printed.interval


def _other_p(id_: str, sources: Sources) -> bool:
    # Each printing by itself: these tools do not look for another printing of the same fact.
    number = replace(sources.numbers[id_], same_as="")
    try:
        outcomes = judge(number, sources.ways(id_), sources.numbers).outcomes
    except InputError:
        return False  # a table whose counts are no whole numbers is not tested
    recomputed = [o.point for o in outcomes if o.convention in _USUAL_TESTS]
    return bool(recomputed) and all(p_value_differs(number.printed, p) for p in recomputed)


def _other_sum(total: str, parts: Collection[str], sources: Sources) -> bool:
    return sources.numbers.value(total) != sum(map(sources.numbers.value, parts))


def _intervals(numbers: Transcription) -> Iterator[Check]:
    """Each estimate with both confidence limits beside it."""
    for id_, number in numbers.items():
        stem = id_.rpartition(".")[0]
        limits = [f"{stem}.ci_lo", f"{stem}.ci_hi"]
        if number.own and number.statistic in _CENTRES and all(limit in numbers for limit in limits):
            yield Check(INTERVALS, frozenset([id_, *limits]), partial(_off_centre, id_, limits))


def _off_centre(id_: str, limits: list[str], sources: Sources) -> bool:
    number = sources.numbers[id_]
    try:
        centre = propagate(_CENTRES[number.statistic], [sources.numbers[limit].interval for limit in limits])
    except ValueError:
        return True
    return not number.interval.meets(centre)
