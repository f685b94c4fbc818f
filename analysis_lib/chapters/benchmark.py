"""Benchmark of the audit as a page: recall by what depends on a number, by kind and by section, and the misses."""

from __future__ import annotations

import json
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.ledger import benchmark
from analysis_lib.ledger.baselines import TOOLS
from analysis_lib.ledger.benchmark import NOTICED
from analysis_lib.ledger.perturbation import TIES
from analysis_lib.presentation import figures, tables
from analysis_lib.printed.names import PLACES
from analysis_lib.statistics.contingency import Proportion, binomial_interval

# The share of the errors on which something else printed depends, fixed before the first run.
GOAL = 0.97
COMPUTED, BOUNDED, ALONE = TIES
# How the page calls what connects a number with the others.
DEPENDS = {
    COMPUTED: "another number is computed from it, or it from others",
    BOUNDED: "other numbers only set limits to it",
    ALONE: "nothing printed depends on it",
}
# Who finds errors: the column, its shape and its colour.
FINDERS = {"audit": ("o", "#009e73"), "other tools": ("s", "#7a7a7a")}


def load() -> pd.DataFrame:
    """The seeded errors, one row each: what finds them, from print alone, with the cohorts' digits, or other tools."""
    errors = pd.DataFrame([vars(one) for one in benchmark.load()])
    errors["with cohorts"] = errors["audit"] != "no"
    errors["audit"] = errors["audit"].isin(NOTICED)
    errors["other tools"] = errors["others"] != ""
    return errors


def tied(errors: pd.DataFrame) -> pd.DataFrame:
    """The errors on which something else printed depends."""
    return errors[errors["tie"] != ALONE]


def recall(found: pd.Series) -> Proportion:
    """Recall with Wilson's 95% interval."""
    return binomial_interval(int(found.sum()), len(found), method="wilson")


def percent(share: float) -> str:
    """A share in per cent, with a decimal."""
    return f"{100 * share:.1f}%"


def best_tool(errors: pd.DataFrame) -> tuple[str, float]:
    """The one of `baselines.TOOLS` that finds most by itself, and its share."""
    named = errors["others"].str.split("; ")
    shares = {tool: float(named.map(lambda names, tool=tool: tool in names).mean()) for tool in TOOLS}
    return max(shares.items(), key=lambda one: one[1])


def _with_interval(found: pd.Series) -> str:
    one = recall(found)
    return f"{percent(one.estimate)} ({100 * one.ci_low:.1f} to {100 * one.ci_high:.1f})"


def _recalls(name: str, errors: pd.DataFrame) -> tuple[str, ...]:
    """A row of a table: errors, recall from print alone, with the cohorts' digits, and of other tools."""
    found = errors["audit"], errors["with cohorts"], errors["other tools"]
    return name, f"{len(errors):,}", _with_interval(found[0]), percent(found[1].mean()), _with_interval(found[2])


def _table(head: str, parts: dict[str, pd.DataFrame], caption: str) -> tables.Html:
    columns = ("Errors", "Audit (95% interval)", "With cohorts' digits", "Other tools (95% interval)")
    return tables.table((head, *columns), [_recalls(name, part) for name, part in parts.items() if len(part)], caption)


def by_dependence(errors: pd.DataFrame) -> tables.Html:
    """Recall by what depends on the changed number, as a table."""
    parts = {DEPENDS[tie].capitalize(): errors[errors["tie"] == tie] for tie in TIES}
    parts = {"Something printed depends on it": tied(errors), **parts, "All errors": errors}
    return _table("The changed number", parts, "Errors found, by what depends on the changed number")


def by_section(errors: pd.DataFrame) -> tables.Html:
    """Recall by section of the paper, as a table."""
    parts = {PLACES[place]: errors[errors["where"] == place] for place in PLACES}
    return _table("Section", parts, "Errors found on which something printed depends, by section of the paper")


