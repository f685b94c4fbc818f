"""What can be wrong with a cohort file, and how all of it is told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from analysis_lib.base.errors import InputError

LONGEST_VALUE = 60
# No value of any column is longer.
LONGEST_CELL = 1000
# In a file that is wrong throughout there may be millions, in a small file too.
MOST_PROBLEMS = 100_000
# A mistake that goes down a whole column is told for so many rows, one of the heading for so many columns.
_ROWS_TOLD = 5
_COLUMNS_TOLD = 20
_THINGS_TOLD = 10


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a cohort file.

    ``row`` is None where a whole column is meant, ``column`` blank where it is a whole row.
    """

    row: int | None
    column: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = [f"row {self.row}"] if self.row is not None else []
        place += [f"column {self.column!r}"] if self.column else []
        place += [f"value {self.value!r}"] if self.value else []
        what = f"{self.problem} ({self.remedy})"
        return f"{', '.join(place)}: {what}" if place else what


class CohortError(InputError):
    """A file that is no well-formed cohort; ``problems`` lists all that is wrong with it."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.problems = problems
        lines = "".join(f"\n  {line}" for line in format_problems(problems))
        some = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{some}:{lines}", file=file)


def add(found: list[Problem], others: Iterable[Problem]) -> None:
    """Add other problems to those found, as long as there are not :data:`MOST_PROBLEMS`; then one that says so."""
    room = MOST_PROBLEMS - len(found)
    if room < 0:
        return
    others = iter(others)
    found.extend(islice(others, room))
    if next(others, None):
        what = f"there are more than {MOST_PROBLEMS} problems, of which the others are not told"
        found.append(Problem(None, "", "", what, "mend these, and validate again"))


def format_problems(problems: list[Problem]) -> list[str]:
    """Problems in a line each; of those that many rows or columns share, the first few and their number."""
    lines, seen = [], Counter()
    for problem in problems:
        kind = _kind(problem)
        seen[kind] += 1
        if seen[kind] <= _most(kind):
            lines.append(str(problem))
    return lines + [_rest(kind, n - _most(kind)) for kind, n in seen.items() if n > _most(kind)]


def shorten(text: str) -> str:
    """Shorten a cell or a name to :data:`LONGEST_VALUE` characters."""
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def listed(things: Iterable[object]) -> str:
    """Things in a row, of many the first few and how many more there are.

    Examples
    --------
    >>> listed([2, 5])
    '2, 5'
    >>> listed(range(500))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 490 more'
    """
    words = [str(thing) for thing in things]
    more = len(words) - _THINGS_TOLD
    return ", ".join(words[:_THINGS_TOLD]) + (f" and {more:,} more" if more > 0 else "")


def _kind(problem: Problem) -> tuple[bool, str, str]:
    """What makes problems alike: where they are told by rows, the column and the mistake."""
    if problem.row is None:
        return False, "", problem.problem
    # One row has five cells and another six: that is one mistake.
    ragged = not problem.column and problem.problem.startswith("has ")
    return True, problem.column, "is not as long as the heading" if ragged else problem.problem


def _most(kind: tuple[bool, str, str]) -> int:
    return _ROWS_TOLD if kind[0] else _COLUMNS_TOLD


def _rest(kind: tuple[bool, str, str], more: int) -> str:
    by_row, column, what = kind
    if not by_row:
        return f"and so {what} {more} more"
    return f"column {column!r}: {what} in {more} more rows" if column else f"{what} in {more} more rows"
