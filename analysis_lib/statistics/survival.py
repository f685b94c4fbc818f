"""Survival analysis as SPSS 25 prints it: Kaplan-Meier, medians and the log-rank test.

Times may have any unit and results come in the same. A death at the time of a censoring comes
before it, as in every package, and times that differ by rounding alone are one. The libraries'
routines do the work where they agree with SPSS and R; the median's symmetric interval is written out
here, since none has it, and so is the restricted mean, whose variance lifelines has wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis_lib.base import checks
from analysis_lib.base.checks import Floats, Integers
from analysis_lib.base.units import Z95
from analysis_lib.statistics.near_ties import TOLERANCE, merge_near_ties


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """A Kaplan-Meier curve at each distinct time, whether of a death or a censoring.

    Attributes
    ----------
    time, at_risk, events, survival, standard_error : ndarray, shape (k,)
        Time, patients at risk just before it, events at it, survival just after it, and its
        Greenwood standard error (0 where survival is 0, as SPSS prints it).
    """

    time: Floats
    at_risk: Integers
    events: Integers
    survival: Floats
    standard_error: Floats


@dataclass(frozen=True)
class MedianSurvival:
    """A median survival time; what is not defined is NaN."""

    median: float
    se: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class MeanSurvival:
    """A mean survival time, restricted to a horizon."""

    mean: float
    se: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class LogRank:
    """A log-rank test: chi-squared statistic, its degrees of freedom and p value."""

    statistic: float
    df: int
    p: float


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> KaplanMeier:
    """Kaplan-Meier estimate of survival with Greenwood's standard error.

    Parameters
    ----------
    time : array_like, shape (n,)
        Time to event or censoring, finite and not negative.
    event : array_like, shape (n,)
        1 or True for an event, 0 or False for a censoring.

    Returns
    -------
    KaplanMeier

    Raises
    ------
    ValueError
        If there is no patient, the lengths differ, or a value is outside the ranges above.

    References
    ----------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 3, 4], [1, 0, 1, 0])
    >>> curve.survival.tolist(), curve.standard_error.round(3).tolist()
    ([0.75, 0.75, 0.375, 0.375], [0.217, 0.217, 0.286, 0.286])
    """
    time, event = _times_and_events(time, event)
    times, position = np.unique(time, return_inverse=True)
    at_risk = np.bincount(position)[::-1].cumsum()[::-1]
    events = np.bincount(position, weights=event).astype(int)
    survival = np.cumprod(1 - events / at_risk)
    standard_error = survival * np.sqrt(np.cumsum(_greenwood_terms(at_risk, events)))
    return KaplanMeier(times, at_risk, events, survival, standard_error)


def median_survival(time: ArrayLike, event: ArrayLike, ci: str = "spss") -> MedianSurvival:
    """Median survival with a 95% confidence interval.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        As `kaplan_meier`.
    ci : {"spss", "plain", "log", "log-log"}
        Whose convention. ``"spss"``: the first event time t with S(t) <= .5, and the symmetric
        interval t -+ 1.96 se, where se is Greenwood's at t divided by the slope of the curve
        between the last event time with S >= .55 and the first with S <= .45. The others: as R's
        ``survfit`` with that ``conf.type``, the times at which the curve and its pointwise band
        cross .5 (Brookmeyer and Crowley), halfway along where one stays at .5.

    Returns
    -------
    MedianSurvival
        NaN for a median or limit that the curve does not reach, and for `se` outside ``"spss"``.

    Raises
    ------
    ValueError
        As `kaplan_meier`, and if `ci` is unknown.

    References
    ----------
    Collett D. Modelling Survival Data in Medical Research, 2nd ed. 2003, chapter 2 (the interval
    of SPSS). IBM support page swg21476688 (its median). Brookmeyer R, Crowley J. Biometrics
    1982;38:29-41.

    Examples
    --------
    >>> found = median_survival(range(1, 11), [1] * 10)
    >>> found.median, round(found.se, 3), round(found.ci_low, 2), round(found.ci_high, 2)
    (5.0, 1.581, 1.9, 8.1)
    >>> median_survival(range(1, 11), [1] * 10, ci="log")
    MedianSurvival(median=5.5, se=nan, ci_low=3.0, ci_high=nan)
    """
    if ci not in ("spss", "plain", "log", "log-log"):
        raise ValueError(f"ci must be 'spss', 'plain', 'log' or 'log-log', not {ci!r}")
    curve = kaplan_meier(time, event)
    if ci == "spss":
        return _spss_median(curve)
    low, high = _pointwise_band(curve, ci)
    return MedianSurvival(
        _crossing_of_half(curve.time, curve.survival),
        np.nan,
        _crossing_of_half(curve.time, low),
        _crossing_of_half(curve.time, high),
    )


def survival_at(time: ArrayLike, event: ArrayLike, at: float) -> tuple[float, float, float]:
    """Kaplan-Meier survival at a time, with its pointwise 95% interval (log-log).

    Parameters
    ----------
    time, event : array_like, shape (n,)
        As `kaplan_meier`.
    at : float
        In the unit of `time`; an event at that very time counts.

    Returns
    -------
    tuple of float
        Survival and its limits; the limits are NaN where survival is 0 or 1, and all three where the curve
        has ended before.

    Raises
    ------
    ValueError
        As `kaplan_meier`.

    References
    ----------
    Kalbfleisch JD, Prentice RL. The statistical analysis of failure time data. 2nd ed. 2002, section 1.4.

    Examples
    --------
    >>> [round(x, 3) for x in survival_at([1, 2, 3, 4], [1, 0, 1, 0], at=3)]
    [0.375, 0.011, 0.808]
    """
    curve = kaplan_meier(time, event)
    step = np.searchsorted(curve.time, at + TOLERANCE * max(at, 1), side="right") - 1
    if step < 0:
        return 1.0, np.nan, np.nan
    if step == curve.time.size - 1 and curve.time[-1] < at - TOLERANCE * max(at, 1) and curve.survival[-1] > 0:
        return np.nan, np.nan, np.nan
    low, high = _pointwise_band(curve, "log-log")
    return float(curve.survival[step]), float(low[step]), float(high[step])


def reverse_kaplan_meier_median(time: ArrayLike, event: ArrayLike, ci: str = "spss") -> MedianSurvival:
    """Median follow-up by the reverse Kaplan-Meier method: deaths count as censored.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        As `kaplan_meier`; event is 1 for a death.
    ci
        As `median_survival`.

    Returns
    -------
    MedianSurvival

    Raises
    ------
    ValueError
        As `median_survival`.

    References
    ----------
    Schemper M, Smith TL. Control Clin Trials 1996;17:343-346.

    Examples
    --------
    >>> reverse_kaplan_meier_median([1, 2, 3, 4, 5], [1, 0, 0, 0, 0]).median
    3.0
    """
    times, events = checks.times_and_events(time, event)
    return median_survival(times, 1 - events, ci)


def mean_survival(time: ArrayLike, event: ArrayLike, horizon: float | None = None) -> MeanSurvival:
    """Restricted mean survival time: the area under the curve up to a horizon.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        As `kaplan_meier`.
    horizon : float, optional
        In the unit of `time`; by default the largest time, censored or not, as in SPSS.

    Returns
    -------
    MeanSurvival
        ``se^2 = sum A^2 d / (n (n-d))`` over the event times, A being the area to the right; the 95%
        interval is mean -+ 1.96 se.

    Raises
    ------
    ValueError
        As `kaplan_meier`, and if the curve ends above 0 before the horizon, or the horizon is not positive.

    References
    ----------
    IBM support page swg21476688 (the mean); Klein JP, Moeschberger ML. Survival Analysis, 2nd ed.
    2003, section 4.5 (its variance).

    Examples
    --------
    >>> mean_survival([1, 2, 3, 4], [1, 0, 1, 0], horizon=2.5).mean
    2.125
    """
    curve = kaplan_meier(time, event)
    last = float(curve.time[-1])
    horizon = last if horizon is None else float(checks.positive("horizon", horizon))
    if horizon > last * (1 + TOLERANCE) and curve.survival[-1] > 0:
        raise ValueError(f"the curve ends at {last:g}, before the horizon of {horizon:g}")
    ends = np.minimum(np.append(curve.time, max(horizon, last)), horizon)
    steps = np.diff(ends, prepend=0.0) * np.r_[1.0, curve.survival]
    mean = float(steps.sum())
    area_right = mean - np.cumsum(steps)[:-1]
    se = float(np.sqrt(area_right**2 @ _greenwood_terms(curve.at_risk, curve.events)))
    return MeanSurvival(mean, se, mean - Z95 * se, mean + Z95 * se)


def logrank(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> LogRank:
    """Log-rank (Mantel-Cox) test of equal survival in two or more groups.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        As `kaplan_meier`.
    group : array_like, shape (n,)
        A label for each patient; a number or text.

    Returns
    -------
    LogRank
        With the hypergeometric variance. A group whose patients are all censored before the first
        event has nothing to say and is left out. NaN, with 0 degrees of freedom, where no event
        compares two groups.

    Raises
    ------
    ValueError
        As `kaplan_meier`, and if there are not two groups or a label is missing.

    References
    ----------
    Mantel N. Cancer Chemother Rep 1966;50:163-170. Computed by statsmodels' ``survdiff``.

    Examples
    --------
    >>> found = logrank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], ["a", "a", "a", "b", "b", "b"])
    >>> round(found.statistic, 3), round(found.p, 3)
    (5.052, 0.025)
    """
    times, events = _times_and_events(time, event)
    code = checks.group_codes(group, times.size)
    informative = times >= np.min(times[events == 1], initial=np.inf)
    times, events, code = times[informative], events[informative], code[informative]
    df = np.unique(code).size - 1
    # With all deaths at once at the first event there is no variance.
    if df < 1 or np.all((times == times.min()) & (events == 1)):
        return LogRank(np.nan, 0, np.nan)
    # Imported here for the sake of commands that need no model: statsmodels takes 1-2 s.
    from statsmodels.duration.survfunc import survdiff

    statistic = float(survdiff(times, events, code)[0])
    return LogRank(statistic, df, float(special.chdtrc(df, statistic)))


def _times_and_events(time: ArrayLike, event: ArrayLike) -> tuple[Floats, Integers]:
    times, events = checks.times_and_events(time, event)
    return merge_near_ties(times), events


def _greenwood_terms(at_risk: Integers, events: Integers) -> Floats:
    """d / (n (n-d)) at each time; 0 at a time that nobody survives, where it has no weight."""
    survivors = at_risk - events
    return np.where(survivors > 0, events / (at_risk * np.maximum(survivors, 1)), 0.0)


def _first(values: NDArray) -> float:
    return float(values[0]) if values.size else np.nan


def _spss_median(curve: KaplanMeier) -> MedianSurvival:
    died = curve.events > 0
    time, survival = curve.time[died], curve.survival[died]
    at_median = np.flatnonzero(survival <= 0.5 + TOLERANCE)[:1]
    above = np.flatnonzero(survival >= 0.55 - TOLERANCE)[-1:]
    below = np.flatnonzero(survival <= 0.45 + TOLERANCE)[:1]
    median = _first(time[at_median])
    if not (above.size and below.size):
        return MedianSurvival(median, np.nan, np.nan, np.nan)
    slope = _first((survival[above] - survival[below]) / (time[below] - time[above]))
    se = _first(curve.standard_error[died][at_median]) / slope
    return MedianSurvival(median, se, median - Z95 * se, median + Z95 * se)


def _pointwise_band(curve: KaplanMeier, kind: str) -> tuple[Floats, Floats]:
    """Pointwise 95% limits of survival; NaN where `kind` has none, as where survival is 0."""
    survival = np.where(curve.survival > 0, curve.survival, np.nan)
    half = Z95 * curve.standard_error
    if kind == "plain":
        return survival - half, survival + half
    if kind == "log":
        factor = np.exp(half / survival)
        return survival / factor, survival * factor
    log_survival = np.log(np.where(survival < 1, survival, np.nan))
    factor = np.exp(half / (survival * -log_survival))
    return survival**factor, survival ** (1 / factor)


def _crossing_of_half(time: Floats, curve: Floats) -> float:
    """Where a step function falls to .5: the middle if it stays there for a while.

    A band can rise again among the last few patients; where it is below .5 twice, R's
    ``quantile.survfit`` takes the time at which it is nearest to it, and so does this.
    """

    def falls_to(limit: float) -> float:
        below = np.flatnonzero(curve <= limit)
        return float(time[below[np.argmax(curve[below])]]) if below.size else np.nan

    reaches, passes = falls_to(0.5 + TOLERANCE), falls_to(0.5 - TOLERANCE)
    if np.isnan(passes) and np.isfinite(curve[-1]):
        passes = float(time[-1])
    return (reaches + passes) / 2
