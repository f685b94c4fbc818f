"""Tables and figures of the chapter on contact of the tumour with vessels."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, tables
from analysis_lib.printed.names import NAMES, TVI_BEYOND_180, TVI_CATEGORIES, VESSELS
from analysis_lib.printed.transcription import Transcription
from analysis_lib.reconstruction.ensemble import Ensemble

CHANGES = ("no_change", "decrease", "increase")
VEINS, ARTERIES = VESSELS[:2], VESSELS[2:]
COLUMNS = ("tvi_pre", *(f"vessel_{vessel}" for vessel in VESSELS))


def category_names(numbers: Transcription) -> list[str]:
    """Table 4's seven categories of contact, as the transcription words them."""
    return [numbers[f"table4.{c}.surgery.count"].item.removeprefix("before PRRT: ") for c in TVI_CATEGORIES]


def table_4(claims: Mapping[str, Claim], numbers: Transcription, group: str) -> tables.Html:
    """Table 4 for one group, each number with its verdict, and beneath a percentage what was recomputed."""
    rows = []
    for key, name in zip((*TVI_CATEGORIES, "total"), (*category_names(numbers), "all categories"), strict=True):
        endings = ("", *(f"_{change}" for change in CHANGES))
        rows.append((name, *(tables.cell(claims, f"table4.{key}{ending}.{group}") for ending in endings)))
    return tables.table(("Before PRRT", "Patients", "Stayed", "Fell", "Rose"), rows, f"Table 4, {NAMES[group]}")


def review_p_values(claims: Mapping[str, Claim]) -> tables.Html:
    """Every p value of the radiological review."""
    places = ("results-radiology", "table4")
    ids = [id for place in places for id in tables.select_ids(claims, where=place, statistics=["p"])]
    return tables.compare(claims, ids, "p values of the radiological review")


def moves_figure(numbers: Transcription, found: Mapping[str, NDArray[np.int_]]) -> figures.Picture:
    """Moves between categories of contact, from before PRRT to after it, those that are forced and those possible.

    Parameters
    ----------
    numbers
        The published numbers.
    found
        Of each group all tables of moves, shape (m, 7, 7).
    """
    names = category_names(numbers)
    rows = [
        (group, i, j, moves.min(axis=0)[i, j], moves.max(axis=0)[i, j])
        for group, moves in found.items()
        for i, j in zip(*np.nonzero(moves.max(axis=0)), strict=True)
    ]

    def draw(narrow: bool) -> figures.Figure:
        figure, axes = figures.panels(narrow, 4.2, len(found), sharey=True)
        labels = [textwrap.fill(name, 22 if narrow else 99) for name in names]
        for axis, (group, moves) in zip(axes, found.items(), strict=True):
            colour = figures.COLOURS[group]
            for of, *ends, fewest, most in rows:
                for patients, alpha in ((most, 0.18), (fewest, 1.0)) if of == group else ():
                    axis.plot([0, 1], ends, color=colour, alpha=alpha, lw=2 * patients, solid_capstyle="butt")
            for i, after in enumerate(moves.sum(axis=1).T):
                axis.text(-0.04, i, f"{moves[0, i].sum()}", ha="right", va="center")
                axis.text(1.04, i, tables.range_text(after, "{}").replace(" to ", "–"), va="center")
            figures.label_rows(axis, labels, False)
            axis.set(xlim=(-0.12, 1.25), xticks=[0, 1], xticklabels=["before", "after"], ylim=(-0.6, 6.6))
            axis.set_title(NAMES[group])
            axis.spines[:].set_visible(False)
            axis.tick_params(length=0)
        axes[0].set_ylabel("more contact →")
        return figure

    return figures.picture(
        draw,
        name="tvi-moves",
        alt="Moves between seven categories of contact, before to after PRRT. "
        + " ".join(
            f"{NAMES[g]}: {len(t)} tables of moves are possible; {t.min(axis=0).sum()} of {t[0].sum()} patients' moves "
            "are forced."
            for g, t in found.items()
        ),
        caption="The published totals force more than half of the moves and leave the others open. Solid: forced. "
        "Pale: possible, as wide as the most patients who can have made the move. Numbers: patients before, and the "
        "fewest to most after.",
        data=pd.DataFrame(
            [(group, names[i], names[j], *ends) for group, i, j, *ends in rows],
            columns=["group", "before", "after", "fewest", "most"],
        ),
    )


