"""What `make bench PART=fits` compares: each model as this library fits a batch, and as others fit one cohort.

A fit takes a sample, a cohort's position in it and whether to fit to the last digit; only fits at the library's own
tolerances are timed. Libraries are imported where they are needed: one that is not installed is a row that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib.reconstruction import ensemble
from analysis_lib.reconstruction._numba import regression, tests_and_curves
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.statistics import binary_cox, contingency, weighted_regression

# Of the exact tests: what stands in the rows of a cohort's table, and in its columns.
TESTS = {"exact_small": ("group", "tvi_pre"), "exact_large": ("grade", "best_response")}
# Their cohorts: a test takes a thousand times as long as a fit.
TABLES = 40
SCORE = ("activity", "grade_1", "kps", "size")
_RATIO = "coefficients and standard errors"
_Z95 = 1.959963984540054
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Sample:
    """Shipped cohorts: one row a patient, and the tables of counts of the first :data:`TABLES`."""

    patients: pd.DataFrame
    tables: Mapping[str, list[np.ndarray]]

    @classmethod
    def of_the_ensemble(cls) -> Sample:
        shipped = ensemble.load().patients
        patients = pd.DataFrame(
            {
                "cohort": shipped["cohort"],
                "time": shipped["os_years"],
                "event": shipped["os_event"],
                "operated": (shipped["group"] == "surgery").astype(int),
                "activity": shipped["prrt_activity_gbq"],
                "grade_1": (shipped["grade"] == "G1").astype(int),
                "kps": shipped["kps"].astype(float),
                "size": shipped["tumour_size_mm"],
            }
        ).reset_index(drop=True)
        of = [cohort for _, cohort in shipped[shipped["cohort"] < TABLES].groupby("cohort")]
        tables = {
            test: [pd.crosstab(c[row], c[column]).to_numpy() for c in of] for test, (row, column) in TESTS.items()
        }
        return cls(patients, tables)

    def first(self, cohorts: int | None) -> Sample:
        """The first so many; all if None."""
        kept = self.patients["cohort"].isin(self.patients["cohort"].unique()[:cohorts])
        return Sample(self.patients[kept], {test: tables[:cohorts] for test, tables in self.tables.items()})

    def __len__(self) -> int:
        return len(self.frames)

    def array(self, column: str, kind: type = float) -> np.ndarray:
        """Shape (cohorts, patients)."""
        return self.patients[column].to_numpy(kind).reshape(len(self), -1)

    def stacked(self, columns: tuple[str, ...]) -> np.ndarray:
        """Shape (cohorts, patients, columns)."""
        return np.stack([self.array(name) for name in columns], axis=2)

    @cached_property
    def frames(self) -> list[pd.DataFrame]:
        """One a cohort, for libraries that want frames."""
        return [frame.drop(columns="cohort") for _, frame in self.patients.groupby("cohort")]

    @cached_property
    def arrays(self) -> list[dict[str, np.ndarray]]:
        """The columns of each cohort, for libraries that want arrays."""
        return [{name: frame[name].to_numpy(float) for name in frame} for frame in self.frames]

    @cached_property
    def untied(self) -> list[int]:
        """Positions of the cohorts in which no two patients died at one time."""
        return [i for i, a in enumerate(self.arrays) if np.unique(d := a["time"][a["event"] == 1]).size == d.size]

    def write(self, folder: Path) -> list[str]:
        """The patients and the tables as CSV, with every digit; the files' names."""
        cells = [
            (test, i, row, column, count)
            for test, of in self.tables.items()
            for i, table in enumerate(of)
            for (row, column), count in np.ndenumerate(table)
        ]
        tables = pd.DataFrame(cells, columns=["test", "cohort", "row", "column", "count"])
        self.patients.to_csv(folder / "patients.csv", index=False, float_format="%.17g")
        tables.to_csv(folder / "tables.csv", index=False)
        return [str(folder / "patients.csv"), str(folder / "tables.csv")]


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
    batch: bool = False
    untied: bool = False
    sampled: bool = False


