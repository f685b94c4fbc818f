"""Tables, counts and figures of the chapter on response."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.ledger.joint_facts import GROUPS
from analysis_lib.ledger.methods import implied_count
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, tables
from analysis_lib.presentation.tables import Html, range_text
from analysis_lib.printed.names import NAMES
from analysis_lib.printed.transcription import Transcription
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.reconstruction.witnesses import Witnesses

SCANS = ("first", "second", "third")
QUARTILES = ("q1", "median", "q3")
QUANTITY = "shrinkage_difference"  # what the adversary pushed
RECIST = 30  # per cent, the decrease that makes a partial response
_TESTS = {"pearson": "Pearson", "fisher": "Exact", "yates": "Yates", "likelihood ratio": "Likelihood ratio"}


def best_response(numbers: Transcription) -> pd.DataFrame:
    """Counts of patients by best response, a column a group, from the percentages of the groups.

    All progression at best is in the no-surgery group, since the surgery group is full without it.
    """
    size = [numbers.count(f"table1.patients.{g}.n") for g in GROUPS]
    partial, stable = (
        [
            implied_count(numbers[f"results-surgery.{kind}.{g}.percent"].printed, n)
            for g, n in zip(GROUPS, size, strict=True)
        ]
        for kind in ("pr", "sd")
    )
    found = pd.DataFrame([partial, stable, [0, numbers.count("results-response.pd.all.count")]], columns=list(GROUPS))
    found.loc[3] = size - found.sum()
    return found.set_axis(["PR", "SD", "PD", "not evaluated"])


def response_table(claims: Mapping[str, Claim], counts: pd.DataFrame) -> Html:
    """:func:`best_response` with the percentages published of it."""

    def cell(count: int, id: str) -> str:
        return f"{count} ({tables.linked(claims[id], '%')})" if id in claims else str(count)

    rows = []
    for kind, row in counts.iterrows():
        stem = str(kind).lower()
        by_group = (cell(row[g], f"results-surgery.{stem}.{g}.percent") for g in GROUPS)
        rows.append((str(kind), *by_group, cell(row.sum(), f"results-response.{stem}.all.percent")))
    head = ("Best response", *(NAMES[g] for g in GROUPS), NAMES["all"])
    return tables.table(head, rows, "Patients by best response, counted from the published percentages (in brackets)")


def p_values(claims: Mapping[str, Claim]) -> pd.DataFrame:
    """p values of response by group: a row a reading of the table, a column a test."""
    outcomes = claims["abstract.response.p"].outcomes
    found = pd.DataFrame([(o.variant, o.convention.replace("_", " "), o.point) for o in outcomes])
    return found.pivot(index=0, columns=1, values=2).loc[found[0].unique(), list(_TESTS)]


def p_table(claims: Mapping[str, Claim]) -> Html:
    """Table of :func:`p_values`, in bold those that print as published."""
    printed = claims["results-surgery.response.p"].number.printed
    rows = []
    for reading, row in p_values(claims).iterrows():
        texts = ["–" if np.isnan(p) else f"{p:.4f}" for p in row]
        bold = (f"<strong>{t}</strong>" if p in printed.interval else t for t, p in zip(texts, row, strict=True))
        rows.append((str(reading), *bold))
    caption = f"The exact test prints as {printed} in three readings (bold); p values of response by group"
    return tables.table(("Compared", *_TESTS.values()), rows, caption)


def shares(counts: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Shares of responses: name, patients, of how many."""
    of, out = counts.sum(), counts.loc["not evaluated"]
    partial, total = counts.loc["PR"], int(of.sum())
    return [
        ("Partial response, all patients", int(partial.sum()), total),
        *((f"Partial response, {NAMES[g]}", int(partial[g]), int(of[g])) for g in GROUPS),
        ("Partial response, PRRT only, of those evaluated", partial["prrt_only"], int((of - out)["prrt_only"])),
        ("Progression at best, of all evaluated", int(counts.loc["PD"].sum()), total - int(out.sum())),
    ]


def schedule(numbers: Transcription) -> pd.DataFrame:
    """Months from the start of PRRT in which each scan is due after all planned cycles; columns ``low, high``."""
    weeks = DAYS_PER_MONTH / 7
    gaps = numbers.count("methods.cycles_planned.threshold") - 1
    last = [gaps * numbers.value(f"methods.cycle_interval_{end}.duration") / weeks for end in ("lo", "hi")]
    # Only the first wait is given in weeks.
    waits = [numbers.value(f"methods.evaluation_{scan}.duration") for scan in SCANS]
    waits[0] /= weeks
    return pd.DataFrame([[last[0] + wait, last[1] + wait] for wait in waits], list(SCANS), ["low", "high"])


def waiting(numbers: Transcription) -> tuple[float, float]:
    """Share of patients, at least, whose tumour was smallest so many months or more after their best response.

    A share q has the best response by its quantile q, a share r the smallest size from its quantile 1 - r on; both
    hold for q + r - 1 of them.
    """
    best = numbers["results-response.time_to_best.all.q3"].interval.high
    smallest = numbers["results-response.time_to_smallest.all.median"].interval.low
    return 0.75 + 0.5 - 1, smallest - best


