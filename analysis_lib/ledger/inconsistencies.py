"""Inconsistencies: where the paper does not agree with itself, or leaves unsaid what a reader needs.

The list is data (``data/inconsistencies.csv``); every number in it is a placeholder, filled from
the transcription (``{id}``) or from joint arithmetic (``{=name}``, see :mod:`analysis_lib.ledger.joint_facts`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger.joint_facts import facts
from analysis_lib.printed.csv_table import Row, read_rows
from analysis_lib.printed.formatting import with_unit
from analysis_lib.printed.transcription import Transcription

FILE = ROOT / "data" / "inconsistencies.csv"
# From what would change a conclusion, or how sure one may be of it, to what changes nothing.
RANKS = {
    "conclusion": "would change a conclusion",
    "comparison": "changes who or what is compared",
    "detail": "leaves out what a reader needs",
    "wording": "is a slip of the pen",
}
COLUMNS = ("rank", "where", "says", "shows", "consequence")
_PLACEHOLDER = re.compile(r"\{(=?)([^{}]+)\}")


@dataclass(frozen=True)
class Inconsistency:
    """One finding.

    Parameters
    ----------
    rank
        By its consequence, one of :data:`RANKS`.
    where
        Places of the paper, as a reader would name them.
    says, shows, consequence
        What stands there, what the numbers show, and whether any conclusion moves.
    ids
        The printed numbers concerned.
    """

    rank: str
    where: str
    says: str
    shows: str
    consequence: str
    ids: tuple[str, ...]


def load(numbers: Transcription, file: Path | str = FILE) -> list[Inconsistency]:
    """Read the findings, those of most consequence first, and fill in their numbers.

    Raises
    ------
    InputError
        At a row of unknown rank or with a placeholder that names nothing.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> load(transcription.load())[0].rank
    'conclusion'
    """
    known = facts(numbers)
    found = [_inconsistency(row, numbers, known) for row in read_rows(Path(file), COLUMNS)]
    return sorted(found, key=lambda one: list(RANKS).index(one.rank))


def _inconsistency(row: Row, numbers: Transcription, known: Mapping[str, float]) -> Inconsistency:
    if row["rank"] not in RANKS:
        raise row.refuse("rank", f"{row['rank']!r} is not a rank", "one of " + ", ".join(RANKS))
    ids: dict[str, None] = {}

    def fill(column: str) -> str:
        def value(placeholder: re.Match[str]) -> str:
            is_fact, name = placeholder[1] == "=", placeholder[2]
            if name not in (known if is_fact else numbers):
                raise row.refuse(column, f"{placeholder[0]} names nothing", "{id} or {=fact}")
            if is_fact:
                return f"{known[name]:.3g}"
            ids[name] = None
            return with_unit(numbers[name].printed.text, numbers[name].unit)

        return _PLACEHOLDER.sub(value, row[column])

    says, shows, consequence = (fill(column) for column in ("says", "shows", "consequence"))
    return Inconsistency(row["rank"], row["where"], says, shows, consequence, tuple(ids))
