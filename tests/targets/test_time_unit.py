"""Time units: what the analyses see of a day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.targets.assumptions import CHOICES
from analysis_lib.targets.catalogue import LONGEST_FOLLOW_UP_YEARS
from analysis_lib.targets.time_unit import clock, scale

UNITS = CHOICES["time_unit"]
DAYS = st.integers(0, 7000)


def test_days_are_divided_and_months_counted():
    years = {unit: clock(unit).years for unit in UNITS}
    assert years["days/365.25"][1461] == 4.0
    assert years["days/365"][1460] == 4.0
    assert list(years["months"][[30, 31, 60, 61, 365, 366]] * 12) == [0, 1, 1, 2, 11, 12]


@pytest.mark.parametrize("unit", UNITS)
def test_no_unit_sees_a_patient_longer_than_the_study_lasted(unit):
    assert LONGEST_FOLLOW_UP_YEARS - 1 / 12 - 1e-9 < clock(unit).years[-1] <= LONGEST_FOLLOW_UP_YEARS


@pytest.mark.parametrize(
    ("unit", "days_per_year", "last_day", "step", "apart"),
    [
        ("days/365.25", 365.25, 7426, 1, 0.5),
        ("days/365", 365.0, 7421, 1, 0.5),
        ("months", 365.25, 7426, 30.4375, 30.9375),
    ],
)
def test_a_unit_has_its_length_its_last_day_and_its_step(unit, days_per_year, last_day, step, apart):
    assert clock(unit).days_per_year == days_per_year
    assert clock(unit).years.size == last_day + 1
    assert scale(unit) == (days_per_year, step, apart)


@pytest.mark.parametrize("unit", UNITS)
def test_the_first_day_is_seen_as_the_day_is_and_the_day_before_is_not(unit):
    chosen = clock(unit)
    day = np.arange(1, chosen.years.size)
    first = chosen.first_days(day)
    assert (chosen.years[first] == chosen.years[day]).all()
    later = first > 0
    assert (chosen.years[first[later] - 1] < chosen.years[day[later]]).all()
    assert (first == day).all() == (unit != "months")


@pytest.mark.parametrize("unit", UNITS)
@given(first=DAYS, second=DAYS)
def test_parts_make_the_whole_and_a_day_more_does_not_but_in_months(unit, first, second):
    years, (year, _, apart) = clock(unit).years, scale(unit)
    if first + second < years.size:
        # Time to surgery is in days whatever the survival analyses saw.
        difference = first + (years[second] - years[first + second]) * year
        assert abs(difference) < apart
        assert (abs(difference + 1) > apart) or unit == "months"
