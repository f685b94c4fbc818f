"""Cohorts of patients: the schema, and strict loading of CSV, Parquet and Excel files.

The schema is ``data/datapackage.json`` (Frictionless). Each cell is judged by ``frictionless``;
what concerns several cells at once is a :class:`Rule`. A bad file is refused with *all* its
problems, each with row, column, value and what would be right.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.errors import InputError
from analysis_lib.published import ROOT

PACKAGE = ROOT / "data" / "datapackage.json"
# Events may be printed as months of 30.4375 days and years of 365.25; both round a little.
_ROUNDING_YEARS = 0.01
MONTHS_PER_YEAR = 12
_LONGEST_VALUE = 60
_WHOLE = {
    ".csv": "a whole CSV file: in UTF-8, cells separated by commas, as many in each row",
    ".parquet": "a whole Parquet file, and no other kind",
    ".xlsx": "a whole Excel workbook, and no other kind",
}
# A mistake that goes down a whole column is told for so many rows.
_ROWS_TOLD = 5


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a cohort file; ``row`` is None where a whole column is meant."""

    row: int | None
    column: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"column {self.column!r}" if self.row is None else f"row {self.row}, column {self.column!r}"
        value = f", value {self.value!r}" if self.value else ""
        return f"{place}{value}: {self.problem} ({self.remedy})"


class CohortError(InputError):
    """A file that is no well-formed cohort; ``problems`` lists all that is wrong with it."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.problems = problems
        lines = "".join(f"\n  {line}" for line in told(problems))
        some = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{some}:{lines}", file=file)


def told(problems: list[Problem]) -> list[str]:
    """Problems in a line each; of those that many rows of a column share, the first few and their number."""
    lines, rows = [], Counter()
    for problem in problems:
        kind = (problem.column, problem.problem)
        rows[kind] += 1
        if rows[kind] <= _ROWS_TOLD:
            lines.append(str(problem))
    more = {kind: n - _ROWS_TOLD for kind, n in rows.items() if n > _ROWS_TOLD}
    return lines + [f"column {column!r}: {what} in {n} more rows" for (column, what), n in more.items()]


@dataclass(frozen=True)
class Rule:
    """What must hold between the cells of a row.

    ``broken`` receives a typed cohort that has all ``columns`` and returns where it fails, shape
    (rows,); comparisons with a blank are false, so that blanks break no rule unless asked about.
    """

    columns: tuple[str, ...]
    broken: Callable[[pd.DataFrame], pd.Series]
    problem: str
    remedy: str


@cache
def fields() -> dict[str, dict]:
    """Each column's descriptor in the schema, by name."""
    package = json.loads(PACKAGE.read_text(encoding="utf-8"))
    return {field["name"]: field for field in package["resources"][0]["schema"]["fields"]}


