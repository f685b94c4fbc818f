"""Figure and tables of the chapter on survival that come from simulated cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, survival_bands, tables
from analysis_lib.printed.names import NAMES
from analysis_lib.printed.transcription import Transcription
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.reconstruction.witnesses import Witnesses
from analysis_lib.statistics import survival_batch

COLUMNS = (
    "group resection_margin grade best_response kps prrt_activity_gbq tumour_size_post_mm"
    " os_years os_event pfs_years pfs_event dfs_years dfs_event"
).split()
# A part of the paper's Figure 1: its letter, groups with the median of each, vertical axis, start, and what to see.
_SURGERY, _PRRT_ONLY = NAMES["surgery"], NAMES["prrt_only"]
_PARTS = {
    "os": (
        "a",
        {_SURGERY: "abstract.os.surgery", _PRRT_ONLY: "abstract.os.prrt_only"},
        "alive",
        "the start of PRRT",
        "Five years after the start of PRRT the surgery group is ahead in every cohort drawn, and by how much is open.",
    ),
    "pfs": (
        "b",
        {_SURGERY: "abstract.pfs.surgery", _PRRT_ONLY: "abstract.pfs.prrt_only"},
        "alive without progression",
        "the start of PRRT",
        "Five years after the start of PRRT, more of the surgery group live without progression in every cohort drawn.",
    ),
    "dfs": (
        "c",
        {"R0": "results-survival.dfs_r0.surgery", "R1": "results-survival.dfs_r1.surgery"},
        "without recurrence",
        "surgery",
        "The R1 curve rests on five patients, and the R0 curve ends above 45%, so that SPSS defines no interval.",
    ),
}
# What the table calls each quantity that is not published, by its id among those that an adversary pushes.
_UNPUBLISHED = {
    **{
        f"{end}_{years}y_{group}": f"{end.upper()} at {years} years, {NAMES[group]}"
        for end, years in (("os", 5), ("os", 10), ("pfs", 2), ("pfs", 5))
        for group in ("surgery", "prrt_only")
    },
    "hr_pfs": "HR, progression or death",
    "hr_until_5y": "HR, death in the first 5 years",
    "hr_after_5y": "HR, death after 5 years",
}
_HUES = {
    _SURGERY: figures.COLOURS["surgery"],
    _PRRT_ONLY: figures.COLOURS["prrt_only"],
    "R0": "#009e73",
    "R1": "#aa4499",
}


def who(ensemble: Ensemble) -> dict[str, pd.Series]:
    """The patients of each group by the name that a figure gives it."""
    patients = ensemble.patients
    return {
        _SURGERY: patients["group"] == "surgery",
        _PRRT_ONLY: patients["group"] == "prrt_only",
        "R0": patients["resection_margin"] == "R0",
        "R1": patients["resection_margin"] == "R1",
    }


def figure_1(ensemble: Ensemble, numbers: Transcription, endpoint: str, row: int) -> figures.Picture:
    """A part of the paper's Figure 1 as bands of simulated curves, one cohort's own as a thin line."""
    letter, groups, what, since, finding = _PARTS[endpoint]
    members, event = who(ensemble), ensemble.array(f"{endpoint}_event")
    bands = [
        survival_bands.Band(name, _HUES[name], ensemble.array(f"{endpoint}_years", members[name]), event)
        for name in groups
    ]
    medians = [numbers.value(f"{id}.median") for id in groups.values()]
    return figures.picture(
        lambda narrow: survival_bands.draw(narrow, bands, row, medians, what, since),
        name=f"{endpoint}-bands",
        alt=f"Kaplan-Meier curves of all simulated cohorts, {what}. "
        + ". ".join(band.describe(years) for years in (2, 5, 10) for band in bands)
        + ".",
        caption=f"{finding} Bands: the paper's Figure 1{letter} as far as the published numbers hold it, from "
        "simulated cohorts and without the paper's own curves. Circles: published medians. Beneath: patients at risk, "
        "median (fewest to most).",
        data=survival_bands.values(bands),
    )


def beside_published(
    claims: Mapping[str, Claim], found: Mapping[str, Mapping[str, float]], caption: str
) -> tables.Html:
    """Published estimates beside those of one simulated cohort, a row for each analysis.

    Parameters
    ----------
    claims
        All claims.
    found
        By the beginning of the ids, such as ``abstract.os.surgery``: values by statistic.
    caption
        Of the table. A row says so where a value does not print as the paper has it.
    """
    rows = []
    for stem, values in found.items():
        judged = {s: claims[f"{stem}.{s}"] for s in values if f"{stem}.{s}" in claims}
        number = next(iter(judged.values())).number
        what = number.item.removesuffix(", between groups (log-rank)").removesuffix(" (log-rank)")
        what += ", log-rank" if list(judged) == ["p"] else ""
        group = "" if ".dfs" in stem else NAMES[number.group]
        here = {s: _to_digits(values[s], c.number.printed.decimals) for s, c in judged.items()}
        cells = [_estimate({s: tables.linked(c) for s, c in judged.items()}), _estimate(here)]
        if not all(values[s] in c.number.interval for s, c in judged.items()):
            cells[1] += "<br>would print otherwise"
        badges = {c.verdict: tables.badge(c) for c in judged.values()}
        rows.append((escape(", ".join(filter(None, (what, group)))), *cells, " ".join(badges.values())))
    return tables.table(("What", "Published", "In one simulated cohort", "Verdict"), rows, caption)


def _to_digits(value: float, decimals: int) -> str:
    """A value to the published digits, or to its first digit where these are all zero; a word where it is NaN."""
    if np.isnan(value):
        return "not reached"
    rounded = f"{value:.{decimals}f}"
    return rounded if float(rounded) else f"{value:.1g}"


def _estimate(texts: Mapping[str, str]) -> str:
    """An estimate with its limits in brackets, and beneath it the p value, as far as there are such."""
    estimate = next((texts[s] for s in ("median", "hr", "or") if s in texts), "")
    limits = f"<span style='white-space: nowrap'>({texts['ci_lo']}–{texts['ci_hi']})</span>" if "ci_lo" in texts else ""
    p = f"p {texts['p']}" if "p" in texts else ""
    return "<br>".join(filter(None, (f"{estimate} {limits}".strip(), p)))


def unpublished_table(
    shares: pd.DataFrame, ratios: pd.DataFrame, scheme: pd.Series, witnesses: Witnesses
) -> tables.Html:
    """What the paper does not give, by censoring assumption: median, 5th to 95th percentile, and the extremes.

    Parameters
    ----------
    shares, ratios
        One row a cohort, one column a quantity by its id: survival from 0 to 1, and hazard ratios.
    scheme
        The censoring assumption of each cohort.
    witnesses
        Of how far an adversary pushed each.
    """
    of_each = sorted(set(scheme))
    rows = []
    for found, scale, form in ((shares, 100, "{:.0f}%"), (ratios, 1, "{:.2f}")):
        for id, values in found.items():
            known = scale * values.dropna()
            cells = []
            for one in of_each:
                low, middle, high = (form.format(x) for x in np.percentile(known[scheme == one], (5, 50, 95)))
                cells.append(f"{middle} ({low} to {high})")
            pushed = tables.range_text([scale * end for end in witnesses.extremes(id)], form)
            rows.append((_UNPUBLISHED[id], *cells, tables.range_text(known, form), pushed))
    return tables.table(
        (
            "Not in the paper",
            *(f"Censoring assumption {one}" for one in of_each),
            "All cohorts",
            "With those of an adversary",
        ),
        rows,
        f"Survival in {len(scheme):,} simulated cohorts: median (5th to 95th percentile), then lowest to highest",
    )


def in_words(
    ensemble: Ensemble,
    numbers: Transcription,
    shares: pd.DataFrame,
    ratios: pd.DataFrame,
    landmark_months: float,
    opposite: pd.DataFrame,
) -> dict[str, str]:
    """What the text says of the cohorts, by the name under which the chapter glues it.

    Parameters
    ----------
    ensemble, numbers
        The cohorts and the published numbers.
    shares, ratios
        As in :func:`unpublished_table`.
    landmark_months
        Deaths of the no-surgery group are counted until then.
    opposite
        The patients of the cohort that a search for a lead of the no-surgery group found.
    """
    gap = shares["os_5y_surgery"] - shares["os_5y_prrt_only"]
    # No estimate where nobody of a group died after five years.
    progression, early, late = (ratios.dropna()[id] for id in ("hr_pfs", "hr_until_5y", "hr_after_5y"))
    scheme = ensemble.origin["scheme"].loc[early.index]
    grew = [100 * (late < early)[scheme == one].mean() for one in sorted(set(scheme))]
    median, median_without = (numbers.value(f"abstract.os.{group}.median") for group in ("surgery", "prrt_only"))
    members, event = who(ensemble), ensemble.array("os_event")
    operated, others = (ensemble.array("os_years", members[name]) for name in (_SURGERY, _PRRT_ONLY))
    at_risk = survival_batch.at_risk(operated, [numbers["abstract.os.surgery.median"].interval.low])
    landmark = landmark_months / MONTHS_PER_YEAR
    gone = 1 - survival_batch.curves(others, event, np.array([landmark]))
    behind = [
        survival_batch.curves(part["os_years"].to_numpy()[None], part["os_event"].to_numpy()[None], np.array([5.0]))
        for part in (opposite[opposite["group"] == group] for group in ("surgery", "prrt_only"))
    ]
    dead = ensemble.patients[ensemble.patients["os_event"] == 1]
    return {
        "ahead": f"{100 * (gap > 0).mean():.4g}%",
        "behind": "{:.0f}% against {:.0f}%".format(*(100 * share.item() for share in behind)),
        "gap": tables.range_text(100 * gap[gap > 0], "{:.0f}"),
        "pfs_hr": tables.range_text(progression),
        "grew": tables.range_text(grew, "{:.0f}%"),
        "ratio": f"{median_without / median:.2f}",
        "at_risk": tables.range_text(at_risk, "{}"),
        "landmark": f"{landmark_months:g} months",
        "dead_before": tables.range_text(((others <= landmark) & (event == 1)).sum(axis=1), "{}"),
        "share_before": tables.range_text(100 * gone, "{:.0f}%"),
        "tied": str(dead.loc[dead.duplicated(["cohort", "os_years"]), "cohort"].nunique()),
    }
