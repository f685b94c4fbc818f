"""Time units: how days become the years of the survival analyses, by the assumption ``time_unit``.

The search moves whole days. What the analyses see is looked up in a table, so that one search serves
every unit: days divided by the length of a year, or whole months as a chart records them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.cohort.plausibility import WHOLE_DAYS, TimeScale
from analysis_lib.targets.catalogue import LONGEST_FOLLOW_UP_YEARS


class Clock(NamedTuple):
    """A time unit.

    ``years`` has, by day, the years that the analyses see, up to the longest possible follow-up;
    ``days_per_year`` is about the inverse, where a search aims at a printed time.
    """

    years: np.ndarray
    days_per_year: float

    def first_days(self, day: np.ndarray) -> np.ndarray:
        """The first day that is seen as each of ``day`` is: the day itself, or the first of its month."""
        return np.searchsorted(self.years, self.years[day])


def clock(time_unit: str) -> Clock:
    """The clock of an assumed time unit, one of ``assumptions.CHOICES``.

    ``days/365.25`` and ``days/365`` are divisions; ``months`` are completed months of a year's twelfth.
    """
    days = np.arange(int(LONGEST_FOLLOW_UP_YEARS * DAYS_PER_YEAR) + 1)
    if time_unit == "months":
        return Clock(np.floor(days / DAYS_PER_MONTH) / 12, DAYS_PER_YEAR)
    days_per_year = {"days/365.25": DAYS_PER_YEAR, "days/365": 365.0}[time_unit]
    years = days / days_per_year
    return Clock(years[years <= LONGEST_FOLLOW_UP_YEARS], days_per_year)


def scale(time_unit: str) -> TimeScale:
    """What times in the unit are made of, by which a duration is compared with the sum of its parts.

    Parts in completed months fall short of the whole by up to a month.
    """
    if time_unit == "months":
        return TimeScale(step=DAYS_PER_MONTH, apart=DAYS_PER_MONTH + WHOLE_DAYS.apart)
    return TimeScale(year=clock(time_unit).days_per_year)