def read(file: Path | str) -> pd.DataFrame:
    """The cells of a CSV, Parquet or Excel file as they stand, by the ending of its name.

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
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    readers = {".csv": _read_csv, ".parquet": pd.read_parquet, ".xlsx": _read_excel}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise InputError("is not a cohort file", file=file, remedy="its name must end in .csv, .parquet or .xlsx")
    try:
        frame = reader(file)
    except InputError:
        raise
    # Parsers of three formats raise whatever they like on a damaged file; none of it is a bug here.
    except Exception as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"cannot be read: {reason}", file=file, remedy=_WHOLE[file.suffix.lower()]) from None
    if frame.columns.duplicated().any():
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"names the column {str(twice)[:_LONGEST_VALUE]!r} twice", file=file)
    return frame.reset_index(drop=True).rename(columns=str)


def problems(frame: pd.DataFrame, first_row: int = 2) -> list[Problem]:
    """All that is wrong with the cells of ``frame``.

    Parameters
    ----------
    frame
        As :func:`read` returns it.
    first_row
        The number that a message gives the first row; 2 where line 1 is the heading.
    """
    found = _column_problems(frame)
    typed = {}
    for name in frame.columns.intersection(list(fields())):
        values, bad = _typed(frame[name], name)
        typed[name] = values
        found += [
            Problem(first_row + row, name, _shown(frame[name].iat[row]), what, _remedy(name)) for row, what in bad
        ]
    if not len(frame):
        found.append(Problem(None, "patient", "", "the file has no rows", "one row for each patient"))
    # Rules about several cells would only repeat what is already wrong with one of them.
    if not found:
        found = _broken_rules(pd.DataFrame(typed), first_row)
    return sorted(found, key=lambda p: p.row or 0)


def validate(file: Path | str) -> list[Problem]:
    """All problems of a cohort file; an empty list if it is well formed.

    Raises
    ------
    InputError
        If the file cannot be read at all.
    """
    file = Path(file)
    return problems(read(file), first_row=_first_row(file))


def load(file: Path | str) -> pd.DataFrame:
    """A cohort file, typed.

    Returns
    -------
    pandas.DataFrame
        Numbers as int64, or as float64 where there are blanks (NaN); text as objects with None.
        A file without a column ``cohort`` is cohort 0.

    Raises
    ------
    CohortError
        If the file is not well formed; it lists all problems.
    InputError
        If the file cannot be read at all.
    """
    file = Path(file)
    frame = read(file)
    if found := problems(frame, first_row=_first_row(file)):
        raise CohortError(file, found)
    typed = pd.DataFrame({name: _typed(frame[name], name)[0] for name in frame.columns})
    if "cohort" not in typed or typed["cohort"].isna().all():
        typed["cohort"] = 0
    return typed


def each(frame: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """The cohorts of a loaded file, by number."""
    for number, cohort in frame.groupby("cohort", sort=True):
        yield int(number), cohort.reset_index(drop=True)


def _read_csv(file: Path) -> pd.DataFrame:
    text = file.read_bytes()
    if b"\0" in text:
        raise InputError("holds a NUL byte", file=file, row=text[: text.index(b"\0")].count(b"\n") + 1)
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False)


def _read_excel(file: Path) -> pd.DataFrame:
    try:
        return pd.read_excel(file, dtype=str, keep_default_na=False)
    except ImportError:
        raise InputError("needs the package openpyxl", file=file, remedy="install it, or save as CSV") from None


def _first_row(file: Path) -> int:
    return 1 if file.suffix.lower() == ".parquet" else 2


def _column_problems(frame: pd.DataFrame) -> list[Problem]:
    names = list(fields())
    found = []
    for name in frame.columns:
        if name not in fields():
            near = difflib.get_close_matches(name[:_LONGEST_VALUE], names, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else "remove it, or see the data dictionary"
            found.append(Problem(None, name[:_LONGEST_VALUE], "", "is not in the schema", remedy))
    for name, field in fields().items():
        if field.get("constraints", {}).get("required") and name not in frame.columns:
            found.append(Problem(None, name, "", "is missing", "every cohort needs it"))
    return found


def _typed(column: pd.Series, name: str) -> tuple[pd.Series, list[tuple[int, str]]]:
    """Values of a column by the schema's type, and (position, problem) of each bad cell."""
    reader = _cell_reader(name)
    # Lists and the like, which Parquet may hold, are no values of any column: their text is told instead.
    column = column.map(lambda value: value if isinstance(value, Hashable) else str(value))
    # A column repeats its values, and judging a cell costs microseconds: judge each value once.
    codes, uniques = pd.factorize(column, use_na_sentinel=False)
    verdicts = [_judge(reader, name, value) for value in uniques.tolist()]
    bad = {code: what for code, (_, what) in enumerate(verdicts) if what}
    values = pd.Series([value for value, _ in verdicts], dtype=object)
    typed = values.take(codes).reset_index(drop=True)
    wrong = [(row, bad[code]) for row, code in enumerate(codes) if code in bad] if bad else []
    if fields()[name]["type"] == "string":
        return typed, wrong
    numbers = pd.to_numeric(typed.where(typed.notna(), np.nan).astype(float))
    whole = fields()[name]["type"] == "integer" and not numbers.isna().any()
    return (numbers.astype("int64") if whole else numbers), wrong


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
        if len(value) > 1000:
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
    if cell is not None and fields()[name]["type"] != "string" and not math.isfinite(float(cell)):
        return None, "is not a finite number"
    if notes:
        return None, "is not among the values allowed" if "enum" in notes else "is out of range"
    return (float(cell) if fields()[name]["type"] == "number" and cell is not None else cell), ""


