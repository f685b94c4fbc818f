"""Forest plot: ratios with their intervals, a row each, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Between these limits every ratio of medicine has its place; what lies beyond ends in an arrow.
_LEAST, _GREATEST = 0.02, 50.0


@dataclass(frozen=True)
class Ratio:
    """One row: what was estimated, the ratio and its limits."""

    label: str
    ratio: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """The ratio with its limits in brackets."""
        return f"{self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})"


def draw(
    ratios: Sequence[Ratio], favours: tuple[str, str], measure: str = "hazard ratio"
) -> tuple[Figure, pd.DataFrame]:
    """Draw ratios as a forest plot, the first at the top.

    Parameters
    ----------
    ratios
        With finite limits.
    favours
        Whom a ratio below 1 favours, and whom one above.
    measure
        The name of the axis.

    Returns
    -------
    Figure, pandas.DataFrame
        The drawing and its values: ``label, ratio, low, high``.
    """
    import matplotlib.pyplot as plt

    ink = plt.rcParams["text.color"]
    places = np.arange(len(ratios))[::-1]
    figure, axis = plt.subplots(figsize=(7.0, 1.1 + 0.36 * len(ratios)))
    least = max(min(0.5, *(r.low for r in ratios)) / 1.15, _LEAST)
    greatest = min(max(2.0, *(r.high for r in ratios)) * 1.15, _GREATEST)
    axis.axvline(1, color=ink, lw=0.8)
    for place, row in zip(places, ratios, strict=True):
        axis.plot([max(row.low, least), min(row.high, greatest)], [place, place], color=ink, lw=1.6)
        for limit, end, mark in ((row.low, least, "<"), (row.high, greatest, ">")):
            if not least <= limit <= greatest:
                axis.plot(end, place, mark, color=ink, ms=6, clip_on=False)
        axis.plot(np.clip(row.ratio, least, greatest), place, "s", color=ink, ms=6)
        axis.annotate(row.text, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=9)
    axis.set(xscale="log", xlim=(least, greatest), ylim=(-0.6, len(ratios) - 0.4), yticks=places)
    axis.set_yticklabels([row.label for row in ratios])
    axis.set_xlabel(measure)
    for side, x, words in (("left", 0, f"← favours {favours[0]}"), ("right", 1, f"favours {favours[1]} →")):
        axis.annotate(
            words,
            (x, -0.6),
            xycoords=("axes fraction", "data"),
            xytext=(0, -34),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=9,
        )
    ticks = [t for t in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if least <= t <= greatest]
    axis.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axis.minorticks_off()
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    return figure, pd.DataFrame(
        [(r.label, r.ratio, r.low, r.high) for r in ratios], columns=["label", "ratio", "low", "high"]
    )
