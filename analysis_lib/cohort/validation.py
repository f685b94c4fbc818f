"""Cohorts of patients: strict loading of a file in the schema.

The schema is ``data/datapackage.json`` (Frictionless). Each cell is judged by ``frictionless``;
what concerns several cells at once is a rule of :mod:`plausibility`. A bad file is refused with *all* its
problems, each with row, column, value and what would be right.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.cohort import plausibility, reader
from analysis_lib.cohort.cautions import cautions, unit_traps
from analysis_lib.cohort.headings import PER_YEAR, TIMES, Column, check_unit, known, plain, recognise
from analysis_lib.cohort.mending import advice, labelled
from analysis_lib.cohort.problems import LONGEST_CELL, CohortError, Problem, add, listed, shorten
from analysis_lib.cohort.schema import describe_field, fields, type_column
from analysis_lib.cohort.sheet import Sheet

# Python's own readers of numbers take digits of every script, and 1_000; no other program does.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# From here on a float, as which a column with blanks is held, no longer tells whole numbers apart.
_LARGEST_WHOLE = 2**53
#: In place of a cohort's number: there is one in the file. Cohorts are numbered from 0.
THE_ONLY_ONE = -1


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


def judge(file: Path | str, number: int | None = THE_ONLY_ONE, time_unit: str = "") -> Judgement:
    """A cohort file with all its problems.

    Parameters
    ----------
    file
        CSV, Excel, SPSS, Stata or Parquet.
    number
        Of the cohort to look at; by default the only one in the file, None for all that it holds.
    time_unit
        Of ``os_years``, ``pfs_years`` and ``dfs_years``, or of ``os``, ``pfs`` and ``dfs``, if not years: ``months``
        or ``days``. A heading that names its own, such as ``os_days``, needs none.

    Raises
    ------
    InputError
        If the file cannot be read at all, or there is no such unit.
    """
    check_unit(time_unit)
    return judge_sheet(reader.read(file, lambda heading: _is_number(heading, time_unit)), number, time_unit)


def judge_sheet(sheet: Sheet, number: int | None = None, time_unit: str = "") -> Judgement:
    """As :func:`judge`, of cells that were read already; by default of all cohorts."""
    columns = known(sheet.cells, time_unit)
    by_heading = {column.heading: column for column in columns.values()}
    found, notes = list(sheet.problems), [*sheet.cautions, *_unknown_columns(sheet.cells, time_unit)]
    add(found, _column_problems(sheet.cells, columns, time_unit))
    if not len(sheet.cells) and not any(problem.row for problem in found):
        found.append(Problem(None, "", "", "the file has no patients", "a row for each patient"))
    typed, bad = {}, {}
    for heading, cells in sheet.cells.items():
        if column := by_heading.get(heading):
            if heading in sheet.labels:
                cells = labelled(cells, column.field, sheet.labels[heading])
            typed[column.name], wrong = _typed(cells, column)
            bad[column.name] = np.zeros(len(cells), dtype=bool)
            bad[column.name][[position for position, _ in wrong]] = True
            add(found, _bad_cells(cells, column, wrong, sheet.rows))
        elif not recognise(heading, time_unit):
            typed[heading] = cells.map(lambda value: value if isinstance(value, Hashable) else str(value))
    frame = pd.DataFrame(typed, index=range(len(sheet.cells)))
    add(found, _broken_rules(frame, bad, columns, sheet))
    if "cohort" not in frame or frame["cohort"].isna().all():
        frame["cohort"] = 0
    frame, unchosen = _chosen(frame, number)
    add(found, unchosen)
    # Where cells are bad, only the units of the others can be judged: who is left is no cohort.
    notes += unit_traps(frame) if found else cautions(frame)
    return Judgement(frame, sorted(found, key=lambda p: p.row or 0), notes)


def load(file: Path | str, number: int = THE_ONLY_ONE, time_unit: str = "") -> pd.DataFrame:
    """The patients of one cohort of a file, typed.

    Parameters
    ----------
    file, number, time_unit
        As in :func:`judge`.

    Returns
    -------
    pandas.DataFrame
        The schema's columns, in its units and typed by :func:`schema.type_column`; columns that it does not have,
        as they stand. A file without a column ``cohort`` is cohort 0.

    Raises
    ------
    CohortError
        If the file is not well formed, or holds several cohorts and none is chosen; it lists all problems.
    InputError
        If the file cannot be read at all.

    Examples
    --------
    >>> from analysis_lib.cohort.template import EXAMPLE
    >>> load(EXAMPLE).groupby("group")["os_event"].agg(["size", "sum"]).to_dict("list")
    {'size': [37, 27], 'sum': [21, 10]}
    """
    return _sound(file, judge(file, number, time_unit))


def load_cohorts(file: Path | str) -> pd.DataFrame:
    """The patients of all cohorts of a file, such as `reconstruct` writes; otherwise as :func:`load`."""
    return _sound(file, judge(file, number=None))


def _sound(file: Path | str, found: Judgement) -> pd.DataFrame:
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


def _chosen(frame: pd.DataFrame, number: int | None) -> tuple[pd.DataFrame, list[Problem]]:
    """The cohort of that number, and what is wrong if there is none or, without a number, several."""
    numbers = sorted({int(n) for n in frame["cohort"].dropna()})
    if number is None or not numbers or (number == THE_ONLY_ONE and len(numbers) == 1):
        return frame, []
    if number in numbers:
        return frame[frame["cohort"] == number].reset_index(drop=True), []
    what = f"there is no cohort {number}"
    if number == THE_ONLY_ONE:
        what = f"the file holds {len(numbers):,} cohorts, and one is looked at: {listed(numbers)}"
    return frame, [Problem(None, "cohort", "", what, f"choose one, as by -p cohort_number={numbers[-1]}")]


def _is_number(heading: str, time_unit: str) -> bool:
    column = recognise(heading, time_unit)
    return column is not None and column.field["type"] != "string"


def _unknown_columns(headings: Iterable[str], time_unit: str) -> Iterator[str]:
    """What is said of columns that the schema does not have, first of those that look like one that it has."""
    others = []
    for heading in headings:
        if recognise(heading, time_unit):
            continue
        if near := difflib.get_close_matches(plain(heading), list(fields()), n=1):
            yield f"column {shorten(heading)!r} is not in the schema, and not used: did you mean {near[0]!r}?"
        else:
            others.append(repr(shorten(heading)))
    if others:
        are = "column {} is" if len(others) == 1 else "columns {} are"
        yield are.format(listed(others)) + " not in the schema: carried along, and not used"


def _column_problems(headings: Iterable[str], columns: dict[str, Column], time_unit: str) -> Iterator[Problem]:
    for heading in headings:
        column = recognise(heading, time_unit)
        if column and (first := columns[column.name].heading) != heading:
            yield Problem(None, shorten(heading), "", f"means the same as {shorten(first)!r}", "each column once")
    without_unit = {f"{plain(heading)}_years": heading for heading in headings if plain(heading) in TIMES}
    for name, field in fields().items():
        if field.get("constraints", {}).get("required") and name not in columns:
            remedy = "every cohort needs it"
            if name in without_unit:
                units = ", ".join(name.replace("years", unit) for unit in PER_YEAR)
                remedy = f"call {shorten(without_unit[name])!r} by its unit, one of {units}, or give time_unit"
            yield Problem(None, name, "", "is missing", remedy)


def _bad_cells(cells: pd.Series, column: Column, wrong: list[tuple[int, str]], rows: np.ndarray) -> Iterator[Problem]:
    for position, what in wrong:
        value = _shown(cells.iat[position])
        meant = advice(column.field, value) if value else ""
        remedy = describe_field(column.field) + (f"; {meant}" if meant else "")
        yield Problem(int(rows[position]), column.heading, value, what, remedy)


def _typed(cells: pd.Series, column: Column) -> tuple[pd.Series, list[tuple[int, str]]]:
    """Values of a column in the schema's type and unit, and (position, problem) of each bad cell."""
    cell_reader, kind = _cell_reader(column.name, column.unit), column.field["type"]
    # Lists and the like, which Parquet may hold, are no values of any column, and True is no number; pandas
    # makes floats of whole numbers, which the largest are too large for. Their text is told instead.
    if not set(map(type, cells)) <= {str, float, type(None)}:
        cells = cells.map(lambda value: str(value) if _is_told_as_text(value) else value)
    # A column repeats its values, and judging a cell costs microseconds: judge each value once.
    codes, uniques = pd.factorize(cells, use_na_sentinel=False)
    verdicts = [_judge(cell_reader, kind, value) for value in uniques.tolist()]
    bad = {code: what for code, (_, what) in enumerate(verdicts) if what}
    typed = pd.Series([value for value, _ in verdicts], dtype=object).take(codes).reset_index(drop=True)
    wrong = [(row, bad[code]) for row, code in enumerate(codes) if code in bad] if bad else []
    values = type_column(typed, column.name)
    return values if column.factor == 1 else values / column.factor, wrong


