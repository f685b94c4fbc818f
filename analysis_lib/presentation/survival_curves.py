"""Kaplan–Meier curves of one cohort by group, drawn and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis_lib.analyses.description import ENDPOINTS, GROUPS, curves
from analysis_lib.presentation.figures import COLOURS
from analysis_lib.printed.names import NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# More ticks for censored patients than this run into one another.
_MOST_TICKS = 400


def draw(patients: pd.DataFrame, endpoint: str = "os") -> tuple[Figure, pd.DataFrame]:
    """Draw the curves, with the patients at risk beneath.

    Parameters
    ----------
    patients, endpoint
        As in :func:`curves`, which says what is raised.

    Returns
    -------
    Figure, pandas.DataFrame
        The drawing and its values, as :func:`curves`.
    """
    import matplotlib.pyplot as plt

    data = curves(patients, endpoint)
    what, since = ENDPOINTS[endpoint]
    years = patients[f"{endpoint}_years"]
    present = [group for group in GROUPS if (data["group"] == group).any()]
    last = max(float(years.max()), 1e-3)
    figure, axis = plt.subplots(figsize=(7.0, 3.1))
    for group in present:
        curve = data[data["group"] == group]
        axis.step(curve["years"], curve["survival"], where="post", color=COLOURS[group], label=NAMES[group])
        left = curve[(curve["events"] == 0) & (curve["years"] > 0)]
        if len(left) <= _MOST_TICKS:
            axis.plot(left["years"], left["survival"], "|", color=COLOURS[group], ms=6)
    axis.set(ylim=(0, 1.02), xlim=(0, last * 1.02), ylabel=what, xlabel=f"years from {since}")
    axis.legend()
    times = [t for t in axis.get_xticks() if 0 <= t <= last]
    axis.set_xticks(times)
    for line, group in enumerate(present):
        part = years[patients["group"] == group].to_numpy()
        y = -0.30 - 0.09 * line
        for t in times:
            axis.text(t, y, f"{(part >= t).sum()}", transform=axis.get_xaxis_transform(), ha="center", fontsize=9)
        axis.text(
            -0.04, y, NAMES[group], transform=axis.transAxes, ha="right", fontsize=9, color=plt.rcParams["text.color"]
        )
    return figure, data


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
