"""Kaplan–Meier curves of one cohort by group, drawn and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis_lib.analyses.description import ENDPOINTS, GROUPS, curves
from analysis_lib.presentation import figures
from analysis_lib.presentation.figures import COLOURS
from analysis_lib.printed.names import NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Points from one line of text to the next.
_LINE = 13
# More ticks for censored patients than this run into one another.
_MOST_TICKS = 400


def draw(narrow: bool, patients: pd.DataFrame, endpoint: str = "os") -> Figure:
    """Draw the curves, with the patients at risk beneath.

    Parameters
    ----------
    narrow
        Whether a phone shows it.
    patients, endpoint
        As in :func:`curves`, which says what is raised.
    """
    data = curves(patients, endpoint)
    what, since = ENDPOINTS[endpoint]
    years = patients[f"{endpoint}_years"]
    present = [group for group in GROUPS if (data["group"] == group).any()]
    last = max(float(years.max()), 1e-3)
    figure, (axis,) = figures.panels(narrow, 3.6)
    for group in present:
        curve = data[data["group"] == group]
        axis.step(curve["years"], curve["survival"], where="post", color=COLOURS[group])
        left = curve[(curve["events"] == 0) & (curve["years"] > 0)]
        if len(left) <= _MOST_TICKS:
            axis.plot(left["years"], left["survival"], "|", color=COLOURS[group], ms=6)
    axis.set(ylim=(0, 1.02), xlim=(0, last * 1.02), ylabel=what, xlabel=f"years from {since}")
    axis.locator_params(axis="x", nbins=5 if narrow else 9, steps=(1, 2, 5, 10))
    times = [t for t in axis.get_xticks() if 0 <= t <= last]
    rows = {}
    for group in present:
        part = years[patients["group"] == group].to_numpy()
        rows[NAMES[group]] = COLOURS[group], [f"{(part >= t).sum():,}" for t in times]
    numbers_at_risk(axis, times, rows, narrow)
    return figure


def numbers_at_risk(
    axis: Axes, times: Sequence[float], rows: Mapping[str, tuple[str, Sequence[str]]], narrow: bool
) -> None:
    """Write beneath the axis how many patients each group has left at some times: its colour, and a text for each."""
    axis.set_xticks(times)
    beneath = {"xycoords": axis.get_xaxis_transform(), "textcoords": "offset points", "va": "top"}
    axis.annotate("patients at risk", (0, 0), (0, -40), **beneath)
    y = -40
    for name, (colour, texts) in rows.items():
        y -= _LINE
        axis.annotate("■", (0, 0), (0 if narrow else -22, y), ha="left", color=colour, **beneath)
        axis.annotate(name, (0, 0), (14 if narrow else -26, y), ha="left" if narrow else "right", **beneath)
        if narrow:
            y -= _LINE
        for t, text in zip(times, texts, strict=True):
            # A phone has room for the range beneath the median.
            for k, line in enumerate(text.split(" ") if narrow else [text]):
                axis.annotate(line, (t, 0), (0, y - k * _LINE), ha="center" if t > 0 else "left", **beneath)
        if narrow and any(" " in text for text in texts):
            y -= _LINE


def describe(data: pd.DataFrame) -> str:
    """Survival of each group at a third, two thirds and the end, in words for those who do not see the curves."""
    sentences = []
    for group in GROUPS:
        curve = data[data["group"] == group]
        if not len(curve):
            continue
        last = curve["years"].max()
        shares = [curve.loc[curve["years"] <= t, "survival"].iloc[-1] for t in (last / 3, 2 * last / 3, last)]
        at_times = ", ".join(
            f"{100 * share:.0f}% at {t:.1f} years"
            for share, t in zip(shares, (last / 3, 2 * last / 3, last), strict=True)
        )
        sentences.append(f"{NAMES[group]}: {at_times}.")
    return " ".join(sentences)
