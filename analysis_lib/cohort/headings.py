"""What the heading of a column says: which column of the schema it is, and in which unit its times are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_YEAR, MONTHS_PER_YEAR
from analysis_lib.cohort.problems import LONGEST_CELL
from analysis_lib.cohort.schema import fields

#: How many of each unit of time are a year.
PER_YEAR = {"years": 1.0, "months": float(MONTHS_PER_YEAR), "days": DAYS_PER_YEAR}
_WORDS_OF_UNITS = {"years": "year yr yrs y", "months": "month mo mos mth mths m", "days": "day d"}
_UNITS = {word: unit for unit, words in _WORDS_OF_UNITS.items() for word in words.split()}
#: Headings that name a time from the first cycle or the operation, and leave its unit open.
TIMES = ("os", "pfs", "dfs")


def check_unit(unit: str) -> str:
    """A unit of time, or blank.

    Raises
    ------
    InputError
        If there is no such unit.
    """
    if unit not in ("", *PER_YEAR):
        raise InputError(f"{unit!r} is no unit of time", remedy="one of " + ", ".join(PER_YEAR))
    return unit


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes
    ----------
    heading : str
        As it stands in the file.
    name : str
        Of the column in the schema.
    unit : str
        Of its times in the file; blank where it has the schema's unit, or holds no times.
    """

    heading: str
    name: str
    unit: str = ""

    @property
    def factor(self) -> float:
        """What a value in the schema's unit is multiplied with to have the file's."""
        return PER_YEAR[self.unit] / PER_YEAR[fields()[self.name]["unit"]] if self.unit else 1.0

    @property
    def said(self) -> str:
        """A heading that says both name and unit, such as ``os_months``."""
        return self.name.replace(fields()[self.name]["unit"], self.unit) if self.unit else self.name

    @property
    def field(self) -> dict:
        """The column's descriptor, in the unit of the file."""
        field = fields()[self.name]
        if self.factor == 1:
            return field
        limits = field["constraints"]
        scaled = {end: limits[end] * self.factor for end in ("minimum", "maximum") if end in limits}
        return field | {"unit": self.unit, "constraints": limits | scaled}


def word(text: str) -> str:
    """Text in small letters, its words joined by ``_``.

    Examples
    --------
    >>> word(" PRRT only")
    'prrt_only'
    """
    return "_".join(re.findall(r"[^\W_]+", text[:LONGEST_CELL].casefold()))


def plain(heading: str) -> str:
    """A heading in small letters, its words joined by ``_`` and units of time written out.

    Examples
    --------
    >>> plain(" OS (mo)")
    'os_months'
    """
    return "_".join(_UNITS.get(part, part) for part in word(heading).split("_"))


def recognise(heading: str, time_unit: str = "") -> Column | None:
    """The column of the schema that a heading names, in small letters or capitals, with its unit of time.

    Parameters
    ----------
    heading
        As it stands in the file.
    time_unit
        Of ``os``, ``pfs`` and ``dfs``, and of ``os_years``, ``pfs_years`` and ``dfs_years``: a key of
        :data:`PER_YEAR`; blank where the heading says it.

    Returns
    -------
    Column or None
        None if it names none.

    Examples
    --------
    >>> recognise("days to surgery")
    Column(heading='days to surgery', name='months_to_surgery', unit='days')
    >>> recognise("os_years", time_unit="months").unit
    'months'
    """
    said = plain(heading)
    stem = said.removesuffix("_years")
    # `os (years)` says its unit; `os_years` may only have kept the schema's name.
    if time_unit and stem in TIMES and (said == stem or heading.strip() == said):
        return Column(heading, f"{stem}_years", time_unit)
    name, unit = _columns().get(said, ("", ""))
    return Column(heading, name, unit) if name else None


def known(headings: Iterable[str], time_unit: str = "") -> dict[str, Column]:
    """The columns of a file that the schema has, by their names there; of two that mean the same, the first."""
    found: dict[str, Column] = {}
    for heading in headings:
        if column := recognise(heading, time_unit):
            found.setdefault(column.name, column)
    return found


@cache
def _columns() -> dict[str, tuple[str, str]]:
    """Name and unit of each column, by what may stand in a heading."""
    found = {}
    for name, field in fields().items():
        words, unit = name.split("_"), field.get("unit")
        # An age is given in years everywhere.
        if unit in PER_YEAR and unit in words and name != "age_years":
            for other in PER_YEAR:
                found["_".join(other if part == unit else part for part in words)] = (name, other)
        else:
            found[name] = (name, "")
    return found
