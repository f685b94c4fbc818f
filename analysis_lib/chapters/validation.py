"""Tables and figure of the chapter that holds simulated cohorts of known studies against their patients."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib.base.paths import ROOT
from analysis_lib.presentation import figures, tables
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.reconstruction.studies import diversity
from analysis_lib.reconstruction.studies.coverage import FEWEST, QUANTITIES, widened

# Unprinted quantities of the figure, with what they are called there.
_SHOWN = {
    "survival_median_first": "Survival at median follow-up,\nfirst group",
    "mean_difference": "Difference in restricted\nmean survival",
    "landmark": "Log hazard ratio,\nlandmark in follow-up",
    "landmark_waiting": "Log hazard ratio,\nlandmark in waiting",
}
# Data sets as the figure calls them.
_SHORT = {"gbsg2": "breast", "stanford": "heart", "myeloid": "leukaemia", "veteran": "veterans' lung"}
# What the ensemble says of the unprinted, and the quantity of the known studies whose factor widens it.
_ALIKE = {
    "5-year OS, surgery": "survival_median_first",
    "5-year OS, PRRT only": "survival_median_second",
    "10-year OS, surgery": "survival_q3_first",
    "10-year OS, PRRT only": "survival_q3_second",
    "3-year PFS, surgery": "pfs_median_first",
    "3-year PFS, PRRT only": "pfs_median_second",
    "landmark HR of surgery, 18 months": "landmark",
    "HR from the day of surgery": "time_dependent",
}


@dataclass(frozen=True, eq=False)
class Trial:
    """The trial on known patients as `data/truth` has it; ``ranges`` with the truths that have one."""

    manifest: dict
    studies: pd.DataFrame
    cohorts: pd.DataFrame
    ranges: pd.DataFrame
    factors: pd.Series

    @property
    def found(self) -> pd.Series:
        """Whether each study has cohorts enough for a range."""
        return self.studies["study"].map(self.cohorts["study"].value_counts() >= FEWEST).eq(True)


def load() -> Trial:
    """The trial on file."""
    folder = ROOT / "data" / "truth"
    cohorts = pd.read_parquet(folder / "cohorts.parquet", columns=["study", "assumption", "cohort"])
    return Trial(
        json.loads((folder / "manifest.json").read_text(encoding="utf-8")),
        pd.read_csv(folder / "studies.csv", dtype=str),
        cohorts.drop_duplicates(),
        pd.read_csv(folder / "ranges.csv").dropna(subset=["truth", "low"]),
        pd.read_csv(folder / "factors.csv").set_index("quantity")["factor"],
    )


def inside(ranges: pd.DataFrame) -> pd.Series:
    """Which truths lie between the ends of their ranges."""
    return ranges["truth"].between(ranges["low"], ranges["high"])


def extremes() -> pd.DataFrame:
    """What an adversary reached in known studies, beside each truth: the columns of ``data/truth/extremes.csv``."""
    return pd.read_csv(ROOT / "data" / "truth" / "extremes.csv")


def adversary(found: pd.DataFrame) -> tuple[int, int, int]:
    """How many truths lie between the extremes of cohorts, how many between an adversary's, and of how many."""
    before = found["truth"].between(found["cohorts_low"], found["cohorts_high"])
    return int(before.sum()), int(inside(found).sum()), len(found)


def misses(ranges: pd.DataFrame) -> pd.Series:
    """How far the middle of a range is from the truth, in the truth's standard errors: median by quantity."""
    known = ranges[ranges["se"] > 0]
    return ((known["middle"] - known["truth"]).abs() / known["se"]).groupby(known["quantity"]).median()


def study_name(study: str) -> str:
    """A study as readers know it.

    Examples
    --------
    >>> study_name("gbsg2, part 1"), study_name("lung, part 2")
    ('breast, part 1', 'lung, part 2')
    """
    source, part = study.split(", ")
    return f"{_SHORT.get(source, source)}, {part}"


def source_table(trial: Trial) -> tables.Html:
    """Data sets of the trial: groups, studies with enough cohorts, cohorts by censoring assumption."""
    source_of = trial.studies.set_index("study")["source"]
    by = trial.cohorts.groupby([trial.cohorts["study"].map(source_of), "assumption"]).size().unstack(fill_value=0)
    rows = []
    for name, about in trial.manifest["sources"].items():
        mine = trial.studies["source"] == name
        rows.append(
            (
                about["title"] + (" (held out)" if about["held_out"] else ""),
                f"{about['first']}; {about['second']}",
                f"{(mine & trial.found).sum()} of {mine.sum()}",
                *(f"{by[a].get(name, 0)}" for a in ("A", "B")),
            )
        )
    head = ("Data", "First group; second group", f"Studies with {FEWEST} cohorts", "Cohorts, A", "Cohorts, B")
    caption = (
        "Studies of known patients and their simulated cohorts by censoring assumption: A, follow-up ends mainly with "
        "the study; B, by dropout"
    )
    return tables.table(head, rows, caption)


