"""Coverage: whether the range over simulated cohorts of a quantity that is not printed holds its true value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time, propensity_weighting
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.reconstruction.studies.known_data import COLUMNS, TRAITS
from analysis_lib.reconstruction.studies.known_patients import disease_free, known_traits
from analysis_lib.statistics import binary_cox, survival

# Of :data:`propensity_weighting.METHODS`, those that the book leans on.
_SCORE_METHODS = {
    "covariate": "propensity score as a covariate",
    "iptw": "inverse probability weights",
    "overlap": "overlap weights",
}
#: The quantities, in words. ``q1``, ``median`` and ``q3`` are the printed quartiles of follow-up.
QUANTITIES = {
    **{
        f"survival_{at}_{who}": f"survival at the {words} of follow-up, {who} group"
        for at, words in (("q1", "first quartile"), ("median", "median"), ("q3", "third quartile"))
        for who in ("first", "second")
    },
    "mean_first": "restricted mean survival, first group",
    "mean_second": "restricted mean survival, second group",
    "mean_difference": "difference in restricted mean survival",
    "landmark": "log hazard ratio from a landmark at the first quartile of follow-up",
    "landmark_waiting": "log hazard ratio from a landmark at the third quartile of waiting, operated on by then or not",
    "time_dependent": "log hazard ratio of the operation as a covariate that changes with time",
    "pfs_median_first": "progression-free survival at the median of follow-up, first group",
    "pfs_median_second": "progression-free survival at the median of follow-up, second group",
    "pfs_mean_difference": "difference in restricted mean progression-free survival",
    "dfs_median_clear": "disease-free survival at the median of follow-up, after the better result of the operation",
    "dfs_median_rest": "disease-free survival at the median of follow-up, after the worse result",
    "dfs_mean": "restricted mean disease-free survival",
    **{f"score_{method}": f"log hazard ratio, {words}" for method, words in _SCORE_METHODS.items()},
}
#: The central part of the cohorts that a range takes in.
LEVEL = 0.9
#: Fewer cohorts make no range.
FEWEST = 5
# A hazard ratio that tends to 0 or to infinity counts as 1/100 or 100.
_LARGEST_LOG_RATIO = float(np.log(100))


def quantities(patients: pd.DataFrame, strings: dict[str, str]) -> pd.DataFrame:
    """The quantities of one cohort that its printed summaries do not hold.

    Parameters
    ----------
    patients
        As :class:`known_data.Study` has them.
    strings
        The printed summaries; where to look is read from them.

    Returns
    -------
    pandas.DataFrame
        Indexed by quantity, in the order of :data:`QUANTITIES`: ``value`` and its own standard error
        ``se`` (Greenwood; that of the area under the curve; Cox). Survival and its mean are taken up to the
        end of a group's curve where that comes earlier. A hazard ratio has the first group in its
        numerator and Breslow's ties; NaN where no event compares two groups, or a data set has no such times.

    References
    ----------
    Klein JP, Moeschberger ML. Survival Analysis, 2nd ed. 2003, section 4.5 (the restricted mean).
    """
    q1, median, q3 = (float(strings[f"follow_up_{at}"]) for at in ("q1", "median", "q3"))
    time, event, first, wait, end, seen, *_ = (patients[column].to_numpy() for column in COLUMNS)
    found = {}
    for who, members in (("first", first), ("second", ~first)):
        for at, moment in (("q1", q1), ("median", median), ("q3", q3)):
            found[f"survival_{at}_{who}"] = _survival_at(moment, time[members], event[members])
        found[f"mean_{who}"] = _restricted_mean(q3, time[members], event[members])
    found["mean_difference"] = _difference(found["mean_first"], found["mean_second"])
    if np.isnan(wait).all():
        found["landmark"] = _log_ratio(time[time > q1], event[time > q1], first[time > q1])
    else:
        landmark = float(strings["wait_q3"])
        later = time > landmark
        found["landmark_waiting"] = _log_ratio(time[later], event[later], (wait <= landmark)[later])
        # The unit of all times cancels out of a hazard ratio.
        rows = immortal_time.counting_process(_in_schema(patients))
        start = rows["start_years"].where(rows["start_years"] > 0, -np.inf).to_numpy()
        stop, died, operated = (rows[column].to_numpy() for column in ("stop_years", "event", "operated"))
        found["time_dependent"] = _log_ratio(stop, died, operated == 1, start)
    if not np.isnan(end).all():
        for who, members in (("first", first), ("second", ~first)):
            found[f"pfs_median_{who}"] = _survival_at(median, end[members], seen[members])
        found["pfs_mean_difference"] = _difference(
            _restricted_mean(q3, end[first], seen[first]), _restricted_mean(q3, end[~first], seen[~first])
        )
    if patients["clear"].notna().any():
        free, recurred, clear = disease_free(patients)
        for who, members in (("clear", clear), ("rest", ~clear)):
            found[f"dfs_median_{who}"] = _survival_at(median, free[members], recurred[members])
        found["dfs_mean"] = _restricted_mean(q3, free, recurred)
    if traits := known_traits(patients):
        ratios = propensity_weighting.log_hazard_ratios(propensity_weighting.stack(_in_schema(patients), traits))
        for method in _SCORE_METHODS:
            found[f"score_{method}"] = _within_limits(ratios[method].iloc[0]), np.nan
    nothing = (np.nan, np.nan)
    return pd.DataFrame.from_dict(
        {name: found.get(name, nothing) for name in QUANTITIES}, orient="index", columns=["value", "se"]
    )


def _in_schema(patients: pd.DataFrame) -> pd.DataFrame:
    """Known patients as one cohort in the columns that analyses want."""
    return patients[list(TRAITS)].assign(
        cohort=0,
        patient=np.arange(len(patients)),
        group=np.where(patients["first"], "surgery", "prrt_only"),
        os_years=patients["time"],
        os_event=patients["event"],
        months_to_surgery=patients["wait"] * MONTHS_PER_YEAR,
    )


def _survival_at(moment: float, time: np.ndarray, event: np.ndarray) -> tuple[float, float]:
    curve = survival.kaplan_meier(time, event)
    past = int(np.count_nonzero(curve.time <= moment))
    return (curve.survival[past - 1], curve.standard_error[past - 1]) if past else (1.0, 0.0)


def _restricted_mean(until: float, time: np.ndarray, event: np.ndarray) -> tuple[float, float]:
    found = survival.mean_survival(np.minimum(time, until), np.where(time > until, 0, event))
    return found.mean, found.se


def _difference(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] - other[0], float(np.hypot(one[1], other[1]))


def _log_ratio(
    time: np.ndarray, event: np.ndarray, exposed: np.ndarray, start: np.ndarray | None = None
) -> tuple[float, float]:
    fit = binary_cox.cox(np.zeros(time.size), time, event, exposed, start).iloc[0]
    if fit["reason"] == binary_cox.SEPARATED_NONE:
        return -_LARGEST_LOG_RATIO, np.nan
    if fit["reason"] == binary_cox.SEPARATED_ALL:
        return _LARGEST_LOG_RATIO, np.nan
    return _within_limits(fit["coef"]), float(fit["se"])


def _within_limits(log_ratio: float) -> float:
    return float(np.clip(log_ratio, -_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO))


def central_range(values: np.ndarray) -> tuple[float, float, float]:
    """Lower end, median and upper end of the central 90% of cohorts; without NaN values, and NaN for fewer than five.

    Percentiles of rank (m + 1)·share: a further value of the same kind as the m given lies between
    the ends with probability .9 if m is 19 or more, and with (m - 1)/(m + 1) below.
    """
    known = values[~np.isnan(values)]
    if known.size < FEWEST:
        return np.nan, np.nan, np.nan
    tail = 50 * (1 - LEVEL)
    return tuple(np.percentile(known, (tail, 50, 100 - tail), method="weibull").tolist())


def stretch(table: pd.DataFrame) -> float:
    """The factor by which ranges must grow about their middles to hold 90% of the true values.

    ``table`` has ``truth``, ``low`` and ``high``. A range of no width that misses its truth would need
    an infinite factor.

    Examples
    --------
    >>> stretch(pd.DataFrame({"truth": [1.0, 3.0], "low": [0.0, 0.0], "high": [2.0, 2.0]}))
    2.0
    """
    half, centre = (table["high"] - table["low"]) / 2, (table["high"] + table["low"]) / 2
    away = (table["truth"] - centre).abs()
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = np.where(away <= 1e-12, 0.0, away / half)
    return float(np.percentile(factors[~np.isnan(factors)], 100 * LEVEL, method="inverted_cdf"))


def factors(ranges: pd.DataFrame) -> pd.DataFrame:
    """For each quantity how many studies have it, and the factor, at least 1, by which its ranges must grow.

    ``ranges`` as :func:`known_patients_run.compare` gives them. The factor is :func:`stretch`'s of the
    studies that are not held out, so that the others can test it, rounded up to hundredths.
    """
    known = ranges[~ranges["held_out"] & ranges["truth"].notna() & ranges["low"].notna()]
    return pd.DataFrame(
        [
            {"quantity": name, "studies": len(of), "factor": max(1.0, np.ceil(100 * stretch(of)) / 100)}
            for name, of in known.groupby("quantity", sort=False)
        ]
    )


def widened(ranges: pd.DataFrame, factor: pd.Series) -> pd.DataFrame:
    """``low`` and ``high`` of ranges grown about their middles; ``factor`` by quantity, in ratios and differences too.

    Examples
    --------
    >>> one = pd.DataFrame({"quantity": ["a"], "low": [0.0], "high": [2.0]})
    >>> widened(one, pd.Series({"a": 2.0}))[["low", "high"]].iloc[0].tolist()
    [-1.0, 3.0]
    """
    centre = (ranges["low"] + ranges["high"]) / 2
    half = (ranges["high"] - ranges["low"]) / 2 * ranges["quantity"].map(factor)
    return ranges.assign(low=centre - half, high=centre + half)
