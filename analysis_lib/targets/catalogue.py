"""Targets: the printed numbers that a simulated cohort must bring out, read from ``data/targets.csv``.

A target is a printed number together with the columns, the patients and the statistic that give it. The
digits are read from the transcription, so that a changed digit changes the target. What the paper leaves
open is an :class:`~analysis_lib.targets.assumptions.Assumptions`, named and switchable.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from analysis_lib.base.errors import InputError, nearest
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import schema
from analysis_lib.printed.csv_table import Row, read_rows
from analysis_lib.printed.number import Interval
from analysis_lib.printed.transcription import Transcription, load
from analysis_lib.targets.assumptions import CHOICES, Assumptions
from analysis_lib.targets.patients import DERIVED, PROPENSITY_SCORE

FILE = ROOT / "data" / "targets.csv"
COLUMNS = ("id", "statistic", "columns", "group", "value", "subset", "between", "allowed", "assumption")
GROUPS = ("all", "surgery", "prrt_only")
# How each is computed stands in `targets.recompute`.
STATISTICS = (
    *("count", "any", "known", "unknown", "within", "class_from", "class_to"),
    *("mean", "sd", "median", "q1", "q3", "range_lo", "range_hi"),
    *("mann_whitney", "welch", "student", "response_welch", "response_student"),
    *("decrease_mean", "decrease_sd", "onset_first", "onset_second"),
    *("tvi_no_change", "tvi_decrease", "tvi_increase", "beyond_180"),
    *("vessels_median", "vessels_range_lo", "vessels_range_hi"),
    *("km_median", "km_ci_lo", "km_ci_hi", "km_undefined", "log_rank"),
    *("follow_up_median", "follow_up_q1", "follow_up_q3"),
    *("cox_hr", "cox_ci_lo", "cox_ci_hi", "cox_p", "logistic_or", "logistic_ci_lo", "logistic_ci_hi", "logistic_p"),
)

# First treatments in January 2000 at the earliest, follow-up to the end of April 2020.
LONGEST_FOLLOW_UP_YEARS = 20 + 4 / 12
COMPLICATIONS = tuple(
    name.removeprefix("complication_") for name in schema.fields() if name.startswith("complication_")
)
# Of the cumulative activity in Table 2.
CLASSES = ("full", "reduced", "low", "lowest")


@dataclass(frozen=True)
class Target:
    """One printed number that a cohort must bring out.

    Parameters
    ----------
    id
        Of the printed number; a target that no single number prints has a name of its own.
    statistic
        One of :data:`STATISTICS`.
    columns
        The columns that it needs, in the order that the statistic wants.
    group
        One of :data:`GROUPS`.
    interval
        The values that the digits allow.
    value
        For counts, the value counted; for a regression, the covariate in question; for follow-up, how it
        is measured.
    subset
        Column and value that narrow the group further; empty if none.
    between
        Lowest and highest value of the column that are considered; empty for all.
    """

    id: str
    statistic: str
    columns: tuple[str, ...]
    group: str
    interval: Interval
    value: str | float = ""
    subset: tuple[str, str | float] | tuple[()] = ()
    between: tuple[float, ...] = ()


class Targets(Mapping[str, Target]):
    """Targets by id, with the transcription and the assumptions that they come from."""

    def __init__(self, targets: list[Target], numbers: Transcription, assumptions: Assumptions) -> None:
        self._targets = {target.id: target for target in targets}
        self.numbers, self.assumptions = numbers, assumptions

    def __getitem__(self, id_: str) -> Target:
        return self._targets[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    def box(self, ids: tuple[str, ...]) -> np.ndarray:
        """What the targets ``ids`` allow, for a search.

        Returns
        -------
        numpy.ndarray
            Shape (3, k): lower end, upper end, half a unit of the last digit. An id without a
            target (withheld, or blank) allows everything.
        """
        box = np.empty((3, len(ids)))
        for k, id_ in enumerate(ids):
            interval = self._targets[id_].interval if id_ in self._targets else Interval(-math.inf, math.inf)
            half = (interval.high - interval.low) / 2
            if not math.isfinite(half):
                half = 1.0
            # The ends belong to the interval, within a fifth of the room that Interval itself gives.
            room = [2e-10 * max(1.0, abs(end)) for end in (interval.low, interval.high)]
            box[:, k] = interval.low - room[0], interval.high + room[1], half or 0.5
        return box

    def without(self, ids: set[str]) -> Targets:
        """These targets without ``ids``, to see what the rest predict of them.

        Raises
        ------
        InputError
            If an id is no target.
        """
        if unknown := sorted(ids - set(self)):
            raise InputError(f"{unknown[0]} is no target of the reconstruction")
        return Targets([t for t in self.values() if t.id not in ids], self.numbers, self.assumptions)

    @property
    def printed(self) -> dict[str, str]:
        """The printed digits behind the targets, by id; the inequalities of no printed number left out."""
        return {id_: self.numbers[id_].printed.text for id_ in self if id_ in self.numbers}

    @property
    def digest(self) -> str:
        """SHA-256 of all targets and assumptions, as the manifests of cohorts carry it."""
        rows = [
            [t.id, t.statistic, t.columns, t.group, t.interval.low, t.interval.high, t.value, t.subset or t.between]
            for t in self.values()
        ]
        assumed = asdict(self.assumptions)
        # Manifests from before the time unit could be chosen must keep their digest: its default adds nothing.
        if assumed["time_unit"] == Assumptions.time_unit:
            del assumed["time_unit"]
        return hashlib.sha256(json.dumps([rows, assumed]).encode()).hexdigest()


def load_targets(
    numbers: Path | None = None, assumptions: Assumptions | None = None, file: Path | str = FILE
) -> Targets:
    """All targets that hold under the assumptions.

    Parameters
    ----------
    numbers
        Folder of printed numbers, the repo's own by default.
    assumptions
        What the paper leaves open; the defaults if None.
    file
        Of targets, as ``data/README.md`` describes it.

    Raises
    ------
    InputError
        If the transcription or the file is malformed, or a target names what does not exist.

    Examples
    --------
    >>> load_targets()["table1.sex_male.surgery.count"].interval
    Interval(low=12.0, high=12.0)
    """
    assumptions = assumptions or Assumptions()
    transcription = load(numbers) if numbers else load()
    found: dict[str, Target] = {}
    for row in read_rows(Path(file), COLUMNS):
        target = _target(row, transcription)
        if not _holds(row, assumptions):
            continue
        if target.id in found:
            raise row.refuse("id", f"{target.id!r} has two targets under one assumption", "one row for each assumption")
        found[target.id] = target
    return Targets(list(found.values()), transcription, assumptions)


def _holds(row: Row, assumptions: Assumptions) -> bool:
    """Whether a row's assumption (always, if blank) is among those made."""
    if not row["assumption"]:
        return True
    name, _, value = row["assumption"].partition("=")
    if value not in CHOICES.get(name, ()):
        known = ", ".join(f"{name}={value}" for name, values in CHOICES.items() for value in values)
        raise row.refuse("assumption", f"{row['assumption']!r} is not an assumption", f"blank, or one of {known}")
    return getattr(assumptions, name) == value


