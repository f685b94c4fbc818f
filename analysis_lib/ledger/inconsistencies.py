"""Inconsistencies: where the paper does not agree with itself, or leaves unsaid what a reader needs.

The list is data (``data/inconsistencies.csv``); every number in it is a placeholder, filled from
the transcription (``{id}``) or from joint arithmetic (``{=name}``, see :mod:`analysis_lib.ledger.joint_facts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import placeholders
from analysis_lib.ledger.joint_facts import facts
from analysis_lib.printed.csv_table import Row, read_rows
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
_TEXTS = COLUMNS[2:]


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

    def fill(column: str) -> str:
        try:
            return placeholders.fill(row[column], numbers, known)
        except KeyError as error:
            raise row.refuse(column, f"{error.args[0]} names nothing", "{id} or {=fact}") from None

    says, shows, consequence = (fill(column) for column in _TEXTS)
    ids = placeholders.ids(" ".join(row[column] for column in _TEXTS))
    return Inconsistency(row["rank"], row["where"], says, shows, consequence, ids)
