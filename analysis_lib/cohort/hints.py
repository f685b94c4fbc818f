"""What was probably meant: advice on a bad cell, and cautions about a file that is formally right.

A unit mistaken throughout a column breaks no rule of form, and every estimate that follows is wrong.
It shows in the sizes of the numbers only, so it is told in words and never mended.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

#: PRRT is younger than this, so nobody has been followed for longer.
LONGEST_YEARS = 40
_LEAST_GBQ_A_CYCLE = 3
_SMALL_MM = 10
# Fewer values than this show no habit of writing.
_SOME = 5
# Patients alike in so many columns are one patient twice, more likely than not.
_ALIKE_IN = 8

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}[./-]\d{1,2}[./-](\d{2}|\d{4})")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,' ]\d{3})+(\.\d+)?")
_WITH_UNIT = re.compile(r"[+-]?\d+(\.\d+)?\s*(%|[A-Za-zµ°/ ]+\d?)")
_UNKNOWN = {"na", "n/a", "nan", "null", "none", "unknown", "missing", "nd", "n.a.", "?", "-", "–", ".", "#n/a"}
_CODES_FOR_UNKNOWN = {-1, -9, -99, -999, 99, 999, 9999}
# The days that Excel counts from 1900, for dates from 1954 to 2064.
_DAYS_OF_EXCEL = (20_000, 60_000)
_CALENDAR = (1900, 2100)


def advice(field: dict, text: str) -> str:
    """What to do about a cell that the schema refuses, as far as it can be told; blank if it cannot.

    Parameters
    ----------
    field
        The column's descriptor in the schema.
    text
        The cell.
    """
    text = text.strip()
    limits, number = field.get("constraints", {}), field["type"] in ("integer", "number")
    choices = [str(choice) for choice in limits.get("enum", ())]
    if text.startswith("="):
        return "the value of a formula, not the formula: paste as values"
    if number and _DATE.fullmatch(text):
        return "a length of time between two dates, not a date" if "unit" in field else "not a date"
    if text.casefold() in _UNKNOWN or (number and _is_code_for_unknown(text)):
        return "leave out a patient of whom it is not known" if limits.get("required") else "blank if not known"
    if number and _DECIMAL_COMMA.fullmatch(text):
        return "with a decimal point"
    if number and _THOUSANDS.fullmatch(text):
        return "nothing between thousands"
    if number and text.startswith(("<", ">", "≤", "≥", "~")):
        return "a number without a sign, or blank if it is not known"
    if choices == ["0", "1"]:
        return "1 for yes, 0 for no"
    if number and _WITH_UNIT.fullmatch(text):
        return "the number without its unit"
    if field["name"] == "patient" and not text.isdigit():
        return "number the patients 1, 2, …, and keep the list of who is who to yourself"
    if field["type"] == "string" and text:
        return _nearest(text, choices)
    return _about_size(field, text)


def _is_code_for_unknown(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.0+)?", text) is not None and float(text) in _CODES_FOR_UNKNOWN


def _nearest(text: str, choices: list[str]) -> str:
    folded = {choice.casefold(): choice for choice in choices}
    word = re.sub(r"[\s-]+", "_", text.casefold())
    begins = [choice for fold, choice in folded.items() if fold.startswith(word)]
    if len(begins) == 1:
        return f"did you mean {begins[0]!r}?"
    near = difflib.get_close_matches(word, list(folded), n=1)
    return f"did you mean {folded[near[0]]!r}?" if near else ""


def _about_size(field: dict, text: str) -> str:
    """A unit that would explain a number out of range."""
    try:
        value = float(text)
    except ValueError:
        return ""
    unit, name = field.get("unit", ""), field["name"]
    if unit in ("years", "months") and _DAYS_OF_EXCEL[0] <= value <= _DAYS_OF_EXCEL[1]:
        return "it looks like Excel's number for a date; a length of time is asked"
    if unit == "years" and _CALENDAR[0] <= value <= _CALENDAR[1]:
        return "it looks like a year of the calendar"
    if unit == "years" and name != "age_years" and value > LONGEST_YEARS:
        return "it looks like months or days"
    if name == "kps" and 0 < value < 10:
        return f"in tens: {10 * value:g} for {value:g}"
    if name == "prrt_activity_gbq" and value > 100:
        return "it looks like MBq"
    if name == "bmi_kg_m2" and value < 10:
        return "weight in kilograms over the square of the height in metres"
    if unit == "mm" and 0 < value < 1:
        return "it looks like cm or m"
    return ""


def cautions(frame: pd.DataFrame) -> list[str]:
    """What a well-formed file holds that is possible and yet makes one look twice, a line each.

    Parameters
    ----------
    frame
        Typed cohorts, as ``cohort.load`` returns them; any columns may be missing.
    """
    return [*unit_traps(frame), *_events_and_groups(frame), *_patients(frame)]


def unit_traps(frame: pd.DataFrame) -> list[str]:
    """Columns whose numbers look as if they had another unit than the schema asks, a line each."""
    return list(_units(frame))


def _known(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].dropna() if name in frame else pd.Series(dtype=float)


def _of(count: int, total: int) -> str:
    return f"{count} of {total} patients"


def _units(frame: pd.DataFrame) -> Iterator[str]:
    for name in ("os_years", "pfs_years", "dfs_years"):
        values = _known(frame, name)
        if (many := int((values > LONGEST_YEARS).sum())) > 0:
            yield f"{name} exceeds {LONGEST_YEARS} in {_of(many, len(values))}: are these months?"
        elif len(values) >= _SOME and (values == values.round()).all() and (values > 0).any():
            yield f"{name} are whole numbers throughout: are they rounded? Months and days count, over 12 or 365.25"
    months = _known(frame, "months_to_surgery")
    if len(months) >= _SOME and months.max() < 3:
        yield f"months_to_surgery is {months.max():g} at the most: are these years?"
    for name in ("tumour_size_mm", "tumour_size_post_mm"):
        sizes = _known(frame, name)
        if len(sizes) >= _SOME and 0 < sizes.median() < _SMALL_MM:
            yield f"{name} is below {_SMALL_MM} in most patients: are these centimetres?"
    for name in frame.columns.intersection([n for n in frame.columns if str(n).endswith("_percent")]):
        shares = _known(frame, name)
        if len(shares) >= _SOME and shares.max() <= 1 and ((shares > 0) & (shares < 1)).any():
            yield f"{name} is {shares.max():g} at the most: are these fractions? 20% is 20"
    scores = _known(frame, "kps")
    if len(scores) and scores.max() <= 10:
        yield f"kps is {scores.max():g} at the most, on a scale to 100: are these tens?"
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
