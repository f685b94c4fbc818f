"""The verdict on one printed number, from what its recipes give."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from analysis_lib.ledger.bounds import Bound, possible, within
from analysis_lib.ledger.methods import Derivation, Statement
from analysis_lib.ledger.predictions import Withheld, finite
from analysis_lib.ledger.recipes import NoSuchCount, Recipe
from analysis_lib.printed.number import Interval, defined, number_text, propagate, round_half_up
from analysis_lib.printed.transcription import PublishedNumber, Transcription

VERDICTS = {
    "recomputed": "a statistic worked out anew from other printed numbers: the same digits",
    "consistent": "arithmetic ties it to other printed numbers: no slip shows, which is no re-analysis",
    "repeated": "a later printing of the same fact in the same digits",
    "within-rounding": "the printed value lies where the rounding of its inputs allows",
    "other-method": "the digits come out under a convention other than the one stated",
    "contradicted": "no admissible convention gives the digits",
    "attainable": "met by every simulated cohort, because they were built to meet it",
    "foretold": "attainable, and when withheld it came out as printed, in a range narrow enough to have missed it",
    "unchecked": "needs what is not printed; with bounds where print sets any",
    "cited": "another study's number",
}


@dataclass(frozen=True)
class Outcome:
    """What one variant of a recipe gives under one convention.

    Parameters
    ----------
    variant, convention
        Names; blank where there is only one.
    stated
        Whether the paper names the convention.
    point
        Computed from the inputs' digits as printed.
    range
        Over all that the rounding of the inputs allows.
    agrees
        ``"digits"`` if the point prints as the paper prints, ``"rounding"`` if only some of the
        range does, ``"no"`` otherwise.
    """

    variant: str
    convention: str
    stated: bool
    point: float
    range: Interval
    agrees: str

    @property
    def name(self) -> str:
        """Convention and variant, for a reader."""
        convention = self.convention.replace("_", " ")
        return f"{convention}: {self.variant}" if self.variant and convention else convention or self.variant


@dataclass(frozen=True)
class Claim:
    """A printed number with its verdict and what led to it.

    Of a repeat, ``first`` is the verdict on the first printing, and all but number, verdict and
    reason is what led to that. ``withheld`` is there if the fact was withheld from the search.
    """

    number: PublishedNumber
    verdict: str
    reason: str
    method: str = ""
    library: str = ""
    inputs: tuple[str, ...] = ()
    recomputed: float | None = None
    bounds: Interval | None = None
    outcomes: tuple[Outcome, ...] = field(default=(), repr=False)
    first: str = ""
    withheld: Withheld | None = None

    @property
    def id(self) -> str:
        """The id of the printed number."""
        return self.number.id

    def as_dict(self) -> dict[str, object]:
        """The claim as plain values, as ``audit --json`` writes it."""
        ends = (self.bounds.low, self.bounds.high) if self.bounds else (None, None)
        low, high = (e if e is not None and math.isfinite(e) else None for e in ends)
        return {
            "id": self.id,
            "where": self.number.where,
            "item": self.number.item,
            "group": self.number.group,
            "statistic": self.number.statistic,
            "printed": self.number.printed.text,
            "unit": self.number.unit,
            "same_as": self.number.same_as,
            "verdict": self.verdict,
            "first_verdict": self.first,
            "recomputed": None if self.recomputed is None else finite(self.recomputed),
            "low": low,
            "high": high,
            "method": self.method,
            "library": self.library,
            "inputs": list(self.inputs),
            "reason": self.reason,
            "withheld": self.withheld.as_dict() if self.withheld else None,
            "conventions": [
                {"name": o.name, "value": finite(o.point), "stated": o.stated, "agrees": o.agrees}
                for o in self.outcomes
                if o.name
            ],
        }


def value_text(value: float, number: PublishedNumber) -> str:
    """A recomputed value with two digits more than the printed one."""
    return number_text(value, number.printed.decimals)


def _outcomes(number: PublishedNumber, variants: Iterable[Recipe], numbers: Transcription) -> list[Outcome]:
    found = []
    target = number.interval
    for recipe in variants:
        evaluated = [term.evaluate(numbers) for term in recipe.inputs]
        values = [value for value, _ in evaluated]
        intervals = [interval for _, interval in evaluated]
        method = cast(Derivation, recipe.method)  # as `recipes.load` has made sure of
        for name, compute in method.named(values).items():
            point = defined(compute, values)
            if math.isnan(point):
                continue
            span = propagate(compute, intervals)
            # Where the inputs are not rounded, neither is what follows from them, halves included.
            exact = span.low == span.high and not number.exact
            same = number.printed.prints(point) if exact else point in target
            agrees = "digits" if same else "rounding" if not exact and span.meets(target) else "no"
            stated = recipe.is_stated(name, values)
            found.append(Outcome(recipe.variant, name, stated, point, span, agrees))
    return found


def _list(names: Iterable[str]) -> str:
    names = list(dict.fromkeys(names))
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _derived(number: PublishedNumber, variants: list[Recipe], method: Derivation, numbers: Transcription) -> Claim:
    first = variants[0]
    inputs = tuple(dict.fromkeys(id_ for recipe in variants for id_ in recipe.ids))
    claim = Claim(number, "contradicted", "", first.method_name, method.library, inputs)
    try:
        outcomes = _outcomes(number, variants, numbers)
    except NoSuchCount as error:
        return replace(claim, reason=f"{error}.")
    if not outcomes:
        reason = "The inputs as printed leave nothing to compute (an empty group, or no value defined)."
        return replace(claim, reason=reason)

    def choose(stated: bool, agrees: str) -> list[Outcome]:
        return [o for o in outcomes if o.stated is stated and o.agrees == agrees]

    tiers = (
        ("recomputed" if method.statistic else "consistent", choose(True, "digits")),
        ("within-rounding", choose(True, "rounding")),
        ("other-method", choose(False, "digits") or choose(False, "rounding")),
    )
    nearest = min(outcomes, key=lambda o: number.interval.distance(o.point))
    verdict, agreeing = next(((v, found) for v, found in tiers if found), ("contradicted", [nearest]))
    best = agreeing[0]
    values = [_plain(term.evaluate(numbers)[0]) for term in first.inputs]
    words = method.words.format(*values)
    return replace(
        claim,
        verdict=verdict,
        recomputed=best.point,
        bounds=best.range,
        outcomes=tuple(outcomes),
        reason=_reason(verdict, number, words, best, agreeing, outcomes) + _note(first),
    )


def _plain(value: float) -> str:
    return f"{value:.10g}"


def _note(recipe: Recipe) -> str:
    return f" {recipe.note}" if recipe.note else ""


def _why(recipe: Recipe) -> str:
    """Why a number is not computed: what the recipe's note says of it, or else its method."""
    words = recipe.note.removesuffix(".") or cast(Bound | Statement, recipe.method).words
    return f"{words[0].upper()}{words[1:]}"


