"""First page: the forest plot from crude to adjusted, and the flow of patients."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analysis_lib.analyses import immortal_time
from analysis_lib.chapters import validation
from analysis_lib.ledger import joint_facts
from analysis_lib.presentation import forest, tables
from analysis_lib.statistics import logrank_power

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from analysis_lib.ledger.verdicts import Claim
    from analysis_lib.presentation.figures import Picture
    from analysis_lib.printed.transcription import Transcription
    from analysis_lib.reconstruction.ensemble import Ensemble
    from analysis_lib.reconstruction.witnesses import Witnesses

COLUMNS = (
    *("group", "os_years", "os_event", "pfs_years", "pfs_event"),
    *("months_to_surgery", "prrt_activity_gbq", "dose_adjustment"),
)
# Most of the surgery group had been operated on by then, and the adversary pushed this landmark too.
LANDMARK_MONTHS = 18

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
    (
        "Best response",
        "{table1.patients.surgery.n}",
        "{table1.patients.prrt_only.n}|{=unevaluated} of them not evaluated",
    ),
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
        "{results-surgery.ned.surgery.count}|{=not_ned} not shown free of disease",
        "",
    ),
    ("Tissue examined again", "{results-surgery.specimens.surgery.n}|{=specimens_missing} without a specimen", ""),
)


def hazard_ratios(numbers: Transcription, patients: pd.DataFrame, found: Witnesses) -> list[forest.Ratio]:
    """Hazard ratios of death from crude to adjusted: as printed, or over the simulated cohorts.

    Parameters
    ----------
    numbers
        The transcription.
    patients
        Simulated cohorts, whose middle one is shown.
    found
        The cohorts that an adversary pushed; they set the range.
    """
    landmark = immortal_time.landmark(patients, LANDMARK_MONTHS)
    pushed = found.extremes(f"landmark_hr_{LANDMARK_MONTHS}")
    over_time = immortal_time.time_dependent(patients)
    return [
        _printed(numbers, "cox_surgery", "Crude, from the start of PRRT"),
        _simulated(landmark, f"Landmark at {LANDMARK_MONTHS} months", pushed),
        _simulated(over_time, "From the day of surgery", found.extremes("time_dependent_hr")),
        _printed(numbers, "cox_surgery_adjusted", "Adjusted for the propensity score"),
    ]


def widened_ranges(ensemble: Ensemble) -> dict[str, str]:
    """Middle nine tenths of the cohorts' hazard ratios, widened as known patients ask: dated, and from the landmark."""
    wide = validation.ensemble_ranges(ensemble, validation.load().factors)[["wide_low", "wide_high"]]
    names = {"over_time": "HR from the day of surgery", "landmark": f"landmark HR of surgery, {LANDMARK_MONTHS} months"}
    return {key: tables.range_text(wide.loc[name]) for key, name in names.items()}


def deaths_needed(numbers: Transcription) -> int:
    """Deaths that a trial with patients divided as here needs to detect a hazard ratio of 0.7 with 80% power."""
    surgery, everybody = (numbers.count(f"table1.patients.{group}.n") for group in ("surgery", "all"))
    return logrank_power.events_needed(0.7, surgery / everybody, power=0.8)


def _printed(numbers: Transcription, key: str, label: str) -> forest.Ratio:
    return forest.published(numbers, f"results-survival.{key}", f"{label}: published, 95% CI")


def _simulated(ratios: pd.DataFrame, label: str, pushed: tuple[float, float]) -> forest.Ratio:
    known = ratios.dropna(subset=["hr"]).sort_values("hr")
    one = known.iloc[len(known) // 2]
    spread = (min(pushed[0], known["hr"].min()), max(pushed[1], known["hr"].max()))
    return forest.Ratio(f"{label}: widest range found", one["hr"], one["ci_low"], one["ci_high"], spread)


def forest_plot(ratios: list[forest.Ratio], cohorts: int) -> Picture:
    """Forest plot of :func:`hazard_ratios`."""
    return forest.picture(
        ratios,
        favours=("surgery", "no surgery"),
        measure="hazard ratio of death",
        name="crude-to-adjusted",
        alt="Forest plot of hazard ratios of death, surgery against no surgery.",
        caption="After adjustment, or counted from later days, it is possible that surgery brought no benefit. "
        "Filled circles: published hazard ratios with 95% confidence intervals. Grey bands: the widest range over "
        f"{cohorts:,} simulated cohorts and others pushed to extremes; they are no confidence intervals, and most "
        "cohorts lie well inside. Open circles with thin lines: one simulated cohort with its 95% interval. The rows "
        "answer different questions: the adjusted one still counts from the start of PRRT. The paper’s own curves were "
        "not used.",
    )


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
        "Each analysis below best response leaves some patients out. "
        "Boxes: patients in an analysis, and why others are not in it. "
        "Numbers from the paper’s text and tables.</figcaption></figure>"
    )