def coverage_table(trial: Trial) -> tables.Html:
    """Truths inside their ranges by quantity, as found and widened."""
    wider = inside(widened(trial.ranges, trial.factors))
    rows = []
    for name in (n for n in QUANTITIES if n in trial.factors):
        of = trial.ranges[trial.ranges["quantity"] == name]
        flags, grown = inside(of), wider[of.index]
        limits = stats.binomtest(int(flags.sum()), len(flags)).proportion_ci(0.95, method="exact")
        rows.append(
            (
                QUANTITIES[name],
                _share(flags),
                f"{limits.low:.0%} to {limits.high:.0%}",
                f"{trial.factors[name]:.1f}",
                _share(grown),
                _share(grown[of["held_out"]]),
            )
        )
    head = ("Not printed", "Truths inside", "95% CI", "Factor", "Inside when widened", "Of these, held out")
    return tables.table(head, rows, "Truths inside the central 90% of the cohorts, before and after widening")


def ranges_figure(trial: Trial) -> figures.Picture:
    """Ranges beside the truth in four panels, one bar a study."""
    bars = trial.ranges[trial.ranges["quantity"].isin(_SHOWN) & (trial.ranges["se"] > 0)]
    bars = bars.assign(**{end: (bars[end] - bars["truth"]) / bars["se"] for end in ("low", "high")})
    order = sorted(bars["study"].unique())

    def draw(narrow: bool) -> figures.Figure:
        of = {name: bars[bars["quantity"] == name] for name in _SHOWN}
        # A phone has the panels one beneath the other, each with its own studies only.
        shown = {name: sorted(at["study"].unique()) if narrow else order for name, at in of.items()}
        sizes = {"height_ratios": [len(studies) + 3 for studies in shown.values()]} if narrow else {"sharey": True}
        figure, axes = figures.panels(narrow, 3.4 if narrow else 4.6, len(_SHOWN), 2, sharex=True, **sizes)
        for axis, (name, title) in zip(axes, _SHOWN.items(), strict=True):
            at, studies = of[name], shown[name]
            colours = at["held_out"].map({True: figures.INK, False: figures.COLOURS["all"]})
            axis.hlines(at["study"].map(studies.index), at["low"], at["high"], colours, lw=3)
            axis.axvline(0, color=figures.INK, lw=0.9)
            axis.set_title(title, loc="left")
            axis.set_xlim(-3, 3)
            figures.label_rows(axis, [study_name(study) for study in studies], False)
        figure.supxlabel("distance from the truth, standard errors", fontsize="medium")
        return figure

    missing = int((bars["low"] * bars["high"] > 0).sum())
    return figures.picture(
        draw,
        name="validation-ranges",
        alt=f"One bar each for {len(order)} studies, in four panels for four unprinted quantities: where the simulated "
        f"cohorts lie beside the truth. {missing} of {len(bars)} bars do not cross it.",
        caption=f"{missing} of {len(bars)} ranges miss the truth, the line at 0. Bars: central 90% of the cohorts "
        "before widening, cut at 3 standard errors, grey for the data that set the factors.",
        data=bars,
    )


def ensemble_ranges(ensemble: ensembles.Ensemble, factors: Mapping[str, float]) -> pd.DataFrame:
    """Central 90% of the book's cohorts for what is not printed, as found and widened by the known studies' factors.

    Rows by quantity: ``low``, ``high``, ``factor``, ``wide_low``, ``wide_high``. Hazard ratios grow on the log scale,
    and shares stay between 0 and 1.
    """
    ends = diversity.unprinted(ensemble)[list(_ALIKE)].quantile([0.05, 0.95]).T.set_axis(["low", "high"], axis=1)
    ratio = ends.index.str.contains("HR")
    grown = ends.copy()
    grown[ratio] = np.log(grown[ratio])
    grown = widened(grown.assign(quantity=_ALIKE), pd.Series(factors))[["low", "high"]]
    grown[ratio] = np.exp(grown[ratio])
    grown[~ratio] = grown[~ratio].clip(0, 1)
    return ends.assign(factor=[factors[_ALIKE[name]] for name in ends.index]).join(grown.add_prefix("wide_"))


def ensemble_table(found: pd.DataFrame) -> tables.Html:
    """Table of :func:`ensemble_ranges`."""
    rows = [
        (
            name.replace("PRRT only", "no surgery"),
            f"{row.low:.2f} to {row.high:.2f}",
            f"{row.factor:.1f}",
            f"{row.wide_low:.2f} to {row.wide_high:.2f}",
        )
        for name, row in zip(found.index, found.itertuples(), strict=True)
    ]
    head = ("Not printed", "Central 90% of the cohorts", "Factor", "Widened")
    return tables.table(head, rows, "The paper's simulated cohorts: ranges as found, and widened")


def _share(flags: pd.Series) -> str:
    return f"{flags.sum()} of {len(flags)}" if len(flags) else "–"
