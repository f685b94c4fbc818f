"""Tables of the chapter on surgery that come from simulated cohorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.statistics import summaries

COLUMNS = (
    "group best_response months_to_surgery months_prrt_end_to_surgery prrt_months nodes_resected nodes_positive"
    " specimen_ki67_percent fibrosis_percent viable_percent sstr2a_percent"
).split()


def in_one_cohort(claims: Mapping[str, Claim], operated: pd.DataFrame, p: float) -> tables.Html:
    """Table 3's times, nodes and tissue in the surgery group of one cohort, beside the published values."""

    def quartiles(column: str) -> dict[str, float]:
        found = summaries.quantile(operated[column].dropna(), [0.5, 0.25, 0.75])
        return dict(zip(("median", "q1", "q3"), found, strict=True))

    def spread(column: str, response: str = "") -> dict[str, float]:
        values = operated.loc[operated["best_response"] == response, column] if response else operated[column]
        return {"mean": values.mean(), "sd": values.std()}

    found = {
        "table3.since_start.surgery": quartiles("months_to_surgery"),
        "table3.since_end.surgery": quartiles("months_prrt_end_to_surgery"),
        "table3.nodes_resected.surgery": spread("nodes_resected"),
        "table3.nodes_positive.surgery": quartiles("nodes_positive"),
        "table3.ki67.surgery": quartiles("specimen_ki67_percent"),
        "table3.fibrosis.surgery": spread("fibrosis_percent"),
        "results-surgery.fibrosis_pr.surgery": spread("fibrosis_percent", "PR"),
        "results-surgery.fibrosis_sd.surgery": spread("fibrosis_percent", "SD"),
        "results-surgery.fibrosis_pr_sd.surgery": {"p": p},
        "table3.viable.surgery": spread("viable_percent"),
        "table3.sstr2a.surgery": quartiles("sstr2a_percent"),
    }
    return tables.in_cohort(claims, found, int(operated["cohort"].iloc[0]), "Table 3 in one simulated cohort")


def more_fibrosis(operated: pd.DataFrame) -> pd.Series:
    """Share of pairs, one partial response and one stable disease, with more fibrosis in the first, by cohort.

    A tie counts half: it is the Mann–Whitney statistic over the number of pairs.
    """

    def of_pairs(part: pd.DataFrame) -> float:
        pr, sd = (part.loc[part["best_response"] == kind, "fibrosis_percent"].to_numpy() for kind in ("PR", "SD"))
        apart = pr[:, None] - sd
        return float(((apart > 0) + (apart == 0) / 2).mean())

    specimens = operated.dropna(subset=["fibrosis_percent"])
    return pd.Series({cohort: of_pairs(part) for cohort, part in specimens.groupby("cohort")})


def by_cohort(operated: pd.DataFrame, severe: Sequence[str]) -> pd.DataFrame:
    """What is not published of Table 3's patients, a row a cohort.

    Parameters
    ----------
    operated
        The surgery groups of all cohorts.
    severe
        Their columns of complications of grade III or more.

    Returns
    -------
    pandas.DataFrame
        ``prrt_months``, the median; ``more_fibrosis``; ``with_node`` and ``severe``, patients; ``pr_specimens``, those
        of patients with a partial response.
    """
    cohort, specimen = operated["cohort"], operated["fibrosis_percent"].notna()
    return pd.DataFrame(
        {
            "prrt_months": operated.groupby("cohort")["prrt_months"].median(),
            "more_fibrosis": more_fibrosis(operated),
            "with_node": (operated["nodes_positive"] > 0).groupby(cohort).sum(),
            "severe": (operated[list(severe)] == 1).any(axis=1).groupby(cohort).sum(),
            "pr_specimens": ((operated["best_response"] == "PR") & specimen).groupby(cohort).sum(),
        }
    )


def unpublished_table(found: pd.DataFrame, nodes: tuple[int, int], severe: tuple[int, int]) -> tables.Html:
    """:func:`by_cohort` as a table, fewest to most, beside the bounds that the published numbers set."""
    rows = [
        (
            "median length of PRRT, months",
            "–",
            tables.range_text(found["prrt_months"], "{:.1f}"),
            "two sets of quartiles, and how far apart the search lets cycles lie",
        ),
        (
            "pairs with more fibrosis after a partial response than with stable disease",
            "–",
            tables.range_text(100 * found["more_fibrosis"], "{:.0f}%"),
            "means, SDs and p of the two kinds",
        ),
        (
            "patients with a positive node",
            f"{nodes[0]} to {nodes[1]}",
            tables.range_text(found["with_node"], "{}"),
            "median and quartiles of positive nodes",
        ),
        (
            "patients with a severe complication",
            f"{severe[0]} to {severe[1]}",
            tables.range_text(found["severe"], "{}"),
            "nothing: the search shares events out at random",
        ),
    ]
    return tables.table(
        ("Not in the paper", "By the published numbers", "In the cohorts", "What holds it"),
        rows,
        f"The surgery group in {len(found):,} simulated cohorts, fewest to most",
    )


def in_words(found: pd.DataFrame, splits: Sequence[tuple[int, int]]) -> dict[str, str]:
    """What the text says of the cohorts, by the name under which the chapter glues it."""
    less = 100 - 100 * found["more_fibrosis"]
    counts = found["pr_specimens"].value_counts()
    return {
        "cohorts": f"{len(found):,}",
        "most_nodes": str(found["with_node"].max()),
        "less": tables.range_text(np.asarray(less), "{:.0f}%"),
        "splits_found": " and ".join(f"{pr} and {sd} in {counts.get(pr, 0)} cohorts" for pr, sd in splits),
    }
