"""Cohorts of patients: the schema, and strict loading of CSV, Parquet and Excel files.

The schema is ``data/datapackage.json`` (Frictionless). Each cell is judged by ``frictionless``;
what concerns several cells at once is a :class:`Rule`. A bad file is refused with *all* its
problems, each with row, column, value and what would be right.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.cohort import hints
from analysis_lib.cohort import reader as cohort_reader
from analysis_lib.cohort.problems import CohortError, Problem, add, shorten
from analysis_lib.cohort.reader import LONGEST_CELL
from analysis_lib.cohort.rules import RULES
from analysis_lib.cohort.schema import describe_field, fields, type_column

# Python's own readers of numbers take digits of every script, and 1_000; no other program does.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# From here on a float, as which a column with blanks is held, no longer tells whole numbers apart.
_LARGEST_WHOLE = 2**53


@dataclass(frozen=True)
class Judgement:
    """What a cohort file holds.

    Attributes
    ----------
    frame : pandas.DataFrame
        The patients, typed as :func:`load` describes; cells with a problem are blank.
    problems : list of Problem
        All that is wrong; empty for a well-formed file.
    cautions : list of str
        What is well formed and yet looks like a mistake, such as months given as years.
    """

    frame: pd.DataFrame
    problems: list[Problem]
    cautions: list[str]


def judge(file: Path | str) -> Judgement:
    """A cohort file with all its problems.

    Raises
    ------
    InputError
        If the file cannot be read at all.
    """
    return judge_sheet(cohort_reader.read(file, _is_number))


def judge_sheet(sheet: cohort_reader.Sheet) -> Judgement:
    """As :func:`judge`, of cells that were read already."""
    found = list(sheet.problems)
    add(found, _column_problems(sheet.cells))
    if not len(sheet.cells) and not any(problem.row for problem in found):
        found.append(Problem(None, "", "", "the file has no patients", "a row for each patient"))
    typed, bad = {}, {}
    for name in sheet.cells.columns.intersection(list(fields())):
        cells = sheet.cells[name]
        typed[name], wrong = _typed(cells, name)
        bad[name] = np.zeros(len(cells), dtype=bool)
        bad[name][[position for position, _ in wrong]] = True
        add(found, _bad_cells(cells, name, wrong, sheet.rows))
    frame = pd.DataFrame(typed, index=range(len(sheet.cells)))
    add(found, _broken_rules(frame, bad, sheet.rows))
    if "cohort" not in frame or frame["cohort"].isna().all():
        frame["cohort"] = 0
    # Where cells are bad, only the units of the others can be judged: who is left is no cohort.
    cautions = hints.unit_traps(frame) if found else hints.cautions(frame)
    return Judgement(frame, sorted(found, key=lambda p: p.row or 0), cautions)


def validate(file: Path | str) -> list[Problem]:
    """All problems of a cohort file; an empty list if it is well formed.

    Raises
    ------
    InputError
        If the file cannot be read at all.
    """
    return judge(file).problems


def load(file: Path | str) -> pd.DataFrame:
    """A cohort file, typed.

    Returns
    -------
    pandas.DataFrame
        Typed by :func:`schema.type_column`. A file without a column ``cohort`` is cohort 0.

    Raises
    ------
    CohortError
        If the file is not well formed; it lists all problems.
    InputError
        If the file cannot be read at all.

    Examples
    --------
    >>> from analysis_lib.cohort.template import EXAMPLE
    >>> load(EXAMPLE).groupby("group")["os_event"].agg(["size", "sum"]).to_dict("list")
    {'size': [37, 27], 'sum': [21, 10]}
    """
    found = judge(file)
    if found.problems:
        raise CohortError(Path(file), found.problems)
    return found.frame


def split_cohorts(frame: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """Split the patients of a loaded file into its cohorts, by number.

    Examples
    --------
    >>> patients = pd.DataFrame({"cohort": [7, 2, 2], "patient": [1, 1, 2]})
    >>> [(number, len(cohort)) for number, cohort in split_cohorts(patients)]
    [(2, 2), (7, 1)]
    """
    for number, cohort in frame.groupby("cohort", sort=True):
        yield int(number), cohort.reset_index(drop=True)


def _is_number(name: str) -> bool:
    return name in fields() and fields()[name]["type"] != "string"


def _bad_cells(cells: pd.Series, name: str, wrong: list[tuple[int, str]], rows: np.ndarray) -> Iterator[Problem]:
    for position, what in wrong:
        value = _shown(cells.iat[position])
        yield Problem(int(rows[position]), name, value, what, _remedy(name, value))


def _column_problems(cells: pd.DataFrame) -> list[Problem]:
    names, found = list(fields()), []
    for name in cells.columns:
        if name not in fields():
            word = re.sub(r"[\s-]+", "_", name[:LONGEST_CELL].casefold())
            near = difflib.get_close_matches(word, names, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else "remove it, or see the data dictionary"
            found.append(Problem(None, shorten(name), "", "is not in the schema", remedy))
    for name, field in fields().items():
        if field.get("constraints", {}).get("required") and name not in cells.columns:
            found.append(Problem(None, name, "", "is missing", "every cohort needs it"))
    return found


def _typed(column: pd.Series, name: str) -> tuple[pd.Series, list[tuple[int, str]]]:
    """Values of a column by the schema's type, and (position, problem) of each bad cell."""
    reader = _cell_reader(name)
    # Lists and the like, which Parquet may hold, are no values of any column, and True is no number; pandas
    # makes floats of whole numbers, which the largest are too large for. Their text is told instead.
    column = column.map(lambda value: str(value) if _is_told_as_text(value) else value)
    # A column repeats its values, and judging a cell costs microseconds: judge each value once.
    codes, uniques = pd.factorize(column, use_na_sentinel=False)
    verdicts = [_judge(reader, name, value) for value in uniques.tolist()]
    bad = {code: what for code, (_, what) in enumerate(verdicts) if what}
    values = pd.Series([value for value, _ in verdicts], dtype=object)
    typed = values.take(codes).reset_index(drop=True)
    wrong = [(row, bad[code]) for row, code in enumerate(codes) if code in bad] if bad else []
    return type_column(typed, name), wrong


