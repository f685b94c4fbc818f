"""Cautions about a file that is formally right, and looks as if its author had meant something else.

A unit mistaken throughout a column breaks no rule of form, and every estimate that follows is wrong.
It shows in the sizes of the numbers only, so it is told in words and never mended.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis_lib.cohort.headings import TIMES
from analysis_lib.cohort.mending import LONGEST_YEARS
from analysis_lib.cohort.schema import fields

# Half of any patients die or leave a centre's sight sooner than so many years.
_LONG_MEDIAN_YEARS = 12
# What comes before the end of follow-up, in months: later than half a year, few live for as many years.
_BEFORE_THE_END = ("months_to_surgery", "prrt_months", "months_to_best_response", "months_to_smallest_size")
_HALF_A_YEAR = 6
_LEAST_GBQ_A_CYCLE = 3
_SMALL_MM = 10
# Fewer values than this show no habit of writing.
_SOME = 5
# Patients alike in so many columns are one patient twice, more likely than not.
_ALIKE_IN = 8


def cautions(frame: pd.DataFrame) -> list[str]:
    """What a well-formed cohort holds that is possible and yet makes one look twice, a line each.

    Parameters
    ----------
    frame
        Typed patients in the schema's units; any columns may be missing.
    """
    frame = frame[frame.columns.intersection(list(fields()))]
    return [*unit_traps(frame), *_events_and_groups(frame), *_patients(frame)]


def unit_traps(frame: pd.DataFrame) -> list[str]:
    """Columns whose numbers look as if they had another unit than the schema asks, a line each."""
    return [*_times(frame), *_units(frame)]


def _known(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].dropna() if name in frame else pd.Series(dtype=float)


def _of(count: int, total: int) -> str:
    return f"{count} of {total} patients"


def _times(frame: pd.DataFrame) -> Iterator[str]:
    """Months or days that are given as years."""
    for stem in TIMES:
        name = f"{stem}_years"
        values = _known(frame, name)
        ask = f"are these months? Then name the column {stem}_months, or give time_unit=months"
        if many := int((values > LONGEST_YEARS).sum()):
            yield f"{name} exceeds {LONGEST_YEARS}, the age of PRRT with 177Lu, in {_of(many, len(values))}: {ask}"
        elif len(values) >= _SOME and values.median() > _LONG_MEDIAN_YEARS:
            yield f"{name} exceeds {_LONG_MEDIAN_YEARS} in most patients, which few centres have seen: {ask}"
        elif stem == "os" and len(values) and _outlasts_months(frame):
            yield f"{name} is no less than the months that came before it in nearly all patients: {ask}"
        elif len(values) >= _SOME and (values == values.round()).all() and (values > 0).any():
            yield f"{name} are whole numbers throughout: are they rounded? Months and days count, over 12 or 365.25"


def _outlasts_months(frame: pd.DataFrame) -> bool:
    """Whether ``os_years`` exceeds, as a number, what came before it in months: in years it mostly cannot."""
    before = frame[frame.columns.intersection(_BEFORE_THE_END)]
    before = before.where(before > _HALF_A_YEAR)
    compared = int(before.notna().sum().sum())
    longer = int(before.le(frame["os_years"], axis="index").sum().sum()) if compared else 0
    return compared >= _SOME and longer > 0.9 * compared


def _units(frame: pd.DataFrame) -> Iterator[str]:
    months = _known(frame, "months_to_surgery")
    if len(months) >= _SOME and months.max() < 3:
        yield f"months_to_surgery is {months.max():g} at the most: are these years?"
    for name in ("tumour_size_mm", "tumour_size_post_mm"):
        sizes = _known(frame, name)
        if len(sizes) >= _SOME and 0 < sizes.median() < _SMALL_MM:
            yield f"{name} is below {_SMALL_MM} in most patients: are these centimetres?"
    for name in frame.columns.intersection([n for n in fields() if n.endswith("_percent")]):
        shares = _known(frame, name)
        if len(shares) >= _SOME and shares.max() <= 1 and ((shares > 0) & (shares < 1)).any():
            yield f"{name} is {shares.max():g} at the most: are these fractions? 20% is 20"
    scores = _known(frame, "kps")
    if len(scores) and scores.max() <= 10:
        yield f"kps is {scores.max():g} at the most, on a scale to 100: are these tens?"
    elif fives := int((scores % 10 != 0).sum()):
        yield f"kps is between two steps of its scale, which are tens, in {_of(fives, len(scores))}: read as given"
    if {"prrt_activity_gbq", "prrt_cycles"} <= set(frame.columns):
        each = (frame["prrt_activity_gbq"] / frame["prrt_cycles"]).dropna()
        if (few := int((each < _LEAST_GBQ_A_CYCLE).sum())) > len(each) / 2:
            yield (
                f"prrt_activity_gbq is less than {_LEAST_GBQ_A_CYCLE} a cycle in {_of(few, len(each))}: "
                "is it of one cycle? The sum of all is asked"
            )


def _events_and_groups(frame: pd.DataFrame) -> Iterator[str]:
    in_cohort = frame["cohort"] if "cohort" in frame else pd.Series(0, frame.index)
    if "os_event" in frame:
        deaths = frame.groupby(in_cohort)["os_event"]
        if (deaths.sum() == 0).any():
            yield "os_event is 0 in all patients of a cohort: without a death nothing is said about survival"
        if (deaths.mean() == 1).any():
            yield "os_event is 1 in all patients of a cohort: did everyone die, or is 1 for the living?"
    if "group" in frame and (frame["group"].groupby(in_cohort).nunique() < 2).any():
        only = frame["group"].iat[0] if frame["group"].nunique() == 1 else "of one group in a cohort"
        yield f"all patients are {only}: there is nothing to compare, and sections that compare step aside"


def _patients(frame: pd.DataFrame) -> Iterator[str]:
    none = int((_known(frame, "os_years") == 0).sum())
    if none:
        yield f"os_years is 0 in {_of(none, len(frame))}: they were never under observation"
    others = frame.drop(columns="patient", errors="ignore")
    full = others.columns[np.asarray(others.notna().all())] if len(others) else []
    if len(full) >= _ALIKE_IN and (alike := int(others.duplicated().sum())):
        yield f"{_of(alike, len(frame))} are like another in every column: is somebody there twice?"
