"""Description of a cohort: patients, deaths, survival by group, and hazard ratios of surgery.

Each question has an answer or the reason why this cohort gives none; nothing here fails for want of
a column, a group or an event.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.analyses import discussion, immortal_time
from analysis_lib.base.errors import InputError
from analysis_lib.statistics import survival

GROUPS = ("surgery", "prrt_only")
# What the curve of an endpoint shows, and from when.
ENDPOINTS = {
    "os": ("alive", "the start of PRRT"),
    "pfs": ("alive without progression", "the start of PRRT"),
    "dfs": ("without recurrence", "surgery"),
}
NO_TWO_GROUPS = "there is only one group"


def survival_by_group(patients: pd.DataFrame, ci: str = "spss") -> pd.DataFrame:
    """Overall survival by group.

    Parameters
    ----------
    patients
        One cohort in the schema, as :func:`validation.load` returns it.
    ci
        Convention of the median's interval, as in :func:`survival.median_survival`.

    Returns
    -------
    pandas.DataFrame
        One row for each group that is there, and one, ``all``, for everybody: ``patients, deaths,
        median, ci_low, ci_high, longest`` (years of observation). What is not reached is NaN.

    Examples
    --------
    The Stanford heart transplants, in `data/examples`.

    >>> from analysis_lib.base.paths import ROOT
    >>> hearts = pd.read_csv(ROOT / "data" / "examples" / "stanford.csv")
    >>> survival_by_group(hearts)[["patients", "deaths", "median"]].round(2).loc["all"].tolist()
    [103.0, 75.0, 0.27]
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
    """Log-rank test between the groups: p value.

    Raises
    ------
    InputError
        If nothing is compared; says why.

    Examples
    --------
    >>> from analysis_lib.base.paths import ROOT
    >>> lung = pd.read_csv(ROOT / "data" / "examples" / "lung.csv")
    >>> round(logrank_p(lung), 4)
    0.0013
    """
    if patients["group"].nunique() < 2:
        raise InputError(NO_TWO_GROUPS)
    p = survival.logrank(patients["os_years"], patients["os_event"], patients["group"]).p
    if np.isnan(p):
        raise InputError("no death occurred while patients of both groups were under observation")
    return p


def hazard_ratios(patients: pd.DataFrame, landmark_months: float) -> pd.DataFrame:
    """Hazard ratio of death with surgery: naive, landmark and time-dependent.

    Parameters
    ----------
    patients
        One cohort in the schema.
    landmark_months
        As in :func:`immortal_time.landmark`.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``from the start``, ``landmark`` and ``over time``: ``hr, ci_low, ci_high, p``
        and ``reason``, why there is no estimate, or blank.

    Examples
    --------
    >>> from analysis_lib.base.paths import ROOT
    >>> hearts = pd.read_csv(ROOT / "data" / "examples" / "stanford.csv")
    >>> hazard_ratios(hearts, landmark_months=2)["hr"].round(2).to_dict()
    {'from the start': 0.27, 'landmark': 0.81, 'over time': 1.13}
    """
    analyses = {
        "from the start": lambda: immortal_time.naive(patients),
        "landmark": lambda: immortal_time.landmark(patients, landmark_months),
        "over time": lambda: immortal_time.time_dependent(patients),
    }
    rows = {}
    for name, analysis in analyses.items():
        try:
            if patients["group"].nunique() < 2:
                raise InputError(NO_TWO_GROUPS)
            found = analysis().iloc[0]
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

    Examples
    --------
    >>> from analysis_lib.base.paths import ROOT
    >>> hearts = pd.read_csv(ROOT / "data" / "examples" / "stanford.csv")
    >>> curves(hearts).groupby("group")["survival"].min().round(2).to_dict()
    {'prrt_only': 0.07, 'surgery': 0.19}
    """
    known = discussion.require_columns(patients, f"{endpoint}_years", f"{endpoint}_event")
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
