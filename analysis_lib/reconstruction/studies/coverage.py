"""Coverage: whether the range over simulated cohorts of a quantity that is not printed holds its true value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.statistics import binary_cox, survival

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
    "ratio_landmark": "log hazard ratio from a landmark at the first quartile",
    "ratio_early": "log hazard ratio until the median follow-up",
    "ratio_late": "log hazard ratio after the median follow-up",
}
#: The central part of the cohorts that a range takes in.
LEVEL = 0.9
#: Fewer cohorts make no range.
FEWEST = 5
# A hazard ratio that tends to 0 or to infinity counts as 1/100 or 100.
_LARGEST_LOG_RATIO = float(np.log(100))


def quantities(time: np.ndarray, event: np.ndarray, first: np.ndarray, strings: dict[str, str]) -> pd.DataFrame:
    """The quantities of one cohort that its printed summaries do not hold.

    Parameters
    ----------
    time, event, first
        Shape (n,), as in :class:`known_patients.Study`.
    strings
        The printed summaries; where to look is read from them.

    Returns
    -------
    pandas.DataFrame
        Indexed by quantity, in the order of :data:`QUANTITIES`: ``value`` and its own standard error
        ``se`` (Greenwood; that of the area under the curve; Cox). Survival and its mean are taken up to the
        end of a group's curve where that comes earlier. A hazard ratio has the first group in its
        numerator and Breslow's ties; NaN where no event compares two groups.

    References
    ----------
    Klein JP, Moeschberger ML. Survival Analysis, 2nd ed. 2003, section 4.5 (the restricted mean).
    """
    q1, median, q3 = (float(strings[f"follow_up_{at}"]) for at in ("q1", "median", "q3"))
    found = {}
    for who, members in (("first", first), ("second", ~first)):
        curve = survival.kaplan_meier(time[members], event[members])
        for at, moment in (("q1", q1), ("median", median), ("q3", q3)):
            past = int(np.count_nonzero(curve.time <= moment))
            found[f"survival_{at}_{who}"] = (
                (curve.survival[past - 1], curve.standard_error[past - 1]) if past else (1.0, 0.0)
            )
        restricted = survival.mean_survival(
            np.minimum(time[members], q3), np.where(time[members] > q3, 0, event[members])
        )
        found[f"mean_{who}"] = restricted.mean, restricted.se
    (one, one_se), (other, other_se) = found["mean_first"], found["mean_second"]
    found["mean_difference"] = one - other, float(np.hypot(one_se, other_se))
    later, still = time > q1, time > median
    early = np.where(still, 0, event)
    found["ratio_landmark"] = _log_ratio(time[later], event[later], first[later])
    found["ratio_early"] = _log_ratio(np.minimum(time, median), early, first)
    found["ratio_late"] = _log_ratio(time[still], event[still], first[still])
    return pd.DataFrame.from_dict({name: found[name] for name in QUANTITIES}, orient="index", columns=["value", "se"])


def _log_ratio(time: np.ndarray, event: np.ndarray, first: np.ndarray) -> tuple[float, float]:
    fit = binary_cox.cox(np.zeros(time.size), time, event, first).iloc[0]
    if fit["reason"] == binary_cox.SEPARATED_NONE:
        return -_LARGEST_LOG_RATIO, np.nan
    if fit["reason"] == binary_cox.SEPARATED_ALL:
        return _LARGEST_LOG_RATIO, np.nan
    return float(np.clip(fit["coef"], -_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO)), float(fit["se"])


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
