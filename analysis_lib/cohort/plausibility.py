"""Plausibility: rules of what is possible in a patient, read from ``data/plausibility.csv``.

*Impossible* is what no patient can be, or no patient of this study by the paper's own account; *implausible* what a
clinician would not believe of one. Anybody's file is held to what is impossible in any patient, simulated cohorts to
all rules.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError, nearest
from analysis_lib.base.paths import ROOT
from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.cohort.schema import fields, to_array
from analysis_lib.printed.csv_table import Row, read_rows

FILE = ROOT / "data" / "plausibility.csv"
COLUMNS = ("id", "kind", "scope", "each", "broken", "limit", "problem", "remedy", "source")
KINDS, SCOPES = ("impossible", "implausible"), ("patient", "study")


class TimeScale(NamedTuple):
    """What the times of a cohort are made of, in days.

    ``year`` and ``step`` are the unit and the smallest step of the survival times; durations further ``apart`` differ.
    """

    year: float = DAYS_PER_YEAR
    step: float = 1.0
    apart: float = 0.5


# Events may be given as months of 30.4375 days and years of 365.25; both round a little.
AS_ENTERED = TimeScale(apart=0.01 * DAYS_PER_YEAR)
WHOLE_DAYS = TimeScale()

_CONSTANTS = ("month", *TimeScale._fields)
_FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "blank": pd.isna,
    "known": lambda values: ~pd.isna(values),
    "isin": lambda values, *among: reduce(operator.or_, [values == value for value in among]),
    "count": lambda *flags: sum(np.nan_to_num(flag) for flag in flags),
    "floor": np.floor,
    "abs": np.abs,
}
# Whatever else Python has means something else for a column than for a value, or needs no place here.
_SYNTAX = (
    *(ast.Expression, ast.Compare, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Load, ast.Constant),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    *(ast.BitAnd, ast.BitOr, ast.Invert, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub),
)


class Values(dict):
    """What the names of a rule mean for some patients: functions, constants and, made when needed, columns."""

    def __init__(self, frame: pd.DataFrame, scale: TimeScale) -> None:
        super().__init__(_FUNCTIONS, month=DAYS_PER_MONTH, **scale._asdict())
        self._frame = frame

    def __missing__(self, name: str) -> np.ndarray:
        if name not in self._frame:
            raise InputError(f"the cohort lacks the column {name!r}")
        self[name] = to_array(self._frame[name], name)
        return self[name]


@dataclass(frozen=True)
class Rule:
    """What must hold between the cells of a patient.

    Attributes
    ----------
    id
        Of the rule in the file; its ``each`` makes several rules of one id, for a column each.
    kind, scope
        One of :data:`KINDS`, and whether it is true of any ``patient`` or only of those of the ``study``.
    limit
        How many patients of one cohort may break it.
    columns
        In the order of the expression; the first is the one told to be wrong.
    problem, remedy
        What a message says after that column's name or value, and what would be right.
    source
        Why it must hold.
    code
        The expression, true where the rule is broken.
    """

    id: str
    kind: str
    scope: str
    limit: int
    columns: tuple[str, ...]
    problem: str
    remedy: str
    source: str
    code: CodeType

    @property
    def of_anybody(self) -> bool:
        """Whether any patient's file is held to the rule."""
        return self.kind == "impossible" and self.scope == "patient"

    def where(self, values: Values) -> np.ndarray:
        """Where the rule is broken, shape (patients,)."""
        with np.errstate(invalid="ignore"):
            # The expression is of the project's own file and was parsed: columns, comparisons and six functions.
            return eval(self.code, {"__builtins__": {}}, values)  # noqa: S307


@dataclass(frozen=True)
class Broken:
    """A rule that more patients of a cohort break than may."""

    rule: Rule
    cohort: int
    patients: tuple[int, ...]

    def __str__(self) -> str:
        who = ("patient " if len(self.patients) == 1 else "patients ") + ", ".join(map(str, self.patients))
        may = f"; {self.rule.limit} may" if self.rule.limit else ""
        return f"{who}: {self.rule.columns[0]} {self.rule.problem} ({self.rule.remedy}{may})"


