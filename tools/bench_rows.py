"""What `make bench` compares: each model as this library fits a batch, and as others fit one cohort.

A fit takes a sample, a cohort's position in it and whether to fit to the last digit; only fits at
the library's own tolerances are timed. Libraries are imported where they are needed, so that a fit
of a library that is not installed is a row that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bench_sample import TABLES, Sample
from scipy import stats

from analysis_lib.reconstruction._numba import regression, tests_and_curves
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.statistics import binary_cox, contingency, weighted_regression

SCORE = ("activity", "grade_1", "kps", "size")
_Z95 = 1.959963984540054
_TIE = 1e-9


@dataclass(frozen=True)
class Other:
    """Another way to the same numbers.

    Attributes
    ----------
    library, call
        Its name, and the function as its users know it.
    fit
        ``fit(sample, i, exact)`` gives the numbers of the cohort at position ``i``; of a `batch`,
        ``fit(sample)`` those of all, shape (cohorts, k).
    untied
        Whether it only agrees where no deaths are tied.
    sampled
        Whether it draws at random, so that it agrees only about.
    """

    library: str
    call: str
    fit: Callable
    binary_cox: bool = False
    untied: bool = False
    sampled: bool = False


@dataclass(frozen=True)
class Row:
    """A model: its name, what is compared, ours for a whole batch, and the others.

    ``arrays(sample)`` are what ``ours`` takes; made beforehand, so that only the fits are timed.
    ``ours(*arrays)`` gives shape (cohorts, k), NaN where there is no estimate. R's are in `bench.R`,
    by the row's name. ``cohorts`` is how many the row takes, by default all.
    """

    name: str
    title: str
    compared: str
    arrays: Callable[[Sample], tuple]
    ours: Callable
    others: tuple[Other, ...]
    r: tuple[str, str | None]
    cohorts: int | None = None


@njit(cache=True)
def _order(time):
    order = np.arange(time.size)
    tests_and_curves.resort(order, time)
    return order


@njit(cache=True)
def _cox_yes_no(time, event, x):
    out = np.zeros((time.shape[0], 2))
    for i in range(time.shape[0]):
        if not regression.cox_yes_no(time[i], event[i], x[i], _order(time[i]), out[i]):
            out[i] = np.nan
    return out


@njit(cache=True)
def _cox_number(time, event, x):
    out = np.zeros((time.shape[0], 2))
    for i in range(time.shape[0]):
        if not regression.cox_one(time[i], event[i], x[i], _order(time[i]), out[i]):
            out[i] = np.nan
    return out


@njit(cache=True)
def _cox_two(time, event, x, y):
    out = np.zeros((time.shape[0], 4))
    for i in range(time.shape[0]):
        if not regression.cox_two(time[i], event[i], x[i], y[i], _order(time[i]), out[i]):
            out[i] = np.nan
    return out


@njit(cache=True)
def _log_rank(time, event, first):
    out = np.empty((time.shape[0], 1))
    for i in range(time.shape[0]):
        out[i, 0] = tests_and_curves.log_rank_p(time[i], event[i], first[i], _order(time[i]))
    return out


@njit(cache=True)
def _median(time, event):
    out = np.empty((time.shape[0], 3))
    for i in range(time.shape[0]):
        tests_and_curves.median_survival(time[i], event[i], _order(time[i]), out[i])
    return out


@njit(cache=True)
def _logistic(columns, outcome):
    m, k, _ = columns.shape
    out = np.zeros((m, 2 * k))
    for i in range(m):
        if not regression.logistic(columns[i], outcome[i], out[i, :k], out[i, k:]):
            out[i] = np.nan
    return out


def _exact(tables):
    return np.array([[contingency.fisher_freeman_halton(table)] for table in tables])


def _survival(*columns: tuple[str, type]):
    return lambda s: (s.array("time"), s.array("event", np.int64), *(s.array(name, kind) for name, kind in columns))


def _columns(s: Sample, names: tuple[str, ...]) -> np.ndarray:
    return np.stack([np.ones((len(s), s.array("time").shape[1])), *map(s.array, names)], axis=1)


def _lifelines_cox(columns: list[str]):
    def fit(s: Sample, i: int, exact: bool):
        from lifelines import CoxPHFitter

        options = {"precision": 1e-14} if exact else {}
        fitted = CoxPHFitter().fit(s.frames[i][["time", "event", *columns]], "time", "event", fit_options=options)
        return [*fitted.params_[columns], *fitted.standard_errors_[columns]]

    return Other("lifelines", "CoxPHFitter", fit, untied=True)


def _phreg(columns: list[str]):
    def fit(s: Sample, i: int, exact: bool):
        from statsmodels.duration.hazard_regression import PHReg

        a = s.arrays[i]
        x = np.column_stack([a[name] for name in columns])
        # On a scale on which its steps go on to the last digit.
        scale = x.std(axis=0) if exact else np.ones(len(columns))
        fitted = PHReg(a["time"], x / scale, status=a["event"], ties="breslow").fit(disp=0)
        return [*fitted.params / scale, *fitted.bse / scale]

    return Other("statsmodels", "PHReg", fit)


def _sksurv_cox(columns: list[str]):
    def fit(s: Sample, i: int, exact: bool):
        from sksurv.linear_model import CoxPHSurvivalAnalysis
        from sksurv.util import Surv

        frame = s.frames[i]
        outcome = Surv.from_arrays(frame["event"].astype(bool), frame["time"])
        return CoxPHSurvivalAnalysis(tol=1e-14 if exact else 1e-9).fit(frame[columns], outcome).coef_

    return Other("scikit-survival", "CoxPHSurvivalAnalysis", fit)


def _numpy_cox(columns: list[str]):
    def fit(s: Sample):
        x = np.stack([s.array(name) for name in columns], axis=2)
        fits = weighted_regression.cox(s.array("time"), s.array("event"), x, np.ones(x.shape[:2]))
        return np.hstack([fits.coef, np.sqrt(np.einsum("mii->mi", fits.covariance))])

    return Other("this library", "weighted.cox", fit, batch=True)


def _numpy_cox_yes_no(s: Sample):
    p = s.patients
    fits = binary_cox.cox(p["cohort"], p["time"], p["event"], p["operated"])
    return fits[["coef", "se"]].to_numpy()


def _lifelines_log_rank(s: Sample, i: int, exact: bool):
    from lifelines.statistics import logrank_test

    a = s.arrays[i]
    one = a["operated"] == 1
    return [logrank_test(a["time"][one], a["time"][~one], a["event"][one], a["event"][~one]).p_value]


def _statsmodels_log_rank(s: Sample, i: int, exact: bool):
    from statsmodels.duration.survfunc import survdiff

    a = s.arrays[i]
    return [survdiff(a["time"], a["event"], a["operated"])[1]]


def _sksurv_log_rank(s: Sample, i: int, exact: bool):
    from sksurv.compare import compare_survival
    from sksurv.util import Surv

    a = s.arrays[i]
    return [compare_survival(Surv.from_arrays(a["event"] == 1, a["time"]), a["operated"])[1]]


def _spss(when: np.ndarray, curve: np.ndarray, error: np.ndarray) -> list[float]:
    """Median and SPSS's limits from a curve and its standard errors at the times of deaths."""
    m, late = np.argmax(curve <= 0.5 + _TIE), np.argmax(curve <= 0.45 + _TIE)
    early = np.flatnonzero(curve >= 0.55 - _TIE)[-1]
    half = _Z95 * error[m] * (when[late] - when[early]) / (curve[early] - curve[late])
    return [when[m], when[m] - half, when[m] + half]


