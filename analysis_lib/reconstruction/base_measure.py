"""Base measures: where times of death, last follow-up and progression would lie if no printed number held them.

The paper prints neither a curve nor why follow-up ended. Each start of the search draws one base measure
from a family that is wide enough to hold what studies of this kind look like.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis_lib.targets.catalogue import LONGEST_FOLLOW_UP_YEARS

#: Censoring assumptions, by the reason for which most survivors' follow-up ends.
DESCRIPTIONS = {
    "A": "follow-up ends mainly with the study (administrative censoring)",
    "B": "follow-up ends mainly by dropout",
}
# The first scan is six weeks after the last of four cycles, six weeks apart.
_FIRST_RESPONSE_DAY = 168
# Of the study's time. Accrual stopped shortly before the last follow-up.
_LEAST_SHARE_LEFT = 0.02


@dataclass(frozen=True)
class BaseMeasure:
    """Density of the times that a search starts from and is drawn to, and the limits that nobody printed.

    Attributes
    ----------
    accrual : float
        Patients admitted by a share x of the study's time: x to this power. 1 is even accrual,
        less is early, more is late.
    dropout_rate : float
        Hazard of loss to follow-up, a year, constant.
    death_shape, median_survival : float
        Of a Weibull distribution; shape 1 is a constant hazard, less a falling one. Years.
    progression_rate : float
        Of an exponential distribution of times of progression, a year; 0 is flat.
    earliest_day : int
        Nobody but the sepsis patient dies or leaves before. 48 patients have an evaluated response.
    earliest_surgery_day, latest_surgery_day : int
        Surgery follows the evaluated response. The paper prints quartiles, and no extremes.
    progression_before_surgery : bool
        Whether patients with disease left after surgery may have progressed before it. The others
        were free of disease afterwards, so that what the paper counts of them is recurrence.
    """

    accrual: float
    dropout_rate: float
    death_shape: float
    median_survival: float
    progression_rate: float
    earliest_day: int
    earliest_surgery_day: int
    latest_surgery_day: int
    progression_before_surgery: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> BaseMeasure:
        """A base measure of the family, at random."""
        return cls(
            accrual=_log_uniform(rng, 1 / 2, 2),
            dropout_rate=_log_uniform(rng, 1 / 100, 1 / 3),
            death_shape=_log_uniform(rng, 1 / 2, 2),
            median_survival=_log_uniform(rng, 2, 20),
            progression_rate=float(rng.uniform(0, 1 / 2)),
            earliest_day=int(rng.integers(_FIRST_RESPONSE_DAY, 366)),
            earliest_surgery_day=int(rng.integers(_FIRST_RESPONSE_DAY, 241)),
            latest_surgery_day=int(rng.integers(800, 3001)),
            progression_before_surgery=bool(rng.random() < 1 / 2),
        )

    @property
    def name(self) -> str:
        """Censoring assumption, one of :data:`DESCRIPTIONS`."""
        dropout = administrative = 0.0
        for year in _midpoints():
            followed = self._followed(year)
            dropout += followed * self.dropout_rate
            administrative += followed * self._end_of_study_rate(year)
        return "A" if administrative >= dropout else "B"

    def log_density(self) -> np.ndarray:
        """Log density, shape (2, years): of last follow-up and of death, by year, up to a constant for each."""
        # One by one: NumPy's own logarithm of an array differs with the processor in the last bit.
        rows = []
        for year in _midpoints():
            cumulative_hazard = math.log(2) * self._relative_hazard(year)
            followed = math.log(self._followed(year))
            ended = math.log(self.dropout_rate + self._end_of_study_rate(year))
            hazard = math.log(self.death_shape * cumulative_hazard / year)
            rows.append((followed + ended - cumulative_hazard, followed + hazard - cumulative_hazard))
        return np.array(rows).T.copy()

    def _relative_hazard(self, year: float) -> float:
        """Cumulative hazard of death, 1 at the median survival."""
        return math.exp(self.death_shape * math.log(year / self.median_survival))

    def _followed(self, year: float) -> float:
        """Share still under follow-up, but for deaths."""
        return math.exp(self.accrual * math.log(_share_left(year)) - self.dropout_rate * year)

    def _end_of_study_rate(self, year: float) -> float:
        """Hazard of administrative censoring."""
        return self.accrual / (_share_left(year) * LONGEST_FOLLOW_UP_YEARS)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return low * math.exp(rng.random() * math.log(high / low))


def _midpoints() -> list[float]:
    return [k + 0.5 for k in range(math.ceil(LONGEST_FOLLOW_UP_YEARS) + 1)]


def _share_left(year: float) -> float:
    """Share of the study's time before the last day on which a patient could enter and be followed so long."""
    return max(1 - year / LONGEST_FOLLOW_UP_YEARS, _LEAST_SHARE_LEFT)
