"""Where the paper does not agree with itself, or leaves unsaid what a reader needs.

The list is data (``data/inconsistencies.csv``); every number in it is a placeholder, filled from
the transcription (``{id}``) or from joint arithmetic (``{=name}``, see :mod:`analysis_lib.ledger.joint_facts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger.joint_facts import facts
from analysis_lib.printed.csv_table import read_rows
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
    """
    known = facts(numbers)
    found = []
    for row, cells in read_rows(Path(file), ("kind", "where", "says", "shows", "consequence")):
        if cells["kind"] not in KINDS:
            raise InputError(
                f"{cells['kind']!r} is not a kind of finding",
                file=file,
                row=row,
                column="kind",
                remedy="one of " + ", ".join(KINDS),
            )
        ids: list[str] = []

        def fill(match: re.Match[str], row: int = row, ids: list[str] = ids) -> str:
            is_fact, name = match[1] == "=", match[2]
            if name not in (known if is_fact else numbers):
                raise InputError(f"{match[0]} names nothing", file=file, row=row)
            if is_fact:
                return f"{known[name]:.3g}"
            ids.append(name)
            return with_unit(numbers[name].printed.text, numbers[name].unit)

        texts = [_PLACEHOLDER.sub(fill, cells[c]) for c in ("says", "shows", "consequence")]
        found.append(Inconsistency(cells["kind"], cells["where"], *texts, tuple(dict.fromkeys(ids))))
    return found
