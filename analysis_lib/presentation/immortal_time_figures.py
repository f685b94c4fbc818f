"""Pictures of immortal time: a swimmer plot of one cohort, and ratios by landmark for many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from analysis_lib.analyses import immortal_time
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.presentation.figures import COLOURS
from analysis_lib.printed.names import NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LANE = 0.135  # inches
_SCHEMES = ("#009e73", "#aa4499", "#7a7a7a")


def swimmer(frame: pd.DataFrame, landmark_months: float) -> tuple[Figure, pd.DataFrame]:
    """One lane a patient: time before an operation and after it, death or last follow-up.

    Parameters
    ----------
    frame : pandas.DataFrame
        One cohort of the ensemble.
    landmark_months : float
        Drawn as a line.

    Returns
    -------
    Figure, pandas.DataFrame
        The drawing and its values, in years.
    """
    import matplotlib.pyplot as plt

    rows = immortal_time.counting_process(frame)
    lanes = frame.sort_values(["group", "os_years"], ascending=[False, False]).reset_index(drop=True)
    place = {patient: y for y, patient in enumerate(lanes["patient"])}
    figure, axis = plt.subplots(figsize=(7.0, 0.9 + _LANE * len(lanes)))
    for row in rows.itertuples():
        colour = COLOURS["surgery" if row.operated else "prrt_only"]
        axis.plot(
            [row.start_years, row.stop_years], [place[row.patient]] * 2, color=colour, lw=4.5, solid_capstyle="butt"
        )
    ink = plt.rcParams["text.color"]
    died = lanes[lanes["os_event"] == 1]
    axis.plot(died["os_years"] + 0.12, died.index, "x", color=ink, ms=4.5, mew=1.4)
    axis.axvline(landmark_months / MONTHS_PER_YEAR, color=ink, lw=1, ls=(0, (4, 3)))
    axis.text(
        landmark_months / MONTHS_PER_YEAR + 0.1, -1.4, f"landmark, {landmark_months:g} months", fontsize=9, va="center"
    )
    for group in ("surgery", "prrt_only"):
        below = lanes.index[lanes["group"] == group].max() - 1.5
        axis.text(lanes["os_years"].max(), below, NAMES[group], ha="right", va="bottom", color=COLOURS[group])
    axis.set(ylim=(len(lanes) - 0.4, -2.2), xlim=(0, None), xlabel="years from the start of PRRT")
    axis.set_xticks(range(0, int(lanes["os_years"].max()) + 1, 5))
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    begun = rows[rows["operated"] == 1].set_index("patient")["start_years"]
    values = lanes[["patient", "group", "os_years", "os_event"]]
    values = values.assign(years_to_surgery=values["patient"].map(begun)).round(3)
    return figure, values


def draw_ratios(ratios: pd.DataFrame, naive: Mapping[str, float], over_time: pd.DataFrame) -> Figure:
    """Draw :func:`landmark_ratios` with the naive ratio as a line and the ranges over time beside.

    Parameters
    ----------
    ratios : pandas.DataFrame
        As :func:`landmark_ratios` returns it.
    naive : mapping of str to float
        By endpoint.
    over_time : pandas.DataFrame
        ``endpoint, scheme, lowest, median, highest`` of the ratios with surgery as a covariate that
        changes with time.
    """
    import matplotlib.pyplot as plt

    endpoints = list(dict.fromkeys(ratios["endpoint"]))
    colours = dict(zip(dict.fromkeys(ratios["scheme"]), _SCHEMES, strict=False))
    figure, axes = plt.subplots(len(endpoints), 1, figsize=(7.0, 2.9 * len(endpoints)), sharex=True, squeeze=False)
    last = ratios["months"].max()
    for axis, endpoint in zip(axes[:, 0], endpoints, strict=True):
        axis.axhline(1, color=COLOURS["all"], lw=0.8)
        axis.axhline(naive[endpoint], color=plt.rcParams["text.color"], lw=1.2, ls=(0, (4, 3)))
        axis.text(last + 0.4, naive[endpoint] * 0.93, f"naive\n{naive[endpoint]:.2f}", va="top", fontsize=9)
        for k, (name, colour) in enumerate(colours.items()):
            mine = ratios[(ratios["endpoint"] == endpoint) & (ratios["scheme"] == name)]
            axis.fill_between(mine["months"], mine["lowest"], mine["highest"], color=colour, alpha=0.18, lw=0)
            axis.plot(mine["months"], mine["median"], color=colour, lw=2)
            span = over_time[(over_time["endpoint"] == endpoint) & (over_time["scheme"] == name)].iloc[0]
            x = last + 4.5 + 1.2 * k
            axis.plot([x, x], [span["lowest"], span["highest"]], color=colour, lw=3, alpha=0.5)
            axis.plot(x, span["median"], "o", color=colour, ms=6)
            axis.text(0.02 + 0.17 * k, 0.04, str(name), color=colour, transform=axis.transAxes, fontsize=10)
        axis.set(yscale="log", ylabel="hazard ratio", title=immortal_time.ENDPOINTS[endpoint].capitalize())
        axis.set_yticks([0.1, 0.2, 0.5, 1, 2, 4], ["0.1", "0.2", "0.5", "1", "2", "4"])
        axis.minorticks_off()
    ticks = [m for m in range(0, int(last) + 1, 3) if m >= ratios["months"].min()]
    axes[-1, 0].set_xticks([*ticks, last + 4.5 + 0.6 * (len(colours) - 1)], [*map(str, ticks), "over\ntime"])
    axes[-1, 0].set_xlabel("landmark, months from the start of PRRT")
    return figure