def _is_told_as_text(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) > _LARGEST_WHOLE
    return isinstance(value, bool | np.bool_) or not isinstance(value, Hashable)


@cache
def _cell_reader(name: str, unit: str) -> Callable:
    from frictionless import Field

    # Our own keys beside the standard ones (unit, labels) mean nothing to a cell.
    field = Column(name, name, unit).field
    return Field.from_descriptor(
        {k: field[k] for k in ("name", "type", "constraints") if k in field}
    ).create_cell_reader()


def _judge(cell_reader: Callable, kind: str, value: object) -> tuple[object, str]:
    """A cell's typed value and what is wrong with it, if anything."""
    if isinstance(value, str):
        value = value.strip()
        if len(value) > LONGEST_CELL:
            return None, "is far too long"
        # Programs that know no whole numbers with blanks among them write 1 as 1.0.
        if kind == "integer" and (whole := re.fullmatch(r"(-?[0-9]+)\.0+", value)):
            value = whole[1]
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        value = ""
    cell, notes = cell_reader(value)
    if notes and "required" in notes:
        return None, "is blank"
    if notes and "type" in notes:
        return None, "is not " + {"integer": "a whole number", "number": "a number"}.get(kind, "text")
    if cell is not None and kind != "string":
        # A whole number may be too large for a float; its size is judged below.
        if not isinstance(cell, int) and not math.isfinite(float(cell)):
            return None, "is not a finite number"
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            return None, "is not a number"
        if abs(cell) > _LARGEST_WHOLE:
            return None, "is out of range"
    if notes:
        return None, "is not among the values allowed" if "enum" in notes else "is out of range"
    return (float(cell) if kind == "number" and cell is not None else cell), ""


