"""Section of the report on confounding: propensity score, weights, balance and E-value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.analyses.confounding import Adjustment
from analysis_lib.analyses.description import GROUPS
from analysis_lib.analyses.propensity_weighting import COVARIATES
from analysis_lib.chapters.your_cohort import wording
from analysis_lib.chapters.your_cohort.cohort import Cohort
from analysis_lib.presentation import figures, tables
from analysis_lib.presentation.figures import COLOURS, INK
from analysis_lib.presentation.tables import Html
from analysis_lib.printed.names import NAMES
from analysis_lib.statistics.e_value import e_value_of_hazard_ratio

METHODS = {
    "unadjusted": "Unadjusted, all patients",
    "complete": "Unadjusted, patients with all covariates",
    "covariate": "Propensity score as a covariate",
    "iptw": "Inverse probability weights (stabilised)",
    "overlap": "Overlap weights",
}
# Above this share of events the outcome is common, and a hazard ratio is no risk ratio.
_COMMON = 0.15
_BALANCE = {"none": ("unweighted", "o"), "iptw": ("inverse probability", "s"), "overlap": ("overlap", "D")}


def section(cohort: Cohort) -> wording.Parts:
    """Section on confounding."""
    found = cohort.adjustment
    rows = [(words, *wording.ratio_cells(found.ratios.loc[method])) for method, words in METHODS.items()]
    head = ("Analysis", "Hazard ratio of death (95% interval)", "p", "Patients", "Deaths")
    parts: list[Html | figures.Picture | str] = [
        wording.paragraph(*_covariates(found)),
        tables.table(head, rows, "Surgery and death from the start of PRRT, unadjusted and adjusted"),
        wording.paragraph(*_reading(found)),
    ]
    if not found.separated:
        parts += [_balance(found), _scores(found)]
    return [*parts, wording.paragraph(*_e_values(found)), _LIMITS]


def _covariates(found: Adjustment) -> list[str]:
    used = ", ".join(COVARIATES.get(name, name) for name in found.covariates)
    sentences = [f"The propensity score is the probability of surgery given {used}."]
    if found.left_out:
        without = "; ".join(f"{COVARIATES.get(name, name)} ({why})" for name, why in found.left_out.items())
        sentences.append(f"Left out of the paper's score: {without}.")
    blank = found.patients - found.complete
    if blank:
        sentences.append(
            f"{wording.count(blank, 'patient lacks', 'patients lack')} a covariate and cannot be adjusted for."
        )
    return sentences


def _reading(found: Adjustment) -> list[str]:
    if found.separated:
        return [
            "The covariates separate the groups: some combination of them was never operated on, or always. "
            "There is no score, and nobody to compare with."
        ]
    sentences = [
        f"{100 * found.common:.0f}% of the patients have a score within the range of both groups; the others have no "
        "counterpart."
    ]
    adjusted = found.ratios.loc["overlap"]
    if not adjusted["reason"]:
        sentences.append(wording.position_of_interval(adjusted["ci_low"], adjusted["ci_high"]))
        sentences.append(wording.few_deaths(int(adjusted["events"])))
    return sentences


def _balance(found: Adjustment) -> figures.Picture | str:
    """Standardised differences before and after weighting."""
    # In a group of one there is no spread to measure a difference by.
    balance = found.balance.dropna()
    if balance.empty:
        return wording.paragraph("Balance cannot be measured in groups so small.")

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 1.3 + 0.4 * len(balance))
        axis.axvspan(-0.1, 0.1, color=INK, alpha=0.08, lw=0)
        axis.axvline(0, color=INK, lw=0.8)
        for column, (label, marker) in _BALANCE.items():
            face = "none" if column == "none" else INK
            axis.plot(balance[column], np.arange(len(balance)), marker, color=INK, mfc=face, ms=6, label=label)
        axis.set_xlabel("standardised difference, surgery less PRRT only")
        figures.label_rows(axis, [COVARIATES.get(name, name) for name in balance.index], narrow)
        figures.key(axis, narrow)
        return figure

    worst = balance.abs().max()
    return figures.picture(
        draw,
        name="report-balance",
        alt="Standardised differences of the covariates. "
        + " ".join(f"Greatest, {label}: {worst[column]:.2f}." for column, (label, _) in _BALANCE.items()),
        caption=f"Weighting takes the greatest imbalance from {worst['none']:.2f} to {worst['iptw']:.2f} (inverse "
        f"probability) and {worst['overlap']:.2f} (overlap). Shaded: within 0.1.",
        data=found.balance.rename_axis("covariate").reset_index().round(4),
    )


def _scores(found: Adjustment) -> figures.Picture:
    """Histograms of the score by group, mirrored."""
    bins = np.linspace(0, 1, 21)
    counts = {
        group: np.histogram(found.scores.loc[found.scores["group"] == group, "score"], bins)[0] for group in GROUPS
    }

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 2.9 if narrow else 2.6)
        for group, sign in zip(GROUPS, (1, -1), strict=True):
            colour = COLOURS[group]
            axis.bar(bins[:-1], sign * counts[group], width=0.046, align="edge", color=colour, label=NAMES[group])
        axis.axhline(0, color=INK, lw=0.8)
        axis.set(xlabel="propensity score: probability of surgery", ylabel="patients", xlim=(0, 1))
        axis.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
        figures.key(axis, narrow)
        return figure

    effective = found.effective.round(0)
    return figures.picture(
        draw,
        name="report-scores",
        alt=f"Histograms of the propensity score by group; {100 * found.common:.0f}% of patients lie within the "
        "range of both.",
        caption="Where the two histograms overlap, patients can be compared. After overlap weighting the "
        f"groups weigh as {effective.loc['overlap', 'surgery']:.0f} and "
        f"{effective.loc['overlap', 'prrt_only']:.0f} patients, after inverse probability weighting as "
        f"{effective.loc['iptw', 'surgery']:.0f} and {effective.loc['iptw', 'prrt_only']:.0f}.",
        data=pd.DataFrame(
            [
                (group, start, n)
                for group, of in counts.items()
                for start, n in zip(bins[:-1].round(2), of, strict=True)
            ],
            columns=["group", "score_from", "patients"],
        ),
    )


def _e_values(found: Adjustment) -> list[str]:
    row = found.ratios.loc["covariate"]
    what = "score-adjusted"
    if row["reason"]:
        row, what = found.ratios.loc["unadjusted"], "unadjusted"
    if row["reason"]:
        return []
    common = row["events"] / row["patients"] > _COMMON
    e = e_value_of_hazard_ratio(row["hr"], row["ci_low"], row["ci_high"], common)
    return [
        f"E-value of the {what} ratio: an unmeasured factor would have to be tied to surgery and to death by "
        f"risk ratios of {e.estimate:.2f} each to explain all of it.",
        f"To make the interval reach 1, {e.limit:.2f} would do." if e.limit > 1 else "The interval reaches 1 already.",
    ]


_LIMITS = wording.paragraph(
    "Adjustment can only balance what a column holds. Covariates measured after the start of PRRT, such as "
    "activity, response or size, may themselves be part of how long a patient lived. All of these ratios count "
    "time from the start, and so immortal time is in each of them."
)
