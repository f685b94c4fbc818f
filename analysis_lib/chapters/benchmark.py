"""The page on the benchmark: which seeded errors are found, as a figure and as tables."""

from __future__ import annotations

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
# Who finds errors: the column, how the figure calls it, its shape, colour and filling.
FINDERS = (
    ("audit alone", "audit, print alone", "o", "#009e73", "full"),
    ("with cohorts", "audit, with the cohorts' digits", "o", "#009e73", "none"),
    ("other tools", "five checks of other tools", "s", "#7a7a7a", "full"),
)
COLUMNS = [column for column, *_ in FINDERS]


def load() -> pd.DataFrame:
    """The errors on which something else printed depends, one row each, with a column for each of `FINDERS`."""
    errors = pd.DataFrame([vars(one) for one in benchmark.load()])
    errors["audit alone"] = errors["audit"].isin(NOTICED)
    errors["with cohorts"] = errors["audit"] != "no"
    errors["other tools"] = errors["others"] != ""
    return errors[errors["tie"] != TIES[2]]


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


def _recalls(errors: pd.DataFrame) -> pd.DataFrame:
    """Recall of each finder by kind of error, in per cent."""
    rows = []
    for kind, part in errors.groupby("kind", sort=False):
        for column in COLUMNS:
            one = recall(part[column])
            ends = 100 * np.array([one.estimate, one.ci_low, one.ci_high])
            rows.append((kind, len(part), column, *ends))
    return pd.DataFrame(rows, columns=["kind", "errors", "by", "recall", "low", "high"])


def by_kind(errors: pd.DataFrame) -> figures.Picture:
    """Recall by kind of error, as a figure."""
    import matplotlib.pyplot as plt

    drawn = _recalls(errors)
    sizes = drawn.drop_duplicates("kind").set_index("kind")["errors"]
    order = list(sizes.index)[::-1]
    figure, axis = plt.subplots(figsize=(7.6, 0.7 + 0.42 * len(order)), layout="constrained")
    for shift, (column, label, shape, colour, filling) in zip((0.18, 0, -0.18), FINDERS, strict=True):
        part = drawn[drawn["by"] == column]
        at = part["kind"].map(order.index) + shift
        axis.hlines(at, part["low"], part["high"], colour, lw=1.4)
        axis.plot(part["recall"], at, shape, color=colour, fillstyle=filling, ms=6, label=label)
    axis.axvline(100 * GOAL, color=plt.rcParams["text.color"], lw=0.8, ls=":")
    axis.set(xlim=(-2, 102), xlabel="Errors found, %", yticks=range(len(order)))
    axis.set_yticklabels([f"{kind} (n = {sizes[kind]:,})" for kind in order])
    axis.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=3, fontsize=9)
    wide = drawn.pivot(index="kind", columns="by", values="recall").loc[sizes.index]
    ahead = (wide["audit alone"] > wide["other tools"]).sum()
    return figures.picture(
        figure,
        name="benchmark",
        alt="Errors found, in per cent, by the audit from print alone and by the other checks. "
        + " ".join(f"{kind}: {one['audit alone']:.0f} and {one['other tools']:.0f}." for kind, one in wide.iterrows()),
        caption=f"The audit finds more errors than the five checks together in {ahead} of {len(wide)} kinds. "
        f"Lines: Wilson's 95% intervals; dotted: the goal of {GOAL:.0%}; n: errors on which something else depends.",
        data=drawn,
    )


def _with_interval(found: pd.Series) -> str:
    one = recall(found)
    return f"{percent(one.estimate)} ({100 * one.ci_low:.1f} to {100 * one.ci_high:.1f})"


def by_section(errors: pd.DataFrame) -> tables.Html:
    """Recall by section of the paper, as a table."""
    parts = [(PLACES[place], errors[errors["where"] == place]) for place in PLACES]
    return tables.table(
        ("Section", "Errors", "Audit, print alone (95% interval)", "With cohorts' digits", "Others (95% interval)"),
        [
            (
                name,
                f"{len(part):,}",
                _with_interval(part["audit alone"]),
                percent(part["with cohorts"].mean()),
                _with_interval(part["other tools"]),
            )
            for name, part in [*parts, ("All", errors)]
            if len(part)
        ],
        "Errors found, by section of the paper; others: five checks of other tools together",
    )


def reasons(errors: pd.DataFrame) -> tables.Html:
    """Why print does not give errors away, as a table, the commonest reason first."""
    missed = errors[~errors["audit alone"]]
    return tables.table(
        ("Why print does not give it away", "Errors", "Most often"),
        [
            (reason, f"{count:,}", missed.loc[missed["reason"] == reason, "kind"].mode()[0])
            for reason, count in missed["reason"].value_counts().items()
        ],
        "Why errors are missed",
    )
