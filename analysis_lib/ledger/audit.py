"""The audit: a verdict for every printed number, with the reason in plain words.

The verdict compares intervals. A printed number stands for the reals that print so; what is
recomputed is a point (from the digits as printed) and a range (over the rounding of the inputs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from analysis_lib.base import manifest
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ENSEMBLE, EXPECTED
from analysis_lib.ledger import predictions as withholding
from analysis_lib.ledger import recipes
from analysis_lib.ledger.predictions import Prediction, Withheld
from analysis_lib.ledger.recipes import Recipe
from analysis_lib.ledger.verdicts import VERDICTS, Claim, judge, repeated, same_fact, value_text
from analysis_lib.printed import transcription as published
from analysis_lib.printed.csv_table import read_rows
from analysis_lib.printed.transcription import PublishedNumber, Transcription


def met_by_cohorts(folder: Path | str = ENSEMBLE) -> dict[str, str]:
    """The printed digits that every simulated cohort was built to meet, by id.

    They stand in the manifests beside the cohorts. Where there are none, nothing is met.

    Raises
    ------
    InputError
        If a manifest cannot be read.
    """
    met: list[dict[str, str]] = []
    for file in sorted(Path(folder).glob("*.json")):
        expected_form = "an ensemble", "as `reconstruct` writes it"
        found = manifest.read(file, *expected_form).get("met")
        if not isinstance(found, dict) or not all(isinstance(digits, str) for digits in found.values()):
            raise manifest.refuse(file, *expected_form)
        met.append(found)
    return {id_: digits for id_, digits in met[0].items() if all(m.get(id_) == digits for m in met)} if met else {}


def _with_cohorts(
    claim: Claim,
    printings: Sequence[str],
    numbers: Transcription,
    met: Mapping[str, str],
    predictions: Mapping[str, list[Prediction]],
) -> Claim:
    """The claim with what cohorts say of its fact, if they meet these very digits at some printing of it.

    Of what was withheld the largest set counts, where least was left to give the number away.
    """
    found = next((several[-1] for id_ in printings if (several := predictions.get(id_))), None)
    withheld = found.beside(claim.number, numbers) if found else None
    claim = replace(claim, withheld=withheld)
    as_printed = (numbers[id_] for id_ in printings if met.get(id_) == numbers[id_].printed.text)
    if claim.verdict != "unchecked" or not any(same_fact(n, claim.number) for n in as_printed):
        return claim
    if not withheld:
        return replace(
            claim, verdict="attainable", reason=f"Every simulated cohort was built to meet it. {claim.reason}"
        )
    verdict = "foretold" if withheld.holds and withheld.informative else "attainable"
    return replace(claim, verdict=verdict, reason=_of_withheld(claim.number, withheld))


def _of_withheld(number: PublishedNumber, one: Withheld) -> str:
    """What became of a number that was withheld, and what that is worth."""
    if one.undefined == one.draws:
        return f"Every simulated cohort was built to meet it; withheld ({one.title}), it was not defined in any draw."
    low, high = value_text(one.low, number), value_text(one.high, number)
    missing = f", undefined in {one.undefined}" if one.undefined else ""
    came = f"Withheld from the search ({one.title}), it came out between {low} and {high} in 9 of 10 draws "
    came += f"({one.draws} in all{missing}). The printed {number.printed} lies"
    if not one.holds:
        return f"{came} outside: that it can be met is all that cohorts show."
    if one.informative:
        return f"{came} inside, and the range is narrow enough to have missed it."
    return f"{came} inside, but so would many other values, so this tests little."


@dataclass(frozen=True)
class Sources:
    """All that verdicts rest on.

    Parameters
    ----------
    numbers, known
        The transcription, and the recipes by the id that they are for.
    met, withheld
        As `met_by_cohorts` and `withholding.load` give them.
    """

    numbers: Transcription
    known: Mapping[str, list[Recipe]]
    met: Mapping[str, str]
    withheld: Mapping[str, list[Prediction]]

    @cached_property
    def families(self) -> dict[str, list[str]]:
        """All printings of each fact, by the id of the first."""
        families: dict[str, list[str]] = {}
        for number in self.numbers.values():
            families.setdefault(number.same_as or number.id, []).append(number.id)
        return families

    def ways(self, id_: str) -> list[Recipe]:
        """The recipes of a number, or those of the first printing of the same fact."""
        return self.known.get(id_) or self.known.get(self.numbers[id_].same_as, [])

    def judge(self, id_: str) -> Claim:
        """The verdict on a number from other printed numbers alone."""
        first = self._repeated(id_)
        return repeated(self.numbers[id_], self.judge(first)) if first else self._alone(id_)

    def _alone(self, id_: str) -> Claim:
        return judge(self.numbers[id_], self.ways(id_), self.numbers)

    def _repeated(self, id_: str) -> str:
        """The id of the first printing of the same fact, if it has the same digits; else blank."""
        first = self.numbers[id_].same_as
        return first if first and self.numbers[first].printed == self.numbers[id_].printed else ""

    def claim(self, id_: str) -> Claim:
        """The verdict on a number, with what cohorts say of it."""
        if first := self._repeated(id_):
            return repeated(self.numbers[id_], self.claim(first))
        printings = self.families[self.numbers[id_].same_as or id_]
        return _with_cohorts(self._alone(id_), printings, self.numbers, self.met, self.withheld)


def audit(
    numbers: Path | str = published.NUMBERS,
    recipe_file: Path | str = recipes.RECIPES,
    ensemble: Path | str = ENSEMBLE,
    predictions: Path | str = withholding.PREDICTIONS,
) -> dict[str, Claim]:
    """Every printed number with its verdict, by id, in the order of the transcription.

    Parameters
    ----------
    numbers, recipe_file
        The transcription's folder, and the recipes.
    ensemble, predictions
        Folders of the simulated cohorts' manifests, and of what was withheld.

    Raises
    ------
    InputError
        If the transcription or the recipes are malformed, or a number of the study's own has
        no recipe, neither itself nor at its first printing.

    Examples
    --------
    >>> audit()["table1.sex_male.surgery.percent"].reason
    '12 of 26, in per cent gives 46.15, printed 46.'
    """
    transcription = published.load(numbers)
    known = recipes.load(transcription, recipe_file)
    withheld = withholding.load(transcription, predictions)
    sources = Sources(transcription, known, met_by_cohorts(ensemble), withheld)
    for number in transcription.values():
        if number.own and not sources.ways(number.id):
            raise InputError(
                f"{number.id} has no recipe",
                file=number.file,
                row=number.row,
                remedy=f"add a row to {Path(recipe_file).name}, if only to say why it has none",
            )
    return {id_: sources.claim(id_) for id_ in transcription}


def expected(file: Path | str = EXPECTED) -> dict[str, str]:
    """The verdicts that this revision of the book stands by, by id.

    Raises
    ------
    InputError
        If the file is malformed, repeats an id or names an unknown verdict.
    """
    verdicts: dict[str, str] = {}
    for row in read_rows(Path(file), ("id", "verdict")):
        if row["id"] in verdicts:
            raise row.refuse("id", f"{row['id']!r} stands twice")
        if row["verdict"] not in VERDICTS:
            raise row.refuse("verdict", f"{row['verdict']!r} is not a verdict", "one of " + ", ".join(VERDICTS))
        verdicts[row["id"]] = row["verdict"]
    return verdicts


def deviations(claims: dict[str, Claim], verdicts: dict[str, str]) -> list[str]:
    """One line for each number whose verdict is not the expected one."""
    lines = []
    for id_ in dict.fromkeys([*claims, *verdicts]):
        if id_ not in claims:
            lines.append(f"{id_}: expected {verdicts[id_]}, but it is not in the transcription")
        elif id_ not in verdicts:
            lines.append(f"{id_}: {claims[id_].verdict}, but no verdict is expected of it")
        elif claims[id_].verdict != verdicts[id_]:
            lines.append(f"{id_}: expected {verdicts[id_]}, got {claims[id_].verdict}. {claims[id_].reason}")
    return lines
