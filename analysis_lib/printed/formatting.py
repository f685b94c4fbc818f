"""Printed numbers as readers see them: with their unit, or as an interval."""

from __future__ import annotations

from analysis_lib.printed.number import Interval, number_text


def with_unit(text: str, unit: str) -> str:
    """Digits with their unit, as a reader expects to see them.

    Examples
    --------
    >>> with_unit("46", "%"), with_unit("7.4", "GBq"), with_unit("12", "patients")
    ('46%', '7.4 GBq', '12')
    """
    if unit in ("%", "°"):
        return text + unit
    return f"{text} {unit}" if unit and unit not in ("patients", "year", "events") else text


def bounds_text(bounds: Interval, decimals: int) -> str:
    """An interval in words, with two digits more than ``decimals``.

    Examples
    --------
    >>> bounds_text(Interval(0.25, 1), 2)
    '0.25 to 1'
    """
    low, high = (number_text(end, decimals) for end in (bounds.low, bounds.high))
    if bounds.low == float("-inf"):
        return f"≤ {high}"
    if bounds.high == float("inf"):
        return f"≥ {low}"
    return f"{low} to {high}"
