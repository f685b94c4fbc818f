"""The map of conclusions: how far quantities reach in simulated cohorts, and a table of verdicts with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from html import escape

import pandas as pd

from analysis_lib.analyses import discussion, immortal_time
from analysis_lib.ledger.conclusions import WHOSE, Conclusion, Extremes
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import binary_cox

COLUMNS = (
    *("group", "best_response", "tvi_pre", "tvi_post", "organ_invasion_pre", "organ_invasion_post"),
    *("liver_metastases_gone", "months_since_diagnosis", "months_to_surgery", "os_years", "os_event"),
)
# The conclusions that matter most, shown first.
MAIN = (
    "conclusion.association",
    "conclusion.benefit",
    "conclusion.neoadjuvant",
    "survival.adjusted",
    "survival.features",
    "prrt.allowed_surgery",
)
# What a cohort beyond the search's usual limits has, in words.
_NEEDS = {
    "late_surgery": "an operation after day 1,300",
    "early_end": "an early death or loss to follow-up",
    "progression_before_surgery": "progression before surgery",
}
# What a link to a page says where its name is no word.
_PAGES = {"tvi": "contact with vessels"}
_WORDS = {"settled-true": "settled: true", "settled-false": "settled: false", "open": "open", "resisted": "resisted"}


def extremes(patients: pd.DataFrame, numbers: Transcription, pushed: pd.DataFrame) -> dict[str, Extremes]:
    """Extremes of each quantity that a conclusion is about.

    Parameters
    ----------
    patients
        Cohorts in the schema.
    numbers
        The transcription.
    pushed
        What an adversary reached, as the ``table`` of :class:`witnesses.Witnesses`; other quantities are computed here.
    """
    median = numbers.value("table1.since_diagnosis.all.median")
    computed = {
        "time_dependent_upper": immortal_time.time_dependent(patients)["ci_high"],
        "early_start_hr": binary_cox.cox(
            patients["cohort"],
            patients["os_years"],
            patients["os_event"],
            patients["months_since_diagnosis"] <= median,
        )["hr"],
        "without_improvement": discussion.without_improvement(patients)["patients"],
        "beyond_180_p": discussion.contact_reduced_to_180(patients)["p"],
    }
    searched = f"{patients['cohort'].nunique():,} simulated cohorts"
    found = {name: _reached(values, searched, "the ensemble") for name, values in computed.items()}
    for name, rows in pushed.groupby("id"):
        effort = f"a search of {rows['steps'].max():,} steps to either side"
        one = _reached(rows.set_index("cohort")["value"], "a long search for the opposite", f"those from {effort}")
        needs = rows.loc[[rows["value"].idxmin(), rows["value"].idxmax()], "needs"]
        for end, names in zip(("lower", "higher"), needs, strict=True):
            if names:
                took = ", ".join(_NEEDS[need] for need in names.split())
                one = replace(one, witnesses=f"{one.witnesses}; the {end} goes beyond its usual limits with {took}")
        if needs.any():
            usual = rows.loc[rows["needs"] == "", "value"]
            one = replace(one, usual=(float(usual.min()), float(usual.max())))
        found[str(name)] = one
    return found


def _reached(values: pd.Series, searched: str, where: str) -> Extremes:
    witnesses = f"the ends are reached by simulated cohorts {values.idxmin()} and {values.idxmax()} of {where}"
    return Extremes(float(values.min()), float(values.max()), searched, witnesses)


def verdict_badge(verdict: str) -> str:
    """A conclusion's verdict as a badge."""
    return f'<span class="verdict {verdict}">{_WORDS[verdict]}</span>'


def _evidence(one: Conclusion, claims: Mapping[str, Claim]) -> str:
    """A fold with the published numbers that a conclusion rests on, and with its witnesses."""
    numbers = ", ".join(tables.linked(claims[id], claims[id].number.unit) for id in one.rests_on)
    witnesses = f"; {escape(one.witnesses)}" if one.witnesses else ""
    return f"<details><summary>Evidence</summary>Published numbers {numbers}{witnesses}</details>"


def map_table(conclusions: Iterable[Conclusion], about: str, claims: Mapping[str, Claim], caption: str) -> tables.Html:
    """Conclusions with their verdict, reason and where to read on: the main ones, or the others on a subject.

    Parameters
    ----------
    conclusions, claims
        All of them.
    about
        ``main`` for those of :data:`MAIN`, else how the ids of the others begin.
    caption
        Of the table.
    """
    rows = [
        (
            f'<span id="{escape(c.id.replace(".", "-"))}">{escape(c.claim)}</span>'
            f"<br><em>{escape(WHOSE[c.whose])}</em>",
            verdict_badge(c.verdict),
            f"{escape(c.why)} {_evidence(c, claims)}",
            f'<a href="{c.page}.html">{_PAGES.get(c.page, c.page.replace("-", " "))}</a>',
        )
        for c in conclusions
        if (about == "main" if c.id in MAIN else c.id.startswith(f"{about}."))
    ]
    return tables.table(("Claim", "Verdict", "Why", "Read on"), rows, caption)
