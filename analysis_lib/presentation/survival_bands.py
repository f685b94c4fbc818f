"""Kaplan–Meier curves of many cohorts at once, drawn as bands.

Arrays have one row a cohort and one column a patient. A time that is NaN takes no part, so that a
group is the whole array with the other patients blanked out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis_lib.presentation import figures, survival_curves
from analysis_lib.statistics import survival_batch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of the curves, in years: below this, steps cannot be seen.
_STEP = 0.1
#: With fewer at risk a curve says little and is grey.
ENOUGH = 5
_GREY = "#8a8a8a"
_WORDS = (
    "Simulated cohorts: the paper's own curves were not used",
    "dark: the middle half, pale: all, line: one simulated cohort",
    f"grey: fewer than {ENOUGH} patients at risk",
)


@dataclass(frozen=True, eq=False)
class Band:
    """The curves of one group: its name, its colour, and times (years) and events as in :func:`curves`."""

    name: str
    colour: str
    time: np.ndarray
    event: np.ndarray

    def envelope(self, grid: np.ndarray) -> pd.DataFrame:
        """The envelope of the curves, a row for each time of ``grid``, up to where it ends."""
        found = survival_batch.envelope(survival_batch.curves(self.time, self.event, grid))
        return found.assign(years=grid, patients=self.name).dropna()

    def describe(self, years: float) -> str:
        """Survival at one time in words, for those who do not see the picture.

        Examples
        --------
        >>> band = Band("all", "black", time=np.array([[1.0, 2, 3, 4], [2.0, 3, 4, 5]]), event=np.ones((2, 4)))
        >>> band.describe(2)
        'all at 2 years: 62% in the middle cohort, 50% to 75% in all'
        """
        at = survival_batch.curves(self.time, self.event, np.array([float(years)]))
        row = survival_batch.envelope(at).iloc[0]
        if np.isnan(row["median"]):
            return f"{self.name}: not observed to {years:g} years in most cohorts"
        low, middle, high = (f"{100 * row[k]:.0f}%" for k in ("lowest", "median", "highest"))
        return f"{self.name} at {years:g} years: {middle} in the middle cohort, {low} to {high} in all"


def values(bands: Sequence[Band]) -> pd.DataFrame:
    """The envelopes of all bands, as :func:`draw` draws them."""
    last = max(np.nanmax(band.time) for band in bands)
    grid = np.arange(0, last + _STEP, _STEP)
    return pd.concat([band.envelope(grid) for band in bands], ignore_index=True).round(4)


def draw(narrow: bool, bands: Sequence[Band], row: int, medians: Sequence[float], what: str, since: str) -> Figure:
    """Draw bands on one pair of axes, grey where few are left, with the numbers at risk beneath.

    Parameters
    ----------
    narrow
        Whether a phone shows it.
    bands
        One for each group; arrays of one shape.
    row
        The cohort whose own curve is drawn as a thin line.
    medians
        The published median of each group, in years.
    what, since
        Labels of the vertical axis, and of the start of the time axis.
    """
    envelopes = values(bands)
    figure, (axis,) = figures.panels(narrow, 5 if narrow else 3.8)
    for band, median in zip(bands, medians, strict=True):
        of, left = envelopes[envelopes["patients"] == band.name], enough_until(band.time)
        last_coloured = of["years"][of["years"] <= np.median(left)].max()
        for low, high, alpha in (("lowest", "highest", 0.16), ("q1", "q3", 0.34)):
            for part, colour in ((of["years"] <= last_coloured, band.colour), (of["years"] >= last_coloured, _GREY)):
                axis.fill_between(of["years"], of[low], of[high], part, color=colour, alpha=alpha, lw=0, step="post")
        _one_curve(axis, band, row, left[row])
        axis.plot(median, 0.5, "o", mfc="none", mec=figures.INK, ms=7, mew=1.3, zorder=5)
    axis.set(ylim=(0, 1.02), xlim=(0, 21), ylabel=what, xlabel=f"years from {since}")
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    words = [line for text in _WORDS for line in textwrap.wrap(text, 42 if narrow else 70)]
    axis.set_title("\n".join(words), loc="left")
    years = (0, 5, 10, 15, 20)
    survival_curves.numbers_at_risk(
        axis, years, {band.name: (band.colour, _left(band, years)) for band in bands}, narrow
    )
    return figure


def enough_until(time: np.ndarray) -> np.ndarray:
    """The time of each cohort until which enough patients are at risk, 0 where there never are."""
    ordered = -np.sort(-time, axis=1)  # blanks stay last
    return np.nan_to_num(ordered[:, ENOUGH - 1])


def _one_curve(axis: Axes, band: Band, row: int, until: float) -> None:
    known = ~np.isnan(band.time[row])
    time = np.unique(np.r_[0, band.time[row, known], until])
    height = survival_batch.curves(band.time[[row]], band.event[[row]], time)[0]
    for part, colour in ((time <= until, band.colour), (time >= until, _GREY)):
        axis.step(time[part], height[part], color=colour, where="post", lw=0.9)


def _left(band: Band, years: Sequence[float]) -> list[str]:
    """Patients at risk: the median over the cohorts, and fewest to most where they differ."""
    texts = []
    for found in survival_batch.at_risk(band.time, years).T:
        low, high = found.min(), found.max()
        texts.append(f"{np.median(found):.0f}" + (f" ({low}–{high})" if low < high else ""))
    return texts
