"""Benchmark of the audit: which seeded errors it notices, and which ones other tools do.

An error is noticed if the audit refuses the transcription, contradicts a number that it did not contradict
before, or gives a worse verdict. What only the simulated cohorts give away is counted apart: these were built
to the digits as they stand, and a reader of another paper has no such digits.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from analysis_lib.base import parallel
from analysis_lib.base.atomic import beside
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import recipes
from analysis_lib.ledger.audit import Sources
from analysis_lib.ledger.baselines import SUMS, Baselines
from analysis_lib.ledger.perturbation import Perturbation
from analysis_lib.ledger.seeded_errors import MOST, ROW_LOST, ROW_TWICE, SeededError, seeded
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.printed import transcription
from analysis_lib.printed.csv_table import read_rows

FOLDER = ROOT / "data" / "benchmark"
ERRORS, ROUNDINGS = FOLDER / "errors.csv", FOLDER / "roundings.csv"
# What the audit makes of an error, in the order in which it is asked: the transcription is refused; a number is
# contradicted that was not before; a verdict is worse; only because the simulated cohorts were built to other digits.
NOTICED = ("refused", "contradicted", "worse")
AUDIT = (*NOTICED, "cohorts", "no")
# Ways to print what is known exactly, none of which is an error.
HALF, MORE, FEWER = "half rounded the other way", "a decimal more", "a decimal fewer"
EVERYWHERE = ", wherever it can be"
_DECIMALS = {HALF: 0, MORE: 1, FEWER: -1}


@dataclass(frozen=True)
class Result:
    """One error, or one admissible way to print a number, with what came of it.

    Parameters
    ----------
    kind
        One of `seeded_errors.KINDS`, or one of the ways above.
    where
        The section of the paper in which the first changed number stands.
    ids, printed, changed
        Of the changed numbers, separated by blanks; `changed` is blank for rows lost or printed twice.
    tie
        What connects them with the rest, one of `perturbation.TIES`.
    audit
        One of `AUDIT`.
    reason
        Why print does not give it away, if it does not.
    others
        The tools of `baselines.TOOLS` that raise an alarm, separated by semicolons.
    """

    kind: str
    where: str
    ids: str
    printed: str
    changed: str
    tie: str
    audit: str
    reason: str = ""
    others: str = ""


def _agreement(claim: Claim) -> int:
    """How far what is recomputed is from the digits: 0 gives them, 1 within rounding, 2 by another method."""
    agreeing = [o for o in claim.outcomes if o.agrees != "no"]
    return min((2 if not o.stated else int(o.agrees == "rounding") for o in agreeing), default=0)


class Benchmark:
    """The audit and the baselines, asked of one error after another."""

    def __init__(self) -> None:
        self.trial = Perturbation()
        self.baselines = Baselines(self.trial.sources)

    def result(self, error: SeededError) -> Result:
        """What comes of an error."""
        numbers, ids = self.trial.numbers, error.digits.keys()
        if error.kind in (ROW_LOST, ROW_TWICE):
            audit, reason = self._rows(error)
            others = {SUMS} if self.baselines.miscounts(numbers, ids) else set()
        else:
            audit, reason, others = self._digits(error.digits)
        return Result(
            error.kind,
            numbers[next(iter(ids))].where,
            " ".join(ids),
            " ".join(numbers[id_].printed.text for id_ in ids),
            " ".join(error.digits.values()).strip(),
            self.trial.tie(ids),
            audit,
            reason,
            "; ".join(sorted(others)),
        )

    def _digits(self, digits: Mapping[str, str]) -> tuple[str, str, set[str]]:
        sources = self.trial.printing(digits)
        others = self.baselines.alarms(sources, digits)
        try:
            judged = self.trial.judged(sources, digits)
        except InputError:
            return "refused", "", others
        audit = self._noticed(judged)
        if audit:
            return audit, "", others
        audit = "cohorts" if self.trial.differs_by_cohorts(sources, digits, judged) else "no"
        return audit, self.trial.reason(digits, judged), others

    def _noticed(self, judged: Mapping[str, Claim]) -> str:
        """How claims show an error, one of `NOTICED`; blank if they do not."""
        before = self.trial.claims_alone
        sound = [(claim, before[id_]) for id_, claim in judged.items() if before[id_].verdict != "contradicted"]
        if any(now.verdict == "contradicted" for now, _ in sound):
            return "contradicted"
        return "worse" if any(_agreement(now) > _agreement(then) for now, then in sound) else ""

    def _rows(self, error: SeededError) -> tuple[str, str]:
        """What the audit makes of a transcription in whose files rows are lost or stand twice."""
        with tempfile.TemporaryDirectory() as name:
            for file in transcription.NUMBERS.glob("*.csv"):
                with file.open(encoding="utf-8", newline="") as stream:
                    lines = list(csv.reader(stream))
                place, times = lines[0].index("id"), 0 if error.kind == ROW_LOST else 2
                lines = [line for line in lines for _ in range(times if line[place] in error.digits else 1)]
                with (Path(name) / file.name).open("w", encoding="utf-8", newline="") as stream:
                    csv.writer(stream).writerows(lines)
            try:
                numbers = transcription.load(name)
                known = recipes.load(numbers)
            except InputError:
                return "refused", ""
        sources = Sources(numbers, known, self.trial.sources.met, self.trial.sources.withheld)
        dependents = {id_ for one in error.digits for id_ in self.trial.dependents[one] if id_ in numbers}
        noticed = self._noticed({id_: sources.judge(id_) for id_ in dependents})
        return noticed or "no", "" if noticed else "later printings are lost, and nothing else needs them"

    def reprinted(self) -> Iterator[SeededError]:
        """Numbers printed otherwise without an error: what they should be is known exactly and rounded admissibly.

        First each number by itself, then all at once.
        """
        for kind in _DECIMALS:
            every = {id_: text for id_ in self.trial.numbers if (text := self._rounded(id_, kind))}
            yield from (SeededError(kind, {id_: text}) for id_, text in every.items())
            if every:
                yield SeededError(kind + EVERYWHERE, every)

    def _rounded(self, id_: str, kind: str) -> str:
        """Other digits for a number that is known exactly; blank if there are none."""
        claim = self.trial.claims_alone[id_]
        number, value, span = claim.number, claim.recomputed, claim.bounds
        if value is None or span is None or span.low != span.high or claim.verdict == "contradicted":
            return ""
        decimals = number.printed.decimals + _DECIMALS[kind]
        if number.exact or number.printed.relation != "=" or decimals < 0:
            return ""
        # Twelve digits, so that the error of floating-point arithmetic does not turn a half.
        known, unit = Decimal(f"{value:.12g}"), Decimal(1).scaleb(-decimals)
        rounded = {str(known.quantize(unit, rounding=rule)) for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
        return min(rounded - {number.printed.text}, default="")


@cache
def _benchmark() -> Benchmark:
    """The benchmark of this process."""
    return Benchmark()


def _result(item: tuple[int, SeededError]) -> Result:
    return _benchmark().result(item[1])


def run(most: int = MOST, jobs: int = 1, scheduler: str = "") -> tuple[list[Result], list[Result]]:
    """What comes of seeded errors, at most so many of a kind, and of numbers printed otherwise and rightly.

    ``jobs`` and ``scheduler`` are those of :func:`parallel.each`.
    """
    errors = seeded(_benchmark().trial.numbers, most)
    items = list(enumerate([*errors, *_benchmark().reprinted()]))
    found = {item[0]: result for item, result in parallel.each(_result, items, jobs, scheduler)}
    results = [found[place] for place, _ in items]
    return results[: len(errors)], results[len(errors) :]


def write(results: Iterable[Result], file: Path) -> None:
    """Write results as CSV."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with beside(file) as path, path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Result)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(result) for result in results)


def load(file: Path = ERRORS) -> list[Result]:
    """Results as written.

    Raises
    ------
    InputError
        If the file is missing or malformed.
    """
    columns = tuple(field.name for field in fields(Result))
    return [Result(**row.cells) for row in read_rows(file, columns)]
