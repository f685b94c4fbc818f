"""The cells of a cohort file as they stand: CSV, Excel, Parquet, SPSS or Stata, read strictly.

Each cell becomes text (but for Parquet, which has types) with the number of its row, and nothing is
guessed. What cannot be laid out as a table is told, together with everything else that is wrong.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analysis_lib.base.errors import InputError, printable
from analysis_lib.cohort import parquet, spss_and_stata, workbook
from analysis_lib.cohort.headings import plain
from analysis_lib.cohort.problems import Problem, add, shorten
from analysis_lib.cohort.sheet import HEADING_WITHIN, Sheet, bounded, check_bytes, laid_out

_WHOLE = {
    ".csv": "a whole CSV file: in UTF-8, as many cells in each row",
    ".tsv": "a whole file of cells between tabs: in UTF-8, as many cells in each row",
    ".xlsx": "a whole Excel workbook, and no other kind",
    ".sav": "a whole SPSS file, and no other kind",
    ".dta": "a whole Stata file, and no other kind",
    ".parquet": "a whole Parquet file, and no other kind",
}
_AS_XLSX = "open it in Excel or LibreOffice and save it as .xlsx"
_CONVERSIONS = {
    ".xls": _AS_XLSX,
    ".ods": _AS_XLSX,
    ".rds": 'in R: write.csv(readRDS("mine.rds"), "mine.csv", row.names = FALSE)',
}
# What separates cells is seen in so many characters.
_BEGINNING = 1_000_000
_AS_UTF8 = "save it as CSV in UTF-8; Excel calls that 'CSV UTF-8'"
_SEPARATORS = (",", ";", "\t")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_WITH_POINT = re.compile(r"[+-]?\d*\.\d+")
_POINT_OR_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")


def read(file: Path | str, is_number: Callable[[str], bool]) -> Sheet:
    """The cells of a file, by the ending of its name; ``~`` at its beginning is the user's folder.

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
    file = Path(os.path.expanduser(file))
    try:
        if file.is_dir():
            raise InputError("is a folder", file=file, remedy="name a file in it")
        if not file.is_file():
            raise InputError("no such file", file=file)
        check_bytes(file.stat().st_size, file)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    ending = file.suffix.lower()
    if ending in _CONVERSIONS:
        raise InputError(f"is a {ending} file, which is not read here", file=file, remedy=_CONVERSIONS[ending])
    if ending not in _WHOLE:
        raise InputError("is not a cohort file", file=file, remedy="its name must end in " + " ".join(_WHOLE))
    try:
        if ending in (".csv", ".tsv"):
            return _read_csv(file, is_number)
        return {".parquet": parquet.read, ".xlsx": workbook.read}.get(ending, spss_and_stata.read)(file)
    except InputError:
        raise
    # Parsers of five formats raise whatever they like on a damaged file; none of it is a bug here.
    except Exception as error:
        reason = printable(str(error).splitlines()[0][:200]) if str(error) else type(error).__name__
        raise InputError(f"cannot be read: {reason}", file=file, remedy=_WHOLE[ending]) from None


def _read_csv(file: Path, is_number: Callable[[str], bool]) -> Sheet:
    text = _decoded(file)
    if not text.strip():
        raise InputError("is empty", file=file, remedy="a heading, and a row for each patient")
    separator = _separator(text)
    rows, reader = [], csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows.extend(bounded(reader, file))
    except csv.Error as error:
        unclosed = "unexpected end" in str(error)
        what = "a quotation mark that opens in this row or later is never closed" if unclosed else str(error)
        raise InputError(what, file=file, row=len(rows) + 1, remedy='each " of a cell has its partner') from None
    sheet = laid_out(rows)
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
    lines = [line for line in text.lstrip()[:_BEGINNING].splitlines() if line.strip()][:HEADING_WITHIN]
    for line in lines:
        for separator in _SEPARATORS:
            if "patient" in [plain(name) for name in line.split(separator)]:
                return separator
    return max(_SEPARATORS, key=lines[0].count)


def _mend_decimal_commas(sheet: Sheet, is_number: Callable[[str], bool]) -> None:
    """Read 3,25 as 3.25 in a file that has no commas between its cells.

    A point may stand between thousands there: beside decimal commas that is told, and asked where no number of
    the file shows what it means.
    """
    columns = {name: sheet.cells[name].str.strip() for name in sheet.cells if is_number(name)}
    commas = {name: column.str.fullmatch(_DECIMAL_COMMA) for name, column in columns.items()}
    points = {name: column.str.fullmatch(_WITH_POINT) for name, column in columns.items()}
    if not any(map(np.any, commas.values())):
        pointed = {name: columns[name][points[name]] for name in columns if points[name].any()}
        if pointed and all(column.str.fullmatch(_POINT_OR_THOUSANDS).all() for column in pointed.values()):
            name, column = next(iter(pointed.items()))
            number = column.iat[0]
            what = f"every number with a point has three digits after it, as {number} in {shorten(name)!r}"
            sheet.cautions.append(f"{what}: is that {number.replace('.', '')}? It was read as a decimal")
        return
    what = "has a point, while other numbers of the file have a decimal comma"
    remedy = "one decimal mark in the whole file, and none between thousands"
    for name, column in columns.items():
        rows = np.flatnonzero(points[name])
        add(sheet.problems, (Problem(int(sheet.rows[p]), name, shorten(column.iat[p]), what, remedy) for p in rows))
        sheet.cells[name] = column.where(~commas[name], column.str.replace(",", "."))
