"""Influence of single patients on univariable results and on what a significance rule selects from them.

A propensity score here holds whatever was significant for death on its own. Each patient is left out in turn, the
univariable models are fitted again, the rule is applied again, and the hazard ratio of surgery is adjusted with what
it selects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

from analysis_lib.analyses import propensity_weighting
from analysis_lib.analyses.propensity_weighting import Stack
from analysis_lib.base.checks import Floats
from analysis_lib.statistics import weighted_regression
from analysis_lib.statistics.newton import Fits

SIGNIFICANT = 0.05
#: Of the column ``left_out`` where nobody is.
NOBODY = 0


def univariable(patients: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Univariable models of each covariate: Cox regression for death, logistic regression for surgery.

    Parameters
    ----------
    patients
        Cohorts in the schema.
    names
        Covariates, as :func:`propensity_weighting.stack` takes them.

    Returns
    -------
    pandas.DataFrame
        ``cohort, left_out, covariate``; ``hr, p_death`` of the Cox model, ``odds, p_surgery`` of the logistic one, with
        Wald's p. ``left_out`` is :data:`NOBODY`.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> univariable(lung, ["kps"])[["hr", "odds"]].round(3).to_numpy().tolist()
    [[0.984, 1.002]]
    """
    return _fit(patients, names, patients[["cohort"]].drop_duplicates(ignore_index=True).assign(left_out=NOBODY))


def leave_one_out(patients: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Leave-one-out :func:`univariable` models: ``left_out`` is each patient's number in turn.

    Who has no value is in no model, and to leave that patient out changes nothing.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> leave_one_out(lung, ["kps"])["p_death"].agg(["min", "max"]).round(4).tolist()
    [0.0003, 0.0083]
    """
    return _fit(patients, names, patients[["cohort", "patient"]].rename(columns={"patient": "left_out"}))


def select(found: pd.DataFrame) -> pd.Series:
    """Covariates that are significant for death of :func:`leave_one_out`, as a tuple.

    Returns
    -------
    pandas.Series
        Indexed by ``cohort, left_out``.

    Examples
    --------
    >>> found = pd.DataFrame({"cohort": 1, "left_out": 0, "covariate": ["kps", "grade_1"], "p_death": [0.01, 0.2]})
    >>> select(found).tolist()
    [('kps',)]
    """
    chosen = found["covariate"].where(found["p_death"] < SIGNIFICANT)
    return chosen.groupby([found["cohort"], found["left_out"]]).agg(lambda names: tuple(names.dropna()))


def adjust_again(patients: pd.DataFrame, selected: pd.Series) -> pd.Series:
    """Hazard ratio of surgery in each case of :func:`select`, with the score of its covariates as one more covariate.

    Returns
    -------
    pandas.Series
        Indexed as ``selected``; the unadjusted ratio where nothing is selected, NaN where a model has no estimate.

    Examples
    --------
    Women against men with lung cancer, the first patient left out.

    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> cases = pd.MultiIndex.from_tuples([(1, 1)], names=["cohort", "left_out"])
    >>> adjust_again(lung, pd.Series([("age_years", "kps")], cases)).round(3).tolist()
    [0.602]
    """
    parts = []
    for names, cases in selected.groupby(selected):
        at = cases.index.to_frame(index=False)
        # The crude ratio needs no covariate: one that everybody has leaves everybody in.
        sample = _less_one(patients, names or ("os_years",), at)
        exposure = [sample.treated, propensity_weighting.propensity_score(sample)] if names else [sample.treated]
        fits = weighted_regression.cox(sample.time, sample.event, np.stack(exposure, axis=2), sample.counts)
        parts.append(pd.Series(np.exp(fits.coef[:, 0]), cases.index))
    return pd.concat(parts).reindex(selected.index)


def _fit(patients: pd.DataFrame, names: Sequence[str], cases: pd.DataFrame) -> pd.DataFrame:
    cases = cases.reset_index(drop=True)
    return pd.concat([cases.assign(covariate=name, **_models(patients, name, cases)) for name in names])


def _less_one(patients: pd.DataFrame, names: Sequence[str], cases: pd.DataFrame) -> Stack:
    """The cohort of each case, ``left_out`` not in it."""
    sample = propensity_weighting.stack(patients, names)
    known = patients[[propensity_weighting.column_of(name) for name in names]].notna().all(axis=1)
    ids = patients.loc[known, ["cohort", "patient"]]
    place = pd.Series(ids.groupby("cohort").cumcount().to_numpy(), pd.MultiIndex.from_frame(ids))
    found = place.reindex(pd.MultiIndex.from_frame(cases[["cohort", "left_out"]])).to_numpy(float)
    several = sample.rows(np.searchsorted(sample.labels, cases["cohort"]))
    there, counts = np.isfinite(found), several.counts.copy()
    counts[np.flatnonzero(there), found[there].astype(int)] = 0.0
    return replace(several, counts=counts)


def _models(patients: pd.DataFrame, name: str, cases: pd.DataFrame) -> dict[str, Floats]:
    sample = _less_one(patients, [name], cases)
    death = weighted_regression.cox(sample.time, sample.event, sample.covariates, sample.counts)
    surgery = weighted_regression.logistic(sample.covariates, sample.treated, sample.counts)
    return {
        "hr": np.exp(death.coef[:, -1]),
        "p_death": _p(death),
        "odds": np.exp(surgery.coef[:, -1]),
        "p_surgery": _p(surgery),
    }


def _p(fits: Fits) -> Floats:
    """Wald's p of the last coefficient."""
    return 2 * special.ndtr(-np.abs(fits.coef[:, -1]) / np.sqrt(fits.covariance[:, -1, -1]))