def _is_told_as_text(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) > _LARGEST_WHOLE
    return isinstance(value, bool | np.bool_) or not isinstance(value, Hashable)


@cache
def _cell_reader(name: str) -> Callable:
    from frictionless import Field

    # Our own keys beside the standard ones (unit, labels) mean nothing to a cell.
    descriptor = {k: v for k, v in fields()[name].items() if k in ("name", "type", "constraints")}
    return Field.from_descriptor(descriptor).create_cell_reader()


def _judge(reader: Callable, name: str, value: object) -> tuple[object, str]:
    """A cell's typed value and what is wrong with it, if anything."""
    if isinstance(value, str):
        value = value.strip()
        if len(value) > LONGEST_CELL:
            return None, "is far too long"
        # Programs that know no whole numbers with blanks among them write 1 as 1.0.
        if fields()[name]["type"] == "integer" and (whole := re.fullmatch(r"(-?[0-9]+)\.0+", value)):
            value = whole[1]
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        value = ""
    cell, notes = reader(value)
    if notes and "required" in notes:
        return None, "is blank"
    if notes and "type" in notes:
        return None, "is not " + {"integer": "a whole number", "number": "a number"}.get(fields()[name]["type"], "text")
    if cell is not None and fields()[name]["type"] != "string":
        # A whole number may be too large for a float; its size is judged below.
        if not isinstance(cell, int) and not math.isfinite(float(cell)):
            return None, "is not a finite number"
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            return None, "is not a number"
        if abs(cell) > _LARGEST_WHOLE:
            return None, "is out of range"
    if notes:
        return None, "is not among the values allowed" if "enum" in notes else "is out of range"
    return (float(cell) if fields()[name]["type"] == "number" and cell is not None else cell), ""


def _remedy(name: str, value: str) -> str:
    """What would be right in a cell: what the schema wants, and what was probably meant."""
    advice = hints.advice(fields()[name], value) if value else ""
    return f"{describe_field(name)}; {advice}" if advice else describe_field(name)


def _shown(value: object) -> str:
    blank = value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    return "" if blank else shorten(str(value))


def _broken_rules(frame: pd.DataFrame, bad: dict[str, np.ndarray], rows: np.ndarray) -> Iterator[Problem]:
    """Where cells do not go together; of a bad cell nothing more is said."""

    def tell(positions, name: str, problem: str, remedy: str) -> Iterator[Problem]:
        for position in positions:
            yield Problem(int(rows[position]), name, _shown(frame[name].iat[position]), problem, remedy)

    numbered = "cohort" in frame and frame["cohort"].notna().any()
    if numbered:
        blank = np.flatnonzero(frame["cohort"].isna() & ~bad["cohort"])
        remedy = "the number of the patient's cohort"
        yield from tell(blank, "cohort", "is blank, while other patients have one", remedy)
    if "patient" in frame:
        keys = ["cohort", "patient"] if numbered else ["patient"]
        remedy = "a number of its own" + ("" if numbered else ", or a column 'cohort' if these are several")
        twice = np.flatnonzero(frame.duplicated(keys) & frame[keys].notna().all(axis=1))
        yield from tell(twice, "patient", "occurs twice", remedy)
    for rule in RULES:
        if set(rule.columns) <= set(frame.columns):
            sound = ~np.any([bad[name] for name in rule.columns], axis=0)
            broken = rule.broken(frame).fillna(False).to_numpy(dtype=bool)
            yield from tell(np.flatnonzero(broken & sound), rule.columns[0], rule.problem, rule.remedy)
