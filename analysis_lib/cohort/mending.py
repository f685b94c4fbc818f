"""What was probably meant by a cell: one that can be told is mended in a copy, another gets advice in words."""

from __future__ import annotations

import difflib
import re

import pandas as pd

from analysis_lib.cohort.headings import PER_YEAR, plain, word

#: PRRT with 177Lu began in 2000, so nobody has been followed for longer.
LONGEST_YEARS = 28

_UNKNOWN = {"na", "n/a", "nan", "null", "none", "unknown", "missing", "nd", "n.a.", "?", "-", "–", ".", "#n/a"}
_CODES_FOR_UNKNOWN = {-1, -9, -99, -999, 99, 999, 9999}
_YES = {"true", "yes", "y", "ja", "oui", "t"}
_NO = {"false", "no", "n", "nein", "nee", "non", "f"}
_EVENT = _YES | {"dead", "died", "death", "deceased", "event"}
_NO_EVENT = _NO | {"alive", "living", "censored", "no_event"}
_MEANT = {
    "sex": {"w": "female", "woman": "female", "v": "female", "man": "male"},
    "group": dict.fromkeys(_YES | {"1", "operated", "resected"}, "surgery")
    | dict.fromkeys(_NO | {"0", "prrt", "not_operated", "no_surgery"}, "prrt_only"),
}
_ENGLISH = re.compile(r"[+-]?[1-9]\d{0,2}([,' \u00a0\u202f]\d{3})+(\.\d+)?")
_CONTINENTAL = re.compile(r"[+-]?[1-9]\d{0,2}((\.\d{3})+,\d+|(\.\d{3}){2,})")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_NUMBER_AND_UNIT = re.compile(r"([+-]?\d+([.,]\d+)?)\s*(%|[A-Za-zµ°/ ]+\d?)")
_DATE = re.compile(r"\d{4}-(\d{1,2})-(\d{1,2}).*|\d{1,2}[./-]\d{1,2}[./-](\d{2}|\d{4})")
# As spreadsheets show 22.5 and 3.4, and 1.90, once they have made dates of them.
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[. -]{1,2}([^\W\d_]{3,9})\.?")
_MONTH_AND_YEAR = re.compile(r"([^\W\d_]{3,9})\.?[ -](\d{2}|\d{4})")
_DAY_MONTH_AND_DOT = re.compile(r"(\d{1,2})\.(\d{1,2})\.")
_MONTHS = ("jan", "feb fév fev", "mar mär mrz maa mrt", "apr avr", "may mai mei", "jun jui", "jul", "aug aoû", "sep")
_MONTHS = (*_MONTHS, "oct okt", "nov", "dec dez déc")
_MONTH = {begin: k for k, begins in enumerate(_MONTHS, start=1) for begin in begins.split()}
# The days that Excel counts from 1900, for dates from 1954 to 2064.
_DAYS_OF_EXCEL = (20_000, 60_000)
_CALENDAR = (1900, 2100)


def mended(field: dict, text: str) -> str:
    """What a cell means, as the schema writes it; the text itself where that cannot be told.

    Parameters
    ----------
    field
        The column's descriptor in the schema.
    text
        The cell.

    Examples
    --------
    >>> from analysis_lib.cohort.schema import fields
    >>> mended(fields()["sex"], "F"), mended(fields()["os_event"], "TRUE"), mended(fields()["os_years"], "1.234,5")
    ('female', '1', '1234.5')
    """
    text = text.strip()
    choices = [str(choice) for choice in field["constraints"].get("enum", ())]
    if text.casefold() in _UNKNOWN and text.casefold() not in choices:
        return ""
    if field["type"] == "string":
        return _choice(field["name"], choices, text)
    if choices == ["0", "1"]:
        yes, no = (_EVENT, _NO_EVENT) if field["name"].endswith("_event") else (_YES, _NO)
        return "1" if word(text) in yes else "0" if word(text) in no else text
    return _number(text, field.get("unit", "%"))


