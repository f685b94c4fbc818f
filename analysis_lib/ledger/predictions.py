"""Predictions: the values of a printed number in cohorts that were searched without it.

Reads what ``reconstruction.studies.holdout`` has written: for each set of numbers withheld together,
and each censoring assumption, the values that came out.

A test that could not have failed shows nothing, so a prediction counts as *informative* only if its
range, the middle 90% of the values, was narrow enough to have missed the printed number. What is
narrow is measured by how far the number could have been elsewhere had the same study been done on
other patients: an estimate and its limits, over its own printed 95% interval (of a ratio, of its
logarithm); a p value, from 0 to 1, where it is spread evenly if groups do not differ. The range may
take up at most a fifth of that. Then a number that had nothing to do with the rest, and lay there
anywhere, would have been missed four times of five: the power of 80% that a trial is planned for.
Where no interval is printed, nothing tells how far the number could have been, and no prediction of
it is informative. Nor is one where the statistic is undefined in more than a tenth of the draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from analysis_lib.base import manifest
from analysis_lib.base.paths import ROOT
from analysis_lib.printed.csv_table import read_rows
from analysis_lib.printed.number import Interval
from analysis_lib.printed.transcription import PublishedNumber, Transcription

PREDICTIONS = ROOT / "data" / "predictions"
COLUMNS = ("set", "id", "scheme", "values")
# Of the values, between which the middle 90% lie.
SHARES = (5, 50, 95)
# Of the range in which a number could have been, at most what an informative prediction takes up.
NARROW = 0.2
# Of the draws, those in which the statistic must be defined.
_DEFINED = 0.9
_REMEDY = "run `make predictions`"


@dataclass(frozen=True)
class Withheld:
    """What came out of a number that was withheld, beside what is printed.

    Parameters
    ----------
    title
        Of what was withheld with it.
    low, middle, high
        Fifth percentile, median and 95th of the values; NaN if there is none.
    draws, undefined
        How many draws there are, and in how many of them the statistic is not defined.
    percentile
        At which the printed number lies.
    holds, informative
        Whether the middle 90% of the values has it, and was narrow enough to have missed it.
    """

    title: str
    low: float
    middle: float
    high: float
    draws: int
    undefined: int
    percentile: float
    holds: bool
    informative: bool

    def as_dict(self) -> dict[str, float | int | bool | None]:
        """As ``audit --json`` writes it."""
        ends = {name: finite(getattr(self, name)) for name in ("low", "middle", "high", "percentile")}
        return {**ends, "draws": self.draws, "informative": self.informative}


def finite(value: float) -> float | None:
    """The value, or None where JSON has no number for it."""
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Prediction:
    """One number, withheld in one set.

    Parameters
    ----------
    id
        Of the number.
    set, title
        Of what was withheld with it.
    withheld
        Ids of all printed numbers of the set.
    values
        By scheme, shape (draws,): what came out, NaN where the statistic was not defined.
    """

    id: str
    set: str
    title: str
    withheld: tuple[str, ...]
    values: Mapping[str, np.ndarray]

    @cached_property
    def pooled(self) -> np.ndarray:
        """The values of all schemes that are defined."""
        values = np.concatenate(list(self.values.values()))
        return values[~np.isnan(values)]

    @property
    def draws(self) -> int:
        """How many draws there are of all schemes, those included in which the number is not defined."""
        return sum(values.size for values in self.values.values())

    @cached_property
    def quantiles(self) -> tuple[float, float, float]:
        """Fifth percentile, median and 95th of the values that are defined; NaN if there is none."""
        if not self.pooled.size:
            return math.nan, math.nan, math.nan
        low, middle, high = np.percentile(self.pooled, SHARES, method="weibull")
        return float(low), float(middle), float(high)

    def percentile(self, printed: Interval) -> float:
        """Share of the values, in per cent, below what is printed; those that print alike count half."""
        values = self.pooled
        if not values.size:
            return math.nan
        low, high = printed.low, printed.high
        return float(100 * ((values < low).mean() + ((values >= low) & (values <= high)).mean() / 2))

    def holds(self, printed: Interval) -> bool:
        """Whether the middle 90% of the values have a point in common with what is printed."""
        low, _, high = self.quantiles
        return not math.isnan(low) and Interval(low, high).meets(printed)

    def is_informative(self, numbers: Transcription) -> bool:
        """Whether the middle 90% was narrow enough to have missed the number, as described above."""
        low, _, high = self.quantiles
        conceivable = _conceivable(numbers, numbers[self.id])
        if conceivable is None or not self.pooled.size >= _DEFINED * self.draws:
            return False
        least, most, scale = conceivable
        return scale(high) - scale(low) <= NARROW * (scale(most) - scale(least))

    def beside(self, number: PublishedNumber, numbers: Transcription) -> Withheld:
        """What came out, beside one printing of the number."""
        percentile, holds = self.percentile(number.interval), self.holds(number.interval)
        undefined, informative = self.draws - self.pooled.size, self.is_informative(numbers)
        return Withheld(self.title, *self.quantiles, self.draws, undefined, percentile, holds, informative)


def _conceivable(
    numbers: Transcription, number: PublishedNumber
) -> tuple[float, float, Callable[[float], float]] | None:
    """In what range a number could have been, and on which scale it is measured; None if nothing printed tells."""
    if number.statistic == "p":
        return 0.0, 1.0, float
    stem = number.id.rpartition(".")[0]
    if not all(f"{stem}.{end}" in numbers for end in ("ci_lo", "ci_hi")):
        return None
    low, high = (numbers.value(f"{stem}.{end}") for end in ("ci_lo", "ci_hi"))
    ratio = any(f"{stem}.{kind}" in numbers for kind in ("hr", "or"))
    return low, high, _log if ratio else float


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def drawn_with() -> set[str]:
    """Ids of all numbers whose digits the draws were made with; none without the folder."""
    file = PREDICTIONS / "predictions.json"
    return set(manifest.read(file, "predictions", _REMEDY)["printed"]) if file.exists() else set()


def load(numbers: Transcription, folder: Path | str = PREDICTIONS) -> dict[str, list[Prediction]]:
    """The predictions that go with a transcription, by id: smallest set of withheld numbers first.

    A set counts only if the numbers that held its draws, and those withheld, are printed in
    ``numbers`` as they were when it was drawn. Without the folder there are none.

    Raises
    ------
    InputError
        If a file there is not as it was written.
    """
    file, manifest_file = (Path(folder) / f"predictions.{suffix}" for suffix in ("csv", "json"))
    if not manifest_file.exists():
        return {}
    expected_form = "predictions", _REMEDY
    content = manifest.read(manifest_file, *expected_form)
    try:
        printed, sets = content["printed"], content["sets"]
        titles = {name: one["title"] for name, one in sets.items()}
        withheld = {name: tuple(one["withheld"]) for name, one in sets.items()}
        used = {name: (*one["withheld"], *one["kept"]) for name, one in sets.items()}
        as_drawn = {id_ for id_, digits in printed.items() if id_ in numbers and numbers[id_].printed.text == digits}
        sound = {name for name, ids in used.items() if as_drawn.issuperset(ids)}
    except (KeyError, TypeError, AttributeError):
        raise manifest.refuse(manifest_file, *expected_form) from None
    values: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for row in read_rows(file, COLUMNS):
        try:
            found = np.array([float(value) for value in row["values"].split()])
        except ValueError:
            raise row.refuse("values", "are not numbers", _REMEDY) from None
        if row["set"] not in sets:
            raise row.refuse("set", f"{row['set']!r} is not in the manifest", _REMEDY)
        values.setdefault((row["set"], row["id"]), {})[row["scheme"]] = found
    predictions: dict[str, list[Prediction]] = {}
    for (name, id_), by_scheme in values.items():
        if name in sound:
            one = Prediction(id_, name, titles[name], withheld[name], by_scheme)
            predictions.setdefault(id_, []).append(one)
    for several in predictions.values():
        several.sort(key=lambda one: len(one.withheld))
    return predictions