def _shown(value: object) -> str:
    blank = value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    return "" if blank else shorten(str(value))


def _broken_rules(
    frame: pd.DataFrame, bad: dict[str, np.ndarray], columns: dict[str, Column], sheet: Sheet
) -> Iterator[Problem]:
    """Where cells do not go together; of a bad cell nothing more is said."""

    def tell(positions, name: str, problem: str, remedy: str) -> Iterator[Problem]:
        heading = columns[name].heading
        for position in positions:
            value = _shown(sheet.cells[heading].iat[position])
            yield Problem(int(sheet.rows[position]), heading, value, problem, remedy)

    numbered = "cohort" in frame and frame["cohort"].notna().any()
    if numbered:
        blank = np.flatnonzero(frame["cohort"].isna() & ~bad["cohort"])
        remedy = "the number of the patient's cohort"
        yield from tell(blank, "cohort", "is blank, while other patients have one", remedy)
    if "patient" in columns:
        keys = ["cohort", "patient"] if numbered else ["patient"]
        remedy = "a number of its own" + ("" if numbered else ", or a column 'cohort' if these are several")
        twice = np.flatnonzero(frame.duplicated(keys) & frame[keys].notna().all(axis=1))
        yield from tell(twice, "patient", "occurs twice", remedy)
    values = plausibility.Values(frame, plausibility.AS_ENTERED)
    for rule in plausibility.rules():
        if rule.of_anybody and set(rule.columns) <= set(columns):
            sound = ~np.any([bad[name] for name in rule.columns], axis=0)
            broken = np.flatnonzero(rule.where(values) & sound)
            yield from tell(broken, rule.columns[0], rule.problem, rule.remedy)
