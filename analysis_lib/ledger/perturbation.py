"""Whether the audit notices a wrong digit: each printed number changed in turn, and judged anew.

A change is noticed if any verdict of the whole audit is another one afterwards, or if the audit
refuses the changed transcription. Only what depends on the changed number is judged again.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields, replace
from functools import cached_property
from pathlib import Path

from analysis_lib.base.atomic import beside, write_beside_then_rename
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import audit, predictions, recipes
from analysis_lib.ledger.audit import Sources
from analysis_lib.ledger.methods import Bound, Derivation
from analysis_lib.ledger.predictions import Prediction
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.printed import transcription
from analysis_lib.printed.csv_table import read_rows
from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import Transcription

RESULTS = ROOT / "data" / "trust" / "sensitivity.csv"
KINDS = ("one unit up", "one unit down", "two digits swapped")
# What a number's own recipe is, from the strongest.
RECIPES = ("computed", "bounded", "no recipe")
NOTICED = {
    "arithmetic": "it no longer agrees with other printed numbers",
    "cohorts": "only because the reconstructed cohorts were built to other digits",
    "no": "no verdict changes",
}


@dataclass(frozen=True)
class Change:
    """One number printed otherwise, and what the audit made of it.

    Parameters
    ----------
    id, where, recipe
        Of the number; the recipe as in `RECIPES`.
    kind, printed, changed
        How it was changed, one of `KINDS`; digits before and after.
    noticed
        One of `NOTICED`.
    reason
        Why not, if it was not noticed.
    """

    id: str
    where: str
    recipe: str
    kind: str
    printed: str
    changed: str
    noticed: str = ""
    reason: str = ""


def _with_digits(printed: Printed, digits: str) -> Printed:
    """The same sign and decimals with other digits, given without the point."""
    digits = digits.rjust(printed.decimals + 1, "0")
    whole, fraction = digits[: len(digits) - printed.decimals], digits[len(digits) - printed.decimals :]
    sign = "" if printed.relation == "=" else printed.relation
    return Printed(f"{sign}{whole.lstrip('0') or '0'}{'.' if fraction else ''}{fraction}")


def wrong_digits(printed: Printed) -> Iterator[tuple[str, Printed]]:
    """Kinds of change and what they make of a printed number: of non-negative ones, as print has them.

    Each pair of different neighbouring digits is swapped in turn, the point staying where it is.
    """
    digits = printed.digits.replace(".", "")
    yield KINDS[0], _with_digits(printed, str(int(digits) + 1))
    if int(digits):
        yield KINDS[1], _with_digits(printed, str(int(digits) - 1))
    for i, (a, b) in enumerate(zip(digits, digits[1:], strict=False)):
        if a != b:
            yield KINDS[2], _with_digits(printed, f"{digits[:i]}{b}{a}{digits[i + 2 :]}")


class WrongDigits:
    """Changes one number of the transcription at a time, and judges anew what depends on it.

    Parameters
    ----------
    numbers
        The transcription as it stands.
    """

    def __init__(self, numbers: Transcription | None = None) -> None:
        self.numbers = numbers or transcription.load()
        known = recipes.load(self.numbers)
        self.sources = Sources(self.numbers, known, audit.met_by_cohorts(), predictions.load(self.numbers))
        self.dependents: dict[str, list[str]] = defaultdict(list)
        for id, number in self.numbers.items():
            ids = {source for way in self.sources.ways(id) for source in way.ids}
            for source in {id, number.same_as, *ids} - {""}:
                self.dependents[source].append(id)

    @cached_property
    def alone(self) -> dict[str, Claim]:
        """Each number's claim from other printed numbers alone."""
        return {id: self.sources.judge(id) for id in self.numbers}

    @cached_property
    def whole(self) -> dict[str, str]:
        """Each number's verdict in the whole audit."""
        return {id: self.sources.claim(id).verdict for id in self.numbers}

    def recipe(self, id: str) -> str:
        """What a number's own recipe is, one of `RECIPES`."""
        method = self.sources.ways(id)[0].method
        return {Derivation: RECIPES[0], Bound: RECIPES[1]}.get(type(method), RECIPES[2])

    def changes(self) -> list[Change]:
        """Every change of every number of the study's own, not yet tried."""
        return [
            Change(id, number.where, self.recipe(id), kind, number.printed.text, new.text)
            for id, number in self.numbers.items()
            if number.own
            for kind, new in wrong_digits(number.printed)
        ]

    def tried(self, change: Change) -> Change:
        """The change with what the audit makes of it."""
        new = replace(self.numbers[change.id], printed=Printed(change.changed))
        numbers = Transcription([new if number.id == change.id else number for number in self.numbers.values()])
        sources = replace(self.sources, numbers=numbers)
        try:
            judged = {}
            for id in self.dependents[change.id]:
                judged[id] = sources.judge(id)
                if judged[id].verdict != self.alone[id].verdict:
                    return replace(change, noticed="arithmetic")
        except InputError:
            return replace(change, noticed="arithmetic")
        # A prediction counts only with the digits that its draws were made with.
        sources = replace(sources, withheld=self._withheld(numbers, change.id))
        family = sources.families[new.same_as or new.id]
        affected = {*judged, *family, *(self.withheld_facts if change.id in self.drawn_with else ())}
        if any(sources.claim(id).verdict != self.whole[id] for id in sorted(affected, key=lambda id: id != change.id)):
            return replace(change, noticed="cohorts")
        return replace(change, noticed="no", reason=self._reason(judged[change.id], len(judged) > 1))

    @cached_property
    def drawn_with(self) -> set[str]:
        """Ids of all numbers whose digits the predictions' draws were made with."""
        file = predictions.PREDICTIONS / "predictions.json"
        return set(json.loads(file.read_text(encoding="utf-8"))["printed"]) if file.exists() else set()

    @cached_property
    def withheld_facts(self) -> set[str]:
        """Ids of all printings of facts that were withheld."""
        families = self.sources.families
        known = [self.numbers[one] for one in self.sources.withheld if one in self.numbers]
        return {id for one in known for id in families[one.same_as or one.id]}

    def _withheld(self, numbers: Transcription, id: str) -> dict[str, list[Prediction]]:
        return predictions.load(numbers) if id in self.drawn_with else dict(self.sources.withheld)

    def _reason(self, claim: Claim, has_others: bool) -> str:
        """Why a change of a claim's own digits was not noticed."""
        number, before = claim.number, self.alone[claim.id]
        recipe = self.recipe(claim.id)
        if recipe == "no recipe":
            return "what is computed from it allows for the change" if has_others else "nothing printed depends on it"
        if recipe == "bounded":
            return "it stays within the limits that other numbers set"
        if claim.verdict == "contradicted":
            return "it is contradicted as printed, and remains so"
        if number.printed.relation != "=":
            return "it is a limit, and what is recomputed lies beyond this one too"
        if claim.verdict == "within-rounding":
            return "the rounding of what it is computed from allows for it"
        names = [o.name for c in (before, claim) for o in c.outcomes if o.agrees == "digits" and o.stated]
        if len(set(names)) > 1:
            return "the paper leaves open which test or which patients, and another reading gives these digits"
        return "what is recomputed is a half, which may be rounded up or to even"


def run(changes: Iterable[Change] | None = None) -> list[Change]:
    """Each change with what came of it; all of them unless some are given."""
    trial = WrongDigits()
    return [trial.tried(change) for change in (trial.changes() if changes is None else changes)]


def digests() -> dict[str, str]:
    """SHA-256 of the files that the results rest on, by their paths."""
    files = [*sorted(transcription.NUMBERS.glob("*.csv")), recipes.RECIPES]
    return {f.relative_to(ROOT).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def write(results: Iterable[Change], file: Path = RESULTS) -> None:
    """Write results, and beside them the digests of what they rest on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with beside(file) as path, path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(field.name for field in fields(Change))
        writer.writerows(astuple(result) for result in results)
    text = json.dumps({"command": "make sensitivity", "sha256": digests()}, indent=2)
    write_beside_then_rename(file.with_suffix(".json"), text + "\n")


def load(file: Path = RESULTS) -> list[Change]:
    """The results as written.

    Raises
    ------
    InputError
        If the file is missing or malformed.
    """
    columns = tuple(field.name for field in fields(Change))
    return [Change(**{column: row[column] for column in columns}) for row in read_rows(file, columns)]
