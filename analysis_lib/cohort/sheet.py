"""A table of cells with the number of each row, and bounds on what a file can make this program hold."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.cohort.headings import plain
from analysis_lib.cohort.problems import Problem, shorten

# Bounds, far above any cohort, on what a file can make this program do: cells that are read, rows (as many
# as Excel has), columns, and bytes once unpacked. Text and workbooks are typed by hand; what `reconstruct`
# writes is Parquet.
MOST_CELLS = {".parquet": 50_000_000, ".xlsx": 1_000_000}
MOST_OTHER_CELLS = 10_000_000
MOST_ROWS = 2**20
MOST_COLUMNS = 10_000
MOST_BYTES = 100_000_000
# Some put a title above their table.
HEADING_WITHIN = 20
ABOVE_HEADING = "stands above the heading"


@dataclass
class Sheet:
    """A table of cells.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row a patient, a column for each name of the heading. Rows that are blank throughout are
        not among them, nor are rows of another length than the heading.
    rows : ndarray of int
        The number that a message gives each row.
    problems : list of Problem
        What kept cells out of the table.
    cautions : list of str
        What was read and yet makes one look twice, such as hidden rows.
    labels : dict
        What the codes of a column stand for, by the column's heading, where the file says so.
    """

    cells: pd.DataFrame
    rows: np.ndarray
    problems: list[Problem] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)


def check_bytes(size: int, file: Path) -> None:
    """Refuse a file of more bytes than any cohort has.

    Raises
    ------
    InputError
        If there are too many.
    """
    if size > MOST_BYTES:
        what = f"holds {size} bytes, or does so once it is unpacked"
        raise InputError(what, file=file, remedy=f"at most {MOST_BYTES}; a row for each patient and no more")


def check_size(rows: int, columns: int, file: Path) -> None:
    """Refuse a table of more rows, columns or cells than any cohort has.

    Raises
    ------
    InputError
        If there are too many.
    """
    if columns > MOST_COLUMNS:
        what = f"has a row of {columns} cells"
        raise InputError(what, file=file, remedy=f"at most {MOST_COLUMNS}; one row a patient, not one column")
    if rows > MOST_ROWS:
        raise InputError(f"has more than {MOST_ROWS} rows", file=file, remedy="a row for each patient and no more")
    most = MOST_CELLS.get(file.suffix.lower(), MOST_OTHER_CELLS)
    if rows * columns > most:
        raise InputError(f"has more than {most} cells", file=file, remedy="a row for each patient and no more")


def bounded(rows: Iterable[Sequence], file: Path) -> Iterator[Sequence]:
    """The rows one by one, until there are too many; see :func:`check_size`."""
    filled = widest = 0
    for number, row in enumerate(rows, start=1):
        # The width counts for each row, since all are made as long as the longest; blank ones are left out.
        filled, widest = filled + bool(row), max(widest, len(row))
        check_size(number, 1, file)
        check_size(filled, widest, file)
        yield row


def as_text(value: object) -> str:
    """A typed value as somebody would have typed it: whole numbers without a point, days without a time."""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _heading(filled: list[tuple[int, Sequence[str]]]) -> int:
    """Which of the first rows names the columns: that with ``patient``, or else the first of several cells."""
    first = [row for _, row in filled[:HEADING_WITHIN]]
    named = (at for at, row in enumerate(first) if any(plain(cell) == "patient" for cell in row))
    several = (at for at, row in enumerate(first) if sum(map(bool, map(str.strip, row))) > 1)
    return next(named, next(several, 0))


def laid_out(rows: Iterable[Sequence[str]]) -> Sheet:
    """Rows of cells as a table."""
    filled = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not filled:
        return Sheet(pd.DataFrame(), np.array([], dtype=int))
    at = _heading(filled)
    (_, heading), *body = filled[at:]
    names = [name.strip() for name in heading]
    # Spreadsheets leave blank columns at the right behind.
    while not names[-1]:
        names.pop()
    problems, kept, numbers = [], [], []
    for number, _ in filled[:at]:
        problems.append(Problem(number, "", "", ABOVE_HEADING, "the heading first"))
    for number, row in body:
        row, more = row[: len(names)], row[len(names) :]
        if len(row) < len(names) or any(cell.strip() for cell in more):
            what = f"has {len(row) + len(more)} cells, where the heading has {len(names)}"
            problems.append(Problem(number, "", "", what, "a cell for each column, though it be blank"))
            continue
        kept.append(row)
        numbers.append(number)
    cells = pd.DataFrame(kept, columns=range(len(names)), dtype=object)
    first = {}
    for position, name in enumerate(names):
        if not name:
            if cells[position].str.strip().any():
                remedy = "name it, or remove it; R and pandas add one when they write row numbers"
                problems.append(Problem(None, "", "", f"column {position + 1} has no name", remedy))
        elif name in first:
            what = f"is there twice, as columns {first[name] + 1} and {position + 1}"
            problems.append(Problem(None, shorten(name), "", what, "each column once"))
        else:
            first[name] = position
    table = cells[list(first.values())].set_axis(list(first), axis="columns")
    return Sheet(table, np.array(numbers, dtype=int), problems)
