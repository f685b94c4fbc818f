"""Constants: how many days or months a year has, as in SPSS's date arithmetic, and the 95% normal deviate."""

from __future__ import annotations

MONTHS_PER_YEAR = 12
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
# 97.5% of a standard normal distribution lie below it.
Z95 = 1.959963984540054
