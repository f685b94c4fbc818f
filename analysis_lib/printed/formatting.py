"""Printed numbers as readers see them: with their unit, or as an interval."""

from __future__ import annotations

from analysis_lib.printed.number import Interval, number_text


def with_unit(text: str, unit: str) -> str:
    """Digits with their unit, as a reader expects to see them."""
    if unit in ("%", "°"):
        return text + unit
    return f"{text} {unit}" if unit and unit not in ("patients", "year", "events") else text


def bounds_text(bounds: Interval, decimals: int) -> str:
    """An interval in words."""
    low, high = (number_text(end, decimals) for end in (bounds.low, bounds.high))
    if bounds.low == float("-inf"):
        return f"≤ {high}"
    if bounds.high == float("inf"):
        return f"≥ {low}"
    return f"{low} to {high}"
