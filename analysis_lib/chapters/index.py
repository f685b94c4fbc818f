"""First page: the forest plot from crude to adjusted, the flow of patients, and activity without one patient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis_lib.analyses import immortal_time
from analysis_lib.ledger import joint_facts
from analysis_lib.presentation import forest, tables
from analysis_lib.statistics import weighted_regression

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from analysis_lib.ledger.verdicts import Claim
    from analysis_lib.presentation.figures import Picture
    from analysis_lib.printed.transcription import Transcription
    from analysis_lib.reconstruction.ensemble import Ensemble

COLUMNS = ("group", "os_years", "os_event", "months_to_surgery", "prrt_activity_gbq")
# Most of the surgery group had been operated on by then; the pages on survival use the same.
LANDMARK_MONTHS = 18.0

# What, then the boxes of the surgery group and of the other: first who is in, then why others are not. {id} is a
# printed number, {=name} follows from some.
_FLOW = (
    (
        "After PRRT",
        "{abstract.patients.surgery.n} surgery",
        "{table1.patients.prrt_only.n} no surgery|{table1.no_surgery_unresectable.prrt_only.count} unresectable|"
        "{table1.no_surgery_high_risk.prrt_only.count} high risk|"
        "{table1.no_surgery_progression_death.prrt_only.count} progression or death|"
        "{table1.no_surgery_request.prrt_only.count} own request|{table1.no_surgery_unknown.prrt_only.count} unknown",
    ),
    ("Overall and progression-free survival", "{table1.patients.surgery.n}", "{table1.patients.prrt_only.n}"),
    ("Best response", "{table1.patients.surgery.n}", "{=evaluated}|{=unevaluated} not evaluated"),
    (
        "Contact with vessels after PRRT",
        "{table4.total.surgery.n}",
        "{table4.total.prrt_only.n}|{table4.excluded.prrt_only.count} without scans",
    ),
    (
        "Adjusted hazard ratio",
        "{table1.patients.surgery.n}",
        "{=scored_others}|{table5.size_post_excluded.all.count} without a size after PRRT",
    ),
    (
        "Disease-free survival",
        "{results-surgery.ned.surgery.count}|{=not_ned} with visible disease after surgery",
        "",
    ),
    ("Tissue examined again", "{results-surgery.specimens.surgery.n}|{=specimens_missing} without a specimen", ""),
)


def hazard_ratios(numbers: Transcription, ensemble: Ensemble) -> list[forest.Ratio]:
    """Hazard ratios of death from crude to adjusted: as printed, or over the simulated cohorts."""
    landmark = immortal_time.landmark(ensemble.patients, LANDMARK_MONTHS)
    over_time = immortal_time.time_dependent(ensemble.patients)
    return [
        _printed(numbers, "cox_surgery", "Crude: from the start of PRRT"),
        _simulated(landmark, f"Landmark at {LANDMARK_MONTHS:g} months"),
        _simulated(over_time, "From the day of surgery"),
        _printed(numbers, "cox_surgery_adjusted", "Adjusted for the propensity score"),
    ]


def _printed(numbers: Transcription, key: str, label: str) -> forest.Ratio:
    ratio, low, high = (numbers.value(f"results-survival.{key}.{s}") for s in ("hr", "ci_lo", "ci_hi"))
    return forest.Ratio(f"{label} (published)", ratio, low, high)


def _simulated(found: pd.DataFrame, label: str) -> forest.Ratio:
    """The cohort in the middle, and the range of all that have an estimate."""
    found = found.dropna(subset=["hr"]).sort_values("hr")
    one, spread = found.iloc[len(found) // 2], (found["hr"].min(), found["hr"].max())
    return forest.Ratio(f"{label} (simulated)", one["hr"], one["ci_low"], one["ci_high"], spread)


def forest_plot(ratios: list[forest.Ratio], cohorts: int) -> Picture:
    """Forest plot of :func:`hazard_ratios`."""
    return forest.picture(
        ratios,
        favours=("surgery", "no surgery"),
        measure="hazard ratio of death",
        name="crude-to-adjusted",
        alt="Forest plot of hazard ratios of death, surgery against no surgery.",
        caption="The benefit of surgery shrinks as the comparison becomes fairer, and its interval widens past 1. "
        "Filled circles: published hazard ratios with 95% confidence intervals. Grey bands: the range over "
        f"{cohorts:,} simulated cohorts. Thin lines: one simulated cohort with its 95% interval. The paper’s own "
        "curves were not used.",
    )


def activity_without_sepsis_death(ensemble: Ensemble) -> np.ndarray:
    """Wald p of activity for death in each cohort, by Cox regression without the patient of least activity.

    That patient is the early death of sepsis, after one cycle.
    """
    time, event, activity = (ensemble.array(name) for name in ("os_years", "os_event", "prrt_activity_gbq"))
    others = activity > activity.min(axis=1, keepdims=True)
    fits = weighted_regression.cox(time, event, activity[:, :, None], others.astype(float))
    return 2 * special.ndtr(-np.abs(fits.coef[:, 0]) / np.sqrt(fits.covariance[:, 0, 0]))


def flow(numbers: Transcription, claims: Mapping[str, Claim]) -> tables.Html:
    """CONSORT-like flow of patients: who had surgery and why not, and whom each analysis leaves out."""
    joint = joint_facts.facts(numbers)
    others, unscored = (
        numbers.count(i) for i in ("table1.patients.prrt_only.n", "table5.size_post_excluded.all.count")
    )
    evaluated = int(joint["pr_prrt_only"] + joint["sd_prrt_only"]) + numbers.count("results-response.pd.all.count")
    known = joint | {"evaluated": evaluated, "unevaluated": others - evaluated, "scored_others": others - unscored}

    def fill(text: str) -> str:
        linked = re.sub(r"{([\w.-]+\.[\w.-]+)}", lambda id: tables.linked(claims[id[1]]), text)
        return re.sub(r"{=(\w+)}", lambda name: f"{known[name[1]]:g}", linked)

    def box(text: str, group: str) -> str:
        patients, *rest = fill(text).split("|")
        small = f"<small>{'<br>'.join(rest)}</small>" if rest else ""
        return f'<div class="box {group}">{patients}{small}</div>' if text else ""

    steps = "".join(
        f'<div class="step"><div class="what">{what}</div>{box(left, "surgery")}{box(right, "prrt_only")}</div>'
        for what, left, right in _FLOW
    )
    start = box("{abstract.patients.all.n} patients treated with PRRT", "start")
    return tables.Html(
        f'<figure class="flow">{start}{steps}<figcaption>'
        "Only survival is known of all patients: each other analysis leaves some out. Boxes: patients in an analysis, "
        "and why others are not in it. Numbers from the paper’s text and tables.</figcaption></figure>"
    )
