"""Conclusions: what the paper concludes, and whether published numbers settle it, leave it open, or it resisted attack.

The list is data (``data/conclusions.csv``). Its verdicts are computed here, and the file must agree: a settled one
comes from ``settled_survival`` or ``settled_response``, any other from the extremes of a quantity in simulated cohorts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.errors import InputError, nearest
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import settled_response, settled_survival
from analysis_lib.printed.csv_table import Row, read_rows
from analysis_lib.printed.transcription import Transcription

SETTLED = settled_survival.SETTLED | settled_response.SETTLED
FILE = ROOT / "data" / "conclusions.csv"
COLUMNS = ("id", "claim", "whose", "rests_on", "verdict", "page")
WHOSE = {
    "authors": "the authors say so",
    "needed": "the authors' conclusion needs it",
    "reader": "a reader might conclude so",
}
VERDICTS = {
    "settled-true": "a calculation from published numbers shows that it holds, whatever their rounding",
    "settled-false": "a calculation from published numbers shows that it fails, whatever their rounding",
    "open": "two simulated cohorts meet every published number, and it holds in one and fails in the other",
    "resisted": "a search for the opposite failed, which is no proof",
}


@dataclass(frozen=True)
class Extremes:
    """The least and the greatest value of a quantity over simulated cohorts that meet every published number.

    ``searched`` says in words how they were sought, ``witnesses`` which cohorts reach them.
    ``narrow`` are the extremes within the search's narrower limits on unpublished dates, if it went beyond them.
    """

    low: float
    high: float
    searched: str
    witnesses: str = ""
    narrow: tuple[float, float] | None = None


@dataclass(frozen=True)
class Statement:
    """A conclusion that holds where a quantity of the patients is below a limit, or above it.

    ``words`` says what the quantity is, for a sentence that goes on with its extremes in the format ``form``;
    ``{limit}`` in it stands for the limit. ``note`` says what to think of the extremes.
    """

    quantity: str
    words: str
    limit: Callable[[Transcription], float] = lambda numbers: 1.0
    above: bool = False
    form: str = "{:.2f}"
    note: str = ""

    def judge(self, numbers: Transcription, extremes: Extremes) -> tuple[str, str]:
        """Verdict and reason: open if the limit lies between the extremes, resisted if it holds at both.

        Raises
        ------
        ValueError
            If it fails at both: then its opposite is what should be claimed.
        """
        limit = self.limit(numbers)
        words = self.words.format(limit=self.form.format(limit))
        low, high = self._text(extremes.low), self._text(extremes.high)
        holds = [self._holds(end, limit) for end in (extremes.low, extremes.high)]
        if holds[0] != holds[1]:
            why = f"{words} is {low} in one simulated cohort and {high} in another."
            if extremes.narrow and all(self._holds(end, limit) for end in extremes.narrow):
                nearest = self._text(extremes.narrow[0 if self.above else 1])
                why += f" Within narrower limits on dates it came no nearer to {limit:.3g} than {nearest}."
            return "open", f"{why} {self.note}".rstrip()
        if not all(holds):
            raise ValueError(f"holds in no simulated cohort: {self.quantity} is {low} to {high}")
        nearest = low if self.above else high
        return "resisted", f"{words} came no nearer to {limit:.3g} than {nearest}, in {extremes.searched}."

    def _holds(self, value: float, limit: float) -> bool:
        return value > limit if self.above else value < limit

    def _text(self, value: float) -> str:
        return self.form.format(value).replace("-", "−")


def _half_the_effect(numbers: Transcription) -> float:
    """The hazard ratio with half the logarithm of the crude one."""
    return math.sqrt(numbers.value(f"{settled_survival.CRUDE}.hr"))


def _zero(numbers: Transcription) -> float:
    return 0.0


_MEAN_UP_TO = "The surgery group's gain in mean survival up to"
_OVER_TIME = "If surgery counts from the day of the operation on, the"
STATEMENTS: dict[str, Statement] = {
    "conclusion.benefit": Statement(
        "overlap_hr",
        "With patients weighted by the paper's score, most where the groups overlap, the hazard ratio of surgery",
    ),
    "conclusion.early": Statement(
        "early_start_hr",
        "No published number ties the time since diagnosis to survival. The hazard ratio of an early start",
    ),
    "survival.time_dependent": Statement("time_dependent_hr", f"{_OVER_TIME} hazard ratio"),
    "survival.chance": Statement("time_dependent_upper", f"{_OVER_TIME} upper 95% limit of the hazard ratio"),
    "survival.landmark": Statement("landmark_hr_18", "The hazard ratio from then on"),
    "survival.pfs_time_dependent": Statement("time_dependent_hr_pfs", f"{_OVER_TIME} hazard ratio"),
    "survival.features": Statement(
        "overlap_hr",
        "Weights from the paper's score take away more than half if they leave a hazard ratio above {limit}. It",
        limit=_half_the_effect,
        above=True,
    ),
    "survival.five_years": Statement(
        "rmst_5y_difference", f"{_MEAN_UP_TO} five years", limit=_zero, above=True, form="{:.1f} years"
    ),
    "survival.within_ten_years": Statement(
        "rmst_10y_difference", f"{_MEAN_UP_TO} ten years", limit=_zero, above=True, form="{:.1f} years"
    ),
    "survival.without_activity": Statement(
        "adjusted_hr_without_activity", "With a score of the three other variables, the adjusted hazard ratio"
    ),
    "prrt.shrinkage": Statement(
        "shrinkage_difference",
        "The difference between the groups' mean decreases, in percentage points,",
        limit=_zero,
        above=True,
        form="{:.0f}",
    ),
    "prrt.improved": Statement(
        "without_improvement",
        "The number of patients who had surgery without any such improvement",
        form="{:.0f}",
        note="The published counts alone allow more.",
    ),
    "prrt.beyond_180_chance": Statement(
        "beyond_180_p",
        "The exact p value",
        limit=lambda numbers: numbers.value("methods.alpha.threshold"),
        form="{:.3f}",
    ),
}


@dataclass(frozen=True)
class Conclusion:
    """One conclusion: what is claimed, on which numbers, the verdict with its reason, and where it is treated.

    ``whose`` it is, is one of :data:`WHOSE`. ``witnesses`` says which cohorts reach farthest, if it is not settled.
    """

    id: str
    claim: str
    whose: str
    rests_on: tuple[str, ...]
    verdict: str
    page: str
    why: str
    witnesses: str = ""


def load(numbers: Transcription, extremes: Mapping[str, Extremes], file: Path | str = FILE) -> list[Conclusion]:
    """Read the conclusions and compute their verdicts.

    Parameters
    ----------
    numbers
        The transcription.
    extremes
        Of each quantity that a statement names.
    file
        As ``data/conclusions.csv``.

    Raises
    ------
    InputError
        At a row that is malformed, or whose verdict is not the computed one.
    """
    found = [_conclusion(row, numbers, extremes) for row in read_rows(Path(file), COLUMNS)]
    ids = [one.id for one in found]
    if missing := (SETTLED.keys() | STATEMENTS.keys()) - set(ids):
        raise InputError(f"lacks the conclusion {min(missing)!r}", file=file, remedy="a row for each")
    if twice := [id_ for id_ in ids if ids.count(id_) > 1]:
        raise InputError(f"has the conclusion {twice[0]!r} twice", file=file, remedy="one row for each")
    return found


def judge(id_: str, numbers: Transcription, extremes: Mapping[str, Extremes]) -> tuple[str, str]:
    """Verdict on a conclusion, and its reason in a sentence or two.

    Raises
    ------
    ValueError
        If the rounding of a published number decides, or a statement holds nowhere.
    """
    if id_ in STATEMENTS:
        statement = STATEMENTS[id_]
        return statement.judge(numbers, extremes[statement.quantity])
    answer = SETTLED[id_](numbers)
    if answer.holds is None:
        raise ValueError("is not settled: the rounding of a published number decides")
    return f"settled-{str(bool(answer.holds)).lower()}", answer.why


def _conclusion(row: Row, numbers: Transcription, extremes: Mapping[str, Extremes]) -> Conclusion:
    id_, ids = row["id"], tuple(row["rests_on"].split())
    if id_ not in SETTLED and id_ not in STATEMENTS:
        raise row.refuse("id", f"nothing computes a verdict on {id_!r}", nearest(id_, [*SETTLED, *STATEMENTS]))
    if row["whose"] not in WHOSE:
        raise row.refuse("whose", f"{row['whose']!r} is unknown", f"one of {', '.join(WHOSE)}")
    for name in ids:
        if name not in numbers:
            raise row.refuse("rests_on", f"{name!r} is not the id of a published number")
    try:
        verdict, why = judge(id_, numbers, extremes)
    except ValueError as error:
        raise row.refuse("verdict", f"{id_} {error}") from None
    if row["verdict"] != verdict:
        problem = f"{id_} is {row['verdict'] or 'blank'} here, and {verdict} by calculation"
        raise row.refuse("verdict", problem, f"write {verdict}, or correct the calculation")
    witnesses = extremes[STATEMENTS[id_].quantity].witnesses if id_ in STATEMENTS else ""
    return Conclusion(id_, row["claim"], row["whose"], ids, verdict, row["page"], why, witnesses)
