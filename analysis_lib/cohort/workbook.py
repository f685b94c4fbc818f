"""Cells of an Excel workbook, as Excel last showed them; its size is checked before it is parsed."""

from __future__ import annotations

import re
import zipfile
from itertools import islice
from pathlib import Path

from analysis_lib.base.errors import InputError
from analysis_lib.cohort.headings import plain
from analysis_lib.cohort.problems import listed, shorten
from analysis_lib.cohort.sheet import HEADING_WITHIN, Sheet, as_text, bounded, check_bytes, laid_out

# Of a workbook's XML, in which a filled cell has four; those of one row are held at once.
_MOST_TAGS = 4_000_000


def read(file: Path) -> Sheet:
    """The cells of the sheet of patients, hidden rows among them.

    Raises
    ------
    InputError
        If the workbook is too large, or has several sheets of patients.
    """
    from openpyxl import load_workbook

    _check_workbook(file)
    # Values as Excel last showed them, and the cells as written: a formula without a value is no blank.
    values = load_workbook(file, read_only=True, data_only=True)
    written = load_workbook(file, read_only=True)
    # What a sheet says of its own size may be wrong, and would hide rows.
    for sheet in (*values.worksheets, *written.worksheets):
        sheet.reset_dimensions()
    try:
        name, cautions = _sheet_of_patients(values, file)
        rows = [
            [_cell_text(shown, cell) for shown, cell in zip(*pair, strict=True)]
            for pair in zip(*(bounded(book[name].values, file) for book in (values, written)), strict=True)
        ]
        hidden = _hidden_rows(values[name])
    finally:
        values.close()
        written.close()
    # A row may end with its last filled cell, and a blank one has none.
    width = max(map(len, rows), default=0)
    sheet = laid_out([row and row + [""] * (width - len(row)) for row in rows])
    if among := sorted(hidden & set(sheet.rows.tolist())):
        are = "row {} is" if len(among) == 1 else "rows {} are"
        cautions.append(are.format(listed(among)) + " hidden in the workbook, and read like the others")
    sheet.cautions += cautions
    return sheet


def _check_workbook(file: Path) -> None:
    """Refuse a workbook whose parts are too large once unpacked, before any is parsed."""
    tags = 0
    with zipfile.ZipFile(file) as parts:
        check_bytes(sum(part.file_size for part in parts.infolist()), file)
        for part in parts.infolist():
            with parts.open(part) as stream:
                while block := stream.read(2**20):
                    tags += block.count(b"<")
    if tags > _MOST_TAGS:
        raise InputError(f"has {tags} XML tags", file=file, remedy=f"at most {_MOST_TAGS}; a row for each patient")


def _sheet_of_patients(workbook, file: Path) -> tuple[str, list[str]]:
    """The sheet whose heading has a column ``patient``, or else the first that shows, and what is said of others."""
    heads = {sheet.title: list(islice(sheet.values, HEADING_WITHIN)) for sheet in workbook.worksheets}
    found = [name for name, rows in heads.items() if any(plain(str(cell)) == "patient" for row in rows for cell in row)]
    if len(found) > 1:
        names = ", ".join(repr(shorten(name)) for name in found)
        raise InputError(f"has several sheets of patients: {names}", file=file, remedy="one sheet of patients")
    hidden = {sheet.title: sheet.sheet_state != "visible" for sheet in workbook.worksheets}
    name = (found or sorted(heads, key=hidden.__getitem__))[0]
    named = {title: repr(shorten(title)) + " (hidden)" * hidden[title] for title in heads}
    others = [named[title] for title, rows in heads.items() if title != name and any(map(any, rows))]
    said = f"read is the sheet {named[name]}; not read: {listed(others) or 'no other'}"
    return name, [said] if others or hidden[name] else []


def _hidden_rows(sheet) -> set[int]:
    """Numbers of the rows that the workbook does not show; openpyxl tells them only where it holds all cells."""
    with sheet._get_source() as stream:
        tags = re.findall(rb"<(?:\w+:)?row\b[^>]*>", stream.read())
    found, number = set(), 0
    for tag in tags:
        said = re.search(rb"""\br=["'](\d+)["']""", tag)
        number = int(said[1]) if said else number + 1
        if re.search(rb"""\bhidden=["'](1|true)["']""", tag):
            found.add(number)
    return found


def _cell_text(shown: object, written: object) -> str:
    if shown is None:
        return str(written) if isinstance(written, str) and written.startswith("=") else ""
    return as_text(shown)
