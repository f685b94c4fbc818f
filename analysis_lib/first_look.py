"""A first look at somebody's cohort: who is in it, how long they lived, and what can be compared.

Each question has an answer or the reason why this cohort gives none; nothing here fails for want of
a column, a group or an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis_lib import conclusions, immortal, survival
from analysis_lib.errors import InputError
from analysis_lib.figures import COLOURS, NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUPS = ("surgery", "prrt_only")
# What a curve shows, and from when.
ENDPOINTS = {
    "os": ("alive", "the start of PRRT"),
    "pfs": ("alive without progression", "the start of PRRT"),
    "dfs": ("without recurrence", "surgery"),
}
NO_TWO_GROUPS = "there is only one group"
# More ticks for censored patients than this run into one another.
_MOST_TICKS = 400


def groups(patients: pd.DataFrame, ci: str = "spss") -> pd.DataFrame:
    """Overall survival by group.

    Parameters
    ----------
    patients
        One cohort in the schema, as ``cohort.load`` returns it.
    ci
        Whose interval of the median, as in :func:`survival.median_survival`.

    Returns
    -------
    pandas.DataFrame
        One row for each group that is there, and one, ``all``, for everybody: ``patients, deaths,
        median, ci_low, ci_high, longest`` (years of observation). What is not reached is NaN.
    """
    parts = {group: patients[patients["group"] == group] for group in GROUPS} | {"all": patients}
    rows = {}
    for group, part in parts.items():
        if len(part):
            found = survival.median_survival(part["os_years"], part["os_event"], ci)
            deaths, longest = int(part["os_event"].sum()), part["os_years"].max()
            rows[group] = (len(part), deaths, found.median, found.ci_low, found.ci_high, longest)
    columns = ["patients", "deaths", "median", "ci_low", "ci_high", "longest"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def logrank_p(patients: pd.DataFrame) -> float:
    """p of the log-rank test between the groups.

    Raises
    ------
    InputError
        If nothing is compared; says why.
    """
    if patients["group"].nunique() < 2:
        raise InputError(NO_TWO_GROUPS)
    p = survival.logrank(patients["os_years"], patients["os_event"], patients["group"]).p
    if np.isnan(p):
        raise InputError("no death occurred while patients of both groups were under observation")
    return p


def ratios(patients: pd.DataFrame, landmark_months: float, ties: str = "breslow") -> pd.DataFrame:
    """The hazard ratio of death with surgery, by three ways to count its time.

    Parameters
    ----------
    patients
        One cohort in the schema.
    landmark_months, ties
        As in :mod:`immortal`.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``from the start``, ``landmark`` and ``over time``: ``hr, ci_low, ci_high, p``
        and ``reason``, why there is no estimate, or blank.
    """
    asked = {
        "from the start": lambda: immortal.naive(patients, ties=ties),
        "landmark": lambda: immortal.landmark(patients, landmark_months, ties=ties),
        "over time": lambda: immortal.time_dependent(patients, ties=ties),
    }
    rows = {}
    for name, ask in asked.items():
        try:
            if patients["group"].nunique() < 2:
                raise InputError(NO_TWO_GROUPS)
            found = ask().iloc[0]
            rows[name] = (*(float(found[k]) for k in ("hr", "ci_low", "ci_high", "p")), "")
        except InputError as error:
            rows[name] = (np.nan,) * 4 + (error.without_remedy,)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["hr", "ci_low", "ci_high", "p", "reason"])


def curves(patients: pd.DataFrame, endpoint: str = "os") -> pd.DataFrame:
    """Kaplan-Meier curves by group.

    Parameters
    ----------
    patients
        One cohort in the schema.
    endpoint
        A key of :data:`ENDPOINTS`.

    Returns
    -------
    pandas.DataFrame
        ``group, years, at_risk, events, survival``; a row for each distinct time, after one at 0.

    Raises
    ------
    InputError
        If the cohort has no times of the endpoint.
    """
    known = conclusions.need(patients, f"{endpoint}_years", f"{endpoint}_event")
    rows = []
    for group in GROUPS:
        part = known[known["group"] == group]
        if not len(part):
            continue
        found = survival.kaplan_meier(part[f"{endpoint}_years"], part[f"{endpoint}_event"])
        start = pd.DataFrame({"years": [0.0], "at_risk": len(part), "events": 0, "survival": 1.0})
        later = {"years": found.time, "at_risk": found.at_risk, "events": found.events, "survival": found.survival}
        rows.append(pd.concat([start, pd.DataFrame(later)], ignore_index=True).assign(group=group))
    return pd.concat(rows, ignore_index=True)[["group", "years", "at_risk", "events", "survival"]]


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


def in_words(data: pd.DataFrame) -> str:
    """The curves for those who do not see them: survival of each group at a third, two thirds and the end."""
    sentences = []
    for group in GROUPS:
        curve = data[data["group"] == group]
        if not len(curve):
            continue
        last = curve["years"].max()
        shares = [curve.loc[curve["years"] <= t, "survival"].iloc[-1] for t in (last / 3, 2 * last / 3, last)]
        told = ", ".join(
            f"{100 * share:.0f}% at {t:.1f} years"
            for share, t in zip(shares, (last / 3, 2 * last / 3, last), strict=True)
        )
        sentences.append(f"{NAMES[group]}: {told}.")
    return " ".join(sentences)
