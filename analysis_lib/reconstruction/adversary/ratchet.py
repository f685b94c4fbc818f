"""Ratchet: push a state towards an extreme, each success the start of the next push."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

State = TypeVar("State")
_FARTHER, _NEARER = 1.3, 0.6


def ratchet(
    start: State,
    push: Callable[[State, float], State | None],
    value: Callable[[State], float],
    sign: float,
    step: float,
    rounds: int,
) -> list[State]:
    """The states on the way towards an extreme, each more extreme than the one before; ``start`` is the first.

    Parameters
    ----------
    push
        Moves a state to a goal; None where it does not get there.
    value
        What is pushed, of a state.
    sign
        1 towards large values, -1 towards small ones.
    step
        How far the first goal lies past the value; after a success the next is farther, after a failure nearer.
    rounds
        How many pushes are tried.

    Examples
    --------
    >>> ratchet(0.0, lambda state, goal: goal if goal < 2 else None, lambda state: state, 1.0, 1.0, 5)
    [0.0, 1.0, 1.78]
    """
    path = [start]
    for _ in range(rounds):
        goal = value(path[-1]) + sign * step
        found = push(path[-1], goal)
        if found is None:
            step *= _NEARER
        else:
            path.append(found)
            step *= _FARTHER
    return path
