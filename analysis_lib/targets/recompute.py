"""Independent recomputation: each target's statistic from patients, by other means than the search's."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cached_property, partial

import numpy as np
import pandas as pd
import scipy.stats
from lifelines import KaplanMeierFitter
from statsmodels.base.data import MissingDataError
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import schema
from analysis_lib.targets.catalogue import SCORE_COVARIATES, Target, Targets

_Z95 = scipy.stats.norm.ppf(0.975)


# A curve that is .5 in exact arithmetic may miss it by some 1e-16 in floating point.
_TIE = 1e-9


# Categories of contact with vessels, as the schema numbers them.
_WITHIN_180, _BEYOND_180 = (1, 3), (2, 4, 5, 6)


class Patients:
    """Some patients of a cohort, each column as an array; what is asked for again is not made again.

    Numbers are float64 with NaN for a blank, text is objects with None.
    """

    def __init__(self, column: Callable[[str], np.ndarray]) -> None:
        self._column = column
        self._columns: dict[str, np.ndarray] = {}
        self._narrowed: dict[tuple[str, str | float], Patients] = {}

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Patients:
        """All patients of ``frame``; asking for a column that it lacks is an InputError."""

        def column(name: str) -> np.ndarray:
            if name not in frame:
                raise InputError(f"the cohort lacks the column {name!r}")
            return _array(frame[name], schema.fields()[name]["type"])

        return cls(column)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._columns:
            self._columns[name] = self._column(name)
        return self._columns[name]

    def where(self, name: str, value: str | float) -> Patients:
        """Those with ``value`` in the column ``name``."""
        if (name, value) not in self._narrowed:
            chosen = self[name] == value
            self._narrowed[name, value] = Patients(lambda column: self[column][chosen])
        return self._narrowed[name, value]

    def known(self, name: str) -> np.ndarray:
        """The column ``name`` without its blanks."""
        return self[name][~pd.isna(self[name])]

    def columns(self, names: Iterable[str]) -> np.ndarray:
        """Numeric columns side by side, shape (patients, names)."""
        return np.column_stack([self[name] for name in names])


def _array(column: pd.Series, kind: str) -> np.ndarray:
    if kind == "string":
        return column.astype(object).where(column.notna(), None).to_numpy()
    return column.to_numpy(float, na_value=np.nan)


class Recomputed:
    """The statistics of one cohort, each computed once and when asked for."""

    def __init__(self, frame: pd.DataFrame, targets: Targets) -> None:
        self.targets = targets
        self._patients = Patients.of(frame)
        self._fits: dict[tuple, dict[str, tuple[float, float]]] = {}
        self._curves: dict[tuple, tuple[float, float, float]] = {}
        self._printed = {
            (t.statistic[:-3], t.columns, t.value): np.log((t.interval.low + t.interval.high) / 2)
            for t in targets.values()
            if t.statistic in ("cox_hr", "logistic_or") and 0 < t.interval.low and t.interval.high < np.inf
        }

    def value(self, target: Target) -> float:
        """The statistic of ``target`` in this cohort; NaN where it is not defined, which meets no target.

        Raises
        ------
        InputError
            If the cohort lacks a column that the statistic needs.
        """
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return self._value(target)
            except InputError:
                raise
            # What libraries raise of too few patients, no events, or a covariate that separates.
            except (ArithmeticError, IndexError, ValueError, MissingDataError):
                return np.nan

    def _value(self, target: Target) -> float:
        kind, _, rest = target.statistic.partition("_")
        if kind in ("cox", "logistic"):
            return self._regression(target, kind, rest)
        patients = self._chosen(target)
        if kind == "km":
            return self._curve(target, patients, rest)
        if kind == "follow":
            return self._follow_up(target, patients, rest.removeprefix("up_"))
        return float(_STATISTICS[target.statistic](patients, target, self.targets))

    def _chosen(self, target: Target) -> Patients:
        patients = self._patients
        if target.group != "all":
            patients = patients.where("group", target.group)
        if target.subset and target.statistic not in ("within", "class_from", "class_to"):
            patients = patients.where(*target.subset)
        return patients

    def _curve(self, target: Target, patients: Patients, what: str) -> float:
        key = (*target.columns, target.group, target.subset)
        if key not in self._curves:
            time, event = _complete(patients.columns(target.columns)).T
            self._curves[key] = spss_median(time, event)
        median, low, high = self._curves[key]
        return {"median": median, "ci_lo": low, "ci_hi": high, "undefined": float(np.isnan(low) and median > 0)}[what]

    def _follow_up(self, target: Target, patients: Patients, what: str) -> float:
        time, event = patients.columns(target.columns).T
        share = {"median": 50, "q1": 25, "q3": 75}[what]
        if target.value == "reverse_kaplan_meier":
            curve = KaplanMeierFitter().fit(time, 1 - event)
            return float(curve.percentile(1 - share / 100))
        times = time if target.value == "observed" else time[event == 0]
        return float(np.percentile(times, share, method=self.targets.assumptions.quantile))

    def _regression(self, target: Target, kind: str, what: str) -> float:
        covariates = target.columns
        if (kind, covariates) not in self._fits:
            self._fits[kind, covariates] = self._fit(kind, covariates)
        beta, error = self._fits[kind, covariates][str(target.value)]
        if what == "p":
            return float(2 * scipy.stats.norm.sf(abs(beta / error)))
        return float(np.exp(beta + {"ci_lo": -_Z95, "ci_hi": _Z95}.get(what, 0.0) * error))

    def _fit(self, kind: str, covariates: tuple[str, ...]) -> dict[str, tuple[float, float]]:
        matrix = np.column_stack([self._covariate(name) for name in covariates])
        known = ~np.isnan(matrix).any(axis=1)
        # The same model on a scale on which Newton's method converges to the last digit.
        scaled, scale = _standardised(matrix[known])
        # It begins at what is printed; the likelihood is concave, so that only its speed depends on where.
        start = np.array([self._printed.get((kind, covariates, name), 0.0) for name in covariates])
        if kind == "cox":
            time, event = (self._patients[name][known] for name in ("os_years", "os_event"))
            fit = PHReg(time, scaled, status=event, ties="breslow").fit(disp=0, start_params=start * scale)
            parameters, errors = fit.params, fit.bse
        else:
            fit = _logistic(self._patients["group"][known] == "surgery", scaled, start * scale)
            parameters, errors = fit.params[1:], fit.bse[1:]
        return {
            name: (float(b), float(e))
            for name, b, e in zip(covariates, parameters / scale, errors / scale, strict=True)
        }

    def _covariate(self, name: str) -> np.ndarray:
        if name == "propensity_score":
            return self._score
        return _DERIVED[name](self._patients) if name in _DERIVED else self._patients[name]

    @cached_property
    def _score(self) -> np.ndarray:
        """Fitted probability of surgery; NaN for patients without all four covariates."""
        matrix = np.column_stack([self._covariate(name) for name in SCORE_COVARIATES])
        known = ~np.isnan(matrix).any(axis=1)
        fit = _logistic(self._patients["group"][known] == "surgery", _standardised(matrix[known])[0])
        score = np.full(len(matrix), np.nan)
        score[known] = fit.predict()
        return score


def _complete(matrix: np.ndarray) -> np.ndarray:
    return matrix[~np.isnan(matrix).any(axis=1)]


def _standardised(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scale = matrix.std(axis=0)
    return (matrix - matrix.mean(axis=0)) / scale, scale


def _logistic(outcome: np.ndarray, covariates: np.ndarray, start: np.ndarray | float = 0.0):
    design = np.column_stack([np.ones(len(outcome)), covariates])
    begin = np.zeros(design.shape[1])
    begin[1:] = start
    fit = Logit(outcome.astype(float), design).fit
    return fit(disp=0, method="newton", maxiter=100, tol=1e-12, start_params=begin)


def spss_median(time: np.ndarray, event: np.ndarray) -> tuple[float, float, float]:
    """Kaplan–Meier median with the limits that SPSS prints, from statsmodels' curve.

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
    half = _Z95 * errors[m] * (when[v] - when[u]) / (curve[u] - curve[v])
    return when[m], when[m] - half, when[m] + half


