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
KINDS = {
    "wording": "a slip of the pen; no number is touched",
    "count": "two counts that need a reconciliation which is not given",
    "denominator": "a share whose denominator is unsaid or open",
    "test": "a test or a rounding that the text does not explain",
    "reading": "a sentence that says more, or other, than its numbers do",
}
COLUMNS = ("kind", "where", "says", "shows", "consequence")
_PLACEHOLDER = re.compile(r"\{(=?)([^{}]+)\}")


@dataclass(frozen=True)
class Inconsistency:
    """One finding.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    where
        Places of the paper, as a reader would name them.
    says, shows, consequence
        What stands there, what the numbers show, and whether any conclusion moves.
    ids
        The printed numbers concerned.
    """

    kind: str
    where: str
    says: str
    shows: str
    consequence: str
    ids: tuple[str, ...]


def load(numbers: Transcription, file: Path | str = FILE) -> list[Inconsistency]:
    """Read the findings and fill in their numbers.

    Raises
    ------
    InputError
        At a row of unknown kind or with a placeholder that names nothing.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> load(transcription.load())[0].kind in KINDS
    True
    """
    known = facts(numbers)
    return [_inconsistency(row, numbers, known) for row in read_rows(Path(file), COLUMNS)]


def _inconsistency(row: Row, numbers: Transcription, known: Mapping[str, float]) -> Inconsistency:
    if row["kind"] not in KINDS:
        raise row.refuse("kind", f"{row['kind']!r} is not a kind of finding", "one of " + ", ".join(KINDS))
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
    return Inconsistency(row["kind"], row["where"], says, shows, consequence, tuple(ids))
