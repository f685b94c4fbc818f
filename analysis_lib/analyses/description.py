"""Description of a cohort: patients, deaths, survival by group, and hazard ratios of surgery.

Each question has an answer, or an ``InputError`` that says why this cohort gives none: for want of a column, a group or
an event.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import special

from analysis_lib.analyses import discussion, immortal_time
from analysis_lib.base.checks import Floats
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import Z95
from analysis_lib.statistics import binary_cox, survival

GROUPS = ("surgery", "prrt_only")
# What the curve of an endpoint shows, and from when.
ENDPOINTS = {
    "os": ("alive", "the start of PRRT"),
    "pfs": ("alive without progression", "the start of PRRT"),
    "dfs": ("without recurrence", "surgery"),
}
NO_TWO_GROUPS = "there is only one group"


def survival_by_group(patients: pd.DataFrame, endpoint: str = "os", ci: str = "spss") -> pd.DataFrame:
    """Median survival by group.

    Parameters
    ----------
    patients
        One cohort in the schema, as :func:`validation.load` returns it.
    endpoint
        A key of :data:`ENDPOINTS`.
    ci
        Convention of the median and its interval, as in :func:`survival.median_survival`.

    Returns
    -------
    pandas.DataFrame
        One row for each group that is there, and one, ``all``, for everybody: ``patients, events,
        median, ci_low, ci_high, longest`` (years of observation). What is not reached is NaN.

    Raises
    ------
    InputError
        If the cohort has no times of the endpoint.

    Examples
    --------
    The Stanford heart transplants, in `data/examples`.

    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> survival_by_group(hearts)[["patients", "events", "median"]].round(2).loc["all"].tolist()
    [103.0, 75.0, 0.27]
    """
    rows = {}
    for group, years, event in _by_group(patients, endpoint):
        found = survival.median_survival(years, event, ci)
        rows[group] = (len(years), event.sum(), found.median, found.ci_low, found.ci_high, years.max())
    columns = ["patients", "events", "median", "ci_low", "ci_high", "longest"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def follow_up(patients: pd.DataFrame, ci: str = "spss") -> pd.DataFrame:
    """Median follow-up by group: naive, and by the reverse Kaplan-Meier method.

    Parameters
    ----------
    patients, ci
        As :func:`survival_by_group`.

    Returns
    -------
    pandas.DataFrame
        Rows as :func:`survival_by_group`: ``observed`` and ``alive``, the plain medians of the time under
        observation of all and of those alive at its end; ``reverse`` with ``ci_low`` and ``ci_high``,
        for which deaths are censored. Years; NaN where not reached.

    Raises
    ------
    InputError
        If the cohort has no times of survival.

    References
    ----------
    Schemper M, Smith TL. Control Clin Trials 1996;17:343-346.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> follow_up(lung)[["observed", "alive", "reverse"]].round(2).loc["all"].tolist()
    [0.7, 0.78, 1.61]
    """
    rows = {}
    for group, years, event in _by_group(patients, "os"):
        reverse = survival.reverse_kaplan_meier_median(years, event, ci)
        alive = years[event == 0]
        plain = np.median(alive) if alive.size else np.nan
        rows[group] = (np.median(years), plain, reverse.median, reverse.ci_low, reverse.ci_high)
    columns = ["observed", "alive", "reverse", "ci_low", "ci_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def restricted_means(patients: pd.DataFrame, horizon_years: float, endpoint: str = "os") -> pd.DataFrame:
    """Restricted mean survival time by group up to a horizon, and the difference of the groups.

    Parameters
    ----------
    patients, endpoint
        As :func:`survival_by_group`.
    horizon_years
        In years from the start of the endpoint.

    Returns
    -------
    pandas.DataFrame
        Indexed by the groups, and ``difference`` (surgery less no surgery): ``mean, se, ci_low, ci_high``
        in years, and Wald's ``p`` of the difference.

    Raises
    ------
    InputError
        If there are no two groups, or one of them was not observed up to the horizon.

    References
    ----------
    Royston P, Parmar MK. BMC Med Res Methodol 2013;13:152.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> restricted_means(lung, horizon_years=2)[["mean", "se"]].round(3).loc["difference"].tolist()
    [0.339, 0.091]
    """
    rows = {}
    for group, years, event in _by_group(patients, endpoint):
        if group == "all":
            continue
        try:
            found = survival.mean_survival(years, event, horizon_years)
        except ValueError:
            reason = f"the {group} group was observed for {years.max():.2f} years, and not up to {horizon_years:g}"
            raise InputError(reason) from None
        rows[group] = [found.mean, found.se]
    if len(rows) < 2:
        raise InputError(NO_TWO_GROUPS)
    (mean, se), (other, other_se) = (rows[group] for group in GROUPS)
    rows["difference"] = [mean - other, np.hypot(se, other_se)]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "se"])
    table["ci_low"], table["ci_high"] = table["mean"] - Z95 * table["se"], table["mean"] + Z95 * table["se"]
    difference = table.loc["difference"]
    with np.errstate(divide="ignore", invalid="ignore"):
        table.loc["difference", "p"] = 2 * special.ndtr(-abs(difference["mean"] / difference["se"]))
    return table


def logrank_p(patients: pd.DataFrame, endpoint: str = "os") -> float:
    """Log-rank test between the groups: p value.

    Parameters
    ----------
    patients, endpoint
        As :func:`survival_by_group`.

    Raises
    ------
    InputError
        If nothing is compared; says why.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> round(logrank_p(lung), 4)
    0.0013
    """
    known = _known(patients, endpoint)
    if known["group"].nunique() < 2:
        raise InputError(NO_TWO_GROUPS)
    p = survival.logrank(known[f"{endpoint}_years"], known[f"{endpoint}_event"], known["group"]).p
    if np.isnan(p):
        raise InputError("no event occurred while patients of both groups were under observation")
    return p


def proportional_hazards_p(patients: pd.DataFrame, endpoint: str = "os", ties: str = "breslow") -> float:
    """Score test of proportional hazards between the groups, in time as it is: p value.

    Parameters
    ----------
    patients, endpoint
        As :func:`survival_by_group`.
    ties
        Of the Cox model.

    Raises
    ------
    InputError
        If the model has no estimate, or too few events for a test; says why.

    References
    ----------
    As :func:`binary_cox.proportional_hazards`.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> round(proportional_hazards_p(lung), 3)
    0.085
    """
    known = _known(patients, endpoint)
    operated = known["group"] == "surgery"
    years, event = known[f"{endpoint}_years"], known[f"{endpoint}_event"]
    found = binary_cox.proportional_hazards(np.zeros(len(known)), years, event, operated, np.asarray, ties)
    if np.isnan(p := float(found["p"].iat[0])):
        raise InputError("the hazard ratio cannot change over so few events")
    return p


def hazard_ratios(
    patients: pd.DataFrame, landmark_months: float, endpoint: str = "os", ties: str = "breslow"
) -> pd.DataFrame:
    """Hazard ratio of surgery: naive, landmark and time-dependent.

    Parameters
    ----------
    patients
        One cohort in the schema.
    landmark_months, endpoint, ties
        As in :func:`immortal_time.landmark`.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``from the start``, ``landmark``, ``over time`` and ``over time, no half day`` (an
        operation on the last day then brings no time): ``hr, ci_low, ci_high, p, patients, events,
        exposed_events`` and ``reason``, why there is no estimate, or blank.

    Examples
    --------
    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> hazard_ratios(hearts, landmark_months=2)["hr"].round(2).tolist()
    [0.27, 0.81, 1.13, 1.13]
    """
    analyses = {
        "from the start": lambda: immortal_time.naive(patients, endpoint, ties),
        "landmark": lambda: immortal_time.landmark(patients, landmark_months, endpoint, ties),
        "over time": lambda: immortal_time.time_dependent(patients, endpoint, ties),
        "over time, no half day": lambda: immortal_time.time_dependent(patients, endpoint, ties, half_day=False),
    }
    numbers = ["hr", "ci_low", "ci_high", "p"]
    rows = {}
    for name, analysis in analyses.items():
        try:
            if patients["group"].nunique() < 2:
                raise InputError(NO_TWO_GROUPS)
            found = analysis().iloc[0]
            size = found.get("patients", patients[f"{endpoint}_years"].notna().sum())
            rows[name] = (*found[numbers], size, found["events"], found["events_exposed"], "")
        except InputError as error:
            rows[name] = (np.nan,) * 7 + (error.without_remedy,)
    columns = [*numbers, "patients", "events", "exposed_events", "reason"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


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
    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> curves(hearts).groupby("group")["survival"].min().round(2).to_dict()
    {'prrt_only': 0.07, 'surgery': 0.19}
    """
    rows = []
    for group, years, event in _by_group(patients, endpoint):
        if group == "all":
            continue
        found = survival.kaplan_meier(years, event)
        start = pd.DataFrame({"years": [0.0], "at_risk": len(years), "events": 0, "survival": 1.0})
        later = {"years": found.time, "at_risk": found.at_risk, "events": found.events, "survival": found.survival}
        rows.append(pd.concat([start, pd.DataFrame(later)], ignore_index=True).assign(group=group))
    return pd.concat(rows, ignore_index=True)[["group", "years", "at_risk", "events", "survival"]]


def _known(patients: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    return discussion.require_columns(patients, f"{endpoint}_years", f"{endpoint}_event")


def _by_group(patients: pd.DataFrame, endpoint: str) -> Iterator[tuple[str, Floats, Floats]]:
    """Name, times and events of each group that is there, and of ``all``."""
    known = _known(patients, endpoint)
    for group in (*GROUPS, "all"):
        part = known if group == "all" else known[known["group"] == group]
        if len(part):
            yield group, part[f"{endpoint}_years"].to_numpy(float), part[f"{endpoint}_event"].to_numpy(float)
