"""Enumeration of transitions between ordered categories, given margins.

A paper that prints, for each category before treatment, how many patients stayed, fell or rose,
and how many were in some categories afterwards, does not print the moves themselves. There are
finitely many; this module lists them all, so that what is forced can be told from what is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Total:
    """How many patients are in a set of categories afterwards."""

    categories: frozenset[int]
    count: int


def _spread(patients: int, destinations: Sequence[int], categories: int) -> Iterator[NDArray[np.int_]]:
    """Every way to send alike patients to destinations, as counts by category."""
    for chosen in combinations_with_replacement(destinations, patients):
        yield np.bincount(np.array(chosen, dtype=int), minlength=categories)


def enumerate_transitions(
    stayed: Sequence[int], fell: Sequence[int], rose: Sequence[int], totals: Sequence[Total]
) -> NDArray[np.int_]:
    """All tables of transitions that agree with the margins.

    Parameters
    ----------
    stayed, fell, rose
        For each of k ordered categories before treatment, how many patients kept their category,
        went to a lower or to a higher one. Non-negative integers, each of length k.
    totals
        Numbers of patients in sets of categories after treatment.

    Returns
    -------
    numpy.ndarray
        Shape (m, k, k): m tables, patients from category i to category j. m is 0 if the margins
        cannot hold together. Patients within a cell are alike, so a table counts once.

    Raises
    ------
    ValueError
        If the lengths differ or a count is negative.

    Examples
    --------
    Of two patients in the highest of three categories both fell; afterwards one is in the lowest.

    >>> enumerate_transitions([0, 0, 0], [0, 0, 2], [0, 0, 0], [Total(frozenset({0}), 1)]).tolist()
    [[[0, 0, 0], [0, 0, 0], [1, 1, 0]]]
    """
    k = len(stayed)
    if len(fell) != k or len(rose) != k:
        raise ValueError(f"stayed, fell and rose need one count a category, not {k}, {len(fell)}, {len(rose)}")
    if min([*stayed, *fell, *rose], default=0) < 0:
        raise ValueError("counts of patients cannot be negative")
    found: list[NDArray[np.int_]] = []
    table = np.zeros((k, k), dtype=int)

    def fill(row: int, after: NDArray[np.int_]) -> None:
        # Patients only ever add to a total, so one that is passed already can be dropped early.
        if any(after[list(t.categories)].sum() > t.count for t in totals):
            return
        if row == k:
            if all(after[list(t.categories)].sum() == t.count for t in totals):
                found.append(table.copy())
            return
        for down in _spread(fell[row], range(row), k):
            for up in _spread(rose[row], range(row + 1, k), k):
                table[row] = down + up
                table[row, row] += stayed[row]
                fill(row + 1, after + table[row])

    fill(0, np.zeros(k, dtype=int))
    return np.array(found, dtype=int).reshape(-1, k, k)
