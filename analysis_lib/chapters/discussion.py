"""The map of conclusions: how far quantities reach in simulated cohorts, and a table of verdicts with their reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.analyses import discussion, immortal_time, propensity_weighting
from analysis_lib.ledger.conclusions import Conclusion, Extremes
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import binary_cox

COLUMNS = (
    *("group", "best_response", "tvi_pre", "tvi_post", "organ_invasion_pre", "organ_invasion_post"),
    *("liver_metastases_gone", "months_since_diagnosis", "months_to_surgery", "os_years", "os_event"),
    *("pfs_years", "pfs_event", "grade", "kps", "prrt_activity_gbq", "tumour_size_post_mm"),
)
# What a link to a page says where its name is no word.
_PAGES = {"tvi": "contact with vessels"}
_WORDS = {"settled-true": "settled: true", "settled-false": "settled: false", "open": "open", "resisted": "resisted"}


def extremes(patients: pd.DataFrame, numbers: Transcription) -> dict[str, Extremes]:
    """Extremes of each quantity that a conclusion is about, over cohorts in the schema."""
    median = numbers.value("table1.since_diagnosis.all.median")
    quantities: Mapping[str, Callable[[], pd.Series]] = {
        "time_dependent_hr": lambda: immortal_time.time_dependent(patients)["hr"],
        "time_dependent_upper": lambda: immortal_time.time_dependent(patients)["ci_high"],
        "time_dependent_hr_pfs": lambda: immortal_time.time_dependent(patients, "pfs")["hr"],
        "landmark_hr_18": lambda: immortal_time.landmark(patients, 18.0)["hr"],
        "weighted_hr": lambda: np.exp(
            propensity_weighting.log_hazard_ratios(propensity_weighting.stack(patients))["iptw"]
        ),
        "early_start_hr": lambda: binary_cox.cox(
            patients["cohort"],
            patients["os_years"],
            patients["os_event"],
            patients["months_since_diagnosis"] <= median,
        )["hr"],
        "without_improvement": lambda: discussion.without_improvement(patients)["patients"],
        "beyond_180_p": lambda: discussion.contact_reduced_to_180(patients)["p"],
    }
    searched = f"{patients['cohort'].nunique():,} simulated cohorts"
    found = {name: compute() for name, compute in quantities.items()}
    return {
        name: Extremes(
            float(values.min()),
            float(values.max()),
            searched,
            f"cohorts {values.idxmin()} and {values.idxmax()} of the ensemble",
        )
        for name, values in found.items()
    }


def verdict_badge(verdict: str) -> str:
    """A conclusion's verdict as a badge."""
    return f'<span class="verdict {verdict}">{_WORDS[verdict]}</span>'


def _evidence(one: Conclusion, claims: Mapping[str, Claim]) -> str:
    """A fold with the published numbers that a conclusion rests on, and with its witnesses."""
    numbers = ", ".join(tables.linked(claims[id], claims[id].number.unit) for id in one.rests_on)
    witnesses = f"; {escape(one.witnesses)}" if one.witnesses else ""
    return f"<details><summary>Evidence</summary>Published numbers {numbers}{witnesses}</details>"


def map_table(conclusions: Iterable[Conclusion], about: str, claims: Mapping[str, Claim], caption: str) -> tables.Html:
    """The conclusions whose ids begin with ``about``: claim, verdict, reason and where to read on."""
    rows = [
        (
            f'<span id="{escape(c.id.replace(".", "-"))}">{escape(c.claim)}</span>',
            verdict_badge(c.verdict),
            f"{escape(c.why)} {_evidence(c, claims)}",
            f'<a href="{c.page}.html">{_PAGES.get(c.page, c.page.replace("-", " "))}</a>',
        )
        for c in conclusions
        if c.id.startswith(f"{about}.")
    ]
    return tables.table(("Claim", "Verdict", "Why", "Read on"), rows, caption)
