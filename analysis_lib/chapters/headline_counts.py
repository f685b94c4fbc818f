"""Headline numbers of the chapters that count and measure: printed, in the book's run, and in a rerun."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.chapters import parameters, user_cohort
from analysis_lib.chapters.parameters import Value
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.printed.names import NAMES
from analysis_lib.printed.number import number_text
from analysis_lib.printed.transcription import PublishedNumber
from analysis_lib.reconstruction import ensemble
from analysis_lib.statistics import contingency

# By chapter, ids of printed numbers, each of which has patients' values behind it.
HEADLINES: dict[str, tuple[str, ...]] = {
    "methods": (
        "table1.age.all.mean",
        "table1.sex_male.all.count",
        "table1.grade_1.all.count",
        "table1.ki67.all.median",
        "table1.size.all.median",
        "table1.since_diagnosis.all.median",
        "table1.m1a.all.count",
    ),
    "toxicity": (
        "table2.activity.all.median",
        "table2.class_full.all.count",
        "results-prrt.marrow.all.count",
        "results-prrt.lymphocytopenia_only.all.count",
        "results-prrt.liver_toxicity.all.count",
    ),
    "response": (
        "results-response.pr.all.count",
        "results-response.sd.all.count",
        "results-response.pd.all.count",
        "results-response.size_change.all.mean",
        "results-response.time_to_best.all.median",
    ),
    "surgery": (
        "table3.since_start.surgery.median",
        "table3.complications.surgery.count",
        "table3.complication_v_haemorrhage.surgery.count",
        "table3.r0.surgery.count",
        "results-surgery.ned.surgery.count",
    ),
    "tvi": (
        "results-radiology.organ_before.surgery.count",
        "results-radiology.organ_before.prrt_only.count",
        "results-radiology.organ_after.surgery.count",
        "results-radiology.organ_after.prrt_only.count",
        "results-radiology.vessels_after.all.median",
    ),
}


@dataclass(frozen=True)
class Estimate:
    """A headline number in some patients.

    Attributes
    ----------
    value
        The number, or the share in per cent where it counts patients.
    text
        As it is shown.
    limits
        Of a share, in per cent; None where it has no interval.
    """

    value: float
    text: str
    limits: tuple[float, float] | None = None

    def beyond(self, other: Estimate) -> str:
        """This less another, limits too where both have them."""
        change = f"{self.value - other.value:+.1f}"
        if self.limits is None or other.limits is None:
            return change
        low, high = (f"{a - b:+.1f}" for a, b in zip(self.limits, other.limits, strict=True))
        return f"{change} (limits {low} and {high})"


def estimates(
    patients: pd.DataFrame, chapter: str, numbers: Mapping[str, PublishedNumber], values: Mapping[str, Value]
) -> dict[str, Estimate | str]:
    """Every headline of a chapter in one cohort, or the reason why it gives none.

    Parameters
    ----------
    patients
        One cohort in the schema.
    chapter
        A key of :data:`HEADLINES`.
    numbers
        The transcription.
    values
        Of the chapter's parameters; with ``confidence`` and ``interval``, shares have limits.

    Returns
    -------
    dict
        By the id of the printed number.
    """
    ids = HEADLINES[chapter]
    known = user_cohort.targets({numbers[id].where for id in ids}, ids)
    found = user_cohort.statistics(patients, known)
    result: dict[str, Estimate | str] = {}
    for id in ids:
        value, target = found[id], known[id]
        if isinstance(value, InputError):
            result[id] = f"not computed: {value.without_remedy}"
        elif target.statistic in user_cohort.COUNTS:
            result[id] = _share(round(value), user_cohort.denominator(patients, target), values)
        else:
            decimals = numbers[id].printed.decimals
            result[id] = "not defined" if math.isnan(value) else Estimate(value, number_text(value, decimals))
    return result


def _share(count: int, of: int, values: Mapping[str, Value]) -> Estimate | str:
    if not of:
        return "not defined"
    share, text, limits = 100 * count / of, f"{count:,} of {of:,}, {100 * count / of:.1f}%", None
    if "confidence" in values:
        found = contingency.binomial_interval(count, of, float(values["confidence"]), method=str(values["interval"]))
        limits = 100 * found.ci_low, 100 * found.ci_high
        text += f" ({limits[0]:.1f}% to {limits[1]:.1f}%)"
    return Estimate(share, text, limits)


def table(
    chapter: str, claims: Mapping[str, Claim], values: Mapping[str, Value], patients: pd.DataFrame | None
) -> tables.Html | None:
    """Printed, the book's run, this run and the difference; nothing in the book's own run.

    Parameters
    ----------
    chapter
        A key of :data:`HEADLINES`.
    claims
        Of the ledger.
    values
        Of the chapter's parameters, as :func:`parameters.check` gives them.
    patients
        Of this run's file, as :func:`user_cohort.load` gives them; without any, the book's.
    """
    usual = parameters.check(chapter, {})
    if values == usual:
        return None
    numbers = {id: claim.number for id, claim in claims.items()}
    shipped = ensemble.load()
    first = int(shipped.origin.index[0])
    ours = shipped.one(first)
    theirs = ours if patients is None else user_cohort.select_cohort(patients)[2]
    before, now = (estimates(one, chapter, numbers, chosen) for one, chosen in ((ours, usual), (theirs, values)))
    rows = []
    for id in HEADLINES[chapter]:
        number, share, a, b = numbers[id], f"{id.removesuffix('.count')}.percent", before[id], now[id]
        counts = number.statistic == "count"
        words = number.item if counts else f"{number.item}, {number.statistic}, {number.unit}"
        printed = tables.linked(claims[id])
        if counts and share in claims:
            printed += f" ({tables.linked(claims[share])})"
        rows.append(
            (
                escape(words.removesuffix(", ")),
                NAMES[number.group],
                printed,
                *(escape(e if isinstance(e, str) else e.text) for e in (a, b)),
                "–" if isinstance(a, str) or isinstance(b, str) else b.beyond(a),
            )
        )
    caption = f"Headline numbers; the book's run is reconstructed cohort {first}, which meets all that is printed"
    if "confidence" in values:
        here, there = (f"{v['interval']}, {100 * float(v['confidence']):g}%" for v in (values, usual))
        limits = here if here == there else f"{here} here, and {there} in the book"
        caption += f". Limits of shares: {limits}. Differences of shares are in percentage points"
    return tables.table(("What", "Group", "Printed", "The book's run", "This run", "Difference"), rows, caption)
