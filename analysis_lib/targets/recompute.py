"""Independent recomputation: each target's statistic from patients, by other means than the search's.

statsmodels fits the regressions and curves and makes the log-rank tests, SciPy and NumPy the rest,
lifelines reverse Kaplan–Meier curves.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats
from lifelines import KaplanMeierFitter
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from analysis_lib.base.errors import InputError
from analysis_lib.base.units import Z95
from analysis_lib.printed.names import TVI_BEYOND_180
from analysis_lib.targets.catalogue import Target, Targets
from analysis_lib.targets.patients import DERIVED, PROPENSITY_SCORE, SCORE_COVARIATES, Patients

# A curve that is .5 in exact arithmetic may miss it by some 1e-16 in floating point.
_TIE = 1e-9
# Of a sample, shape (n,).
Summary = Callable[[np.ndarray], float]


class Recomputed:
    """The statistics of one cohort, each computed once and when it is needed.

    Parameters
    ----------
    frame
        One cohort in the schema.
    targets
        What may be asked for, with the assumptions under which it is computed.
    """

    def __init__(self, frame: pd.DataFrame, targets: Targets) -> None:
        # NumPy types a method by its literal names.
        self._quantile_rule: Any = targets.assumptions.quantile
        self._patients = Patients.of(frame)
        self._fits: dict[tuple[str, tuple[str, ...]], dict[str, tuple[float, float]]] = {}
        self._medians: dict[tuple, tuple[float, float, float]] = {}

    def value(self, target: Target) -> float:
        """The statistic of ``target`` in this cohort; NaN where it is not defined, which meets no target.

        Raises
        ------
        InputError
            If the cohort lacks a column that the statistic needs.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return float(STATISTICS[target.statistic](self, self._chosen(target), target))
            except InputError:
                raise
            # Of too few patients, no events, or a covariate that separates, libraries raise what they like.
            except Exception:
                return np.nan

    def _chosen(self, target: Target) -> Patients:
        patients = self._patients
        if target.group != "all":
            patients = patients.where("group", target.group)
        return patients.where(*target.subset) if target.subset else patients

    def percentile(self, values: np.ndarray, percent: float) -> float:
        """A percentile by the rule that is assumed."""
        return float(np.percentile(values, percent, method=self._quantile_rule))

    def median_survival(self, target: Target) -> tuple[float, float, float]:
        """Kaplan–Meier median and its limits, of the time and event that are the target's columns."""
        key = (target.columns, target.group, target.subset)
        if key not in self._medians:
            time, event = self._chosen(target).complete(target.columns).T
            self._medians[key] = spss_median(time, event)
        return self._medians[key]

    def coefficient(self, kind: str, target: Target) -> tuple[float, float]:
        """Estimate and standard error of the target's covariate in the model of its columns."""
        key = (kind, target.columns)
        if key not in self._fits:
            self._fits[key] = self._fit(kind, target.columns)
        return self._fits[key][str(target.value)]

    def _fit(self, kind: str, covariates: tuple[str, ...]) -> dict[str, tuple[float, float]]:
        matrix = np.column_stack([self._covariate(name) for name in covariates])
        known = ~np.isnan(matrix).any(axis=1)
        scaled, scale = _standardised(matrix[known])
        if kind == "cox":
            time, event = (self._patients[name][known] for name in ("os_years", "os_event"))
            fit = PHReg(time, scaled, status=event, ties="breslow").fit()
            parameters, errors = fit.params, fit.bse
        else:
            fit = _logistic(self._patients["group"][known] == "surgery", scaled)
            parameters, errors = fit.params[1:], fit.bse[1:]
        return {name: (b, e) for name, b, e in zip(covariates, parameters / scale, errors / scale, strict=True)}

    def _covariate(self, name: str) -> np.ndarray:
        if name == PROPENSITY_SCORE:
            return self._score
        return DERIVED[name](self._patients) if name in DERIVED else self._patients[name]

    @cached_property
    def _score(self) -> np.ndarray:
        """Fitted probability of surgery; NaN for patients without all four covariates."""
        matrix = np.column_stack([self._covariate(name) for name in SCORE_COVARIATES])
        known = ~np.isnan(matrix).any(axis=1)
        fit = _logistic(self._patients["group"][known] == "surgery", _standardised(matrix[known])[0])
        score = np.full(len(matrix), np.nan)
        score[known] = fit.predict()
        return score


