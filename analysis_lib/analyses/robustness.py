"""Robustness of a survival difference in simulated cohorts: single patients, more deaths, a horizon, other deaths."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.analyses import description, propensity_weighting
from analysis_lib.analyses.discussion import require_columns
from analysis_lib.base.errors import InputError
from analysis_lib.statistics import binary_cox, competing_risks, fragility, survival


def leave_one_out(patients: pd.DataFrame) -> pd.DataFrame:
    """Leave-one-out hazard ratio of surgery for death: without each patient in turn.

    Parameters
    ----------
    patients
        One or more cohorts in the schema.

    Returns
    -------
    pandas.DataFrame
        As :func:`binary_cox.cox`, indexed by cohort and patient left out.

    Raises
    ------
    InputError
        If the times of survival are missing.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> found = leave_one_out(lung)["hr"]
    >>> len(found) == len(lung), np.round([found.min(), found.max()], 3).tolist()
    (True, [0.57, 0.614])
    """
    known = require_columns(patients, "os_years", "os_event").reset_index(drop=True)
    sizes = known.groupby("cohort")["patient"].transform("size").to_numpy()
    first = known.groupby("cohort").cumcount().rsub(known.index)
    left = np.repeat(known.index, sizes)
    row = np.concatenate([np.arange(a, a + n) for a, n in zip(first, sizes, strict=True)])
    left, row = left[row != left], row[row != left]
    years, event, operated = known["os_years"], known["os_event"], known["group"] == "surgery"
    found = binary_cox.cox(left, *(column.to_numpy()[row] for column in (years, event, operated)))
    return found.set_axis(pd.MultiIndex.from_frame(known.loc[found.index, ["cohort", "patient"]]))


def deaths_to_undo(patients: pd.DataFrame) -> pd.Series:
    """Fragility index of the log-rank test: fewest more deaths after surgery that take p to 0.05, by cohort.

    Parameters
    ----------
    patients
        As :func:`leave_one_out`.

    References
    ----------
    As :func:`fragility.logrank_fragility`.
    """
    known = require_columns(patients, "os_years", "os_event")
    return pd.Series({
        number: fragility.logrank_fragility(one["os_years"], one["os_event"], one["group"] == "surgery")
        for number, one in known.groupby("cohort")
    }, dtype=float)  # fmt: skip


def restricted_means(patients: pd.DataFrame, horizon_years: float) -> pd.DataFrame:
    """Restricted mean survival time of both groups, and their difference, by cohort.

    Parameters
    ----------
    patients
        As :func:`leave_one_out`.
    horizon_years
        From the start of PRRT.

    Returns
    -------
    pandas.DataFrame
        ``surgery``, ``prrt_only``, ``difference``, ``ci_low``, ``ci_high`` in years; NaN in a cohort of which a group
        was not observed up to the horizon.

    References
    ----------
    As :func:`description.restricted_means`.
    """
    rows = {}
    for number, one in require_columns(patients, "os_years", "os_event").groupby("cohort"):
        try:
            found = description.restricted_means(one, horizon_years)
        except InputError:
            rows[number] = [np.nan] * 5
            continue
        rows[number] = [*found["mean"], *found.loc["difference", ["ci_low", "ci_high"]]]
    columns = ["surgery", "prrt_only", "difference", "ci_low", "ci_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def recurrence(patients: pd.DataFrame, years: float) -> pd.DataFrame:
    """Recurrence after surgery at a time, by Kaplan-Meier and with death as a competing risk, by cohort.

    Parameters
    ----------
    patients
        Cohorts in the schema, with the time and event of disease-free survival, for which a death is censored.
    years
        From surgery.

    Returns
    -------
    pandas.DataFrame
        ``deaths`` without recurrence, ``one_minus_survival`` and ``cumulative_incidence``.

    References
    ----------
    Putter H, Fiocco M, Geskus RB. Stat Med 2007;26:2389-2430.
    """
    clear = require_columns(patients, "dfs_years", "dfs_event", "os_event")
    clear = clear.assign(died=(clear["dfs_event"] == 0) & (clear["os_event"] == 1))
    rows = {}
    for number, one in clear.groupby("cohort"):
        time, event = one["dfs_years"], one["dfs_event"]
        free = survival.survival_at(time, event, years)[0]
        incidence = competing_risks.cumulative_incidence(time, event, one["died"], years)
        rows[number] = (one["died"].sum(), 1 - free, incidence)
    columns = ["deaths", "one_minus_survival", "cumulative_incidence"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def firth(patients: pd.DataFrame) -> pd.DataFrame:
    """Firth's correction of the crude and of the score-adjusted hazard ratio of surgery, by cohort.

    Parameters
    ----------
    patients
        Cohorts in the schema with the covariates of the propensity score.

    Returns
    -------
    pandas.DataFrame
        ``crude`` with penalised-likelihood limits ``ci_low`` and ``ci_high``, from a penalised Cox model;
        ``adjusted``, whose propensity score alone is penalised.

    References
    ----------
    Firth D. Biometrika 1993;80:27-38. Heinze G, Schemper M. Biometrics 2001;57:114-119.
    """
    # Here, since nothing else of the room needs it.
    from firthmodels import FirthCoxPH

    sample = propensity_weighting.stack(patients)
    scores = propensity_weighting.propensity_score(sample, firth=True)
    adjusted = np.exp(propensity_weighting.log_hazard_ratios(sample, scores)["covariate"])
    rows = {}
    for number, one in patients.groupby("cohort"):
        operated = (one["group"] == "surgery").to_numpy(float)[:, None]
        model = FirthCoxPH(backend="numpy").fit(operated, (one["os_event"] == 1, one["os_years"]))
        rows[number] = np.exp([model.coef_[0], *model.conf_int(method="pl")[0]])
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["crude", "ci_low", "ci_high"])
    return found.join(adjusted.rename("adjusted"))