@dataclass(frozen=True)
class Row:
    """A model: its name, what is compared, ours for a whole batch, and the others.

    ``arrays(sample)`` are what ``ours`` takes; made beforehand, so that only the fits are timed.
    ``ours(*arrays)`` gives shape (cohorts, k), NaN where there is no estimate. R's are in `fits.R`,
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


def _survival(s: Sample, *columns: str, kind: type = float) -> tuple:
    return (s.array("time"), s.array("event", np.int64), *(s.array(name, kind) for name in columns))


def _design(s: Sample, names: tuple[str, ...]) -> np.ndarray:
    return np.stack([np.ones((len(s), s.array("time").shape[1])), *map(s.array, names)], axis=1)


def _with_errors(fits) -> np.ndarray:
    return np.hstack([fits.coef, np.sqrt(np.einsum("mii->mi", fits.covariance))])


def _cox(name: str, title: str, ours: Callable, *columns: str, kind: type = float) -> Row:
    names = list(columns)

    def lifelines(s: Sample, i: int, exact: bool):
        from lifelines import CoxPHFitter

        options = {"precision": 1e-14} if exact else {}
        fitted = CoxPHFitter().fit(s.frames[i][["time", "event", *names]], "time", "event", fit_options=options)
        return [*fitted.params_[names], *fitted.standard_errors_[names]]

    def statsmodels(s: Sample, i: int, exact: bool):
        from statsmodels.duration.hazard_regression import PHReg

        a = s.arrays[i]
        x = np.column_stack([a[name] for name in names])
        # On a scale on which its steps go on to the last digit.
        scale = x.std(axis=0) if exact else np.ones(len(names))
        fitted = PHReg(a["time"], x / scale, status=a["event"], ties="breslow").fit(disp=0)
        return [*fitted.params / scale, *fitted.bse / scale]

    def sksurv(s: Sample, i: int, exact: bool):
        from sksurv.linear_model import CoxPHSurvivalAnalysis
        from sksurv.util import Surv

        frame = s.frames[i]
        outcome = Surv.from_arrays(frame["event"].astype(bool), frame["time"])
        return CoxPHSurvivalAnalysis(tol=1e-14 if exact else 1e-9).fit(frame[names], outcome).coef_

    def yes_no(s: Sample):
        p = s.patients
        fits = binary_cox.cox(p["cohort"], p["time"], p["event"], p["operated"])
        return fits[["coef", "se"]].to_numpy()

    def chapters(s: Sample):
        x = s.stacked(columns)
        return _with_errors(weighted_regression.cox(s.array("time"), s.array("event"), x, np.ones(x.shape[:2])))

    own = ("binary_cox.cox", yes_no) if columns == ("operated",) else ("weighted_regression.cox", chapters)
    others = (
        Other("lifelines", "CoxPHFitter", lifelines, untied=True),
        Other("statsmodels", "PHReg", statsmodels),
        Other("scikit-survival", "CoxPHSurvivalAnalysis", sksurv),
        Other("this library", *own, batch=True),
    )
    return Row(name, title, _RATIO, lambda s: _survival(s, *columns, kind=kind), ours, others, ("coxph", "coxph.fit"))


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


def _logit(name: str, title: str, *names: str) -> Row:
    def statsmodels(s: Sample, i: int, exact: bool):
        from statsmodels.discrete.discrete_model import Logit

        a = s.arrays[i]
        design = np.column_stack([np.ones_like(a["time"]), *(a[name] for name in names)])
        options = {"tol": 1e-12, "maxiter": 100} if exact else {}
        fitted = Logit(a["operated"], design).fit(disp=0, **options)
        return [*fitted.params, *fitted.bse]

    def chapters(s: Sample):
        x = s.stacked(names)
        return _with_errors(weighted_regression.logistic(x, s.array("operated"), np.ones(x.shape[:2])))

    others = (
        Other("statsmodels", "Logit", statsmodels),
        Other("this library", "weighted_regression.logistic", chapters, batch=True),
    )
    arrays = lambda s: (_design(s, names), s.array("operated"))  # noqa: E731
    return Row(name, title, _RATIO, arrays, _logistic, others, ("glm", "glm.fit"))


def _exact_row(name: str, title: str) -> Row:
    def monte_carlo(s: Sample, i: int, exact: bool):
        drawing = stats.MonteCarloMethod(n_resamples=99_999 if exact else 9_999, rng=np.random.default_rng(i))
        return [stats.fisher_exact(s.tables[name][i], method=drawing).pvalue]

    other = Other("scipy", "fisher_exact, by drawing", monte_carlo, sampled=True)
    r = ("fisher.test", None)
    return Row(name, title, "p value", lambda s: (s.tables[name],), _exact, (other,), r, cohorts=TABLES)


ROWS = (
    _cox("cox_yes_no", "Cox, one yes or no", _cox_yes_no, "operated", kind=bool),
    _cox("cox_number", "Cox, one number", _cox_number, "activity"),
    _cox("cox_two", "Cox, two covariates", _cox_two, "operated", "activity"),
    Row(
        "log_rank",
        "Log-rank test",
        "p value",
        lambda s: _survival(s, "operated", kind=bool),
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
        _survival,
        _median,
        (
            Other("lifelines", "KaplanMeierFitter", _lifelines_median),
            Other("statsmodels", "SurvfuncRight", _statsmodels_median),
        ),
        ("survfit", "survfitKM"),
    ),
    _logit("logistic", "Logistic, one number", "activity"),
    _logit("score", "Logistic, four covariates", *SCORE),
    _exact_row("exact_small", "Exact test of a 2 × 7 table"),
    _exact_row("exact_large", "Exact test of a 6 × 4 table"),
)
