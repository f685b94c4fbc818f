"""A file with headings and words of its own, put into the schema: suggested in words, and written as a copy.

Nothing is changed without a line that says so, for its author to read: a heading such as ``status`` can be
understood, and misunderstood.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base.atomic import beside
from analysis_lib.base.errors import InputError
from analysis_lib.cohort import reader
from analysis_lib.cohort.headings import PER_YEAR, Column, check_unit, plain, recognise
from analysis_lib.cohort.mending import LONGEST_YEARS, labelled, mended
from analysis_lib.cohort.problems import CohortError, listed, shorten
from analysis_lib.cohort.schema import fields
from analysis_lib.cohort.sheet import ABOVE_HEADING, Sheet, as_text

# Headings in use elsewhere, without their units.
_ELSEWHERE = {
    "patient": "id patient_id patientid pat_id subject subject_id case record_id study_id pid number nr no",
    "group": "treat treatment trt arm therapy surgery operated operation resection resected",
    "os_years": "os time futime survival survival_time overall_survival followup follow_up fu os_time time_os",
    "os_event": "status event death dead died deceased cens fustat vital_status os_status death_event",
    "pfs_years": "pfs pfs_time time_pfs progression_free_survival",
    "pfs_event": "pfs_status progressed progression_event",
    "dfs_years": "dfs dfs_time time_dfs disease_free_survival",
    "dfs_event": "dfs_status recurrence recurred relapse",
    "months_to_surgery": "to_surgery time_to_surgery surgery_time time_to_operation",
    "age_years": "age age_at_start",
    "sex": "gender",
    "bmi_kg_m2": "bmi",
    "kps": "karnofsky karnofsky_score karnofsky_index ph_karno",
    "grade": "tumour_grade tumor_grade who_grade",
    "ki67_percent": "ki67 ki_67 ki67_index",
    "tumour_size_mm": "tumour_size tumor_size tumor_size_mm size_mm",
    "chromogranin_a_ug_l": "cga chromogranin chromogranin_a",
    "prrt_cycles": "cycles",
    "prrt_activity_gbq": "activity cumulative_activity activity_gbq",
    "best_response": "response recist",
    "resection_margin": "margin r_status",
}
_NAMES = {other: name for name, others in _ELSEWHERE.items() for other in others.split()}
_NEAR = 0.85
_THOUSAND = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def suggest(file: Path | str, time_unit: str = "") -> tuple[Sheet, list[str]]:
    """A file in the schema's headings and words, as far as these can be told, and each change in a line.

    Parameters
    ----------
    file, time_unit
        As in :func:`validation.judge`; a time whose unit nobody names is guessed from how large it is.

    Returns
    -------
    Sheet
        All rows of the file, and all its columns that have a name.
    list of str
        What was changed.

    Raises
    ------
    CohortError
        If rows of the file are not as long as its heading, or numbers have two kinds of decimal marks.
    InputError
        If the file cannot be read at all, or there is no such unit.
    """
    check_unit(time_unit)
    sheet = reader.read(file, lambda heading: _is_number(_meant(heading, time_unit)))
    lost = [problem for problem in sheet.problems if problem.row is not None and problem.problem != ABOVE_HEADING]
    if lost:
        raise CohortError(Path(file), lost)
    lines = [f"left out: {problem}" for problem in sheet.problems]
    cells = sheet.cells.where(sheet.cells.notna(), "").map(lambda value: as_text(value).strip())
    mapped, taken = {}, _columns(cells, time_unit)
    for heading in cells:
        if column := taken.get(heading):
            values = cells[heading]
            if heading in sheet.labels:
                values = labelled(values, column.field, sheet.labels[heading])
            values = _numbered(values) if column.name == "patient" else _mended(values, column.field)
            mapped[column.said] = values
            lines += _changes(column, cells[heading], values)
        else:
            mapped[heading] = cells[heading]
    if "patient" not in mapped:
        mapped = {"patient": pd.Series(range(1, len(cells) + 1), dtype=str)} | mapped
        lines.append("patient: the rows were numbered")
    table = pd.DataFrame(mapped, index=cells.index)
    return Sheet(table, sheet.rows, cautions=sheet.cautions), lines


def write(sheet: Sheet, file: Path) -> Sheet:
    """Write a mended copy as CSV, over no other file.

    Returns
    -------
    Sheet
        The same, its rows numbered as they are in the copy.

    Raises
    ------
    InputError
        If there is such a file, its name does not end in ``.csv``, or it cannot be written.
    """
    if file.suffix.lower() != ".csv":
        raise InputError("is not a CSV file", file=file, remedy="a name that ends in .csv")
    if file.exists():
        raise InputError("is there already", file=file, remedy="a new name: a copy is written over nothing")
    with beside(file) as path:
        sheet.cells.to_csv(path, index=False, lineterminator="\n")
    return replace(sheet, rows=np.arange(2, len(sheet.cells) + 2))


def _is_number(column: Column | None) -> bool:
    return column is not None and column.field["type"] != "string"


def _meant(heading: str, time_unit: str) -> Column | None:
    """The column that a heading names, in the schema's words or in others; its unit is blank where none is told."""
    if column := recognise(heading, time_unit):
        return column
    words = plain(heading).split("_")
    units = [word for word in words if word in PER_YEAR]
    word = "_".join(word for word in words if word not in PER_YEAR)
    name = _NAMES.get(word) or next(iter(difflib.get_close_matches(plain(heading), list(fields()), 1, _NEAR)), "")
    if not name:
        return None
    return Column(heading, name, (units or [time_unit])[0] if _is_time(name) else "")