def _reason(
    verdict: str,
    number: PublishedNumber,
    words: str,
    best: Outcome,
    agreeing: list[Outcome],
    outcomes: list[Outcome],
) -> str:
    printed = number.printed
    value = value_text(best.point, number)
    start = f"{words[0].upper()}{words[1:]}"
    named = f" ({best.name})" if best.name else ""
    rest = ""
    if len(agreeing) > 1:
        rest = f" So does {_list(o.name for o in agreeing[1:])}."
    others = [o for o in outcomes if o.agrees == "no" and o.name]
    if verdict in ("recomputed", "consistent"):
        return f"{start}{named} gives {value}, printed {printed}.{rest}"
    if verdict == "within-rounding":
        low, high = value_text(best.range.low, number), value_text(best.range.high, number)
        return (
            f"{start}{named} gives {value} from the digits as printed, and {low} to {high} over "
            f"their rounding; printed {printed}.{rest}"
        )
    if verdict == "other-method":
        stated = [o for o in others if o.stated]
        instead = "; ".join(f"{o.name} gives {value_text(o.point, number)}" for o in stated)
        instead = instead or "method cannot be computed here"
        return f"{start}: {best.name} gives {value}, printed {printed}.{rest} The stated {instead}."
    distance = number.interval.distance(best.point) / printed.unit
    listed = "; ".join(f"{o.name or 'it'} gives {value_text(o.point, number)}" for o in outcomes)
    missed = f"The nearest is {distance:.2g} units of the last digit away from what would print so."
    if not distance:
        missed = "That is a half, which rounding up or to even prints otherwise."
    if number.statistic == "p" and (displayed := _rounded_twice(number, outcomes)):
        missed = f"SPSS displays {displayed}, and rounding that once more explains what is printed."
    return f"{start}: {listed}; printed {printed}. {missed}"


