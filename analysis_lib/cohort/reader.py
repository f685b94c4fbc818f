"""The cells of a cohort file as they stand: CSV, Parquet or Excel, read strictly.

Each cell becomes text (but for Parquet, which has types) with the number of its row, and nothing is
guessed. What cannot be laid out as a table is told, together with everything else that is wrong.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError, printable
from analysis_lib.cohort.problems import Problem, add, shorten

_WHOLE = {
    ".csv": "a whole CSV file: in UTF-8, as many cells in each row",
    ".parquet": "a whole Parquet file, and no other kind",
    ".xlsx": "a whole Excel workbook, and no other kind",
}
# Bounds, far above any cohort, on what a file can make this program do: cells that are read, rows (as many
# as Excel has), columns, and bytes once unpacked. Text and workbooks are typed by hand; what `reconstruct`
# writes is Parquet.
_MOST_CELLS = {".csv": 10_000_000, ".parquet": 50_000_000, ".xlsx": 1_000_000}
_MOST_ROWS = 2**20
_MOST_COLUMNS = 10_000
_MOST_BYTES = 100_000_000
# No value of any column is longer.
LONGEST_CELL = 1000
# Of a workbook's XML, in which a filled cell has four; those of one row are held at once.
_MOST_TAGS = 4_000_000
# What Parquet may hold beside numbers and text has no place in a cohort, and each value takes the room of many.
_MOST_OTHER_VALUES = 1_000_000
_PLAIN = {"NONE", "INT", "STRING", "TIMESTAMP", "UNKNOWN"}
# Some put a title above their table; what separates its cells is seen in so many characters.
_HEADING_WITHIN = 20
_BEGINNING = 1_000_000
_AS_UTF8 = "save it as CSV in UTF-8; Excel calls that 'CSV UTF-8'"
_SEPARATORS = (",", ";", "\t")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_WITH_POINT = re.compile(r"[+-]?\d*\.\d+")


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
    """

    cells: pd.DataFrame
    rows: np.ndarray
    problems: list[Problem] = field(default_factory=list)


def read(file: Path | str, is_number: Callable[[str], bool]) -> Sheet:
    """The cells of a CSV, Parquet or Excel file, by the ending of its name.

    Parameters
    ----------
    file
        The file.
    is_number
        Whether a column of this name holds numbers, in which a decimal comma may be meant.

    Raises
    ------
    InputError
        If the file is missing, of another kind, or cannot be read as what it says it is.
    """
    file = Path(file)
    try:
        if file.is_dir():
            raise InputError("is a folder", file=file, remedy="name a file in it")
        if not file.is_file():
            raise InputError("no such file", file=file)
        _check_bytes(file.stat().st_size, file)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    readers = {".csv": lambda f: _read_csv(f, is_number), ".parquet": _read_parquet, ".xlsx": _read_excel}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise InputError("is not a cohort file", file=file, remedy="its name must end in .csv, .parquet or .xlsx")
    try:
        return reader(file)
    except InputError:
        raise
    # Parsers of three formats raise whatever they like on a damaged file; none of it is a bug here.
    except Exception as error:
        reason = printable(str(error).splitlines()[0][:200]) if str(error) else type(error).__name__
        raise InputError(f"cannot be read: {reason}", file=file, remedy=_WHOLE[file.suffix.lower()]) from None


def _check_bytes(size: int, file: Path) -> None:
    if size > _MOST_BYTES:
        what = f"holds {size} bytes, or does so once it is unpacked"
        raise InputError(what, file=file, remedy=f"at most {_MOST_BYTES}; a row for each patient and no more")


def _check_size(rows: int, columns: int, file: Path) -> None:
    """Refuse a table of more rows, columns or cells than any cohort has.

    Raises
    ------
    InputError
        If there are too many.
    """
    if columns > _MOST_COLUMNS:
        what = f"has a row of {columns} cells"
        raise InputError(what, file=file, remedy=f"at most {_MOST_COLUMNS}; one row a patient, not one column")
    if rows > _MOST_ROWS:
        raise InputError(f"has more than {_MOST_ROWS} rows", file=file, remedy="a row for each patient and no more")
    most = _MOST_CELLS[file.suffix.lower()]
    if rows * columns > most:
        raise InputError(f"has more than {most} cells", file=file, remedy="a row for each patient and no more")