# How a statistic is computed: in a cohort, from the patients that the target is about.
Statistic = Callable[[Recomputed, Patients, Target], float]


def _standardised(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariates of mean 0 and SD 1, and their SDs; NaN where all are equal, of which no model has an estimate."""
    scale = matrix.std(axis=0)
    return (matrix - matrix.mean(axis=0)) / scale, scale


def _logistic(outcome: np.ndarray, covariates: np.ndarray):
    design = np.column_stack([np.ones(len(outcome)), covariates])
    return Logit(outcome.astype(float), design).fit(disp=0)


def spss_median(time: np.ndarray, event: np.ndarray) -> tuple[float, float, float]:
    """Median survival with its 95% confidence limits as SPSS prints them, from statsmodels' Kaplan–Meier curve.

    The standard error is Greenwood's of the curve at the median, divided by the slope between
    the last event with S ≥ .55 and the first with S ≤ .45.
    """
    fit = SurvfuncRight(time, event)
    when, curve = fit.surv_times, fit.surv_prob
    # statsmodels has no error of a curve that has fallen to 0; it is 0 there, as in `survival`.
    errors = np.where(curve > 0, fit.surv_prob_se, 0.0)
    below = np.flatnonzero(curve <= 0.5 + _TIE)
    if not below.size:
        return np.nan, np.nan, np.nan
    m = below[0]
    early, late = np.flatnonzero(curve >= 0.55 - _TIE), np.flatnonzero(curve <= 0.45 + _TIE)
    if not (early.size and late.size):
        return when[m], np.nan, np.nan
    u, v = early[-1], late[0]
    half = Z95 * errors[m] * (when[v] - when[u]) / (curve[u] - curve[v])
    return when[m], when[m] - half, when[m] + half


def _sd(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1))


def _of_known(summary: Summary) -> Statistic:
    return lambda cohort, patients, target: summary(patients.known(target.columns[0]))


def _quantile(percent: float) -> Statistic:
    return lambda cohort, patients, target: cohort.percentile(patients.known(target.columns[0]), percent)


def _p_between(test: Callable, column: str, first: str, second: str) -> Statistic:
    """The p value of a test between two kinds of patients."""
    return lambda cohort, patients, target: (
        test(*(patients.where(column, kind).known(target.columns[0]) for kind in (first, second))).pvalue
    )


_mann_whitney = partial(scipy.stats.mannwhitneyu, use_continuity=False, method="asymptotic")
_welch = partial(scipy.stats.ttest_ind, equal_var=False)
_student = partial(scipy.stats.ttest_ind, equal_var=True)


def _decrease(summary: Summary) -> Statistic:
    """Of the decrease in percent from the first column to the second."""

    def decrease(cohort: Recomputed, patients: Patients, target: Target) -> float:
        before, after = patients.complete(target.columns).T
        return summary(100 * (1 - after / before))

    return decrease


def _vessels(summary: Summary) -> Statistic:
    """Of the number of vessels involved (all columns but the first), where any is (the first column)."""

    def vessels(cohort: Recomputed, patients: Patients, target: Target) -> float:
        involved = patients[target.columns[0]] >= 1
        return summary(np.nansum(patients.columns(target.columns[1:])[involved], axis=1))

    return vessels


def _change(compare: np.ufunc) -> Statistic:
    """How many patients' second column compares so with the first."""

    def change(cohort: Recomputed, patients: Patients, target: Target) -> float:
        before, after = (patients[name] for name in target.columns)
        return compare(after, before).sum()

    return change


def _log_rank(cohort: Recomputed, patients: Patients, target: Target) -> float:
    time, event, by = (patients[name] for name in target.columns)
    known = ~(np.isnan(time) | pd.isna(by))
    if len(set(by[known])) != 2:
        return np.nan
    statistic, _ = survdiff(time[known], event[known], by[known].astype(str))
    return scipy.stats.chi2.sf(statistic, 1)


def _onset(ordinal: int) -> Statistic:
    return lambda cohort, patients, target: np.sort(patients.known(target.columns[0]))[ordinal]


def _within(cohort: Recomputed, patients: Patients, target: Target) -> float:
    low, high = target.between
    values = patients[target.columns[0]]
    return ((values >= low) & (values <= high)).sum()


def _class_end(end: Summary) -> Statistic:
    """Of the values between the limits of the neighbouring classes, which are not included."""

    def class_end(cohort: Recomputed, patients: Patients, target: Target) -> float:
        low, high = target.between
        values = patients.known(target.columns[0])
        return end(values[(values > low) & (values < high)])

    return class_end


def _count(cohort: Recomputed, patients: Patients, target: Target) -> float:
    return (patients[target.columns[0]] == target.value).sum()


def _unknown(cohort: Recomputed, patients: Patients, target: Target) -> float:
    return pd.isna(patients[target.columns[0]]).sum()


def _any(cohort: Recomputed, patients: Patients, target: Target) -> float:
    return (patients.columns(target.columns) == 1).any(axis=1).sum()


def _beyond_180(cohort: Recomputed, patients: Patients, target: Target) -> float:
    return np.isin(patients[target.columns[0]], TVI_BEYOND_180).sum()


def _median_survival(part: int) -> Statistic:
    return lambda cohort, patients, target: cohort.median_survival(target)[part]


def _without_limits(cohort: Recomputed, patients: Patients, target: Target) -> float:
    """1 if the median is reached but has no confidence interval."""
    median, low, _ = cohort.median_survival(target)
    return np.isnan(low) and not np.isnan(median)


def _follow_up(percent: float) -> Statistic:
    def follow_up(cohort: Recomputed, patients: Patients, target: Target) -> float:
        time, event = patients.columns(target.columns).T
        if target.value == "reverse_kaplan_meier":
            return KaplanMeierFitter().fit(time, 1 - event).percentile(1 - percent / 100)
        times = time if target.value == "observed" else time[event == 0]
        return cohort.percentile(times, percent)

    return follow_up


def _ratio(kind: str, deviate: float) -> Statistic:
    """Hazard or odds ratio, so many standard errors from its estimate."""

    def ratio(cohort: Recomputed, patients: Patients, target: Target) -> float:
        beta, error = cohort.coefficient(kind, target)
        return np.exp(beta + deviate * error)

    return ratio


def _wald_p(kind: str) -> Statistic:
    def wald_p(cohort: Recomputed, patients: Patients, target: Target) -> float:
        beta, error = cohort.coefficient(kind, target)
        return 2 * scipy.stats.norm.sf(abs(beta / error))

    return wald_p


STATISTICS: dict[str, Statistic] = {
    "count": _count,
    "any": _any,
    "known": _of_known(np.size),
    "unknown": _unknown,
    "within": _within,
    "class_from": _class_end(np.min),
    "class_to": _class_end(np.max),
    "mean": _of_known(np.mean),
    "sd": _of_known(_sd),
    "median": _quantile(50),
    "q1": _quantile(25),
    "q3": _quantile(75),
    "range_lo": _of_known(np.min),
    "range_hi": _of_known(np.max),
    "mann_whitney": _p_between(_mann_whitney, "group", "surgery", "prrt_only"),
    "welch": _p_between(_welch, "group", "surgery", "prrt_only"),
    "student": _p_between(_student, "group", "surgery", "prrt_only"),
    "response_welch": _p_between(_welch, "best_response", "PR", "SD"),
    "response_student": _p_between(_student, "best_response", "PR", "SD"),
    "decrease_mean": _decrease(np.mean),
    "decrease_sd": _decrease(_sd),
    "onset_first": _onset(0),
    "onset_second": _onset(1),
    "tvi_no_change": _change(np.equal),
    "tvi_decrease": _change(np.less),
    "tvi_increase": _change(np.greater),
    "beyond_180": _beyond_180,
    "vessels_median": _vessels(np.median),
    "vessels_range_lo": _vessels(np.min),
    "vessels_range_hi": _vessels(np.max),
    "km_median": _median_survival(0),
    "km_ci_lo": _median_survival(1),
    "km_ci_hi": _median_survival(2),
    "km_undefined": _without_limits,
    "log_rank": _log_rank,
    "follow_up_median": _follow_up(50),
    "follow_up_q1": _follow_up(25),
    "follow_up_q3": _follow_up(75),
    "cox_hr": _ratio("cox", 0.0),
    "cox_ci_lo": _ratio("cox", -Z95),
    "cox_ci_hi": _ratio("cox", Z95),
    "cox_p": _wald_p("cox"),
    "logistic_or": _ratio("logistic", 0.0),
    "logistic_ci_lo": _ratio("logistic", -Z95),
    "logistic_ci_hi": _ratio("logistic", Z95),
    "logistic_p": _wald_p("logistic"),
}