def _lifelines_median(s: Sample, i: int, exact: bool):
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter().fit(s.arrays[i]["time"], s.arrays[i]["event"])
    table = fitted.event_table[fitted.event_table["observed"] > 0]
    curve = fitted.survival_function_.loc[table.index, "KM_estimate"].to_numpy()
    d, n = table["observed"].to_numpy(), table["at_risk"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(n > d, curve * np.sqrt(np.cumsum(d / (n * (n - d)))), 0.0)
    return _spss(table.index.to_numpy(), curve, error)


def _statsmodels_median(s: Sample, i: int, exact: bool):
    from statsmodels.duration.survfunc import SurvfuncRight

    fitted = SurvfuncRight(s.arrays[i]["time"], s.arrays[i]["event"])
    return _spss(fitted.surv_times, fitted.surv_prob, np.nan_to_num(fitted.surv_prob_se))


def _logit(names: tuple[str, ...]):
    def fit(s: Sample, i: int, exact: bool):
        from statsmodels.discrete.discrete_model import Logit

        a = s.arrays[i]
        design = np.column_stack([np.ones_like(a["time"]), *(a[name] for name in names)])
        options = {"tol": 1e-12, "maxiter": 100} if exact else {}
        fitted = Logit(a["operated"], design).fit(disp=0, **options)
        return [*fitted.params, *fitted.bse]

    return Other("statsmodels", "Logit", fit)


def _numpy_logistic(names: tuple[str, ...]):
    def fit(s: Sample):
        x = np.stack([s.array(name) for name in names], axis=2)
        fits = weighted_regression.logistic(x, s.array("operated"), np.ones(x.shape[:2]))
        return np.hstack([fits.coef, np.sqrt(np.einsum("mii->mi", fits.covariance))])

    return Other("this library", "weighted.logistic", fit, batch=True)


def _monte_carlo(test: str):
    def fit(s: Sample, i: int, exact: bool):
        drawing = stats.MonteCarloMethod(n_resamples=99_999 if exact else 9_999, rng=np.random.default_rng(i))
        return [stats.fisher_exact(s.tables[test][i], method=drawing).pvalue]

    return Other("scipy", "fisher_exact, by drawing", fit, sampled=True)


_RATIO = "coefficients and standard errors"
ROWS = (
    Row(
        "cox_yes_no",
        "Cox, one yes or no",
        _RATIO,
        _survival(("operated", bool)),
        _cox_yes_no,
        (
            _lifelines_cox(["operated"]),
            _phreg(["operated"]),
            _sksurv_cox(["operated"]),
            Other("this library", "batch.cox", _numpy_cox_yes_no, batch=True),
        ),
        ("coxph", "coxph.fit"),
    ),
    Row(
        "cox_number",
        "Cox, one number",
        _RATIO,
        _survival(("activity", float)),
        _cox_number,
        (
            _lifelines_cox(["activity"]),
            _phreg(["activity"]),
            _sksurv_cox(["activity"]),
            _numpy_cox(["activity"]),
        ),
        ("coxph", "coxph.fit"),
    ),
    Row(
        "cox_two",
        "Cox, two covariates",
        _RATIO,
        _survival(("operated", float), ("activity", float)),
        _cox_two,
        (
            _lifelines_cox(["operated", "activity"]),
            _phreg(["operated", "activity"]),
            _sksurv_cox(["operated", "activity"]),
            _numpy_cox(["operated", "activity"]),
        ),
        ("coxph", "coxph.fit"),
    ),
    Row(
        "log_rank",
        "Log-rank test",
        "p value",
        _survival(("operated", bool)),
        _log_rank,
        (
            Other("lifelines", "logrank_test", _lifelines_log_rank),
            Other("statsmodels", "survdiff", _statsmodels_log_rank),
            Other("scikit-survival", "compare_survival", _sksurv_log_rank),
        ),
        ("survdiff", "survdiff.fit"),
    ),
    Row(
        "median",
        "Kaplan–Meier median with SPSS's limits",
        "median and limits",
        _survival(),
        _median,
        (
            Other("lifelines", "KaplanMeierFitter", _lifelines_median),
            Other("statsmodels", "SurvfuncRight", _statsmodels_median),
        ),
        ("survfit", "survfitKM"),
    ),
    Row(
        "logistic",
        "Logistic, one number",
        _RATIO,
        lambda s: (_columns(s, ("activity",)), s.array("operated")),
        _logistic,
        (_logit(("activity",)), _numpy_logistic(("activity",))),
        ("glm", "glm.fit"),
    ),
    Row(
        "score",
        "Logistic, four covariates",
        _RATIO,
        lambda s: (_columns(s, SCORE), s.array("operated")),
        _logistic,
        (_logit(SCORE), _numpy_logistic(SCORE)),
        ("glm", "glm.fit"),
    ),
    *(
        Row(
            test,
            f"Exact test of a {size} table",
            "p value",
            lambda s, test=test: (s.tables[test],),
            _exact,
            (_monte_carlo(test),),
            ("fisher.test", None),
            cohorts=TABLES,
        )
        for test, size in (("exact_small", "2 × 7"), ("exact_large", "6 × 4"))
    ),
)
