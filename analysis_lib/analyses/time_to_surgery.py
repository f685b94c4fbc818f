"""Time to surgery: when patients were operated on, how soon before the end, and who died before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.statistics import summaries, survival

# What months and years of one day may differ by.
_ROUNDING_YEARS = 1e-6


def operations(patients: pd.DataFrame) -> pd.Series:
    """Median time to surgery with its quartiles, and operations shortly before death.

    Parameters
    ----------
    patients
        One cohort in the schema.

    Returns
    -------
    pandas.Series
        ``operated``; ``known``, of whom the time of surgery is known; of these ``median``, ``q1``,
        ``q3`` (HAVERAGE), ``earliest`` and ``latest`` in months; ``last_month``, who died within 30.4375
        days of the operation; ``last_day``, whose observation ended within half a day of it.

    Raises
    ------
    InputError
        If nobody was operated on, or no time of surgery is known.

    Examples
    --------
    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> operations(hearts)[["operated", "median", "last_month", "last_day"]].round(2).tolist()
    [69.0, 0.85, 11.0, 1.0]
    """
    operated = patients[patients["group"] == "surgery"]
    if operated.empty:
        raise InputError("nobody was operated on")
    column = "months_to_surgery"
    if column not in operated or operated[column].isna().all():
        raise InputError("is not known of any operated patient", column=column)
    known = operated.dropna(subset=[column])
    months, left = known[column].to_numpy(float), known["os_years"] - known[column] / MONTHS_PER_YEAR
    q1, median, q3 = summaries.quantile(months, [0.25, 0.5, 0.75])
    found = {"operated": len(operated), "known": len(known), "median": median, "q1": q1, "q3": q3}
    found |= {"earliest": months.min(), "latest": months.max()}
    found["last_month"] = ((known["os_event"] == 1) & (left <= 1 / MONTHS_PER_YEAR + _ROUNDING_YEARS)).sum()
    found["last_day"] = (left <= immortal_time.HALF_A_DAY + _ROUNDING_YEARS).sum()
    return pd.Series(found, dtype=float)


def deaths_by(patients: pd.DataFrame, months: float) -> pd.DataFrame:
    """Risk of death by a landmark, by Kaplan and Meier: without surgery, and not yet operated on.

    Parameters
    ----------
    patients
        One cohort in the schema.
    months
        The landmark.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``prrt_only`` and ``not_yet``, all patients, censored at the operation (absent where a
        time of surgery is not known): ``patients``; ``deaths`` by then; ``risk`` with ``ci_low`` and
        ``ci_high``, NaN where nobody was observed so long; ``crude``, the share of deaths, too low where
        patients were censored before.

    Raises
    ------
    InputError
        If all patients were operated on.

    Examples
    --------
    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> deaths_by(hearts, months=2)[["deaths", "risk", "crude"]].round(2).loc["not_yet"].tolist()
    [24.0, 0.35, 0.23]
    """
    alone = patients[patients["group"] == "prrt_only"]
    if alone.empty:
        raise InputError("all patients were operated on")
    followed = {"prrt_only": alone[["os_years", "os_event"]]}
    try:
        rows = immortal_time.counting_process(patients)
        followed["not_yet"] = rows.loc[rows["operated"] == 0, ["stop_years", "event"]]
    except InputError:
        pass
    found, at = {}, months / MONTHS_PER_YEAR
    for name, part in followed.items():
        years, died = part.to_numpy(float).T
        alive, low, high = survival.survival_at(years, died, at)
        deaths = np.count_nonzero((died == 1) & (years <= at + _ROUNDING_YEARS))
        found[name] = (years.size, deaths, 1 - alive, 1 - high, 1 - low, deaths / years.size)
    columns = ["patients", "deaths", "risk", "ci_low", "ci_high", "crude"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns)
