"""The map of conclusions: how far quantities reach in simulated cohorts, and a table of verdicts with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import pandas as pd

from analysis_lib.ledger.conclusions import WHOSE, Conclusion, Extremes
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.reconstruction.adversary.unprinted import NEEDS

# The conclusions that matter most, shown first.
MAIN = (
    "conclusion.association",
    "conclusion.benefit",
    "conclusion.procures",
    "conclusion.neoadjuvant",
    "survival.adjusted",
    "survival.features",
    "prrt.allowed_surgery",
)
# What a link to a page says where its name is no word.
_PAGES = {"tvi": "contact with vessels"}
_WORDS = {"settled-true": "settled: true", "settled-false": "settled: false", "open": "open", "resisted": "resisted"}


def extremes(pushed: pd.DataFrame) -> dict[str, Extremes]:
    """Extremes of each quantity that a conclusion is about.

    Parameters
    ----------
    pushed
        What an adversary reached, as the ``table`` of :class:`witnesses.Witnesses`.
    """
    found = {}
    for name, rows in pushed.groupby("id"):
        ends = rows.loc[[rows["value"].idxmin(), rows["value"].idxmax()]]
        cohorts = " and ".join(map(str, ends["cohort"]))
        witnesses = (
            f"the ends are reached by witness cohorts {cohorts}, of a search of at most {rows['steps'].max():,} "
        )
        witnesses += "steps to either side"
        for end, names in zip(("lower", "higher"), ends["needs"], strict=True):
            if names:
                took = ", ".join(NEEDS[need] for need in names.split())
                witnesses += f"; the {end} goes beyond narrower limits with {took}"
        narrow = rows.loc[rows["needs"] == "", "value"]
        wide = rows["needs"].any()
        found[str(name)] = Extremes(
            float(rows["value"].min()),
            float(rows["value"].max()),
            "a long search for the opposite",
            witnesses,
            (float(narrow.min()), float(narrow.max())) if wide else None,
        )
    return found


def verdict_badge(verdict: str) -> str:
    """A conclusion's verdict as a badge."""
    return f'<span class="verdict {verdict}">{_WORDS[verdict]}</span>'


def _evidence(one: Conclusion, claims: Mapping[str, Claim]) -> str:
    """A fold with the published numbers that a conclusion rests on, and with its witnesses."""
    numbers = ", ".join(tables.linked(claims[id], claims[id].number.unit) for id in one.rests_on)
    witnesses = f"; {escape(one.witnesses)}" if one.witnesses else ""
    return f"<details><summary>Evidence</summary>Published numbers {numbers}{witnesses}</details>"


def map_table(conclusions: Iterable[Conclusion], about: str, claims: Mapping[str, Claim], caption: str) -> tables.Html:
    """Conclusions with their verdict, reason and where to read on: the main ones, or the others on a subject.

    Parameters
    ----------
    conclusions, claims
        All of them.
    about
        ``main`` for those of :data:`MAIN`, else how the ids of the others begin.
    caption
        Of the table.
    """
    rows = [
        (
            f'<span id="{escape(c.id.replace(".", "-"))}">{escape(c.claim)}</span>'
            f"<br><em>{escape(WHOSE[c.whose])}</em>",
            verdict_badge(c.verdict),
            f"{escape(c.why)} {_evidence(c, claims)}",
            f'<a href="{c.page}.html">{_PAGES.get(c.page, c.page.replace("-", " "))}</a>',
        )
        for c in conclusions
        if (about == "main" if c.id in MAIN else c.id.startswith(f"{about}."))
    ]
    return tables.table(("Claim", "Verdict", "Why", "Read on"), rows, caption)
