"""Verification: every target of every cohort recomputed by other means than the search's.

statsmodels fits the regressions and curves, lifelines the log-rank tests, scipy the rest; nothing
comes from ``kernels``. A cohort that differs by one patient-day where it matters fails here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.stats
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from analysis_lib import cohort as cohorts
from analysis_lib.errors import InputError
from analysis_lib.reconstruction.targets import (
    LONGEST_FOLLOW_UP_YEARS,
    SCORE_COVARIATES,
    VESSELS,
    Target,
    Targets,
    load_targets,
)

_Z95 = scipy.stats.norm.ppf(0.975)
# A curve that is .5 in exact arithmetic may miss it by some 1e-16 in floating point.
_TIE = 1e-9
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Miss:
    """A target that a cohort does not meet, and its value there."""

    cohort: int
    target: Target
    value: float

    def __str__(self) -> str:
        low, high = self.target.interval.low, self.target.interval.high
        return f"cohort {self.cohort}: {self.target.id} is {self.value:.8g}, not from {low:g} to {high:g}"


class Recomputed:
    """The statistics of one cohort, each computed once and when asked for."""

    def __init__(self, frame: pd.DataFrame, targets: Targets) -> None:
        self.frame, self.targets = frame, targets
        self._fits: dict[tuple, dict[str, tuple[float, float]]] = {}
        self._curves: dict[tuple, tuple[float, float, float]] = {}

    def value(self, target: Target) -> float:
        """The statistic of ``target`` in this cohort; NaN where it is not defined."""
        missing = [c for c in target.columns if c not in self.frame and c not in _DERIVED]
        if missing:
            raise InputError(f"the cohort lacks the column {missing[0]!r}, which {target.id} needs")
        kind, _, rest = target.statistic.partition("_")
        if kind in ("cox", "logistic"):
            return self._regression(target, kind, rest)
        rows = self._rows(target)
        if kind == "km":
            return self._curve(target, rows, rest)
        if kind == "follow":
            return self._follow_up(target, rows, rest.removeprefix("up_"))
        return float(_STATISTICS[target.statistic](rows, target, self.targets))

    def _rows(self, target: Target) -> pd.DataFrame:
        rows = self.frame
        if target.group != "all":
            rows = rows[rows["group"] == target.group]
        if target.subset and target.statistic != "within":
            rows = rows[rows[target.subset[0]] == target.subset[1]]
        return rows

    def _curve(self, target: Target, rows: pd.DataFrame, what: str) -> float:
        key = (*target.columns, target.group, target.subset)
        if key not in self._curves:
            known = rows.dropna(subset=list(target.columns))
            self._curves[key] = spss_median(*(known[c].to_numpy(float) for c in target.columns))
        median, low, high = self._curves[key]
        return {"median": median, "ci_lo": low, "ci_hi": high, "undefined": float(np.isnan(low) and median > 0)}[what]

    def _follow_up(self, target: Target, rows: pd.DataFrame, what: str) -> float:
        time, event = (rows[c].to_numpy(float) for c in target.columns)
        share = {"median": 50, "q1": 25, "q3": 75}[what]
        if target.value == "reverse_kaplan_meier":
            curve = KaplanMeierFitter().fit(time, 1 - event)
            return float(curve.percentile(1 - share / 100))
        times = time if target.value == "observed" else time[event == 0]
        return float(np.percentile(times, share, method=self.targets.assumptions.quantile))

    def _regression(self, target: Target, kind: str, what: str) -> float:
        covariates = target.columns
        if (kind, covariates) not in self._fits:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._fits[kind, covariates] = self._fit(kind, covariates)
        beta, error = self._fits[kind, covariates][str(target.value)]
        if what == "p":
            return float(2 * scipy.stats.norm.sf(abs(beta / error)))
        return float(np.exp(beta + {"ci_lo": -_Z95, "ci_hi": _Z95}.get(what, 0.0) * error))

    def _fit(self, kind: str, covariates: tuple[str, ...]) -> dict[str, tuple[float, float]]:
        matrix = pd.DataFrame({name: self._covariate(name) for name in covariates})
        known = matrix.notna().all(axis=1).to_numpy()
        values = matrix[known].to_numpy(float)
        # The same model on a scale on which Newton's method converges to the last digit.
        centre, scale = values.mean(axis=0), values.std(axis=0)
        scaled = (values - centre) / scale
        rows = self.frame[known]
        if kind == "cox":
            model = PHReg(rows["os_years"].to_numpy(float), scaled, status=rows["os_event"].to_numpy(), ties="breslow")
            fit = model.fit(disp=0)
            parameters, errors = fit.params, fit.bse
        else:
            operated = (rows["group"] == "surgery").to_numpy(float)
            design = np.column_stack([np.ones(len(rows)), scaled])
            fit = Logit(operated, design).fit(disp=0, method="newton", maxiter=100, tol=1e-12)
            parameters, errors = fit.params[1:], fit.bse[1:]
        return {
            name: (float(b), float(e))
            for name, b, e in zip(covariates, parameters / scale, errors / scale, strict=True)
        }

    def _covariate(self, name: str) -> pd.Series:
        if name == "propensity_score":
            return self._score()
        return _DERIVED[name](self.frame) if name in _DERIVED else self.frame[name].astype(float)

    def _score(self) -> pd.Series:
        """Fitted probability of surgery; NaN for patients without all four covariates."""
        matrix = pd.DataFrame({name: self._covariate(name) for name in SCORE_COVARIATES})
        known = matrix.notna().all(axis=1)
        values = matrix[known]
        design = np.column_stack([np.ones(len(values)), (values - values.mean()) / values.std()])
        operated = (self.frame["group"] == "surgery")[known].to_numpy(float)
        fit = Logit(operated, design).fit(disp=0, method="newton", maxiter=100, tol=1e-12)
        return pd.Series(fit.predict(design), index=values.index).reindex(self.frame.index)


def spss_median(time: np.ndarray, event: np.ndarray) -> tuple[float, float, float]:
    """Kaplan–Meier median with the limits that SPSS prints, from statsmodels' curve.

    The standard error is Greenwood's of the curve at the median, divided by the slope between
    the last event with S ≥ .55 and the first with S ≤ .45.
    """
    fit = SurvfuncRight(time, event)
    when, curve, errors = fit.surv_times, fit.surv_prob, fit.surv_prob_se
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


def _known(rows: pd.DataFrame, target: Target) -> np.ndarray:
    return rows[target.columns[0]].dropna().to_numpy(float)


def _quantile(share: float) -> Callable:
    return lambda rows, target, targets: np.percentile(_known(rows, target), share, method=targets.assumptions.quantile)


def _halves(rows: pd.DataFrame, target: Target, by: str, first: str, second: str) -> tuple[np.ndarray, np.ndarray]:
    return tuple(_known(rows[rows[by] == value], target) for value in (first, second))


def _mann_whitney(rows, target, targets) -> float:
    x, y = _halves(rows, target, "group", "surgery", "prrt_only")
    return scipy.stats.mannwhitneyu(x, y, use_continuity=False, method="asymptotic").pvalue


def _t_test(equal: bool, by: str, first: str, second: str) -> Callable:
    return lambda rows, target, targets: (
        scipy.stats.ttest_ind(*_halves(rows, target, by, first, second), equal_var=equal).pvalue
    )


def _decrease(rows: pd.DataFrame, target: Target) -> np.ndarray:
    before, after = (rows[c].astype(float) for c in target.columns)
    return (100 * (1 - after / before)).dropna().to_numpy()


def _vessels(rows: pd.DataFrame, target: Target) -> np.ndarray:
    involved = rows[rows[target.columns[0]] >= 1]
    return involved[list(target.columns[1:])].astype(float).sum(axis=1).to_numpy()


def _log_rank(rows: pd.DataFrame, target: Target, targets: Targets) -> float:
    time, event, by = target.columns
    known = rows.dropna(subset=[time])
    labels = sorted(known[by].unique())
    if len(labels) != 2:
        return np.nan
    one, two = (known[known[by] == label] for label in labels)
    return logrank_test(one[time], two[time], one[event], two[event]).p_value


def _onset(ordinal: int) -> Callable:
    def onset(rows, target, targets):
        values = np.sort(_known(rows, target))
        return values[ordinal] if values.size > ordinal else np.nan

    return onset


_STATISTICS: dict[str, Callable] = {
    "count": lambda rows, target, targets: (rows[target.columns[0]] == target.value).sum(),
    "known": lambda rows, target, targets: rows[target.columns[0]].notna().sum(),
    "unknown": lambda rows, target, targets: rows[target.columns[0]].isna().sum(),
    "any": lambda rows, target, targets: (rows[list(target.columns)] == 1).any(axis=1).sum(),
    "within": lambda rows, target, targets: rows[target.columns[0]].between(*target.subset).sum(),
    "mean": lambda rows, target, targets: _known(rows, target).mean(),
    "sd": lambda rows, target, targets: _known(rows, target).std(ddof=1),
    "median": _quantile(50),
    "q1": _quantile(25),
    "q3": _quantile(75),
    "range_lo": lambda rows, target, targets: _known(rows, target).min(),
    "range_hi": lambda rows, target, targets: _known(rows, target).max(),
    "mann_whitney": _mann_whitney,
    "welch": _t_test(False, "group", "surgery", "prrt_only"),
    "student": _t_test(True, "group", "surgery", "prrt_only"),
    "response_welch": _t_test(False, "best_response", "PR", "SD"),
    "response_student": _t_test(True, "best_response", "PR", "SD"),
    "decrease_mean": lambda rows, target, targets: _decrease(rows, target).mean(),
    "decrease_sd": lambda rows, target, targets: _decrease(rows, target).std(ddof=1),
    "tvi_no_change": lambda rows, target, targets: (rows["tvi_post"] == rows["tvi_pre"]).sum(),
    "tvi_decrease": lambda rows, target, targets: (rows["tvi_post"] < rows["tvi_pre"]).sum(),
    "tvi_increase": lambda rows, target, targets: (rows["tvi_post"] > rows["tvi_pre"]).sum(),
    "beyond_180": lambda rows, target, targets: rows["tvi_post"].isin((2, 4, 5, 6)).sum(),
    "vessels_median": lambda rows, target, targets: np.median(_vessels(rows, target)),
    "vessels_range_lo": lambda rows, target, targets: _vessels(rows, target).min(),
    "vessels_range_hi": lambda rows, target, targets: _vessels(rows, target).max(),
    "log_rank": _log_rank,
    "onset_first": _onset(0),
    "onset_second": _onset(1),
}


def _flag(condition: pd.Series, known: pd.Series | None = None) -> pd.Series:
    values = condition.astype(float)
    return values if known is None else values.where(known)


_DERIVED: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "surgery": lambda c: _flag(c["group"] == "surgery"),
    "grade_1": lambda c: _flag(c["grade"] == "G1"),
    "partial_response": lambda c: _flag(c["best_response"] == "PR"),
    "male": lambda c: _flag(c["sex"] == "male"),
    "metastatic": lambda c: _flag((c[["n1", "m1a", "other_metastases"]] == 1).any(axis=1)),
    "tvi_post_any": lambda c: _flag(c["tvi_post"] >= 1, c["tvi_post"].notna()),
    "tvi_post_within_180": lambda c: _flag(c["tvi_post"].isin((1, 3)), c["tvi_post"].notna()),
    "tvi_post_beyond_180": lambda c: _flag(c["tvi_post"].isin((2, 4, 5, 6)), c["tvi_post"].notna()),
    "propensity_score": lambda c: pd.Series(np.nan, index=c.index),
}


def logic_misses(frame: pd.DataFrame) -> list[str]:
    """What contradicts the paper's own account of a cohort, whatever its numbers.

    The early death of sepsis after one cycle, the late haematological ones, surgery after PRRT
    and before death, recurrence as progression, more than the categories of vessels allow, and
    follow-up beyond April 2020.
    """
    c = frame
    operated, dead = c["group"] == "surgery", c["os_event"] == 1
    sepsis, late = (c["cause_of_death"] == cause for cause in ("sepsis", "haematological"))
    onset = c["prrt_months"] / 12 + c["years_prrt_end_to_haematological"]
    veins, arteries = (c[[f"vessel_{v}" for v in names]].sum(axis=1) for names in (VESSELS[:2], VESSELS[2:]))
    graded = c["tvi_pre"].notna()
    surgery = c["months_to_surgery"] / 12
    recurrence = surgery + c["dfs_years"]
    progressed = (c["pfs_event"] == 1) & (c["pfs_years"] < c["os_years"])
    ki67 = c["ki67_percent"]
    grade_1, grade_2, high_grade = c["grade"] == "G1", c["grade"] == "G2", c["grade"].isin(("G3", "NEC"))
    # Months and years are of days, each rounded by itself.
    day = 2 / _DAYS_PER_YEAR
    rules = {
        "death of sepsis after more than one cycle": sepsis & (c["prrt_cycles"] > 1),
        "death of sepsis later than ten weeks": sepsis & (c["os_years"] > 70 / 365),
        "a cause of death without death, or none for it": c["cause_of_death"].notna() != dead,
        "a haematological death before its onset": late & ~(onset <= c["os_years"]),
        "an operated patient without a time of surgery": operated & surgery.isna(),
        "surgery before the last cycle": operated & ~(c["months_to_surgery"] > c["prrt_months"]),
        "surgery after death or last follow-up": operated & ~(surgery < c["os_years"] + day),
        "progression after death or last follow-up": ~(c["pfs_years"] <= c["os_years"] + 1e-12),
        "a progression without its kind, or none for a kind": c["progression"].notna() != progressed,
        "a recurrence that is not the progression": (c["dfs_event"] == 1)
        & ~((recurrence - c["pfs_years"]).abs() < day),
        "disease-free follow-up beyond the last": c["dfs_years"].notna() & ~(recurrence <= c["os_years"] + day),
        "veins that contradict the category": graded & ((c["tvi_pre"] >= 1) != (veins > 0)),
        "arteries that contradict the category": graded & ((c["tvi_pre"] >= 3) != (arteries > 0)),
        "follow-up beyond April 2020": c["os_years"] > LONGEST_FOLLOW_UP_YEARS,
        "more activity than the cycles can have given": c["prrt_activity_gbq"] > 7.71 * c["prrt_cycles"],
        "a Ki-67 index too high for the grade": (grade_1 & (ki67 >= 3)) | (grade_2 & (ki67 > 20)),
        "a Ki-67 index too low for the grade": (grade_2 & (ki67 < 3)) | (high_grade & (ki67 <= 20)),
    }
    return [
        f"patient {int(c.loc[row, 'patient'])}: {what}"
        for what, broken in rules.items()
        for row in c.index[broken.to_numpy(dtype=bool)]
    ]


def misses(frame: pd.DataFrame, targets: Targets, number: int = 0) -> list[Miss]:
    """The targets that one cohort does not meet; an empty list if it meets all."""
    recomputed = Recomputed(frame.reset_index(drop=True), targets)
    values = ((target, recomputed.value(target)) for target in targets.values())
    return [Miss(number, target, value) for target, value in values if not value in target.interval]  # noqa: E713


def verify_file(file: Path | str, targets: Targets | None = None) -> list[str]:
    """All that is wrong with the cohorts of a file, in one line each; an empty list if nothing.

    Raises
    ------
    InputError
        If the file is unreadable, malformed, or lacks a column that a target needs.
    """
    targets = targets or load_targets()
    found = []
    for number, frame in cohorts.each(cohorts.load(file)):
        found += [str(miss) for miss in misses(frame, targets, number)]
        found += [f"cohort {number}: {what}" for what in logic_misses(frame)]
    return found