def _target(row: Row, numbers: Transcription) -> Target:
    _require(row, "statistic", row["statistic"], STATISTICS)
    _require(row, "group", row["group"], GROUPS)
    columns = tuple(row["columns"].split())
    if not columns:
        raise row.refuse("columns", "names no column", "the statistic's columns, separated by blanks")
    for name in columns:
        _require(row, "columns", name, (*schema.fields(), *DERIVED, PROPENSITY_SCORE))
    value: str | float = row["value"]
    if row["statistic"] == "count":
        value = _value(row, "value", columns[0], row["value"])
    subset: tuple[str, str | float] | tuple[()] = ()
    if row["subset"]:
        name, _, text = row["subset"].partition("=")
        _require(row, "subset", name, tuple(schema.fields()))
        subset = (name, _value(row, "subset", name, text))
    between = _limits(row, "between", numbers) if row["between"] else ()
    return Target(row["id"], row["statistic"], columns, row["group"], _interval(row, numbers), value, subset, between)


def _require(row: Row, column: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise row.refuse(column, f"{name!r} is not known", nearest(name, tuple(known)))


def _value(row: Row, column: str, name: str, text: str) -> str | float:
    """A value of the schema's column ``name``, as that column's type has it."""
    if (field := schema.fields()[name])["type"] == "string":
        if text in field["constraints"]["enum"]:
            return text
    elif text.isdecimal():
        return int(text)
    raise row.refuse(column, f"{text!r} is no value of {name}", schema.describe_field(field))


def _limits(row: Row, column: str, numbers: Transcription) -> tuple[float, float]:
    """Two limits, each a number or the id of a printed one."""
    try:
        low, high = (numbers.value(end) if end in numbers else _number(end) for end in row[column].split(" to "))
    except ValueError:
        low, high = math.nan, math.nan
    if not low <= high:
        remedy = "'LOW to HIGH', each a number, inf or the id of a printed number"
        raise row.refuse(column, f"{row[column]!r} is no range", remedy)
    return low, high


def _number(text: str) -> float:
    # A digest tells 1 from 1.0, so a whole number is read as one.
    return int(text) if text.isdecimal() else float(text)


def _interval(row: Row, numbers: Transcription) -> Interval:
    if row["allowed"]:
        return Interval(*_limits(row, "allowed", numbers))
    if row["id"] not in numbers:
        raise row.refuse("id", f"the transcription lacks {row['id']}", "the id of a printed number, or a range allowed")
    return numbers[row["id"]].interval
