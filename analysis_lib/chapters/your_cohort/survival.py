"""Section of the report on survival: curves, medians, restricted means, log-rank test and Cox model."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd

from analysis_lib.analyses import description
from analysis_lib.analyses.description import ENDPOINTS
from analysis_lib.base.errors import InputError
from analysis_lib.chapters.your_cohort import wording
from analysis_lib.chapters.your_cohort.cohort import Cohort
from analysis_lib.presentation import figures, survival_curves, tables
from analysis_lib.presentation.tables import Html
from analysis_lib.printed.names import NAMES

TITLES = {"os": "Overall survival", "pfs": "Progression-free survival", "dfs": "Disease-free survival"}
INTERVALS = {
    "spss": "symmetric, as SPSS prints it",
    "plain": "from R's plain band",
    "log": "from R's log band",
    "log-log": "from R's log-log band",
}


def section(cohort: Cohort) -> wording.Parts:
    """Section on survival from the start of PRRT, by group."""
    patients, medians, ci = cohort.patients, cohort.medians, cohort.median_interval
    overall = medians["os"]
    deaths = int(overall.loc["all", "events"])
    return [
        *(_curves(patients, endpoint) for endpoint in medians),
        _medians(medians, ci),
        wording.paragraph(_medians_in_words(overall), wording.few_deaths(deaths)),
        _follow_up(patients, ci),
        _FOLLOW_UP,
        _restricted_means(patients, cohort.horizon_years),
        _tests(cohort),
        _CAUTION if cohort.patients["group"].nunique() > 1 else "",
    ]


def _curves(patients: pd.DataFrame, endpoint: str) -> figures.Picture:
    data = description.curves(patients, endpoint)
    what, since = ENDPOINTS[endpoint]
    return figures.picture(
        lambda narrow: survival_curves.draw(narrow, patients, endpoint),
        name=f"report-{endpoint}",
        alt=f"Kaplan–Meier curves, {what}. {survival_curves.describe(data)}",
        caption=f"{TITLES[endpoint]} by group, counted from {since}. A tick is a censored patient; beneath, "
        "patients at risk.",
        data=data,
    )


def _medians(medians: Mapping[str, pd.DataFrame], ci: str) -> Html:
    rows = [
        (
            TITLES[endpoint],
            NAMES[group],
            f"{row['patients']:,.0f}",
            f"{row['events']:,.0f}",
            wording.median(row),
            wording.number(row["longest"]),
        )
        for endpoint, found in medians.items()
        for group, row in found.iterrows()
        if not (endpoint == "dfs" and group == "all")
    ]
    head = ("Endpoint", "Group", "Patients", "Events", "Median, years (95% interval)", "Longest observation, years")
    return tables.table(head, rows, f"Median survival by Kaplan–Meier; the interval is {INTERVALS[ci]}")


def _medians_in_words(overall: pd.DataFrame) -> str:
    unreached = [NAMES[group] for group, row in overall.iterrows() if group != "all" and pd.isna(row["median"])]
    if not unreached:
        return ""
    return (
        f"Median overall survival was not reached in {' and '.join(unreached)}: more than half were alive "
        "wherever the curve still stands."
    )


def _follow_up(patients: pd.DataFrame, ci: str) -> Html:
    rows = [
        (NAMES[group], wording.number(row["observed"]), wording.number(row["alive"]), wording.median(row))
        for group, row in description.follow_up(patients, ci).rename(columns={"reverse": "median"}).iterrows()
    ]
    head = ("Group", "All patients", "Those alive", "Reverse Kaplan–Meier (95% interval)")
    return tables.table(head, rows, "Median follow-up in years, by three definitions")


_FOLLOW_UP = wording.paragraph(
    "The plain median of all patients ends with each death, so it is short where many died. Reverse "
    "Kaplan–Meier asks how long patients would have been followed had nobody died."
)


def _restricted_means(patients: pd.DataFrame, horizon: float) -> Html | str:
    try:
        found = description.restricted_means(patients, horizon)
    except InputError as reason:
        return wording.paragraph(f"The restricted mean was not computed: {reason.without_remedy}.")
    rows = []
    for group, row in found.iterrows():
        name = "Difference" if group == "difference" else NAMES[group]
        p = escape(wording.p_value(row["p"])) if group == "difference" else ""
        rows.append((name, f"{row['mean']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})", p))
    head = ("Group", "Years (95% interval)", "p")
    return tables.table(head, rows, f"Restricted mean survival: years lived, on average, of the first {horizon:g}")


def _tests(cohort: Cohort) -> Html | str:
    if cohort.patients["group"].nunique() < 2:
        return ""
    rows = []
    for endpoint, found in cohort.ratios.items():
        row = found.loc["from the start"]
        rows.append(
            (
                TITLES[endpoint],
                wording.p_or_reason(description.logrank_p, cohort.patients, endpoint),
                *wording.ratio_cells(row)[:2],
                wording.p_or_reason(description.proportional_hazards_p, cohort.patients, endpoint, cohort.ties),
            )
        )
    head = ("Endpoint", "Log-rank p", "Hazard ratio of surgery (95% interval)", "p", "Proportional hazards p")
    return tables.table(head, rows, f"Both groups from the start of PRRT; Cox model with {cohort.ties.title()}'s ties")


_CAUTION = wording.paragraph(
    "A low p for proportional hazards says that the ratio changes with time, so that a single one is an average. All "
    "of these comparisons count the surgery group as operated from the first day of PRRT, although its patients had to "
    "be alive until their operation."
)
