"""A user's cohort beside the printed numbers: what the paper prints of its patients, computed in others.

The statistics are those by which reconstructed cohorts are verified. Nothing here is a verdict: a number
of other patients neither reproduces nor contradicts the paper's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.presentation import figures, tables
from analysis_lib.printed.names import NAMES
from analysis_lib.printed.number import Interval, number_text, round_half_up
from analysis_lib.targets.catalogue import Target, Targets, load_targets

if TYPE_CHECKING:
    from analysis_lib.ledger.verdicts import Claim

SHIPPED = "shipped"
# Statistics that count patients, so that other patients need to be told of how many.
COUNTS = ("count", "any", "within", "beyond_180", "tvi_no_change", "tvi_decrease", "tvi_increase")
# What the paper's classes of activity happen to end with.
_OWN = ("class_from", "class_to")
# Of whom the paper gives a share, where it is not of all.
_AMONG = {"lymphocytopenia_only": ("marrow_toxicity", 1)}
# A ratio whose limits lie further apart than this was fitted to groups that a covariate separates.
_WIDEST_RATIO = 1e6
_UNDEFINED = "not defined"


def statistics(patients: pd.DataFrame, catalogue: Targets) -> dict[str, float | InputError]:
    """Printed statistics that patients give, in one cohort.

    Parameters
    ----------
    patients
        One cohort in the schema, of any size.
    catalogue
        Such as :func:`targets` gives.

    Returns
    -------
    dict
        By the id of the printed number: its value, NaN where it is not defined, or the reason why
        there is none, such as a column that is missing.
    """
    # Here and below: the book's own run needs none of these, and they load slowly.
    from analysis_lib.targets.recompute import Recomputed

    # A column without a single value counts as missing, sooner than as a column of noughts.
    recomputed = Recomputed(patients.dropna(axis=1, how="all").reset_index(drop=True), catalogue)
    found: dict[str, float | InputError] = {}
    for id, target in catalogue.items():
        try:
            found[id] = recomputed.value(target)
        except InputError as reason:
            found[id] = reason
    return found


def targets(places: Iterable[str], only: Container[str] | None = None) -> Targets:
    """What the paper prints of patients, to be computed in any patients.

    Parameters
    ----------
    places
        Keys of :data:`tables.PLACES`.
    only
        Ids, if not all that these places have.
    """
    places, everything = set(places), load_targets()
    numbers = everything.numbers
    # Without an interval, fits begin at no effect and not at what is printed of other patients.
    anything = Interval(-math.inf, math.inf)
    chosen = [
        replace(t, interval=anything)
        for id, t in everything.items()
        if id in numbers and numbers[id].where in places and t.statistic not in _OWN and (only is None or id in only)
    ]
    return Targets(chosen, numbers, everything.assumptions)


def table(claims: Mapping[str, Claim], patients: pd.DataFrame, places: Iterable[str], caption: str) -> tables.Html:
    """Printed beside the same in one cohort, with a sentence on what the cohort's columns do not give.

    Parameters
    ----------
    claims
        Of the ledger.
    patients, places
        One cohort in the schema, and keys of :data:`tables.PLACES`.
    caption
        Of the table.
    """
    catalogue = targets(places)
    found = statistics(patients, catalogue)
    rows, missing = [], Counter()
    for stem, parts in _rows(found):
        reasons = [found[f"{stem}.{p}"] for p in parts if isinstance(found[f"{stem}.{p}"], InputError)]
        if reasons:
            missing[reasons[0].problem] += len(parts)
            continue
        number = claims[f"{stem}.{parts[0]}"].number
        name = number.item.removesuffix(", between groups")
        # A number of patients is told by its own name, but for those with a value of something.
        kind = _kind(parts, "" if number.unit == name else number.unit)
        if parts == ["n"] and f"{stem}.median" not in claims:
            kind = ""
        what = ", ".join(filter(None, (name, kind)))
        here = _here(claims, catalogue, patients, found, stem, parts)
        rows.append((escape(what), NAMES[number.group], _printed(claims, stem, parts), escape(here)))
    left_out = "".join(f"<li>{escape(why)}: {n} printed number{'s' * (n > 1)}</li>" for why, n in missing.items())
    if left_out:
        left_out = f"<p>Not computed:</p><ul>{left_out}</ul>"
    if not rows:
        return tables.Html(left_out)
    head = ("What", "Group", "Printed", "In this cohort")
    return tables.Html(tables.table(head, rows, caption).html + left_out)


def _rows(ids: Iterable[str]) -> list[tuple[str, list[str]]]:
    """What stands in one row: the beginning of the ids, and the statistics."""
    stems: dict[str, list[str]] = {}
    for id in ids:
        stem, _, statistic = id.rpartition(".")
        stems.setdefault(stem, []).append(statistic)
    rows = []
    for stem, parts in stems.items():
        first = next((list(t) for t in tables.TOGETHER if set(t) <= set(parts)), parts[:1])
        if first[0] in ("hr", "or"):
            first.append("p")
        rows += [(stem, first), *((stem, [part]) for part in parts if part not in first)]
    return rows


def _kind(parts: list[str], unit: str) -> str:
    kinds = {
        "mean": "mean (SD)",
        "median": "median",
        "hr": "hazard ratio (95% limits), p",
        "or": "odds ratio (95% limits), p",
        "p": "p value",
        "n": "patients with a value",
    }
    spread = {"q1": "quartiles", "range_lo": "range", "ci_lo": "95% limits"}
    if parts[0] == "median" and len(parts) > 1:
        kinds["median"] = f"median ({spread[parts[1]]})"
    kind = kinds.get(parts[0], "")
    return f"{unit}, {kind}" if kind and unit and parts[0] in ("mean", "median") else kind


def _printed(claims: Mapping[str, Claim], stem: str, parts: list[str]) -> str:
    if parts[0] == "count":
        return tables.cell(claims, stem)
    return _set([tables.linked(claims[f"{stem}.{part}"]) for part in parts], parts)


def _set(texts: list[str], parts: list[str]) -> str:
    """Texts as they stand in a cell: the first, limits in brackets, what is left after a comma."""
    inside = next((len(t) for t in tables.TOGETHER if tuple(parts[: len(t)]) == t), 1)
    return ", ".join([tables.in_brackets(texts[:inside]), *texts[inside:]])


def _here(
    claims: Mapping[str, Claim],
    catalogue: Targets,
    patients: pd.DataFrame,
    found: Mapping[str, float | InputError],
    stem: str,
    parts: list[str],
) -> str:
    values = [float(found[f"{stem}.{part}"]) for part in parts]
    target = catalogue[f"{stem}.{parts[0]}"]
    if target.statistic in COUNTS:
        # A share is told where the paper has one.
        if not {f"{stem}.percent", f"{stem}.n"} & set(claims):
            return f"{values[0]:.0f}"
        of = denominator(patients, target)
        return f"{values[0]:.0f} of {of:,} ({round_half_up(100 * values[0] / of, 0)}%)" if of else _UNDEFINED
    if parts[0] in ("hr", "or"):
        low, high = values[1:3]
        if not low > 0 or not high / low < _WIDEST_RATIO:
            return _UNDEFINED
    if np.isnan(values[0]):
        return _UNDEFINED
    texts = []
    for part, value in zip(parts, values, strict=True):
        decimals = claims[f"{stem}.{part}"].number.printed.decimals
        texts.append(_text(value, decimals, part == "p"))
    return _set(texts, parts)


def _text(value: float, decimals: int, is_p: bool) -> str:
    if np.isnan(value):
        return _UNDEFINED
    least = 10.0 ** -max(decimals, 3)
    if is_p:
        return f"<{least:g}" if value < least else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"
    # A digit more than printed where few are: other patients need not come out whole.
    return round_half_up(value, decimals) if decimals > 1 else number_text(value, decimals - 1 if decimals else 0)


def denominator(patients: pd.DataFrame, target: Target) -> int:
    """Denominator of a count: the patients of its group and subset of whom it is known."""
    part = patients if target.group == "all" else patients[patients["group"] == target.group]
    among = _AMONG.get(target.columns[0]) or (target.subset if target.statistic != "within" else ())
    if among:
        column, value = among
        part = part[part[column] == value]
    known = part[list(target.columns)].notna()
    return int((known.any(axis=1) if target.statistic == "any" else known.all(axis=1)).sum())


def load(file: str) -> pd.DataFrame | None:
    """The patients of a file in the schema; None for ``shipped``, the book's own run.

    Raises
    ------
    InputError
        If the file is not a well-formed cohort file.
    """
    if file == SHIPPED:
        return None
    from analysis_lib.cohort import validation

    return validation.load(file)


def select_cohort(patients: pd.DataFrame, pick: Callable[[list[int]], int] = min) -> tuple[int, int, pd.DataFrame]:
    """Select the cohort of a file that is looked at: its number, of how many, and its patients."""
    numbers = sorted({int(number) for number in patients["cohort"].unique()})
    number = pick(numbers)
    return number, len(numbers), patients[patients["cohort"] == number].reset_index(drop=True)


def report(
    claims: Mapping[str, Claim],
    file: str,
    places: Iterable[str],
    patients: pd.DataFrame | None = None,
    pick: Callable[[list[int]], int] = min,
    endpoints: Iterable[str] = (),
) -> tables.Html | None:
    """Report on a user's file at the head of a rerun chapter: its patients beside the printed numbers.

    Parameters
    ----------
    claims, places
        As in :func:`table`.
    file
        As in :func:`load`; the book's own run shows nothing.
    patients
        What is in the file, if it was loaded already.
    pick
        Which cohort to look at, of the numbers of a file that holds several.
    endpoints
        Of :data:`description.ENDPOINTS`, those whose curves are drawn first.

    Raises
    ------
    InputError
        As :func:`load`.
    """
    patients = load(file) if patients is None else patients
    if patients is None:
        return None
    number, several, patients = select_cohort(patients, pick)
    size = "1 patient" if len(patients) == 1 else f"{len(patients):,} patients"
    if several > 1:
        size = f"{several:,} cohorts, of which number {number} is shown, {size}"
    parts = [
        f'<p class="yours"><strong>Your file:</strong> {escape(file)}, {size}. What follows up to the next heading is '
        "of these patients. The rest of the chapter rests on print and on the cohorts reconstructed from it; other "
        "patients do not change it.</p>"
    ]
    parts += [_curves(patients, endpoint) for endpoint in endpoints]
    parts.append(table(claims, patients, places, "Printed, and in this cohort").html)
    return tables.Html("".join(parts))


def _curves(patients: pd.DataFrame, endpoint: str) -> str:
    from analysis_lib.analyses import description
    from analysis_lib.presentation import survival_curves

    what, _ = description.ENDPOINTS[endpoint]
    try:
        figure, data = survival_curves.draw(patients, endpoint)
    except InputError as reason:
        return tables.not_computable(f"curves, {what}", reason).html
    picture = figures.picture(
        figure,
        name=f"yours-{endpoint}",
        alt=f"Kaplan-Meier curves, {what}. {survival_curves.describe(data)}",
        caption=f"Your patients by group: {what}, with a tick for each who was censored; beneath, patients at risk.",
        data=data,
    )
    return picture._repr_html_()
