"""Section of the report on immortal time: naive, landmark and time-dependent hazard ratios."""

from __future__ import annotations

import pandas as pd

from analysis_lib.analyses import time_to_surgery
from analysis_lib.chapters.your_cohort import wording
from analysis_lib.chapters.your_cohort.cohort import Cohort
from analysis_lib.presentation import tables
from analysis_lib.presentation.tables import Html


def ways(landmark_months: float) -> dict[str, str]:
    """The ways to count time, in words."""
    return {
        "from the start": "Surgery from the start of PRRT (naive)",
        "landmark": f"From {landmark_months:g} months on, by surgery until then (landmark)",
        "over time": "Surgery from the day of the operation (time-dependent)",
        "over time, no half day": "The same, without operations on the last day",
    }


def section(cohort: Cohort) -> wording.Parts:
    """Section on immortal time."""
    patients, at = cohort.patients, cohort.landmark_months
    operated = time_to_surgery.operations(patients)
    found = cohort.ratios["os"]
    shown = ways(at)
    if not operated["last_day"]:
        del shown["over time, no half day"]
    rows = [(words, *wording.ratio_cells(found.loc[way])) for way, words in shown.items()]
    head = ("How time is counted", "Hazard ratio of death (95% interval)", "p", "Patients", "Deaths")
    return [
        wording.paragraph(_waits(operated)),
        tables.table(
            head, rows, f"Surgery and death, by how time is counted; Cox models with {cohort.ties.title()}'s ties"
        ),
        wording.paragraph(*_reading(found, operated)),
        _deaths(patients, at),
    ]


def _waits(operated: pd.Series) -> str:
    some = wording.count(int(operated["operated"]), "patient was", "patients were")
    text = (
        f"{some} operated on, a median of {wording.number(operated['median'])} months after the start of PRRT (from "
        f"{wording.number(operated['earliest'])} to {wording.number(operated['latest'])})."
    )
    blank = int(operated["operated"] - operated["known"])
    if blank:
        text += f" The time is not known of {blank:,}."
    return text + " Whoever died before the operation is in the other group, so these months are immortal time."


def _reading(found: pd.DataFrame, operated: pd.Series) -> list[str]:
    """What the ways to count time do to the ratio, in sentences."""
    sentences = []
    naive, other = found.loc["from the start"], found.loc["over time"]
    if not naive["reason"] and not other["reason"]:
        sentences.append(
            f"Counted from the start the ratio is {wording.ratio(naive['hr'])}; counted from the operation it is "
            f"{wording.ratio(other['hr'])}."
        )
        sentences.append(wording.position_of_interval(other["ci_low"], other["ci_high"]))
        sentences.append(wording.few_deaths(int(other["events"])))
    last_month, last_day = int(operated["last_month"]), int(operated["last_day"])
    sentences.append(
        f"{wording.count(last_month, 'patient was', 'patients were')} operated on in the last month of life, "
        "among them any who died of the operation."
        if last_month
        else "Nobody was operated on in the last month of life."
    )
    without = found.loc["over time, no half day"]
    if last_day and not other["reason"] and not without["reason"]:
        sentences.append(
            f"{wording.count(last_day, 'operation falls', 'operations fall')} on the last day of observation. "
            f"Counted half a day earlier, as R's heart data do, the ratio is {wording.ratio(other['hr'])}; with "
            f"such a death counted as one of a patient not operated on, it is {wording.ratio(without['hr'])}."
        )
    return sentences


def _deaths(patients: pd.DataFrame, at: float) -> Html:
    names = {"prrt_only": "PRRT only", "not_yet": "Everybody, as long as not operated on"}
    found = time_to_surgery.deaths_by(patients, at)
    rows = [
        (
            names[group],
            f"{row['patients']:,.0f}",
            f"{row['deaths']:,.0f}",
            wording.risk(row),
        )
        for group, row in found.iterrows()
    ]
    head = ("Who", "Patients", f"Deaths by {at:g} months", "Risk of death by Kaplan–Meier (95% interval)")
    return tables.table(
        head, rows, f"Death before the landmark of {at:g} months, with those censored earlier accounted for"
    )