def times_figure(numbers: Transcription) -> figures.Picture:
    """Figure of the scans' windows with the published quartiles of the two times."""
    names = {"time_to_best": "best response", "time_to_smallest": "smallest size"}
    spans = [(f"{scan} scan due", low, np.nan, high) for scan, low, high in schedule(numbers).itertuples()]
    spans += [
        (name, *(numbers.value(f"results-response.{key}.all.{q}") for q in QUARTILES)) for key, name in names.items()
    ]

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 3.2 if narrow else 2.5)
        for y, (_, low, median, high) in enumerate(spans):
            published, colour = not np.isnan(median), figures.COLOURS["all"]
            axis.barh(
                y, high - low, 0.16 if published else 0.42, low, color=colour, alpha=1 if published else 0.35, lw=0
            )
            axis.plot(median, y, "o", color=colour, ms=9)
        axis.set(xlabel="months from the start of PRRT", xlim=(4, 18))
        figures.label_rows(axis, [name for name, *_ in spans], narrow)
        return figure

    data = pd.DataFrame(spans, columns=["what", "from (lower quartile)", "median", "to (upper quartile)"])
    return figures.picture(
        draw,
        name="response-times",
        alt="Months from the start of PRRT. "
        + " ".join(f"{n}: {a:.1f} to {b:.1f}." if np.isnan(m) else f"{n}: {m} ({a}–{b})." for n, a, m, b in spans),
        caption="The best response falls on the first or second scan, the smallest size around the third. Wide bars: "
        "when scans are due after four cycles. Dots and narrow bars: published medians and quartiles.",
        data=data,
    )


def decrease(patients: pd.DataFrame) -> pd.Series:
    """Decrease of each tumour in per cent of its size before PRRT; NaN without a later size."""
    return 100 * (1 - patients["tumour_size_post_mm"] / patients["tumour_size_mm"])


def differences(cohorts: Ensemble) -> pd.Series:
    """Mean decrease of the surgery group less that of the no-surgery group, in percentage points; a row a cohort."""
    patients = cohorts.patients
    mean = decrease(patients).groupby([patients["cohort"], patients["group"]]).mean().unstack()
    return mean["surgery"] - mean["prrt_only"]


def difference_table(found: Ensemble, pushed: Witnesses) -> Html:
    """Range of :func:`differences` by censoring assumption, and the extremes that the adversary reached."""
    by_scheme = differences(found).groupby(found.origin["scheme"])
    rows = [(f"found, censoring assumption {s}", f"{len(d):,}", range_text(d, "{:.0f}")) for s, d in by_scheme]
    ends = " and ".join(f"{end:.0f}" for end in pushed.extremes(QUANTITY)).replace("-", "−")
    rows.append(("pushed to the extremes", "2", ends))
    head = ("Simulated cohorts", "Number", "Surgery group less no-surgery group, percentage points")
    return tables.table(head, rows, "Difference in mean decrease of the pancreatic tumour")


def sizes_in_words(found: Ensemble) -> dict[str, str]:
    """Ranges over cohorts of mean sizes after PRRT and of tumours at RECIST's limit; middle decreases by response."""
    patients = found.patients
    cohort, lost = patients["cohort"], decrease(patients)
    after = patients["tumour_size_post_mm"].groupby([cohort, patients["group"]]).mean().unstack()
    by_response = lost.groupby([cohort, patients["best_response"]]).mean().unstack().median()
    return {
        **{f"after_{g}": range_text(after[g], "{:.0f}") for g in GROUPS},
        "beyond": range_text((lost >= RECIST).groupby(cohort).sum(), "{}"),
        **{f"lost_{kind.lower()}": f"{by_response[kind]:.0f}%" for kind in ("PR", "SD")},
    }


def waterfall_figure(panels: Mapping[str, pd.DataFrame]) -> figures.Picture:
    """Figure of each tumour's change of size in some simulated cohorts, a panel each."""
    changed = {
        title: part.assign(change=-decrease(part)).dropna(subset=["change"]).sort_values("change", ascending=False)
        for title, part in panels.items()
    }
    above = 10 + max(part["change"].max() for part in changed.values())
    means = {
        title: {g: f"{NAMES[g]} {part.loc[part['group'] == g, 'change'].mean():.0f}%".replace("-", "−") for g in GROUPS}
        for title, part in changed.items()
    }
    words = [f"{title}: {text} on average." for title, of in means.items() for text in of.values()]

    def draw(narrow: bool) -> figures.Figure:
        figure, axes = figures.panels(narrow, 2.7 if narrow else 3.6, len(panels), sharex=True, sharey=True)
        for axis, (title, part) in zip(axes, changed.items(), strict=True):
            x = np.arange(len(part))
            axis.bar(x, part["change"], color=part["group"].map(figures.COLOURS), lw=0)
            axis.plot([-0.5, len(x) - 0.5], [-RECIST, -RECIST], color=figures.COLOURS["all"], lw=1, ls="--")
            dots = x[part["best_response"] == "PR"]
            axis.plot(dots, np.full(len(dots), above), ".", color=figures.INK, ms=4)
            axis.set_title(title, loc="left")
            for y, g in zip((-90, -107), GROUPS, strict=True):
                axis.plot(0, y, "s", color=figures.COLOURS[g], ms=6)
                axis.text(2.6, y, means[title][g], va="center")
            axis.spines["bottom"].set_visible(False)
            axis.set(xticks=[], ylim=(-118, above + 5), yticks=range(-75, 50, 25))
        axes[0].text(len(x), above, " PR", va="center")
        axes[0].text(len(x), -RECIST, f" −{RECIST}%", va="center")
        axes[0].set_ylabel("change of size, %")
        return figure

    data = pd.concat(part[["group", "best_response", "change"]].assign(cohort=t) for t, part in changed.items())
    return figures.picture(
        draw,
        name="response-waterfalls",
        alt="Change of the size of each tumour in three simulated cohorts, largest growth first. " + " ".join(words),
        caption="The published numbers allow very different decreases by group. Panels: simulated cohorts with every "
        "published number. Bars: tumours, in the colour of their group; dots: partial "
        "responses; dashed: RECIST's limit for one.",
        data=data.round(1),
    )