def crossings(moves: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Patients who left the categories with contact beyond 180°, and who entered them, in each table of moves."""
    beyond = sorted(TVI_BEYOND_180)
    within = [category for category in range(len(TVI_CATEGORIES)) if category not in beyond]
    left, entered = moves[:, beyond][:, :, within], moves[:, within][:, :, beyond]
    return left.sum(axis=(1, 2)), entered.sum(axis=(1, 2))


def vessel_distributions(
    single_vein: int, both_veins: int, with_artery: int, further_arteries: int, most_with_three: int, median: int
) -> NDArray[np.int_]:
    """Every distribution of one to five involved vessels that counts by vessel and their median allow.

    Each patient has a vein involved, some have arteries too, and the number of vessels ranges from one to five.

    Parameters
    ----------
    single_vein, both_veins
        Patients with one of the two veins, and with both.
    with_artery, further_arteries
        Patients with any of the three arteries, and involvements of arteries beyond each one's first.
    most_with_three
        Patients with all three arteries, at most.
    median
        Of the number of vessels.

    Returns
    -------
    ndarray, shape (m, 5)
        Patients with one to five vessels.

    Examples
    --------
    Two patients have both veins and one of them all arteries, a third has one vein only.

    >>> vessel_distributions(1, 2, 1, 2, 1, median=2).tolist()
    [[1, 1, 0, 0, 1]]
    """
    possible = set()
    for three in range(1, most_with_three + 1):  # some patient has all five
        two = further_arteries - 2 * three
        arteries = np.array([with_artery - two - three, two, three])
        if arteries.min() < 0:
            continue
        # Of the patients with one, two and three arteries, so many have a single vein.
        for single in product(*(range(count + 1) for count in arteries)):
            double = arteries - single
            veins_only = single_vein - sum(single), both_veins - double.sum()
            if min(veins_only) >= 0:
                of_1_to_5 = np.array([*veins_only, 0, 0, 0]) + [0, *single, 0] + [0, 0, *double]
                middle = np.median(np.repeat(range(1, 6), of_1_to_5))
                if middle == median and of_1_to_5[0] and of_1_to_5[4]:
                    possible.add(tuple(map(int, of_1_to_5)))
    return np.array(sorted(possible))


def vessels_in_cohorts(ensemble: Ensemble) -> NDArray[np.int_]:
    """Patients with one to five of the five vessels involved, a row a cohort."""
    contact = ensemble.patients["tvi_pre"] >= 1
    vessels = sum(ensemble.array(f"vessel_{vessel}", contact) for vessel in VESSELS)
    return np.stack([(vessels == k).sum(axis=1) for k in range(1, 6)], axis=1)


def vessels_figure(possible: NDArray[np.int_], in_cohorts: NDArray[np.int_]) -> figures.Picture:
    """Patients by number of vessels: what the published counts allow, and what the cohorts have."""
    ends = [end(found, axis=0) for found in (possible, in_cohorts) for end in (np.min, np.max)]
    data = pd.DataFrame(
        np.array([range(1, 6), *ends]).T, columns=["vessels", "fewest", "most", "in_cohorts_fewest", "in_cohorts_most"]
    )

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 3.4 if narrow else 2.7)
        bars = (
            ("allowed by the published counts", *ends[:2], 0.42 if narrow else 0.6, 0.22),
            ("in the simulated cohorts", *ends[2:], 0.2 if narrow else 0.3, 0.6),
        )
        for words, fewest, most, height, alpha in bars:
            look = {"color": figures.COLOURS["all"], "alpha": alpha, "lw": 0, "label": words}
            axis.barh(range(5), most - fewest, height, fewest, **look)
        axis.set(xlabel="patients", xlim=(-0.4, None))
        figures.label_rows(axis, ["1 vessel", *(f"{k} vessels" for k in range(2, 6))], narrow)
        figures.key(axis, narrow)
        return figure

    return figures.picture(
        draw,
        name="vessels",
        alt="Patients by number of vessels involved before PRRT. "
        + " ".join(
            f"{k}: possible {fewest} to {most}, in the cohorts {low} to {high}."
            for k, fewest, most, low, high in data.itertuples(index=False)
        ),
        caption="The published counts leave the number of vessels per patient wide open, and the cohorts fill only "
        "part of that room. Bars: patients with so many of the five vessels involved before PRRT, fewest to most.",
        data=data,
    )