def by_kind(errors: pd.DataFrame) -> figures.Picture:
    """Recall by kind of error, for what is computed and for what is only bounded, as a figure."""
    counts = pd.crosstab(errors["kind"], errors["tie"]).reindex(columns=TIES, fill_value=0)
    order = list(errors["kind"].unique())
    labels = [f"{kind} ({counts.loc[kind, COMPUTED]:,}; {counts.loc[kind, BOUNDED]:,})" for kind in order]
    titles = {COMPUTED: "computed from each other", BOUNDED: "only limits"}
    rows, words = [], []
    for tie, title in titles.items():
        for kind, part in errors[errors["tie"] == tie].groupby("kind", sort=False):
            for column in FINDERS:
                one = recall(part[column])
                rows.append((tie, kind, len(part), column, *100 * np.array([one.estimate, one.ci_low, one.ci_high])))
            words.append(
                f"{kind}, {title}: {100 * part['audit'].mean():.0f} and {100 * part['other tools'].mean():.0f}."
            )

    def draw(narrow: bool) -> figures.Figure:
        figure, axes = figures.panels(narrow, 1 + (0.46 if narrow else 0.36) * len(order), len(titles), sharey=True)
        for axis, (tie, title) in zip(axes, titles.items(), strict=True):
            for at, kind, _, column, share, *ends in rows:
                if at == tie:
                    (shape, colour), first = FINDERS[column], kind == order[0]
                    y = order.index(kind) + (-0.15 if column == "audit" else 0.15)
                    axis.hlines(y, *ends, colour, lw=1.4)
                    axis.plot(share, y, shape, color=colour, ms=6, label=column if first else None)
            axis.axvline(100 * GOAL, color=figures.INK, lw=0.8, ls=":")
            axis.set(xlim=(-2, 102), xlabel="Errors found, %")
            axis.set_title(title)
            figures.label_rows(axis, labels, narrow)
        figures.key(axes[0], narrow)
        return figure

    drawn = pd.DataFrame(rows, columns=["tie", "kind", "errors", "by", "recall", "low", "high"])
    wide = drawn[drawn["tie"] == COMPUTED].pivot(index="kind", columns="by", values="recall")
    ahead = (wide["audit"] > wide["other tools"]).sum()
    return figures.picture(
        draw,
        name="benchmark",
        alt="Errors found, in per cent, by the audit from print alone and by the other checks. " + " ".join(words),
        caption=f"Where numbers are computed from each other, the audit finds more than the five checks together "
        f"in {ahead} of {len(wide)} kinds of error. Limits show gross errors only. "
        f"In brackets: errors on the left and on the right. Lines: Wilson's 95% intervals. "
        f"Dotted: the goal of {GOAL:.0%}.",
        data=drawn,
    )


def reasons(errors: pd.DataFrame) -> tables.Html:
    """Why print does not give errors away, as a table, the commonest reason first."""
    missed = errors[~errors["audit"]]
    rows = []
    for reason, count in missed["reason"].value_counts().items():
        those = missed[missed["reason"] == reason]
        kind = those["kind"].mode()[0]
        one = min((row for _, row in those[those["kind"] == kind].iterrows()), key=lambda row: len(row["printed"]))
        example = f"{one['printed']} → {one['changed']}" if one["changed"] else f"{one['printed']} lost"
        rows.append((reason, f"{count:,}", kind, escape(example)))
    return tables.table(("Why it cannot be seen", "Errors", "Most often", "For example"), rows, "Why errors are missed")


def told(errors: pd.DataFrame) -> dict[str, str]:
    """What the text says in numbers, by name."""
    manifest = json.loads((benchmark.FOLDER / "manifest.json").read_text(encoding="utf-8"))["errors.csv"]
    roundings = pd.Series([one.audit in NOTICED for one in benchmark.load(benchmark.ROUNDINGS)])
    depended = tied(errors)
    computed = depended[depended["tie"] == COMPUTED]
    missed = depended[~depended["audit"]]
    best, best_share = best_tool(depended)
    shares = {
        "tied": depended["audit"].mean(),
        "computed": computed["audit"].mean(),
        "cohorts": depended["with cohorts"].mean(),
    }
    reached = {f"{name}_goal": "reaches" if share >= GOAL else "misses" for name, share in shares.items()}
    return (
        {name: percent(share) for name, share in shares.items()}
        | reached
        | {
            "errors": f"{manifest['rows']:,}",
            "seed": f"{manifest['seed']}",
            "minutes": f"{manifest['seconds'] / 60:.0f}",
            "others": percent(depended["other tools"].mean()),
            "others_computed": percent(computed["other tools"].mean()),
            "goal": f"{GOAL:.0%}",
            "best": best,
            "best_share": percent(best_share),
            "missed": f"{len(missed):,}",
            "missed_bounded": f"{(missed['tie'] == BOUNDED).sum():,}",
            "alarms": "None" if not roundings.any() else f"{roundings.sum()}",
            "roundings": f"{len(roundings)}",
            "most": percent(recall(roundings).ci_high),
        }
    )
