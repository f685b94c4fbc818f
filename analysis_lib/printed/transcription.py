"""Loads the transcription: every printed number of the paper, one row each.

The columns are described in ``data/README.md``. Reading is strict, since all later verdicts rest
on it: whatever is not exactly as described is refused with file, row, column and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.printed import names
from analysis_lib.printed.csv_table import Row, read_rows
from analysis_lib.printed.number import Interval, Printed

NUMBERS = ROOT / "data" / "published"

COLUMNS = ("id", "where", "item", "group", "statistic", "printed", "unit", "same_as", "own")
PLACES = tuple(names.PLACES)
GROUPS = ("all", "surgery", "prrt_only", "")
STATISTICS = (
    *("count", "percent", "n", "mean", "sd", "median", "q1", "q3", "range_lo", "range_hi"),
    *("p", "or", "hr", "ci_lo", "ci_hi", "duration", "activity", "threshold", "cited"),
)
# Whole things counted, and limits set by the authors: these are not rounded.
_EXACT = frozenset({"count", "n", "threshold"})

# ASCII only, and none of the signs that join ids in a recipe.
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class PublishedNumber:
    """One printed number and where it stands in the paper."""

    id: str
    where: str
    item: str
    group: str
    statistic: str
    printed: Printed
    unit: str
    same_as: str
    own: bool
    file: Path
    row: int

    @property
    def exact(self) -> bool:
        """Whether the digits are the number itself and not its rounding."""
        return self.statistic in _EXACT and self.printed.relation == "="

    def check(self) -> None:
        """Refuse digits that the statistic cannot have.

        Raises
        ------
        InputError
            If what should be a whole number is not.
        """
        if self.statistic in ("count", "n") and not self.printed.digits.isdigit():
            raise InputError(
                f"{self.printed} cannot be a {self.statistic}",
                file=self.file,
                row=self.row,
                column="printed",
                remedy="a whole number",
            )

    @cached_property
    def interval(self) -> Interval:
        """The reals that the digits stand for."""
        return Interval(self.printed.value, self.printed.value) if self.exact else self.printed.interval


class Transcription(Mapping[str, PublishedNumber]):
    """The printed numbers by id, in the order of the files."""

    def __init__(self, numbers: list[PublishedNumber]) -> None:
        self._numbers = {number.id: number for number in numbers}

    def __getitem__(self, id_: str) -> PublishedNumber:
        return self._numbers[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def value(self, id_: str) -> float:
        """The printed digits of ``id`` as a number."""
        return self[id_].printed.value

    def count(self, id_: str) -> int:
        """The whole number printed at ``id``.

        Raises
        ------
        InputError
            If what is printed there is not a whole number.
        """
        number = self[id_]
        if number.printed.decimals or number.printed.relation != "=":
            raise InputError(
                f"{id_} prints {number.printed}, where a whole number is needed",
                file=number.file,
                row=number.row,
                column="printed",
            )
        return int(number.printed.digits)

    def repeats(self, id_: str) -> list[str]:
        """Ids of the later printings of the fact first printed at ``id``."""
        return [number.id for number in self.values() if number.same_as == id_]


def _number(row: Row) -> PublishedNumber:
    if not _ID.fullmatch(row["id"]):
        raise row.refuse("id", f"{row['id']!r} cannot be an id", "letters, digits, '_', '-' and '.'")
    for column, allowed in (
        ("where", PLACES),
        ("group", GROUPS),
        ("statistic", STATISTICS),
        ("own", ("yes", "no")),
    ):
        if row[column] not in allowed:
            options = ", ".join(a or "blank" for a in allowed)
            raise row.refuse(column, f"{row[column]!r} is not known", f"one of {options}")
    try:
        printed = Printed(row["printed"])
    except ValueError as error:
        raise row.refuse("printed", str(error), "the digits as the paper prints them") from None
    cells = {column: row[column] for column in COLUMNS if column not in ("printed", "own")}
    number = PublishedNumber(**cells, printed=printed, own=row["own"] == "yes", file=row.file, row=row.line)
    number.check()
    return number


def load(folder: Path | str = NUMBERS) -> Transcription:
    """Read all ``.csv`` files of a folder of printed numbers.

    Parameters
    ----------
    folder
        As ``data/published``.

    Raises
    ------
    InputError
        At the first row that is malformed, repeats an id, or names as its first printing an id
        that does not exist or that is itself a repeat.

    Examples
    --------
    >>> load()["table1.sex_male.surgery.count"].printed
    Printed(text='12')
    """
    folder = Path(folder)
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise InputError("no .csv file of printed numbers here", file=folder)
    numbers: dict[str, PublishedNumber] = {}
    for file in files:
        for row in read_rows(file, COLUMNS):
            number = _number(row)
            if number.id in numbers:
                first = numbers[number.id]
                problem = f"the id {number.id!r} stands already in {first.file.name}, row {first.row}"
                raise row.refuse("id", problem, "each printed number needs an id of its own")
            numbers[number.id] = number
    for number in numbers.values():
        if number.same_as and (number.same_as not in numbers or numbers[number.same_as].same_as):
            problem = "is itself a repeat" if number.same_as in numbers else "is not an id"
            raise InputError(
                f"{number.same_as!r} {problem}",
                file=number.file,
                row=number.row,
                column="same_as",
                remedy="the id of the first printing of the same fact, or blank",
            )
    return Transcription(list(numbers.values()))
