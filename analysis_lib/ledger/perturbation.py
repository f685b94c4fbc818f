"""Perturbation: each printed number changed in turn, to see whether the audit notices a wrong digit.

A change is noticed if any verdict of the whole audit is another one afterwards, or if the audit
refuses the changed transcription. Only what depends on the changed number is judged again.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
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
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.printed import transcription
from analysis_lib.printed.csv_table import read_rows
from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import Transcription

RESULTS = ROOT / "data" / "trust" / "sensitivity.csv"
KINDS = ("one unit up", "one unit down", "two digits swapped")
# What a number's own recipe is, from the strongest.
RECIPES = ("computed", "bounded", "no recipe")
# How changed numbers hang together with the rest, from the strongest: something is computed from them or they
# from something, or print one fact; or only limits connect them.
TIES = ("computed", "bounded", "nothing")
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


def with_digits(printed: Printed, digits: str, decimals: int | None = None) -> Printed:
    """The same sign with other digits, given without the point, and as many decimals if none are given."""
    decimals = printed.decimals if decimals is None else decimals
    digits = digits.rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
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
    yield KINDS[0], with_digits(printed, str(int(digits) + 1))
    if int(digits):
        yield KINDS[1], with_digits(printed, str(int(digits) - 1))
    for i, (a, b) in enumerate(zip(digits, digits[1:], strict=False)):
        if a != b:
            yield KINDS[2], with_digits(printed, f"{digits[:i]}{b}{a}{digits[i + 2 :]}")


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
        try:
            sources = self.printing({change.id: change.changed})
            judged = self.judged(sources, [change.id])
        except InputError:
            return replace(change, noticed="arithmetic")
        if any(claim.verdict != self.claims_alone[id_].verdict for id_, claim in judged.items()):
            return replace(change, noticed="arithmetic")
        if self.differs_by_cohorts(sources, [change.id], judged):
            return replace(change, noticed="cohorts")
        return replace(change, noticed="no", reason=self.reason([change.id], judged))

    def printing(self, digits: Mapping[str, str]) -> Sources:
        """What verdicts would rest on if some numbers were printed otherwise, by their ids."""
        changed = {id_: replace(self.numbers[id_], printed=Printed(text)) for id_, text in digits.items()}
        numbers = Transcription([changed.get(id_, number) for id_, number in self.numbers.items()])
        return replace(self.sources, numbers=numbers)

    def judged(self, sources: Sources, changed: Collection[str]) -> dict[str, Claim]:
        """The claims that depend on changed numbers, from other printed numbers alone.

        Raises
        ------
        InputError
            If the audit would refuse the transcription.
        """
        for id_ in changed:
            sources.numbers[id_].check()
        return {id_: sources.judge(id_) for id_ in dict.fromkeys(d for one in changed for d in self.dependents[one])}

    def differs_by_cohorts(self, sources: Sources, changed: Collection[str], judged: Mapping[str, Claim]) -> bool:
        """Whether a verdict of the whole audit is another one, and the one from print alone is not."""
        # A prediction counts only with the digits that its draws were made with.
        drawn_with = not self.drawn_with.isdisjoint(changed)
        if drawn_with:
            sources = replace(sources, withheld=predictions.load(sources.numbers))
        families = {id_ for one in changed for id_ in sources.families[self.numbers[one].same_as or one]}
        affected = judged.keys() | families | (self.withheld_facts if drawn_with else set())
        # The changed numbers first: they are the likeliest to have another verdict.
        return any(
            sources.claim(id_).verdict != self.verdicts[id_]
            and (id_ not in judged or judged[id_].verdict == self.claims_alone[id_].verdict)
            for id_ in sorted(affected, key=lambda id_: id_ not in changed)
        )

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

    def tie(self, changed: Collection[str]) -> str:
        """The strongest tie, one of `TIES`, between numbers that are changed together and any that is not."""
        ties = {TIES[2]}
        for id_ in dict.fromkeys(d for one in changed for d in self.dependents[one]):
            for way in self.sources.ways(id_):
                tied = {id_, *way.ids}
                if not tied.isdisjoint(changed) and not tied.issubset(changed):
                    ties.add(TIES[0] if isinstance(way.method, Derivation) else TIES[1])
        families = self.sources.families
        if any(not set(families[self.numbers[one].same_as or one]).issubset(changed) for one in changed):
            ties.add(TIES[0])
        return min(ties, key=TIES.index)

    def reason(self, changed: Collection[str], judged: Mapping[str, Claim]) -> str:
        """Why other printed numbers do not give a change of these away, from the claims once they are changed."""
        tie = self.tie(changed)
        if tie == TIES[2]:
            return "nothing printed depends on it"
        if tie == TIES[1]:
            return "only limits depend on it, and it keeps to them"
        before = self.claims_alone
        if any(before[id_].verdict == "contradicted" for id_ in judged):
            return "what would show it is contradicted as the paper prints it"
        claims = [judged[id_] for id_ in changed]
        signs = {(claim.number.printed.relation, before[claim.id].number.printed.relation) for claim in claims}
        if {claim.number.statistic for claim in claims} == {"threshold"} and any(now != then for now, then in signs):
            return "the sign of a limit set by the authors is not compared, since words may stand for it"
        if any(now != "=" for now, _ in signs):
            return "as a limit it agrees with what else is printed or computed"
        own = [claim for claim in claims if claim.outcomes]
        if not own:
            return "what is computed from it still prints as it did"
        if len({claim.number.same_as or claim.id for claim in own}) > 1:
            return "what depends on them holds in the other order too"
        if "within-rounding" in (own[0].verdict, before[own[0].id].verdict):
            return "the rounding of what it is computed from allows for it"
        names = {o.name for c in (before[own[0].id], own[0]) for o in c.outcomes if o.agrees == "digits" and o.stated}
        if len(names) > 1:
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
