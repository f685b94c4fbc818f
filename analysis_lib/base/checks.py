"""Checks of what a caller hands over: each gives the checked value back or raises ValueError.

Every module of statistics begins with these, so that a mistake is reported in the caller's words and
not as a warning or a NaN from deep inside a library.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def finite(name: str, value: ArrayLike) -> Floats:
    """A number or array of finite numbers."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: not a number, or a ragged list of numbers") from None
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name}: must be finite and not missing")
    return array


def not_negative(name: str, value: ArrayLike) -> Floats:
    """Finite numbers from 0."""
    array = finite(name, value)
    if np.any(array < 0):
        raise ValueError(f"{name}: must not be negative")
    return array


def positive(name: str, value: ArrayLike) -> Floats:
    """Finite numbers above 0."""
    array = finite(name, value)
    if np.any(array <= 0):
        raise ValueError(f"{name}: must be positive")
    return array


def sample(name: str, values: ArrayLike) -> Floats:
    """A list of finite numbers, shape (n,), n >= 1."""
    array = finite(name, values)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: must be a list of at least one value")
    return array


def level(confidence: float) -> float:
    """A confidence level as a fraction."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return confidence


def counts(table: ArrayLike) -> Integers:
    """A table of counts as integers, shape (r, c), with at least one patient."""
    try:
        values = np.asarray(table, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("a table of counts must be a rectangle of numbers") from None
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"a table of counts has rows and columns, not the shape {values.shape}")
    if not np.all(np.isfinite(values)) or np.any(values < 0) or np.any(values != np.rint(values)):
        raise ValueError("the counts of a table must be whole numbers that are not negative")
    if values.sum() == 0:
        raise ValueError("the table counts no patient")
    return values.astype(np.int64)


def binary(name: str, values: ArrayLike) -> Integers:
    """0 or 1 for each patient, as integers of shape (n,), n >= 1."""
    array = sample(name, values)
    if not np.all((array == 0) | (array == 1)):
        raise ValueError(f"{name}: must be 0 or 1")
    return array.astype(np.int64)


def times_and_events(time: ArrayLike, event: ArrayLike) -> tuple[Floats, Integers]:
    """Time to event or censoring, and 1 for an event, 0 for a censoring; shape (n,) each."""
    time, event = not_negative("time", sample("time", time)), binary("event", event)
    if time.size != event.size:
        raise ValueError(f"need a time and an event for each patient: {time.size}, {event.size}")
    return time, event


def group_codes(group: ArrayLike, n: int) -> NDArray[np.intp]:
    """Labels of at least two groups, for `n` patients, as 0, 1, ..."""
    labels = np.asarray(group)
    if labels.shape != (n,):
        raise ValueError(f"group: need one label for each of the {n} patients")
    if any(label is None or label != label for label in labels.tolist()):
        raise ValueError("group: a label is missing")
    try:
        distinct, codes = np.unique(labels, return_inverse=True)
    except TypeError:
        raise ValueError("group: labels must be all numbers or all text") from None
    if distinct.size < 2:
        raise ValueError("group: a comparison needs two groups")
    return codes
