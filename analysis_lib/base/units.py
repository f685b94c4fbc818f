"""Units of time: how many days or months a year has, here and in SPSS's date arithmetic."""

from __future__ import annotations

MONTHS_PER_YEAR = 12


DAYS_PER_YEAR = 365.25


DAYS_PER_MONTH = DAYS_PER_YEAR / 12