def _rounded_twice(number: PublishedNumber, outcomes: list[Outcome]) -> str:
    """What SPSS displays of a p value under the stated convention, three digits, if that rounds to the printed one."""
    shown = [round_half_up(o.point, 3) for o in outcomes if o.stated]
    return (
        next((text for text in shown if float(text) in number.interval), "") if number.printed.relation == "=" else ""
    )


def _bounded(number: PublishedNumber, recipe: Recipe, method: Bound, numbers: Transcription) -> Claim:
    claim = Claim(number, "contradicted", "", recipe.method_name, method.library, recipe.ids)
    try:
        limits = method.limits([term.evaluate(numbers)[1] for term in recipe.inputs])
        bounds = within(limits, number)
    except (ValueError, ArithmeticError) as error:
        # Also where the limits are not defined, such as the logarithm of a ratio of 0.
        return replace(claim, reason=f"{error}.")
    low, high = value_text(bounds.low, number), value_text(bounds.high, number)
    span = f"from {low} to {high}"
    if limits.low == -math.inf or bounds.high == math.inf:
        span = f"at most {high}" if limits.low == -math.inf else f"at least {low}"
    but, verdict = ("", "unchecked") if number.interval.meets(bounds) else ("but ", "contradicted")
    reason = f"{_why(recipe)}: {span}; {but}printed {number.printed}."
    return replace(claim, verdict=verdict, bounds=bounds, reason=reason)


def same_fact(one: PublishedNumber, other: PublishedNumber) -> bool:
    """Whether two printings can be of one value, rounded by one rule.

    Intervals that have only an end in common do not do: a half goes one way. A limit that the
    authors set is not rounded at all; the words around it may stand for its sign, but two signs
    are one.
    """
    if "threshold" in (one.statistic, other.statistic):
        signs = {one.printed.relation, other.printed.relation} - {"="}
        return one.printed.value == other.printed.value and len(signs) < 2
    a, b = one.interval, other.interval
    if one.exact or other.exact:
        return a.meets(b)
    shared = min(a.high, b.high) - max(a.low, b.low)
    return shared > min(one.printed.unit, other.printed.unit) / 100


def judge(number: PublishedNumber, variants: list[Recipe], numbers: Transcription) -> Claim:
    """The verdict on one printed number.

    Parameters
    ----------
    number
        The printed number.
    variants
        Its recipes, or those of the first printing of the same fact. All of one kind.
    numbers
        The transcription that the recipes' inputs are taken from.
    """
    first = numbers[number.same_as] if number.same_as else None
    if first and not same_fact(number, first):
        reason = f"Printed {number.printed} here, but {first.printed} where it is first given ({first.id})."
        return Claim(number, "contradicted", reason, method="repeat", inputs=(first.id,))
    if not _can_be(number):
        limits = possible(number)
        span = f"from {limits.low:g} to {limits.high:g}" if math.isfinite(limits.high) else f"not below {limits.low:g}"
        reason = f"Printed {number.printed}, but a number of this kind is {span}."
        return Claim(number, "contradicted", reason, method="possible")
    if not number.own:
        return Claim(number, "cited", "The number of another study, as the paper cites it.")
    method = variants[0].method
    if isinstance(method, Derivation):
        return _derived(number, variants, method, numbers)
    if isinstance(method, Bound):
        return _bounded(number, variants[0], method, numbers)
    limits = possible(number)
    bounds = limits if math.isfinite(limits.high) else None
    return Claim(number, "unchecked", f"{_why(variants[0])}.", method=variants[0].method_name, bounds=bounds)


def _can_be(number: PublishedNumber) -> bool:
    """Whether the digits are within what a number of this kind can be, and their sign leaves something there."""
    limits, printed = possible(number), number.printed
    nothing = (printed.relation == "<" and printed.value == limits.low) or (
        printed.relation == ">" and printed.value == limits.high
    )
    return limits.low <= printed.value <= limits.high and not nothing


def repeated(number: PublishedNumber, first: Claim) -> Claim:
    """The verdict on a later printing of a fact in the same digits, beside that on the first."""
    reason = f"The same digits as where it is first given ({first.id}), which is {first.verdict}."
    return replace(first, number=number, verdict="repeated", first=first.verdict, reason=reason)