def broken(frame: pd.DataFrame, scale: TimeScale = WHOLE_DAYS) -> list[Broken]:
    """The rules that simulated cohorts break, by rule and cohort.

    Parameters
    ----------
    frame
        One or several cohorts with all of the schema's columns.
    scale
        Of their times, as :func:`~analysis_lib.targets.time_unit.scale` has it.
    """
    patient = frame["patient"].to_numpy(int)
    cohort = frame["cohort"].to_numpy(int) if "cohort" in frame else np.zeros(len(frame), int)
    found = []
    for rule, where in _evaluated(frame, scale):
        for number in np.unique(cohort[where]).tolist():
            who = patient[where & (cohort == number)]
            if who.size > rule.limit:
                found.append(Broken(rule, number, tuple(who.tolist())))
    return found


def counts(frame: pd.DataFrame) -> pd.DataFrame:
    """How many patients break each rule, and in how many cohorts more than may; one row a rule of the file."""
    flags: dict[str, np.ndarray] = {}
    for rule, where in _evaluated(frame, WHOLE_DAYS):
        flags[rule.id] = flags.get(rule.id, False) | where
    limits = {rule.id: rule.limit for rule in rules()}
    numbers = frame["cohort"].to_numpy(int)
    rows = [
        (id_, int(where.sum()), int((np.unique(numbers[where], return_counts=True)[1] > limits[id_]).sum()))
        for id_, where in flags.items()
    ]
    return pd.DataFrame(rows, columns=["rule", "patients", "cohorts"]).set_index("rule")


def _evaluated(frame: pd.DataFrame, scale: TimeScale) -> Iterator[tuple[Rule, np.ndarray]]:
    values = Values(frame, scale)
    for rule in rules():
        yield rule, rule.where(values)


@cache
def rules(file: Path = FILE) -> tuple[Rule, ...]:
    """The rules of a file, as ``data/README.md`` describes it.

    Raises
    ------
    InputError
        If the file is malformed, or a rule names what does not exist.

    Examples
    --------
    >>> next(rule.problem for rule in rules() if rule.id == "nodes_positive")
    'exceeds nodes_resected'
    """
    found: dict[str, list[Rule]] = {}
    for row in read_rows(file, COLUMNS):
        if row["id"] in found:
            raise row.refuse("id", f"{row['id']!r} is there twice", "a name of its own")
        found[row["id"]] = [_rule(row, column) for column in row["each"].split() or [""]]
    return tuple(rule for of_row in found.values() for rule in of_row)


def _rule(row: Row, each: str) -> Rule:
    for column, known in (("kind", KINDS), ("scope", SCOPES)):
        if row[column] not in known:
            raise row.refuse(column, f"{row[column]!r} is not known", nearest(row[column], known))
    if not row["limit"].isdecimal() or (row["kind"] == "impossible" and row["limit"] != "0"):
        raise row.refuse("limit", f"{row['limit']!r} is no limit", "a whole number, 0 for what is impossible")
    for column in ("problem", "remedy", "source"):
        if not row[column]:
            raise row.refuse(column, "is blank", "a few words")
    tree = _parsed(row, re.sub(r"\beach\b", each, row["broken"]) if each else row["broken"])
    names = [node.id for node in sorted(_of(tree, ast.Name), key=lambda node: node.col_offset)]
    columns = tuple(dict.fromkeys(name for name in names if name in fields()))
    _check_names(row, names, columns)
    texts = {value for name in columns for value in fields()[name].get("constraints", {}).get("enum", ())}
    for node in _of(tree, ast.Constant):
        if isinstance(node.value, str) and node.value not in texts:
            raise row.refuse("broken", f"{node.value!r} is no value of its columns", "as the schema has it")
    return Rule(
        *(row["id"], row["kind"], row["scope"], int(row["limit"]), columns),
        *(row["problem"], row["remedy"], row["source"], compile(tree, row["id"], "eval")),
    )


def _parsed(row: Row, text: str) -> ast.Expression:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        raise row.refuse("broken", f"{text!r} is no expression", "as in Python") from None
    for node in ast.walk(tree):
        if not isinstance(node, _SYNTAX) or (isinstance(node, ast.Compare) and len(node.ops) > 1):
            told = ast.unparse(node) or type(node).__name__.lower()
            raise row.refuse("broken", f"{told!r} is not understood", "comparisons joined by &, | and ~")
    return tree


def _check_names(row: Row, names: list[str], columns: tuple[str, ...]) -> None:
    known = (*fields(), *_FUNCTIONS, *_CONSTANTS)
    for name in names:
        if name not in known:
            raise row.refuse("broken", f"{name!r} is not known", nearest(name, known))
    if not columns:
        raise row.refuse("broken", "names no column", "an expression of the schema's columns")


def _of(tree: ast.AST, kind: type) -> Iterator[Any]:
    return (node for node in ast.walk(tree) if isinstance(node, kind))
