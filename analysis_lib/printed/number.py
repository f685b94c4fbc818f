"""Printed numbers: a string of digits, and the reals that would print so.

A paper prints ``0.264``; what was computed is some real number between 0.2635 and 0.2645. The
last digit and its trailing zeros carry that information, so printed numbers stay strings, and
every comparison in the ledger is between intervals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from itertools import product
from typing import SupportsFloat

# ASCII digits only: `\d` would take any script's digits, which no paper mixes.
_PATTERN = re.compile(r"(?P<relation>[<≤>≥]?)(?P<digits>-?[0-9]{1,15}(?:\.(?P<fraction>[0-9]{1,15}))?)")

# Room for the error of floating-point arithmetic. It stays far below half a unit of the last digit
# for numbers of up to seven digits and seven decimals; a paper prints no longer ones.
_RELATIVE_TOLERANCE = 1e-9

# Digits enough for any float: the greatest has 309 before the point.
_EVERY_DIGIT = Context(prec=400)


@dataclass(frozen=True)
class Interval:
    """A closed interval of reals; either end may be infinite.

    Examples
    --------
    >>> 0.264 in Interval(0.2635, 0.2645)
    True
    >>> math.nan in Interval(0, math.inf)
    False
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"an interval needs low <= high, not {self.low} and {self.high}")

    def __contains__(self, value: float) -> bool:
        """Whether ``value`` lies within, the ends included; NaN never does."""
        return bool(self.low - _slack(self.low) <= value <= self.high + _slack(self.high))

    def meets(self, other: Interval) -> bool:
        """Whether the two intervals have a point in common."""
        return self.low <= other.high + _slack(other.high) and other.low <= self.high + _slack(self.high)

    def distance(self, value: float) -> float:
        """How far ``value`` lies outside; 0 within."""
        return max(self.low - value, value - self.high, 0.0)


def _slack(end: float) -> float:
    return _RELATIVE_TOLERANCE * max(1.0, abs(end)) if math.isfinite(end) else 0.0


@dataclass(frozen=True)
class Printed:
    """A number as a paper prints it.

    Parameters
    ----------
    text
        Digits exactly as printed, with ``<``, ``≤``, ``>`` or ``≥`` in front where there is one:
        ``"0.020"``, ``"<0.0001"``, ``"≥3"``.

    Raises
    ------
    ValueError
        If ``text`` is no such string.
    """

    text: str

    def __post_init__(self) -> None:
        if not _PATTERN.fullmatch(self.text):
            raise ValueError(
                f"{self.text!r} is not a printed number: digits with at most one point, "
                "and <, ≤, > or ≥ in front where the paper has it"
            )

    @property
    def relation(self) -> str:
        """``"="``, or the sign in front of the digits."""
        return self.text[0] if self.text[0] in "<≤>≥" else "="

    @property
    def digits(self) -> str:
        """The digits without the sign of relation."""
        return self.text.lstrip("<≤>≥")

    @property
    def value(self) -> float:
        """The digits read as a number."""
        return float(self.digits)

    @property
    def decimals(self) -> int:
        """How many digits follow the point."""
        return len(self.digits.partition(".")[2])

    @property
    def unit(self) -> float:
        """One unit of the last printed digit."""
        return 10.0**-self.decimals

    @cached_property
    def interval(self) -> Interval:
        """The reals that would print so.

        Half a unit of the last digit either way, both ends included: half-up and half-even
        rounding are both allowed, since a paper seldom says which it used. ``<`` and its kin
        give a half-line.
        """
        if self.relation in "<≤":
            return Interval(-math.inf, self.value)
        if self.relation in ">≥":
            return Interval(self.value, math.inf)
        # In decimals, because 0.264 - 0.0005 in binary is not the end that the digits mean.
        value, half = Decimal(self.digits), Decimal(5).scaleb(-self.decimals - 1)
        return Interval(float(value - half), float(value + half))

    def prints(self, value: float) -> bool:
        """Whether a value that is known exactly prints so, with halves rounded up or to even.

        The interval has both ends, so that 37.5 lies in that of 37; but neither rule prints it so.
        """
        if self.relation != "=" or not math.isfinite(value):
            return value in self.interval
        # Twelve digits, so that the error of floating-point arithmetic does not turn a half.
        exact, unit = Decimal(f"{value:.12g}"), Decimal(1).scaleb(-self.decimals)
        rules = (ROUND_HALF_UP, ROUND_HALF_EVEN)
        rounded = (exact.quantize(unit, rounding=rule, context=_EVERY_DIGIT) for rule in rules)
        return Decimal(self.digits) in rounded

    def __str__(self) -> str:
        return self.text


def round_half_up(value: float, decimals: int) -> str:
    """Round half away from zero to text with ``decimals`` digits, as SPSS displays a number.

    The shortest decimal that denotes the float is rounded, not its binary value.

    Examples
    --------
    >>> round_half_up(62.5, 0), round_half_up(0.285, 2)
    ('63', '0.29')
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "not defined"
    shortest = Decimal(repr(float(value)))
    unit = Decimal(1).scaleb(-decimals)
    rounded = shortest.quantize(unit, rounding=ROUND_HALF_UP, context=_EVERY_DIGIT)
    return str(abs(rounded) if rounded == 0 else rounded)


def number_text(value: float, decimals: int) -> str:
    """A recomputed value as text, with two digits more than printed and without idle zeros.

    Examples
    --------
    >>> number_text(100 * 12 / 26, 0)
    '46.15'
    """
    text = round_half_up(value, decimals + 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def propagate(function: Callable[..., SupportsFloat], inputs: Sequence[Interval]) -> Interval:
    """Interval arithmetic: the range of ``function`` over a box of inputs, from the box's corners.

    Parameters
    ----------
    function
        Of as many floats as there are inputs. It must be monotone in each of them over the box;
        then its extremes over the box lie at corners (Moore, Kearfott & Cloud 2009, *Introduction
        to Interval Analysis*, ch. 5).
    inputs
        One interval each, with finite ends.

    Returns
    -------
    Interval
        Smallest and largest value. Corners where the function is not defined (it raises
        ValueError or ArithmeticError, or gives NaN) are left out: nothing can have been computed from them.

    Raises
    ------
    ValueError
        If the function is defined at no corner.

    Examples
    --------
    >>> propagate(lambda x, y: x - y, [Interval(4, 6), Interval(1, 2)])
    Interval(low=2.0, high=5.0)
    """
    ends = [(i.low,) if i.low == i.high else (i.low, i.high) for i in inputs]
    values = [defined(function, corner) for corner in product(*ends)]
    values = [v for v in values if not math.isnan(v)]
    if not values:
        raise ValueError("not defined for any value that the inputs allow")
    return Interval(min(values), max(values))


def defined(function: Callable[..., SupportsFloat], values: Sequence[float]) -> float:
    """The function's value, or NaN where it is not defined (raises ValueError or ArithmeticError)."""
    try:
        return float(function(*values))
    except (ValueError, ArithmeticError):
        return math.nan
