"""A first look at somebody's cohort: who is in it, how long they lived, and what can be compared.

Each question has an answer or the reason why this cohort gives none; nothing here fails for want of
a column, a group or an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis_lib.analyses import discussion, immortal_time
from analysis_lib.base.errors import InputError
from analysis_lib.statistics import survival

if TYPE_CHECKING:
    pass

GROUPS = ("surgery", "prrt_only")
# What a curve shows, and from when.
ENDPOINTS = {
    "os": ("alive", "the start of PRRT"),
    "pfs": ("alive without progression", "the start of PRRT"),
    "dfs": ("without recurrence", "surgery"),
}
NO_TWO_GROUPS = "there is only one group"


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
        "from the start": lambda: immortal_time.naive(patients, ties=ties),
        "landmark": lambda: immortal_time.landmark(patients, landmark_months, ties=ties),
        "over time": lambda: immortal_time.time_dependent(patients, ties=ties),
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
    known = discussion.need(patients, f"{endpoint}_years", f"{endpoint}_event")
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