def _bounded(rows: Iterable[Sequence], file: Path) -> Iterator[Sequence]:
    """The rows one by one, until there are too many; see :func:`_check_size`."""
    filled = widest = 0
    for number, row in enumerate(rows, start=1):
        # The width counts for each row, since all are made as long as the longest; blank ones are left out.
        filled, widest = filled + bool(row), max(widest, len(row))
        _check_size(number, 1, file)
        _check_size(filled, widest, file)
        yield row


def _read_csv(file: Path, is_number: Callable[[str], bool]) -> Sheet:
    text = _decoded(file)
    if not text.strip():
        raise InputError("is empty", file=file, remedy="a heading, and a row for each patient")
    separator = _separator(text)
    rows, reader = [], csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows.extend(_bounded(reader, file))
    except csv.Error as error:
        unclosed = "unexpected end" in str(error)
        what = "a quotation mark that opens in this row or later is never closed" if unclosed else str(error)
        raise InputError(what, file=file, row=len(rows) + 1, remedy='each " of a cell has its partner') from None
    sheet = _laid_out(rows)
    if separator != ",":
        _mend_decimal_commas(sheet, is_number)
    return sheet


def _decoded(file: Path) -> str:
    content = file.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("is in UTF-16", file=file, remedy=_AS_UTF8)
    if b"\0" in content:
        row = content[: content.index(b"\0")].count(b"\n") + 1
        raise InputError("holds a NUL byte", file=file, row=row, remedy="a text file, and not a damaged one")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        raise InputError("is not in UTF-8", file=file, row=row, remedy=_AS_UTF8) from None


def _separator(text: str) -> str:
    """What separates the names of the heading; a comma if nothing does."""
    lines = [line for line in text.lstrip()[:_BEGINNING].splitlines() if line.strip()][:_HEADING_WITHIN]
    for line in lines:
        for separator in _SEPARATORS:
            if "patient" in [name.strip().strip('"') for name in line.split(separator)]:
                return separator
    return max(_SEPARATORS, key=lines[0].count)


def _mend_decimal_commas(sheet: Sheet, is_number: Callable[[str], bool]) -> None:
    """Read 3,25 as 3.25 in a file that has no commas between its cells.

    Where it does so, a point may stand between thousands: that is told, not guessed.
    """
    names = [name for name in sheet.cells if is_number(name)]
    if not any(sheet.cells[name].str.fullmatch(_DECIMAL_COMMA).any() for name in names):
        return
    for name in names:
        column = sheet.cells[name].str.strip()
        what = "has a point, while other numbers of the file have a decimal comma"
        remedy = "one decimal mark in the whole file, and none between thousands"
        with_point = np.flatnonzero(column.str.fullmatch(_WITH_POINT))
        problems = (Problem(int(sheet.rows[p]), name, shorten(column.iat[p]), what, remedy) for p in with_point)
        add(sheet.problems, problems)
        commas = column.str.fullmatch(_DECIMAL_COMMA)
        sheet.cells[name] = column.where(~commas, column.str.replace(",", "."))


def _check_parquet(file: Path) -> list[str]:
    """Refuse what would be too large once it is unpacked, by what the file says of itself.

    Returns
    -------
    list of str
        The columns of text. How much these are cannot be told without a look at them: see :func:`_check_texts`.
    """
    from pyarrow import parquet

    said = parquet.read_metadata(file)
    _check_size(said.num_rows, said.num_columns, file)
    groups = [said.row_group(k) for k in range(said.num_row_groups)]
    size, others, texts = sum(group.total_byte_size for group in groups), 0, []
    for k in range(said.num_columns):
        column = said.schema.column(k)
        nested, is_text = column.path != column.name, column.physical_type == "BYTE_ARRAY"
        fixed = column.length if column.physical_type == "FIXED_LEN_BYTE_ARRAY" else 0
        if is_text and not nested:
            texts.append(column.name)
            # It gives a text by what it shares with the one before, and so no measure of either.
            if any("DELTA_BYTE_ARRAY" in group.column(k).encodings for group in groups):
                what, remedy = "is encoded as DELTA_BYTE_ARRAY, which hides its size", "the encoding that pandas writes"
                raise InputError(what, file=file, column=shorten(column.name), remedy=remedy)
        if nested or fixed or column.logical_type.type not in _PLAIN:
            values = sum(group.column(k).num_values for group in groups)
            size, others = size + fixed * values, others + values
            if is_text and nested or others > _MOST_OTHER_VALUES:
                what, name = "holds lists, records, dates or the like", shorten(column.path)
                raise InputError(what, file=file, column=name, remedy="one number or one text in each cell")
    if said.num_columns != len({said.schema.column(k).path for k in range(said.num_columns)}):
        raise InputError("names a column twice", file=file, remedy="each column once")
    _check_bytes(size, file)
    return texts


