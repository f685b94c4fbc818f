"""Tables and figures of the chapter on confounding, over all simulated cohorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis_lib.analyses import bootstrap, influence, propensity_weighting
from analysis_lib.analyses.propensity_weighting import COVARIATES, METHODS, Stack
from analysis_lib.base import parallel
from analysis_lib.presentation import figures, forest, tables
from analysis_lib.presentation.figures import COLOURS, INK
from analysis_lib.printed.names import GROUPS_IN_PROSE
from analysis_lib.printed.transcription import Transcription

#: Of the univariable models; the paper's Table 5.
TABLE_5 = {
    "grade_1": "grade_1",
    "kps": "kps",
    "prrt_activity_gbq": "activity",
    "tumour_size_post_mm": "size_post",
    "partial_response": "pr",
}
#: The patient without a size after PRRT who died, and so is not among those of the score.
EARLY_DEATH = "results-prrt.sepsis_death.all.count"
NAMES = COVARIATES | {"partial_response": "partial response"}
SCORES = {
    "all four, as in the paper": tuple(COVARIATES),
    "all but activity": ("grade_1", "kps", "tumour_size_post_mm"),
    "grade 1 and performance score": ("grade_1", "kps"),
    "activity and size after PRRT": ("prrt_activity_gbq", "tumour_size_post_mm"),
}
#: What the text calls the ratios that an adversary pushed, and their ids.
PUSHED = {
    "iptw": "weighted_hr",
    "overlap": "overlap_hr",
    "strata": "stratified_hr",
    "without": "adjusted_hr_without_activity",
    "before": "adjusted_hr_grade_and_kps",
    "after": "adjusted_hr_activity_and_size",
}
# Of p values as drawn.
_LEAST_P = 0.00005
_WEIGHTS = {
    "none": ("not weighted", "o"),
    "iptw": ("inverse probability weights", "s"),
    "overlap": ("overlap weights", "D"),
}


@dataclass(frozen=True, eq=False)
class Adjusted:
    """One score: its patients, the hazard ratios of each method in every cohort, and bootstrap limits in a few."""

    sample: Stack
    ratios: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    without_estimate: float


def adjust(patients: pd.DataFrame, confidence: float, resamplings: int, seed: int) -> dict[str, Adjusted]:
    """Adjusted hazard ratios with each of :data:`SCORES`, the score fitted anew in each bootstrap resample."""
    found = {}
    for name, covariates in SCORES.items():
        sample = propensity_weighting.stack(patients, covariates)
        few = bootstrap.select_cohorts(sample)
        drawn = np.exp(bootstrap.log_hazard_ratios(few, resamplings, seed, **parallel.from_environment()))
        low, high = bootstrap.percentile_limits(drawn, confidence)
        ratios = np.exp(propensity_weighting.log_hazard_ratios(sample))
        found[name] = Adjusted(sample, ratios, low, high, drawn["covariate"].isna().mean())
    return found


def p_value_table(samples: Mapping[str, pd.DataFrame]) -> tables.Html:
    """P values of one covariate for death, from univariable models of several samples of patients."""
    rows = [
        (escape(name), f"{found['p_death'].median():.2g}", tables.range_text(found["p_death"], "{:.2g}"))
        for name, found in samples.items()
    ]
    return tables.table(
        ("Patients", "Median cohort", "All cohorts"), rows, "Cumulative activity: Cox p value for death"
    )


def influence_figure(found: pd.DataFrame, early: pd.Series, published: Transcription) -> figures.Picture:
    """Univariable p values of Table 5 with each patient left out in turn.

    Parameters
    ----------
    found
        As :func:`influence.leave_one_out` gives it for :data:`TABLE_5`.
    early
        By cohort, the patient who died early.
    published
        The p values with nobody left out.
    """
    models = {"death": "for death (Cox regression)", "surgery": "for surgery (logistic regression)"}
    without_early = found["left_out"] == found["cohort"].map(early)
    rows = []
    for model in models:
        for name, key in TABLE_5.items():
            p, mine = found[f"p_{model}"], found["covariate"] == name
            ends = np.maximum([p[mine].min(), p[mine].max()], _LEAST_P)
            shown = published[f"table5.{key}_{model}.p"].printed.text
            rows.append((NAMES[name], model, shown, *ends, p[mine & without_early].median()))

    def draw(narrow: bool) -> figures.Figure:
        figure, axes = figures.panels(narrow, 2.9, len(models), sharey=True)
        for axis, (model, title) in zip(axes, models.items(), strict=True):
            axis.axvline(influence.SIGNIFICANT, color=INK, lw=0.8, ls=(0, (4, 3)))
            for y, (_, _, shown, *ends, early_p) in enumerate(row for row in rows if row[1] == model):
                said = (
                    ("published, nobody left out", "one patient left out", "early death left out")
                    if y == 0
                    else [None] * 3
                )
                at = float(shown.removeprefix("<"))
                face = "none" if shown.startswith("<") else INK
                axis.plot(at, y, "o", color=INK, mfc=face, ms=6, label=said[0], zorder=3)
                axis.plot(ends, [y, y], color=COLOURS["all"], lw=5, alpha=0.6, solid_capstyle="butt", label=said[1])
                axis.plot(early_p, y, "x", color=INK, ms=7, mew=1.8, label=said[2])
            axis.set(xscale="log", xlim=(_LEAST_P, 1), xlabel="p value")
            axis.set_title(title)
            axis.set_xticks([0.0001, 0.001, 0.01, 0.05, 0.2, 1], ["0.0001", "0.001", "0.01", "0.05", "0.2", "1"])
            axis.minorticks_off()
            figures.label_rows(axis, [NAMES[name] for name in TABLE_5], narrow)
        figures.key(axes[0], narrow)
        return figure

    data = pd.DataFrame(
        rows, columns=["covariate", "model of", "published", "lowest", "highest", "without early death"]
    )
    said = (
        f"{r['covariate']}, {r['model of']}: published {r['published']}, {r['lowest']:.2g} to {r['highest']:.2g}, "
        f"{r['without early death']:.2g} without the early death"
        for _, r in data.iterrows()
    )
    return figures.picture(
        draw,
        name="leave-one-out",
        alt="P values of Table 5 when a patient is left out. " + "; ".join(said) + ".",
        caption="Activity is significant for death only with one early death. Bars: all p values with one patient left "
        "out, over the simulated cohorts; dashed: 0.05; open dot: published as less than that.",
        data=data.round(5),
    )


def forest_plot(found: Mapping[str, Adjusted], published: Mapping[str, Sequence[float]]) -> figures.Picture:
    """Forest plot of the hazard ratio by score and method, over the cohorts and within one.

    Parameters
    ----------
    found
        As :func:`adjust` gives it.
    published
        The ratio, lower and upper limit that the paper gives, by what they are.
    """
    rows: list[forest.Ratio | str] = [forest.Ratio(name, *limits) for name, limits in published.items()]

    def simulated(label: str, adjusted: Adjusted, method: str) -> forest.Ratio:
        low, middle, high = np.nanpercentile(adjusted.ratios[method], (5, 50, 95))
        return forest.Ratio(label, middle, adjusted.low[method].median(), adjusted.high[method].median(), (low, high))

    rows.append(simulated("Simulated, not adjusted", next(iter(found.values())), "crude"))
    for score, adjusted in found.items():
        rows.append(f"Score of {score}")
        rows += [
            simulated(words.removesuffix(", as in the paper"), adjusted, method)
            for method, words in METHODS.items()
            if method != "crude"
        ]
    return forest.picture(
        rows,
        favours=("surgery", "no surgery"),
        measure="hazard ratio of death",
        name="forest-adjusted",
        alt="Forest plot of hazard ratios of surgery.",
        caption="With the paper's four variables every method leaves room for a strong benefit and for harm. Dots: "
        "published, with their 95% intervals. Circles and grey bands: median and middle 90% of the simulated cohorts. "
        "Thin lines: bootstrap interval within a cohort, median over a few.",
    )


def words(found: Mapping[str, Adjusted]) -> dict[str, str]:
    """Ranges that the text quotes, by the name under which it does; those over cohorts are their middle 90%."""
    names = dict(zip(("all", "without", "before", "after"), found, strict=True))
    texts = {
        f"{short}_{method}": middle(found[name].ratios[method]) for short, name in names.items() for method in METHODS
    }
    paper = found[names["all"]]
    low, high = paper.low.median(), paper.high.median()
    adjusting = [method for method in METHODS if method != "crude"]
    inside = all(low[method] < 1 < high[method] for method in adjusting)
    sample, scores = paper.sample, propensity_weighting.propensity_score(paper.sample)
    unlike = ((sample.counts > 0) & (sample.treated == 0) & (scores > 0.5)).sum(axis=1)
    w = propensity_weighting.weights(sample, scores)["iptw"]
    return texts | {
        "enough": f"{100 * (found[names['before']].ratios['covariate'] >= paper.ratios['covariate']).mean():.0f}%",
        "boot": f"{low['covariate']:.1f} to {high['covariate']:.1f}",
        "boot_upper": tables.range_text(paper.high["covariate"], "{:.1f}"),
        "boot_cohorts": f"{len(paper.high)}",
        "boot_none": f"{100 * paper.without_estimate:.0f}%",
        "hold": "all four methods' intervals include 1" if inside else "not every method's interval includes 1",
        "unlike": middle(unlike, "{:.0f}"),
        "worth": middle(w.sum(axis=1) ** 2 / (w**2).sum(axis=1), "{:.0f}"),
    }


def middle(values: ArrayLike, form: str = "{:.2f}") -> str:
    """Middle 90% of some values, those that are NaN left out."""
    return tables.range_text(np.nanpercentile(values, (5, 95)), form)


def balance(sample: Stack, one: int) -> figures.Picture:
    """Propensity scores of one cohort, and standardised differences before and after weighting."""
    scores = propensity_weighting.propensity_score(sample)
    weights: dict = {"none": None} | propensity_weighting.weights(sample, scores)
    rows = []
    for name, (words, _) in _WEIGHTS.items():
        ends = np.percentile(propensity_weighting.standardised_differences(sample, weights[name]), (5, 50, 95), axis=0)
        rows += [(NAMES[covariate], words, *of) for covariate, of in zip(sample.names, ends.T, strict=True)]
    place = np.random.default_rng(0).uniform(-0.18, 0.18, scores.shape[1])

    def draw(narrow: bool) -> figures.Figure:
        figure, (left, right) = figures.panels(narrow, 2.9, 2, height_ratios=(1, 1.8) if narrow else (1,))
        for side, group in enumerate(GROUPS_IN_PROSE):
            mine = (sample.treated[one] == 1 - side) & (sample.counts[one] > 0)
            left.plot(scores[one][mine], side + place[mine], "o", ms=4, color=COLOURS[group])
        left.set(xlabel="propensity score", xlim=(-0.04, 1.04))
        figures.label_rows(left, list(GROUPS_IN_PROSE.values()), narrow)
        for k, (words, mark) in enumerate(_WEIGHTS.values()):
            for y, (_, _, low, middle, high) in enumerate(row for row in rows if row[1] == words):
                height = y + 0.17 * (k - 1) + 0.07 * narrow
                right.plot([low, high], [height] * 2, color=INK, lw=1.5)
                face = INK if k == 0 else "none"
                right.plot(middle, height, mark, color=INK, mfc=face, ms=5, label=words if y == 0 else None)
        right.axvline(0, color=COLOURS["all"], lw=0.8)
        right.set_xlabel("standardised difference\n(right: higher with surgery)")
        figures.label_rows(right, [NAMES[name] for name in sample.names], narrow)
        figures.key(right, narrow)
        return figure

    data = pd.DataFrame(rows, columns=["covariate", "weights", "5%", "median", "95%"])
    said = "; ".join(f"{r['covariate']}, {r['weights']}: {r['median']:.2f}" for _, r in data.iterrows())
    known = np.where(sample.counts[one] > 0, scores[one], np.nan)
    return figures.picture(
        draw,
        name="balance",
        alt=f"Left: scores of one simulated cohort, from {np.nanmin(known):.2f} to {np.nanmax(known):.2f}. Right: "
        f"standardised differences, median over the cohorts. {said}.",
        caption="Few patients of the no-surgery group are like most of the surgery group. Left: each patient's score "
        "in one simulated cohort. Right: how far the groups' means lie apart, in standard deviations, with the middle "
        "90% of the cohorts.",
        data=data.round(3),
    )