def _is_time(name: str) -> bool:
    return fields()[name].get("unit") in PER_YEAR and name != "age_years"


def _columns(cells: pd.DataFrame, time_unit: str) -> dict[str, Column]:
    """What each heading means; of several that mean the same, the one in the schema's own words, or the first."""
    meant = {heading: column for heading in cells if (column := _meant(heading, time_unit))}
    first: dict[str, Column] = {}
    for column in sorted(meant.values(), key=lambda column: recognise(column.heading, time_unit) is None):
        first.setdefault(column.name, column)
    without = [column.heading for column in first.values() if _is_time(column.name) and not column.unit]
    longest = pd.to_numeric(cells[without].stack(), errors="coerce").max()
    units = [unit for unit, of in PER_YEAR.items() if not longest > LONGEST_YEARS * of]
    survival = first.get("os_years")
    unit = (survival and survival.unit) or (units or ["days"])[0]
    return {c.heading: Column(c.heading, c.name, unit if c.heading in without else c.unit) for c in first.values()}


def _mended(values: pd.Series, field: dict) -> pd.Series:
    distinct = set(values) - {""}
    choices = field["constraints"].get("enum")
    if field["name"] == "group" and "2" in distinct:
        # Which of 1 and 2 were operated on, only their author knows.
        return values
    meant = {text: mended(field, text) for text in {*distinct, ""}}
    if any("," in text and _THOUSAND.fullmatch(text) is None and meant[text] != text for text in distinct):
        # Beside 0,9 it cannot be told whether 1,234 is a thousand.
        meant |= {text: text for text in distinct if _THOUSAND.fullmatch(text)}
    found = values.map(meant)
    if choices == [0, 1] and "2" in (coded := set(found) - {""}) and coded <= {"1", "2"}:
        return found.map({"1": "0", "2": "1", "": ""})
    return found


def _numbered(values: pd.Series) -> pd.Series:
    """Numbers in place of names, the same for the same name."""
    if values.str.fullmatch(r"[1-9][0-9]*").all():
        return values
    codes, _ = pd.factorize(values.where(values != "", None))
    return pd.Series(codes + 1, index=values.index).astype(str).where(codes >= 0, "")


def _changes(column: Column, before: pd.Series, after: pd.Series) -> list[str]:
    heading, line = shorten(column.heading), f"{column.said}"
    if column.heading != column.said:
        line = f"{heading!r} is {line}"
        if column.unit and column.unit not in plain(column.heading).split("_"):
            line += f", taken to be in {column.unit}: its numbers reach {pd.to_numeric(after, errors='coerce').max():g}"
    changed = Counter((a, b) for a, b in zip(before, after, strict=True) if a != b)
    if column.name == "patient" and changed:
        return [f"{line}: the patients were numbered"]
    pairs = [f"{shorten(a)!r} is {b or 'blank'} ({n:,})" for (a, b), n in changed.most_common()]
    return [line + (f": {listed(pairs)}" if pairs else "")] if pairs or column.heading != column.said else []