def _check_texts(texts: list[str], file: Path) -> None:
    """Refuse a text that is too long, or that are too long together, before each row has its own.

    Parquet writes down once what many rows repeat, and is read that way here.
    """
    from pyarrow import compute, parquet

    opened = parquet.ParquetFile(file, read_dictionary=texts)
    size, row = 0, 1
    for k in range(opened.num_row_groups if texts else 0):
        group = opened.read_row_group(k, columns=texts)
        for name, column in zip(group.column_names, group.columns, strict=True):
            before = row
            for chunk in column.chunks:
                lengths = compute.binary_length(chunk.dictionary)
                size += compute.sum(lengths.take(chunk.indices)).as_py() or 0
                longest = compute.max(lengths).as_py() or 0
                if longest > LONGEST_CELL:
                    at = before + chunk.indices.index(lengths.index(longest).as_py()).as_py()
                    remedy = f"at most {LONGEST_CELL}"
                    what = f"holds a text of {longest} bytes"
                    raise InputError(what, file=file, row=at, column=shorten(name), remedy=remedy)
                before += len(chunk)
        row += len(group)
        _check_bytes(size, file)


def _read_parquet(file: Path) -> Sheet:
    _check_texts(_check_parquet(file), file)
    frame = pd.read_parquet(file)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame.columns = [str(name) for name in frame.columns]
    rows = np.arange(1, len(frame) + 1)
    return Sheet(frame.reset_index(drop=True), rows)


def _read_excel(file: Path) -> Sheet:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise InputError("needs the package openpyxl", file=file, remedy="install it, or save as CSV") from None

    _check_workbook(file)
    # Values as Excel last showed them, and the cells as written: a formula without a value is no blank.
    values = load_workbook(file, read_only=True, data_only=True)
    written = load_workbook(file, read_only=True)
    # What a sheet says of its own size may be wrong, and would hide rows.
    for sheet in (*values.worksheets, *written.worksheets):
        sheet.reset_dimensions()
    try:
        name = _sheet_of_patients(values, file)
        rows = [
            [_excel_text(shown, cell) for shown, cell in zip(*pair, strict=True)]
            for pair in zip(*(_bounded(book[name].values, file) for book in (values, written)), strict=True)
        ]
    finally:
        values.close()
        written.close()
    # A row may end with its last filled cell, and a blank one has none.
    width = max(map(len, rows), default=0)
    return _laid_out([row and row + [""] * (width - len(row)) for row in rows])


def _check_workbook(file: Path) -> None:
    """Refuse a workbook whose parts are too large once unpacked, before any is parsed."""
    tags = 0
    with zipfile.ZipFile(file) as parts:
        _check_bytes(sum(part.file_size for part in parts.infolist()), file)
        for part in parts.infolist():
            with parts.open(part) as stream:
                while block := stream.read(2**20):
                    tags += block.count(b"<")
    if tags > _MOST_TAGS:
        raise InputError(f"has {tags} XML tags", file=file, remedy=f"at most {_MOST_TAGS}; a row for each patient")


def _sheet_of_patients(workbook, file: Path) -> str:
    """The sheet whose heading has a column ``patient``, or else the first."""
    heads = {sheet.title: next(sheet.values, ()) for sheet in workbook.worksheets}
    found = [name for name, head in heads.items() if any(str(cell).strip() == "patient" for cell in head)]
    if len(found) > 1:
        names = ", ".join(repr(shorten(name)) for name in found)
        raise InputError(f"has several sheets of patients: {names}", file=file, remedy="one sheet of patients")
    return (found or list(heads))[0]


def _excel_text(shown: object, written: object) -> str:
    if shown is None:
        return str(written) if isinstance(written, str) and written.startswith("=") else ""
    if isinstance(shown, datetime.datetime) and shown.time() == datetime.time():
        return shown.date().isoformat()
    if isinstance(shown, float) and shown.is_integer():
        return str(int(shown))
    return str(shown)


def _heading(filled: list[tuple[int, Sequence[str]]]) -> int:
    """Which of the first rows names the columns: that with ``patient``, or else the first."""
    found = (at for at, (_, row) in enumerate(filled[:_HEADING_WITHIN]) if any(c.strip() == "patient" for c in row))
    return next(found, 0)


def _laid_out(rows: Iterable[Sequence[str]]) -> Sheet:
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
        problems.append(Problem(number, "", "", "stands above the heading", "the heading first"))
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
