"""Limits that nobody printed, within which times are pushed, and which of the narrower ones a cohort goes beyond."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.reconstruction.base_measure import BaseMeasure

_NARROW_FIRST_END, _NARROW_LAST_SURGERY = 270, 1300
# The widest of the family that the ensemble's base measures are of, but that follow-up leaves room for four cycles.
_FIRST_END, _FIRST_SURGERY, _LAST_SURGERY = 210, 168, 3000
#: By name, what the narrower limits exclude, and the words for it.
NEEDS = {
    "early_death": f"a death before day {_NARROW_FIRST_END} beside that of sepsis and that of the operation",
    "early_loss": f"somebody who left before day {_NARROW_FIRST_END}",
    "late_surgery": f"an operation after day {_NARROW_LAST_SURGERY:,}",
    "progression_before_surgery": "progression before surgery where disease was left",
}


def measure(drawn: BaseMeasure, narrow: bool) -> BaseMeasure:
    """A base measure with the narrower limits, or with the widest."""
    first_end, last_surgery = (_NARROW_FIRST_END, _NARROW_LAST_SURGERY) if narrow else (_FIRST_END, _LAST_SURGERY)
    return replace(
        drawn,
        earliest_day=first_end,
        earliest_surgery_day=_FIRST_SURGERY,
        latest_surgery_day=last_surgery,
        progression_before_surgery=not narrow,
    )


def needs(patients: pd.DataFrame) -> pd.DataFrame:
    """Which of :data:`NEEDS` each cohort has; a row a cohort, a column a need."""
    end, surgery = patients["os_years"] * DAYS_PER_YEAR, patients["months_to_surgery"] * DAYS_PER_MONTH
    early = end < _NARROW_FIRST_END - 0.5
    died = (patients["os_event"] == 1) & ~patients["cause_of_death"].isin(["sepsis", "postoperative"])
    progressed = patients["progression"].notna() & (patients["pfs_years"] * DAYS_PER_YEAR < surgery)
    left = patients["os_event"] == 0
    late = surgery > _NARROW_LAST_SURGERY + 0.5
    found = dict(zip(NEEDS, (early & died, early & left, late, progressed), strict=True))
    return pd.DataFrame(found).groupby(patients["cohort"]).any()


def described(row: pd.Series) -> str:
    """The needs of a cohort in one cell, blank without any."""
    return " ".join(np.array(list(NEEDS))[row[list(NEEDS)].to_numpy(bool)])