def _quantile(share: float) -> Callable:
    def quantile(patients: Patients, target: Target, targets: Targets) -> float:
        return np.percentile(patients.known(target.columns[0]), share, method=targets.assumptions.quantile)

    return quantile


def _of_known(statistic: Callable[[np.ndarray], float]) -> Callable:
    return lambda patients, target, targets: statistic(patients.known(target.columns[0]))


def _between(test: Callable, by: str, first: str, second: str) -> Callable:
    """The p value of a test between two kinds of patients."""
    return lambda patients, target, targets: (
        test(*(patients.where(by, kind).known(target.columns[0]) for kind in (first, second))).pvalue
    )


_mann_whitney = partial(scipy.stats.mannwhitneyu, use_continuity=False, method="asymptotic")


_welch = partial(scipy.stats.ttest_ind, equal_var=False)


_student = partial(scipy.stats.ttest_ind, equal_var=True)


def _decrease(statistic: Callable[[np.ndarray], float]) -> Callable:
    """Of the decrease in percent from the first column to the second."""

    def decrease(patients: Patients, target: Target, targets: Targets) -> float:
        before, after = _complete(patients.columns(target.columns)).T
        return statistic(100 * (1 - after / before))

    return decrease


def _vessels(statistic: Callable[[np.ndarray], float]) -> Callable:
    """Of the vessels involved (all columns but the first), where any is (the first column)."""

    def vessels(patients: Patients, target: Target, targets: Targets) -> float:
        involved = patients[target.columns[0]] >= 1
        return statistic(np.nansum(patients.columns(target.columns[1:])[involved], axis=1))

    return vessels


