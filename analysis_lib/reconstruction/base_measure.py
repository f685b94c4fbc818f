"""Base measures: where times would lie if no printed number held them, drawn anew for each cohort.

No printed number says how follow-up ended, nor how hazards changed over the years. One guess would decide what all
cohorts say of the unprinted; a family of guesses, from the end of the study to losses on the way, keeps it open.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis_lib.targets.catalogue import LONGEST_FOLLOW_UP_YEARS

DESCRIPTIONS = {
    "A": "follow-up ends mainly with the study: patients admitted from 2000 to 2019, survivors followed to April 2020",
    "B": "follow-up ends mainly by losses on the way",
}
# Four cycles at the shortest interval of six weeks, and the first scan six weeks after the last.
FIRST_SCAN_DAY = 168


@dataclass(frozen=True)
class BaseMeasure:
    """A base measure, and limits that no printed number gives.

    Attributes
    ----------
    dropout : float
        Rate of losses, a year.
    accrual : float
        Change of the rate of admission, a year, as a logarithm: below 0 most patients came early.
    death_shape, death_median : float
        Of a Weibull distribution of deaths; years.
    progression_rate : float
        Of an exponential distribution of progressions, a year.
    earliest_day : int
        Of a death or an end of follow-up, but for the death after the first cycle: 48 patients have an evaluated
        response, so that they lived to the first scan.
    earliest_surgery_day, latest_surgery_day : int
        Surgery comes after that scan; printed are quartiles only.
    progression_before_surgery : bool
        Whether those with disease left after surgery may have progressed before it.
    """

    dropout: float
    accrual: float
    death_shape: float
    death_median: float
    progression_rate: float
    earliest_day: int
    earliest_surgery_day: int
    latest_surgery_day: int
    progression_before_surgery: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> BaseMeasure:
        """A new one."""
        lost = rng.random() < 0.5
        uniform = lambda low, high: math.exp(rng.uniform(math.log(low), math.log(high)))  # noqa: E731
        return cls(
            dropout=uniform(0.05, 0.4) if lost else 0.0,
            accrual=rng.uniform(-0.15, 0.15),
            death_shape=uniform(0.6, 1.8),
            death_median=uniform(4, 16),
            progression_rate=uniform(1 / 16, 1 / 2),
            earliest_day=int(rng.integers(FIRST_SCAN_DAY, 366)),
            earliest_surgery_day=int(rng.integers(FIRST_SCAN_DAY, 241)),
            latest_surgery_day=round(uniform(800, 3000)),
            progression_before_surgery=bool(rng.random() < 0.5),
        )

    @property
    def name(self) -> str:
        """``A`` or ``B``, one of :data:`DESCRIPTIONS`."""
        return "B" if self.dropout > 0 else "A"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def log_density(self) -> np.ndarray:
        """Shape (2, years): of last follow-up and of death, by year."""
        years = np.arange(math.ceil(LONGEST_FOLLOW_UP_YEARS) + 1) + 0.5
        scale = self.death_median / math.log(2) ** (1 / self.death_shape)
        rows = np.empty((2, years.size))
        # One by one: NumPy's own logarithm of an array differs with the processor in the last bit.
        for k, year in enumerate(years.tolist()):
            hazard = (year / scale) ** self.death_shape
            left = max(1 - year / (LONGEST_FOLLOW_UP_YEARS + 0.5), 0.02)
            # Whoever is followed for long was admitted early.
            rows[0, k] = -self.dropout * year - self.accrual * year - hazard
            rows[1, k] = math.log(left) + (self.death_shape - 1) * math.log(year) - hazard - self.dropout * year
        return rows


