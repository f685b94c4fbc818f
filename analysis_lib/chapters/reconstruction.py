"""Tables and figure of the appendix that says how cohorts are simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib.cohort import plausibility
from analysis_lib.ledger.predictions import Prediction
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, tables
from analysis_lib.printed.number import number_text
from analysis_lib.printed.transcription import Transcription
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.reconstruction.stages.state import Blocks
from analysis_lib.reconstruction.studies import diversity
from analysis_lib.statistics import survival
from analysis_lib.targets.catalogue import Targets

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_PLACE = "results-survival"
# Of each kind of number that was withheld, one; its interval has the same percentile or nearly so.
WITHHELD = {
    f"{_PLACE}.os.all.median": "OS, all",
    f"{_PLACE}.os.surgery.median": "OS, surgery group",
    f"{_PLACE}.os.prrt_only.median": "OS, no-surgery group",
    f"{_PLACE}.os.p": "OS, log-rank p",
    f"{_PLACE}.cox_surgery.hr": "Hazard ratio of surgery",
    f"{_PLACE}.cox_surgery.ci_hi": "… its upper limit",
    f"{_PLACE}.follow_up.all.median": "Follow-up, median",
    f"{_PLACE}.pfs.surgery.median": "PFS, surgery group",
    f"{_PLACE}.pfs.prrt_only.median": "PFS, no-surgery group",
    f"{_PLACE}.pfs.p": "PFS, log-rank p",
    f"{_PLACE}.dfs.surgery.median": "DFS, all",
    f"{_PLACE}.dfs_r0.surgery.median": "DFS, R0",
    f"{_PLACE}.dfs_r1.surgery.median": "DFS, R1",
    f"{_PLACE}.dfs_margin.surgery.p": "DFS, log-rank p of the margin",
    f"{_PLACE}.cox_surgery_adjusted.hr": "Hazard ratio of surgery, adjusted",
    f"{_PLACE}.cox_score.hr": "Hazard ratio of the score",
    "table5.kps_death.hr": "… of the performance score",
    "table5.grade_1_death.hr": "… of grade 1",
    "table5.activity_death.hr": "… of activity",
    "table5.pr_death.hr": "… of partial response",
    "table5.size_post_death.hr": "… of size after PRRT",
}
# Medians of survival, by the beginning of their ids.
MEDIANS = {
    "OS, all": f"{_PLACE}.os.all",
    "OS, surgery group": f"{_PLACE}.os.surgery",
    "OS, no-surgery group": f"{_PLACE}.os.prrt_only",
    "PFS, surgery group": f"{_PLACE}.pfs.surgery",
    "PFS, no-surgery group": f"{_PLACE}.pfs.prrt_only",
    "DFS, surgery group": f"{_PLACE}.dfs.surgery",
    "DFS after R1": f"{_PLACE}.dfs_r1.surgery",
}
_LONGEST_MONTHS = 300


def stages_table(targets: Targets) -> tables.Html:
    """The stages of the search: what moves in each, and how many targets it holds."""
    blocks = Blocks(targets)
    regressions = (*(id for ids in blocks.covariate_ids.values() for id in ids), *blocks.size_ids)
    held = [sum(id in targets for id in ids) for ids in (blocks.survival_ids, regressions, blocks.progression_ids)]
    what = (
        (
            "survival",
            "days of death and of last follow-up, from random ones",
            "OS medians with intervals, log-rank p, hazard ratio of surgery, quartiles of follow-up",
        ),
        (
            "regressions",
            "who has a partial response, which Karnofsky score, grade 1 and activity; then sizes after PRRT",
            "Table 5 for death, the odds ratio of size, and surgery beside the propensity score",
        ),
        (
            "progression",
            "days of surgery; who progressed, when, and who was free of disease after surgery",
            "PFS and DFS medians with intervals, the undefined one too, and log-rank p",
        ),
        (
            "the rest",
            "single columns; counts among those who may have the trait",
            "means, quartiles, ranges and p values of Tables 1 to 3, all counts, Table 4's moves",
        ),
    )
    counts = (*held, len(targets) - sum(held))
    heads = ("Stage", "What moves", "What must come out", "Targets")
    rows = [(*words, f"{count}") for words, count in zip(what, counts, strict=True)]
    return tables.table(heads, rows, "Stages of the search for one cohort")


def _p_values(ensemble: Ensemble, column: str, groups: Iterable[pd.Series], equal: bool) -> np.ndarray:
    """p values of a t test between two groups of patients, all cohorts at once, shape (cohorts,)."""
    moments: list[np.ndarray] = []
    for who in groups:
        x = ensemble.array(column, who)
        moments += [np.nanmean(x, 1), np.nanstd(x, 1, ddof=1), np.isfinite(x).sum(1)]
    return stats.ttest_ind_from_stats(*moments, equal_var=equal).pvalue


def named_assumptions_table(
    claims: Mapping[str, Claim], numbers: Transcription, ensemble: Ensemble, targets: Targets
) -> tables.Html:
    """The assumptions that have a name, with what another choice would give in these cohorts."""
    patients = ensemble.patients
    operated, response = patients["group"] == "surgery", patients["best_response"]
    years = ensemble.array("os_years")

    def span(values: ArrayLike, decimals: int) -> str:
        return tables.range_text(values, f"{{:.{decimals}f}}")

    def printed(id: str) -> str:
        return tables.linked(claims[id])

    age = _p_values(ensemble, "age_years", (operated, ~operated), True)
    fibrosis = _p_values(ensemble, "fibrosis_percent", (response == "PR", (response == "SD") & operated), False)
    some = [ensemble.one(k) for k in ensemble.origin.index[:50]]
    reverse = [survival.reverse_kaplan_meier_median(c["os_years"], c["os_event"]).median for c in some]
    alive = np.nanmedian(ensemble.array("os_years", patients["os_event"] == 0), axis=1)
    ranked = ("median", "q1", "q3")
    by_quantile = sum(t.statistic in ranked or t.statistic.startswith("follow_up") for t in targets.values())
    median = f"{_PLACE}.os.surgery.median"
    distinct = np.mean([len(np.unique(np.floor(12 * one))) for one in years])
    third = np.percentile(years, 75, axis=1, method="linear")
    rows = (
        (
            "follow_up",
            "which median follow-up is meant",
            "all observed times, deaths included",
            "reverse Kaplan–Meier, or survivors only",
            f"printed {printed(f'{_PLACE}.follow_up.all.median')} years; by reverse Kaplan–Meier {span(reverse, 1)}, "
            f"of survivors {span(alive, 1)}",
        ),
        (
            "quantile",
            "rule for medians and quartiles",
            "weighted average, SPSS's HAVERAGE",
            "half-way between the steps of the distribution (Hazen)",
            f"{by_quantile} targets rest on it; by R's default the third quartile of follow-up would be "
            f"{span(third, 1)} years, printed {printed(f'{_PLACE}.follow_up.all.q3')}",
        ),
        (
            "time_unit",
            "how days of survival became years",
            "days, divided by 365.25",
            "days by 365, or completed months",
            f"by 365 a median of {printed(median)} years would be {numbers.value(median) * 365.25 / 365:.2f}; in "
            f"completed months {distinct:.0f} of {years.shape[1]} times would differ from each other",
        ),
        (
            "age_test",
            "t test for age",
            "Welch's t",
            "Student's t",
            f"printed p {printed('table1.age.p')}; Student's would be {span(age, 3)}",
        ),
        (
            "fibrosis_test",
            "t test for fibrosis",
            "Student's t",
            "Welch's t",
            f"printed p {printed('results-surgery.fibrosis_pr_sd.surgery.p')}; Welch's would be {span(fibrosis, 3)}",
        ),
    )
    chosen = set(ensemble.manifest["assumptions"])
    if chosen != {name for name, *_ in rows}:
        raise ValueError(f"the table knows other assumptions than the ensemble's: {', '.join(sorted(chosen))}")
    heads = ("Name", "About", "Choice", "Alternatives", "What would change")
    return tables.table(heads, rows, "Assumptions with a name")


def censoring_table(ensemble: Ensemble) -> tables.Html:
    """The censoring assumptions, and how many cohorts were searched under each."""
    counts = ensemble.origin["scheme"].value_counts()
    rows = [(name, what, f"{counts[name]}") for name, what in ensemble.manifest["schemes"].items()]
    return tables.table(("Assumption", "Follow-up", "Cohorts"), rows, "Censoring assumptions")


def _middle(values: pd.Series) -> str:
    return tables.range_text(np.nanpercentile(values, (5, 95)))


def unprinted_table(unprinted: pd.DataFrame, scheme: pd.Series) -> tables.Html:
    """What the cohorts say of quantities that the paper does not print, by censoring assumption."""
    mean = unprinted.groupby(scheme).mean()
    worth = unprinted.apply(diversity.effective_number)
    heads = ("Not printed", "Mean", "5th to 95th percentile", *(f"Mean, {k}" for k in mean.index), "Effective number")
    rows = [
        (name, f"{of.mean():.2f}", _middle(of), *(f"{m:.2f}" for m in mean[name]), f"{worth[name]:,.0f} of {len(of):,}")
        for name, of in unprinted.items()
    ]
    return tables.table(heads, rows, "Quantities that the paper does not print")


def rules_table(broken: pd.DataFrame, cohorts: int) -> tables.Html:
    """Rules of plausibility, and how many patients break each, from :func:`..plausibility.counts`."""
    rules = {rule.id: rule for rule in plausibility.rules()}
    heads = ("Rule", "Kind", "Not allowed", "Source", "Patients", "Allowed in a cohort", "Cohorts beyond")
    rows = []
    for id, row in broken.iterrows():
        rule = rules[str(id)]
        what = f"<code>{rule.columns[0]}</code> {rule.problem}"
        counts = (f"{n}" for n in (row["patients"], rule.limit, row["cohorts"]))
        rows.append((f"<code>{id}</code>", rule.kind, what, rule.source, *counts))
    return tables.table(heads, rows, f"Patients of {cohorts:,} cohorts who break a rule, and cohorts beyond its limit")


def unrelated_table(patients: pd.DataFrame) -> tables.Html:
    """Association: findings that go together in a clinic, each where it is expected more often and less often."""
    seen, nodes = patients[patients["tvi_pre"].notna()], patients[patients["nodes_positive"].notna()]
    left, stained = seen[seen["no_surgery_reason"].notna()], patients[patients["uptake"].notna()]
    contact = left["tvi_post"] > 0

    def share(found: pd.Series, of: pd.Series) -> str:
        return f"{100 * found[of].mean():.0f}%"

    touched, positive = seen["tvi_pre"] > 0, nodes["nodes_positive"] > 0
    unresectable = left["no_surgery_reason"] == "unresectable"
    size = seen.groupby("organ_invasion_pre")["tumour_size_mm"].median()
    cells = stained.groupby(stained["uptake"] == "higher_than_kidneys")["sstr2a_percent"].mean()
    rows = [
        (
            "Contact with vessels",
            f"{share(touched, seen['tumour_location'] == 'head')} of tumours of the head",
            f"{share(touched, seen['tumour_location'] == 'tail')} of tumours of the tail",
        ),
        (
            "Positive lymph nodes in the specimen",
            f"{share(positive, nodes['n1'] == 1)} with N1 on imaging",
            f"{share(positive, nodes['n1'] == 0)} without",
        ),
        (
            "Not operated on because unresectable",
            f"{share(unresectable, contact)} with contact left after PRRT",
            f"{share(unresectable, ~contact)} without",
        ),
        ("Tumour size, median", f"{size[1]:.0f} mm with invasion of organs", f"{size[0]:.0f} mm without"),
        (
            "SSTR2a-positive cells, mean",
            f"{cells[True]:.0f}% where the uptake is above the kidneys’",
            f"{cells[False]:.0f}% where it is lower",
        ),
    ]
    caption = "What goes together in a clinic, and hardly does here: patients of all simulated cohorts"
    return tables.table(("Finding", "Expected more", "Expected less"), rows, caption)


def other_assumptions_table(unprinted: pd.DataFrame, others: Ensemble, without: Iterable[str]) -> tables.Html:
    """What cohorts under other assumptions say of the unprinted, beside the ensemble."""
    elsewhere = diversity.unprinted(others)
    shown = [name for name in unprinted if "PFS" not in name and "10-year" not in name]
    found = [("as usual", unprinted), *elsewhere.groupby(others.origin["scheme"])]
    rows = [
        (f"<code>{name}</code>" if name != "as usual" else name, f"{len(of):,}", *(_middle(of[what]) for what in shown))
        for name, of in found
    ]
    rows += [(f"<code>{name}</code>", "none found", *("–" for _ in shown)) for name in without]
    return tables.table(
        ("Assumption", "Cohorts", *shown), rows, "Other assumptions: 5th to 95th percentile over cohorts"
    )


def months_of_median(numbers: Transcription, stem: str) -> tuple[float, float, np.ndarray]:
    """Medians (years) that print as given with their symmetric limits, and the whole months among them.

    SPSS's interval of a median is symmetric, so that the median lies half-way between its limits.

    Returns
    -------
    tuple
        The least and the greatest such median, in years, and the whole months between them, shape (m,).
    """
    median, low, high = (numbers[f"{stem}.{s}"].interval for s in ("median", "ci_lo", "ci_hi"))
    centre = (low.low + high.low) / 2, (low.high + high.high) / 2
    months = np.arange(_LONGEST_MONTHS)
    # Halves round up. At an end of the centre one single width of the interval is left, which does not count.
    prints = (months / 12 > median.low - 1e-9) & (months / 12 < median.high - 1e-9)
    symmetric = (months / 12 > centre[0] + 1e-9) & (months / 12 < centre[1] - 1e-9)
    return max(median.low, centre[0]), min(median.high, centre[1]), months[prints & symmetric]


def months_table(claims: Mapping[str, Claim], room: Mapping[str, tuple[float, float, np.ndarray]]) -> tables.Html:
    """Which medians print with their limits, and which are whole months, from :func:`months_of_median`."""
    rows = []
    for name, (least, most, months) in room.items():
        limits = " to ".join(tables.linked(claims[f"{MEDIANS[name]}.{s}"]) for s in ("ci_lo", "ci_hi"))
        inside = ", ".join(f"{m}" for m in months) or "<strong>none</strong>"
        rows.append(
            (name, tables.linked(claims[f"{MEDIANS[name]}.median"]), limits, f"{least:.3f} to {most:.3f}", inside)
        )
    heads = ("Median", "Printed, years", "95% limits", "Medians that print so, years", "Whole months among them")
    return tables.table(heads, rows, "Can a median be a whole number of months? Halves rounded up")


def withheld(numbers: Transcription, predictions: Mapping[str, list[Prediction]]) -> pd.DataFrame:
    """Where each number of :data:`WITHHELD` falls among the draws, a row for each set it was withheld in."""
    rows = []
    for id, name in WITHHELD.items():
        for one in predictions.get(id, []):
            low, median, high = one.quantiles
            rows.append(
                {
                    "id": id,
                    "number": name,
                    "withheld": one.title,
                    "together": len(one.withheld),
                    "draws": one.draws,
                    "undefined": one.draws - one.pooled.size,
                    "low": low,
                    "median": median,
                    "high": high,
                    "percentile": one.percentile(numbers[id].interval),
                    "within": one.holds(numbers[id].interval),
                }
            )
    return pd.DataFrame(rows)


def withheld_figure(found: pd.DataFrame) -> figures.Picture:
    """Percentile of each printed number among the draws without it, from :func:`withheld`."""
    hardest = found.drop_duplicates("id", keep="last")
    place = found["number"].map({name: k for k, name in enumerate(hardest["number"])})
    last = found.index.isin(hardest.index)

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 0.8 + (0.36 if narrow else 0.24) * len(hardest))
        axis.axvspan(5, 95, color=figures.COLOURS["all"], alpha=0.15, linewidth=0)
        axis.axvline(50, color=figures.COLOURS["all"], linewidth=0.6)
        for mark, size, of in (("|", 9, ~last), ("o", 7, last)):
            axis.plot(found["percentile"][of], place[of], mark, color=figures.COLOURS["surgery"], markersize=size)
        axis.set(xlim=(-3, 103), xlabel="percentile of the printed number among the draws")
        figures.label_rows(axis, list(hardest["number"]), narrow)
        return figure

    said = "; ".join(f"{r.number} {r.percentile:.0f}" for r in hardest.itertuples())
    return figures.picture(
        draw,
        name="withheld",
        alt=f"Percentile of each printed number among the values that the others leave it. {said}.",
        caption=f"{hardest['within'].sum()} of {len(hardest)} withheld numbers fall inside the middle 90% (shaded) "
        "of what the others leave them. Dots: withheld with all that would give it away. Dashes: in a smaller set.",
        data=found,
    )


def withheld_table(claims: Mapping[str, Claim], found: pd.DataFrame) -> tables.Html:
    """Each withheld number beside the middle 90% of the draws, from :func:`withheld`."""
    rows = []
    for r in found.itertuples():
        number = claims[r.id].number
        low, high = (number_text(x, number.printed.decimals) for x in (r.low, r.high))
        missing = f"; not defined in {r.undefined} of {r.draws}" if r.undefined else ""
        together = f"{escape(r.withheld)} ({r.together})"
        where = f"{low} to {high}{missing}"
        rows.append((r.number, tables.linked(claims[r.id], number.unit), together, where, f"{r.percentile:.0f}"))
    heads = ("Number", "Printed", "Withheld with it", "Middle 90% of draws", "Percentile")
    return tables.table(heads, rows, "Printed numbers and what the others leave them, when withheld")
