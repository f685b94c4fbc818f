"""Perturbation: each printed number changed in turn, to see whether the audit notices a wrong digit.

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
from analysis_lib.ledger.bounds import Bound
from analysis_lib.ledger.methods import Derivation
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
    "cohorts": "only because the simulated cohorts were built to other digits",
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


def perturbations(printed: Printed) -> Iterator[tuple[str, Printed]]:
    """A non-negative printed number with a wrong digit: one unit up, one down, two neighbouring digits swapped.

    Yields
    ------
    tuple
        The kind of change, one of `KINDS`, and the number as it would be printed. Each pair of different
        neighbouring digits is swapped in turn, the point staying where it is.

    Examples
    --------
    >>> [new.text for _, new in perturbations(Printed("0.47"))]
    ['0.48', '0.46', '4.07', '0.74']
    """
    digits = printed.digits.replace(".", "")
    yield KINDS[0], _with_digits(printed, str(int(digits) + 1))
    if int(digits):
        yield KINDS[1], _with_digits(printed, str(int(digits) - 1))
    for i, (a, b) in enumerate(zip(digits, digits[1:], strict=False)):
        if a != b:
            yield KINDS[2], _with_digits(printed, f"{digits[:i]}{b}{a}{digits[i + 2 :]}")


class Perturbation:
    """The audit with one number of the transcription changed at a time; only what depends on it is judged anew."""

    def __init__(self) -> None:
        self.numbers = transcription.load()
        known = recipes.load(self.numbers)
        self.sources = Sources(self.numbers, known, audit.met_by_cohorts(), predictions.load(self.numbers))
        self.dependents: dict[str, list[str]] = defaultdict(list)
        for id_, number in self.numbers.items():
            sources = {source for way in self.sources.ways(id_) for source in way.ids} | {id_}
            if number.same_as:
                sources.add(number.same_as)
            for source in sources:
                self.dependents[source].append(id_)

    @cached_property
    def claims_alone(self) -> dict[str, Claim]:
        """Each number's claim from other printed numbers alone."""
        return {id_: self.sources.judge(id_) for id_ in self.numbers}

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """Each number's verdict in the whole audit."""
        return {id_: self.sources.claim(id_).verdict for id_ in self.numbers}

    def recipe(self, id_: str) -> str:
        """What a number's own recipe is, one of `RECIPES`."""
        method = self.sources.ways(id_)[0].method
        return {Derivation: RECIPES[0], Bound: RECIPES[1]}.get(type(method), RECIPES[2])

    def changes(self) -> list[Change]:
        """Every change of every number of the study's own, not yet judged."""
        return [
            Change(id_, number.where, self.recipe(id_), kind, number.printed.text, new.text)
            for id_, number in self.numbers.items()
            if number.own
            for kind, new in perturbations(number.printed)
        ]

    def judge(self, change: Change) -> Change:
        """The change with what the audit makes of it."""
        new = replace(self.numbers[change.id], printed=Printed(change.changed))
        numbers = Transcription([new if number.id == change.id else number for number in self.numbers.values()])
        sources = replace(self.sources, numbers=numbers)
        try:
            judged = {}
            for id_ in self.dependents[change.id]:
                judged[id_] = sources.judge(id_)
                if judged[id_].verdict != self.claims_alone[id_].verdict:
                    return replace(change, noticed="arithmetic")
        except InputError:
            return replace(change, noticed="arithmetic")
        # A prediction counts only with the digits that its draws were made with.
        sources = replace(sources, withheld=self._withheld(numbers, change.id))
        family = sources.families[new.same_as or new.id]
        affected = {*judged, *family, *(self.withheld_facts if change.id in self.drawn_with else ())}
        # The changed number first: it is the likeliest to have another verdict.
        in_order = sorted(affected, key=lambda id_: id_ != change.id)
        if any(sources.claim(id_).verdict != self.verdicts[id_] for id_ in in_order):
            return replace(change, noticed="cohorts")
        return replace(change, noticed="no", reason=self._reason(judged[change.id], len(judged) > 1))

    @cached_property
    def drawn_with(self) -> set[str]:
        """Ids of all numbers whose digits the predictions' draws were made with."""
        return predictions.drawn_with()

    @cached_property
    def withheld_facts(self) -> set[str]:
        """Ids of all printings of facts that were withheld."""
        families = self.sources.families
        known = [self.numbers[one] for one in self.sources.withheld if one in self.numbers]
        return {id_ for one in known for id_ in families[one.same_as or one.id]}

    def _withheld(self, numbers: Transcription, id_: str) -> dict[str, list[Prediction]]:
        return predictions.load(numbers) if id_ in self.drawn_with else dict(self.sources.withheld)

    def _reason(self, claim: Claim, has_others: bool) -> str:
        """Why a change of a claim's own digits was not noticed."""
        number, before = claim.number, self.claims_alone[claim.id]
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


def run() -> list[Change]:
    """Every change with what the audit makes of it."""
    trial = Perturbation()
    return [trial.judge(change) for change in trial.changes()]


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
