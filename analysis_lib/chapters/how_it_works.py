"""Tables and figure of the chapter that says what verdicts are worth, and of the ledger's circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import numpy as np

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, tables
from analysis_lib.printed.names import NAMES, PLACES


def tally_table(counted: Mapping[str, int]) -> tables.Html:
    """What the verdicts rest on, from :func:`analysis_lib.ledger.tally.tally`."""
    n = {name: f"{count:,}" for name, count in counted.items()}
    others = ("within-rounding", "other-method", "contradicted")
    rounded = ", ".join(f"{counted[verdict]} {verdict}" for verdict in others if counted.get(verdict))
    rows = [
        ("Statistics worked out anew", n["recomputed"], f"of {n['statistics']} that the counts, means and SDs allow"),
        ("Sums, differences, shares, products", n["arithmetic"], f"on {n['equations']} independent equations"),
        (
            "of these in circles",
            n["in_circles"],
            f"on {n['circles']} equations, each read in every direction; the others have one each",
        ),
        ("Wald p values", n["wald_p"], "from their own ratio and interval"),
        ("Verdicts that need a word more", str(sum(counted.get(v, 0) for v in others)), rounded),
        ("Repeats", n["repeated"], "in the same digits; they add nothing"),
        ("Attainable only", n["attainable"], "met by cohorts that were built to meet them"),
        ("Foretold", n.get("foretold", "0"), f"of {n['withheld']} that were withheld"),
        ("Unchecked", n["unchecked"], "choices of design, and findings that nothing else depends on"),
        ("Other studies' numbers", n["cited"], "not checked here"),
    ]
    return tables.table(("Evidence", "Numbers", "What it rests on"), rows, "What the verdicts rest on")


def circles_table(claims: Mapping[str, Claim], circles: Iterable[Iterable[str]]) -> tables.Html:
    """Each circle of :func:`analysis_lib.ledger.tally.solve`: the numbers that follow from each other."""
    rows = []
    for circle in circles:
        first, *others = (claims[id] for id in circle)
        about = ", ".join(filter(None, (PLACES[first.number.where], NAMES[first.number.group])))
        numbers = ", ".join(tables.linked(claim, claim.number.unit) for claim in (first, *others))
        rows.append((f"{escape(first.number.item)} <small>({about})</small>", numbers, str(1 + len(others))))
    return tables.table(("The first of them", "Numbers", "Verdicts on one equation"), rows, "Circles")


def truths_inside() -> tuple[int, float, float]:
    """Validation in three numbers: studies with known patients, and the coverage of their cohorts' ranges.

    Coverage is the share of truths inside the middle 90% of a study's cohorts, and beside it the share
    expected if each truth were one cohort more: less than 90% where there are few cohorts.
    """
    import pandas as pd

    ranges = pd.read_csv(ROOT / "data" / "truth" / "ranges.csv").dropna(subset=["truth", "low"])
    expected = ((ranges["cohorts"] - 1) / (ranges["cohorts"] + 1)).clip(upper=0.9)
    inside = ranges["truth"].between(ranges["low"], ranges["high"])
    return ranges["study"].nunique(), inside.mean(), expected.mean()


def verdicts_by_place(claims: Mapping[str, Claim]) -> figures.Picture:
    """Stacked bars: how many numbers of each place of the paper have which verdict."""
    import pandas as pd

    found = pd.DataFrame([(c.number.where, c.verdict) for c in claims.values()], columns=["where", "verdict"])
    shades = {v: shade for v, shade in figures.VERDICT_COLOURS.items() if v in set(found["verdict"])}
    counts = found.value_counts().unstack(fill_value=0).reindex(index=list(PLACES), columns=list(shades), fill_value=0)

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 6.6 if narrow else 4.4)
        left = np.zeros(len(counts))
        for verdict, shade in shades.items():
            axis.barh(range(len(counts)), counts[verdict], 0.42 if narrow else 0.7, left, color=shade, label=verdict)
            left += counts[verdict]
        axis.set_xlabel("printed numbers")
        figures.label_rows(axis, [PLACES[place] for place in counts.index], narrow)
        figures.key(axis, narrow, 2 if narrow else 4)
        return figure

    said = (
        f"{PLACES[place]}: " + ", ".join(f"{n} {v}" for v, n in row.items() if n) + "."
        for place, row in counts.iterrows()
    )
    return figures.picture(
        draw,
        name="scoreboard",
        alt="Printed numbers by place in the paper and verdict. " + " ".join(said),
        caption="Arithmetic bears most of the tables, and the survival analyses rest on simulated cohorts. "
        "Bars: printed numbers by place in the paper.",
        data=counts.rename_axis("where").reset_index(),
    )
