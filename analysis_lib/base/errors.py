"""The one exception for a user's mistake: it says what, where and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path


class InputError(ValueError):
    """Bad input, described in one line.

    Parameters
    ----------
    problem
        What is wrong, in plain words.
    file, row, column
        Where; ``row`` is the line of the file, the heading being line 1.
    remedy
        What would be right; :attr:`without_remedy` is the message without it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: Path | str | None = None,
        row: int | None = None,
        column: str | None = None,
        remedy: str | None = None,
    ) -> None:
        place = [printable(file)] if file is not None else []
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column!r}")
        self.without_remedy = f"{', '.join(place)}: {problem}" if place else problem
        super().__init__(f"{self.without_remedy} ({remedy})" if remedy else self.without_remedy)
        self.problem, self.remedy = problem, remedy
        self.file, self.row, self.column = file, row, column


def printable(text: object) -> str:
    """Text with its control characters escaped, so that the name of a file cannot act on a terminal.

    Examples
    --------
    >>> print(printable("a\\x1b[2J.csv"))
    a\\x1b[2J.csv
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def nearest(word: str, names: Sequence[str]) -> str:
    """The remedy for a misspelt ``word``: the nearest of ``names``, or all of them if none is near."""
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.4)
    return f"did you mean {close[0]}?" if close else "one of " + ", ".join(names) if names else "there are none"