def labelled(cells: pd.Series, field: dict, labels: dict[str, str]) -> pd.Series:
    """Codes as the schema writes them, by what they stand for: sex 2 is female where the file says so.

    Parameters
    ----------
    cells
        The codes, as text.
    field
        The column's descriptor in the schema.
    labels
        What each code stands for. Where that says nothing to the schema, a number remains what it is.
    """
    choices = [str(choice) for choice in field["constraints"].get("enum", ())]
    meant = {code: mended(field, label) for code, label in labels.items()}
    known = {code: value for code, value in meant.items() if value in choices or field["type"] == "string"}
    return cells.map(lambda code: known.get(code, code))


def _choice(name: str, choices: list[str], text: str) -> str:
    said = word(text)
    folded = {choice.casefold(): choice for choice in choices} | _MEANT.get(name, {})
    if said in folded:
        return folded[said]
    begins = [choice for choice in choices if said and choice.casefold().startswith(said)]
    return begins[0] if len(begins) == 1 else text


def _number(text: str, unit: str) -> str:
    if with_unit := _NUMBER_AND_UNIT.fullmatch(text):
        of = with_unit[3].strip()
        if of == "%" == unit or of.casefold() == unit.casefold() or plain(of) == unit:
            text = with_unit[1]
    if _ENGLISH.fullmatch(text):
        return re.sub("[^0-9.+-]", "", text)
    if _CONTINENTAL.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def _before_it_was_a_date(text: str) -> str:
    """The decimal of which a spreadsheet made this date; blank if none is told."""
    if found := _DAY_AND_MONTH.fullmatch(text):
        month = _MONTH.get(found[2][:3].casefold())
        return f"{int(found[1])}.{month}" if month else ""
    if found := _MONTH_AND_YEAR.fullmatch(text):
        month = _MONTH.get(found[1][:3].casefold())
        return f"{month}.{found[2]}" if month else ""
    if found := _DAY_MONTH_AND_DOT.fullmatch(text):
        return f"{int(found[1])}.{int(found[2])}"
    found = _DATE.fullmatch(text)
    return f"{int(found[2])}.{int(found[1])}" if found and found[1] else ""


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
    limits, number = field["constraints"], field["type"] in ("integer", "number")
    choices = [str(choice) for choice in limits.get("enum", ())]
    if text.startswith("="):
        return "the value of a formula, not the formula: paste as values"
    decimal = _before_it_was_a_date(text) if number else ""
    if number and _DATE.fullmatch(text):
        made = f"; or did you mean {decimal}, of which a spreadsheet made a date?" if decimal else ""
        return (
            "a length of time between two dates, not a date" if field.get("unit") in PER_YEAR else "not a date"
        ) + made
    if decimal:
        return f"did you mean {decimal}? A spreadsheet makes dates of decimals, unless the cells are formatted as text"
    if text.casefold() in _UNKNOWN or (number and _is_code_for_unknown(text)):
        return "leave out a patient of whom it is not known" if limits.get("required") else "blank if not known"
    if number and choices != ["0", "1"] and (meant := mended(field, text)) != text:
        return f"did you mean {meant}? Numbers have a decimal point, and neither thousands nor units are marked"
    if number and text.startswith(("<", ">", "≤", "≥", "~")):
        return "a number without a sign, or blank if it is not known"
    if choices == ["0", "1"]:
        return "1 for yes, 0 for no"
    if number and _NUMBER_AND_UNIT.fullmatch(text):
        return "the number without its unit"
    if field["name"] == "patient" and not text.isdigit():
        return "number the patients 1, 2, …, and keep the list of who is who to yourself"
    if field["type"] == "string" and text:
        return _nearest(field, text, choices)
    return _about_size(field, text)


def _is_code_for_unknown(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.0+)?", text) is not None and float(text) in _CODES_FOR_UNKNOWN


def _nearest(field: dict, text: str, choices: list[str]) -> str:
    folded = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(word(text), list(folded), n=1)
    meant = mended(field, text)
    if meant in choices or near:
        return f"did you mean {meant if meant in choices else folded[near[0]]!r}?"
    return ""


def _about_size(field: dict, text: str) -> str:
    """A unit that would explain a number out of range."""
    try:
        value = float(text)
    except ValueError:
        return ""
    unit, name = field.get("unit", ""), field["name"]
    if unit in PER_YEAR and _DAYS_OF_EXCEL[0] <= value <= _DAYS_OF_EXCEL[1]:
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