def _change(compare: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable:
    """How many patients' second column compares so with the first."""
    return lambda patients, target, targets: compare(*(patients[name] for name in reversed(target.columns))).sum()


def _log_rank(patients: Patients, target: Target, targets: Targets) -> float:
    time, event, by = (patients[name] for name in target.columns)
    known = ~(np.isnan(time) | pd.isna(by))
    if len(set(by[known])) != 2:
        return np.nan
    statistic, _ = survdiff(time[known], event[known], by[known].astype(str))
    return scipy.stats.chi2.sf(statistic, 1)


def _onset(ordinal: int) -> Callable:
    def onset(patients: Patients, target: Target, targets: Targets) -> float:
        values = np.sort(patients.known(target.columns[0]))
        return values[ordinal] if values.size > ordinal else np.nan

    return onset


def _within(patients: Patients, target: Target, targets: Targets) -> float:
    low, high = target.subset
    values = patients[target.columns[0]]
    return ((values >= low) & (values <= high)).sum()


def _class_end(end: Callable[[np.ndarray], float]) -> Callable:
    """Of the values that lie between two others, neither of them included."""

    def class_end(patients: Patients, target: Target, targets: Targets) -> float:
        low, high = target.subset
        values = patients.known(target.columns[0])
        return end(values[(values > low) & (values < high)])

    return class_end


_sd = partial(np.std, ddof=1)


_STATISTICS: dict[str, Callable[[Patients, Target, Targets], float]] = {
    "count": lambda patients, target, targets: (patients[target.columns[0]] == target.value).sum(),
    "known": _of_known(np.size),
    "unknown": lambda patients, target, targets: pd.isna(patients[target.columns[0]]).sum(),
    "any": lambda patients, target, targets: (patients.columns(target.columns) == 1).any(axis=1).sum(),
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
    "mann_whitney": _between(_mann_whitney, "group", "surgery", "prrt_only"),
    "welch": _between(_welch, "group", "surgery", "prrt_only"),
    "student": _between(_student, "group", "surgery", "prrt_only"),
    "response_welch": _between(_welch, "best_response", "PR", "SD"),
    "response_student": _between(_student, "best_response", "PR", "SD"),
    "decrease_mean": _decrease(np.mean),
    "decrease_sd": _decrease(_sd),
    "tvi_no_change": _change(np.equal),
    "tvi_decrease": _change(np.less),
    "tvi_increase": _change(np.greater),
    "beyond_180": lambda patients, target, targets: np.isin(patients["tvi_post"], _BEYOND_180).sum(),
    "vessels_median": _vessels(np.median),
    "vessels_range_lo": _vessels(np.min),
    "vessels_range_hi": _vessels(np.max),
    "log_rank": _log_rank,
    "onset_first": _onset(0),
    "onset_second": _onset(1),
}


def _after_prrt(condition: Callable[[np.ndarray], np.ndarray]) -> Callable[[Patients], np.ndarray]:
    """Of the category of vessels after PRRT; NaN without a scan."""
    return lambda c: np.where(np.isnan(c["tvi_post"]), np.nan, condition(c["tvi_post"]))


_DERIVED: dict[str, Callable[[Patients], np.ndarray]] = {
    "surgery": lambda c: (c["group"] == "surgery").astype(float),
    "grade_1": lambda c: (c["grade"] == "G1").astype(float),
    "partial_response": lambda c: (c["best_response"] == "PR").astype(float),
    "male": lambda c: (c["sex"] == "male").astype(float),
    "metastatic": lambda c: (c.columns(("n1", "m1a", "other_metastases")) == 1).any(axis=1).astype(float),
    "tvi_post_any": _after_prrt(lambda category: category >= 1),
    "tvi_post_within_180": _after_prrt(lambda category: np.isin(category, _WITHIN_180)),
    "tvi_post_beyond_180": _after_prrt(lambda category: np.isin(category, _BEYOND_180)),
}
