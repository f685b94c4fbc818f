"""CSV files of the project's own, read strictly: heading, lengths of rows, size."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.errors import InputError

_CSV_FIELD_LIMIT = 10_000
# Some hundred times what the largest of these files has.
_MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Row:
    """One row of a CSV file: its cells by column, and the line where it ends."""

    file: Path
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def refuse(self, column: str, problem: str, remedy: str | None = None) -> InputError:
        """The error to raise for what stands in a column of this row."""
        return InputError(problem, file=self.file, row=self.line, column=column, remedy=remedy)


def read_rows(file: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Rows of a CSV file, after checking its heading.

    Raises
    ------
    InputError
        If the file is missing, far too large, not UTF-8, not CSV, lacks a column or has a row of another length.
    """
    # Not splitlines: it would also break a row at U+2028, a form feed and other signs.
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        heading = next(reader, [])
        _check_heading(file, heading, columns)
        for cells in filter(None, reader):
            _check_cells(file, reader.line_num, cells, len(heading))
            yield Row(file, reader.line_num, dict(zip(heading, cells, strict=True)))
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", file=file, row=reader.line_num) from None


def _text(file: Path) -> str:
    try:
        # No file says how much more a device or a pipe would give.
        if file.exists() and not file.is_file():
            raise InputError("cannot be read: it is not a file", file=file, remedy="a CSV file")
        if (size := file.stat().st_size) > _MOST_BYTES:
            raise InputError(f"has {size} bytes", file=file, remedy=f"at most {_MOST_BYTES}")
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", file=file) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as UTF-8 text: {error}", file=file) from None
    if "\0" in text:
        raise InputError("holds a NUL byte", file=file, row=text[: text.index("\0")].count("\n") + 1)
    for row, line in enumerate(text.split("\n"), start=1):
        _check_length(file, row, "line", len(line))
    return text


def _check_heading(file: Path, heading: list[str], columns: tuple[str, ...]) -> None:
    if missing := [c for c in columns if c not in heading]:
        raise InputError(f"lacks the column {missing[0]!r}", file=file, row=1, remedy="needs " + ",".join(columns))
    if len(set(heading)) != len(heading):
        raise InputError("names a column twice", file=file, row=1)


def _check_cells(file: Path, row: int, cells: list[str], number: int) -> None:
    if len(cells) != number:
        problem = f"has {len(cells)} cells where the heading has {number}"
        raise InputError(problem, file=file, row=row, remedy="a cell with a comma needs quotation marks")
    # The reader's own limit is global, and other libraries move it.
    _check_length(file, row, "cell", max(map(len, cells)))


def _check_length(file: Path, row: int, what: str, length: int) -> None:
    if length > _CSV_FIELD_LIMIT:
        problem = f"has a {what} of {length} characters"
        raise InputError(problem, file=file, row=row, remedy=f"at most {_CSV_FIELD_LIMIT}")