def _remedy(name: str) -> str:
    """What the schema wants of a column, in words."""
    field = fields()[name]
    limits = field.get("constraints", {})
    if "enum" in limits:
        wanted = "one of " + ", ".join(map(str, limits["enum"]))
    else:
        wanted = {"integer": "a whole number", "number": "a number", "string": "text"}[field["type"]]
        if "minimum" in limits and "maximum" in limits:
            wanted += f" from {limits['minimum']} to {limits['maximum']}"
        elif "minimum" in limits:
            wanted += f" of at least {limits['minimum']}"
    if unit := field.get("unit"):
        wanted += f", in {unit}"
    return wanted if limits.get("required") else wanted + ", or blank"


def _shown(value: object) -> str:
    blank = value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    text = "" if blank else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _broken_rules(typed: pd.DataFrame, first_row: int) -> list[Problem]:
    found = []
    numbered = "cohort" in typed and typed["cohort"].notna().any()
    if numbered:
        for row in np.flatnonzero(typed["cohort"].isna()):
            what = "is blank, while other patients have one"
            found.append(Problem(first_row + int(row), "cohort", "", what, "the number of the patient's cohort"))
    remedy = "a number of its own" + ("" if numbered else ", or a column 'cohort' if these are several")
    for row in np.flatnonzero(typed.duplicated(["cohort", "patient"] if numbered else ["patient"])):
        value = _shown(typed["patient"].iat[row])
        found.append(Problem(first_row + int(row), "patient", value, "occurs twice", remedy))
    for rule in RULES:
        if not set(rule.columns) <= set(typed.columns):
            continue
        broken = rule.broken(typed).fillna(False).to_numpy(dtype=bool)
        for row in np.flatnonzero(broken):
            value = _shown(typed[rule.columns[0]].iat[row])
            found.append(Problem(first_row + int(row), rule.columns[0], value, rule.problem, rule.remedy))
    return found


def _only_operated(name: str) -> Rule:
    return Rule(
        (name, "group"),
        lambda c: c[name].notna() & (c["group"] != "surgery"),
        "is given for a patient who was not operated on",
        "blank unless group is surgery",
    )


def _together(time: str, event: str) -> Rule:
    return Rule(
        (event, time),
        lambda c: c[time].isna() != c[event].isna(),
        f"is given without {time}, or the other way round",
        "both or neither",
    )


def _at_most(low: str, high: str, low_in_months: bool = False) -> Rule:
    divisor = MONTHS_PER_YEAR if low_in_months else 1
    return Rule(
        (low, high),
        lambda c: c[low] / divisor > c[high] + _ROUNDING_YEARS,
        f"is later than {high}",
        f"no later than {high}",
    )


def _implies(name: str, other: str, wanted: object) -> Rule:
    return Rule(
        (name, other),
        lambda c: (c[name] == 1) & (c[other] != wanted),
        f"is 1 though {other} is not {wanted}",
        f"0, or {other} {wanted}",
    )


RULES = (
    *(_only_operated(name) for name, field in fields().items() if "; surgery group" in field["description"]),
    _together("pfs_years", "pfs_event"),
    _together("dfs_years", "dfs_event"),
    _at_most("pfs_years", "os_years"),
    _at_most("dfs_years", "os_years"),
    _at_most("months_to_surgery", "os_years", low_in_months=True),
    _at_most("months_to_best_response", "os_years", low_in_months=True),
    _at_most("months_to_smallest_size", "os_years", low_in_months=True),
    Rule(
        ("dfs_years", "no_evidence_of_disease"),
        lambda c: c["dfs_years"].notna() & (c["no_evidence_of_disease"] != 1),
        "is given without no_evidence_of_disease",
        "blank unless no_evidence_of_disease is 1",
    ),
    Rule(
        ("cause_of_death", "os_event"),
        lambda c: c["cause_of_death"].notna() & (c["os_event"] == 0),
        "is given for a patient who is alive",
        "blank unless os_event is 1",
    ),
    Rule(
        ("nodes_positive", "nodes_resected"),
        lambda c: c["nodes_positive"] > c["nodes_resected"],
        "exceeds nodes_resected",
        "no more than nodes_resected",
    ),
    _implies("lymphocytopenia_only", "marrow_toxicity", 1),
    _implies("liver_metastases_3", "m1a", 1),
    _implies("liver_metastases_gone", "m1a", 1),
)
