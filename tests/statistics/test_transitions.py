"""Moves between categories: the enumeration finds every table that the margins allow, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.statistics.transitions import Total, enumerate_transitions

K = 3
counts = st.lists(st.integers(0, 2), min_size=K, max_size=K)


@st.composite
def margins(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Few enough patients that each can be sent everywhere one by one."""
    stayed, fell, rose = draw(counts), draw(counts), draw(counts)
    if draw(st.booleans()):  # most cases should have tables at all
        fell[0] = rose[-1] = 0
    return stayed, fell, rose


@st.composite
def totals_of(draw: st.DrawFn, tables: np.ndarray) -> list[Total]:
    """Totals of some table that there is, or else at random."""
    sets = draw(st.lists(st.frozensets(st.integers(0, K - 1), min_size=1), max_size=2))
    if not len(tables) or draw(st.integers(0, 4)) == 0:
        return [Total(s, draw(st.integers(0, 6))) for s in sets]
    after = tables[draw(st.integers(0, len(tables) - 1))].sum(axis=0)
    return [Total(s, int(after[list(s)].sum())) for s in sets]


def by_sending_each_patient(stayed: Sequence[int], fell: Sequence[int], rose: Sequence[int]) -> np.ndarray:
    """Every table, from every choice of every single patient; alike tables once."""
    choices = [
        [(i, j) for j in where]
        for i in range(K)
        for number, where in ((stayed[i], [i]), (fell[i], range(i)), (rose[i], range(i + 1, K)))
        for _ in range(number)
    ]
    tables = set()
    for moves in product(*choices):
        table = np.zeros((K, K), dtype=int)
        for move in moves:
            table[move] += 1
        tables.add(table.tobytes())
    return np.array([np.frombuffer(t, dtype=int) for t in sorted(tables)], dtype=int).reshape(-1, K, K)


def as_set(tables: np.ndarray) -> set[bytes]:
    return {np.ascontiguousarray(t, dtype=int).tobytes() for t in tables}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_it_finds_exactly_what_sending_each_patient_finds(data):
    stayed, fell, rose = data.draw(margins())
    everything = by_sending_each_patient(stayed, fell, rose)
    totals = data.draw(totals_of(everything))
    wanted = [t for t in everything if all(t[:, list(x.categories)].sum() == x.count for x in totals)]
    found = enumerate_transitions(stayed, fell, rose, totals)
    assert as_set(found) == as_set(np.array(wanted, dtype=int).reshape(-1, K, K))
    assert len(found) == len(wanted)  # and none twice


@settings(max_examples=50, deadline=None)
@given(margins(), st.frozensets(st.integers(0, K - 1), min_size=1), st.integers(0, 6))
def test_every_table_meets_every_margin(three, categories, count):
    stayed, fell, rose = three
    for table in enumerate_transitions(stayed, fell, rose, [Total(categories, count)]):
        assert table.min() >= 0
        assert np.diag(table).tolist() == stayed
        assert np.tril(table, -1).sum(axis=1).tolist() == fell
        assert np.triu(table, 1).sum(axis=1).tolist() == rose
        assert table[:, list(categories)].sum() == count


def test_a_case_worked_by_hand():
    # Two patients fall from the top of three categories: 2+0, 1+1 or 0+2 in the lower two. With
    # one of them in the lowest, only the middle way is left.
    assert len(enumerate_transitions([0, 0, 0], [0, 0, 2], [0, 0, 0], [])) == 3
    (table,) = enumerate_transitions([0, 0, 0], [0, 0, 2], [0, 0, 0], [Total(frozenset({0}), 1)])
    assert table.tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 0]]


@pytest.mark.parametrize(
    ("stayed", "fell", "rose", "totals"),
    [
        ([1, 0], [1, 0], [0, 0], []),  # nobody can fall from the lowest
        ([0, 1], [0, 0], [0, 1], []),  # nor rise from the highest
        ([2, 0], [0, 0], [0, 0], [Total(frozenset({0}), 1)]),
        ([2, 0], [0, 0], [0, 0], [Total(frozenset({0}), 3)]),
    ],
)
def test_margins_that_cannot_hold_together_have_no_table(stayed, fell, rose, totals):
    assert enumerate_transitions(stayed, fell, rose, totals).shape == (0, 2, 2)


def test_nobody_can_be_in_one_way_only():
    assert enumerate_transitions([0, 0], [0, 0], [0, 0], []).tolist() == [[[0, 0], [0, 0]]]


@pytest.mark.parametrize(("fell", "rose"), [([0], [0, 0]), ([0, 0], [0]), ([0, 0, 0], [0, 0, 0])])
def test_margins_of_different_lengths_are_refused(fell, rose):
    with pytest.raises(ValueError, match="one count a category"):
        enumerate_transitions([0, 0], fell, rose, [])


@pytest.mark.parametrize("where", range(3))
def test_a_negative_count_is_refused(where):
    three = [[1, 1], [0, 1], [1, 0]]
    three[where][0] = -1
    with pytest.raises(ValueError, match="cannot be negative"):
        enumerate_transitions(*three, [])
