"""Confounding in one cohort: hazard ratios adjusted by a propensity score, with robust limits and balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analysis_lib.analyses import propensity_weighting
from analysis_lib.analyses.propensity_weighting import COVARIATES, Stack, column_of, values_of
from analysis_lib.base.checks import Floats
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import Z95
from analysis_lib.statistics import binary_cox, robust_cox

SEPARATED = "the covariates tell all or some patients of one group apart: there is no score"
NO_ESTIMATE = "the model has no finite estimate"
_COLUMNS = ["hr", "ci_low", "ci_high", "p", "patients", "events", "reason"]


@dataclass(frozen=True, eq=False)
class Adjustment:
    """Adjusted hazard ratios of one cohort, and how well the adjustment works.

    Attributes
    ----------
    covariates : list of str
        What the score is made of.
    left_out : dict
        Covariates that were asked for and cannot be used, with the reason.
    patients, complete : int
        All patients, and those in whom all covariates are known.
    ratios : pandas.DataFrame
        Indexed by ``unadjusted`` (all patients), ``complete`` (unadjusted, complete patients), ``covariate``
        (score as a covariate), ``iptw`` (stabilised) and ``overlap``: ``hr, ci_low, ci_high, p,
        patients, events`` and ``reason``, blank or why there is no estimate.
    balance : pandas.DataFrame
        Standardised differences, a row a covariate: ``none``, ``iptw``, ``overlap``; NaN where a covariate is
        the same in all of each group.
    scores : pandas.DataFrame
        ``group, score, iptw, overlap``, a row each complete patient.
    effective : pandas.DataFrame
        Effective sample size, (sum w)^2 / sum w^2, by ``iptw`` and ``overlap`` and group.
    common : float
        Share of complete patients whose score lies within the ranges of both groups.
    separated : bool
        Whether the covariates separate the groups, so that there is no score.
    """

    covariates: list[str]
    left_out: dict[str, str]
    patients: int
    complete: int
    ratios: pd.DataFrame
    balance: pd.DataFrame
    scores: pd.DataFrame
    effective: pd.DataFrame
    common: float
    separated: bool


def usable_covariates(patients: pd.DataFrame, names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Select the covariates that can enter a propensity score: known, and not the same in all complete patients.

    Returns
    -------
    tuple
        The covariates, and the others with the reason why not.

    Examples
    --------
    >>> frame = pd.DataFrame({"kps": [90, 100], "age_years": [60, 60]})
    >>> usable_covariates(frame, ["kps", "age_years", "bmi_kg_m2"])
    (['kps'], {'bmi_kg_m2': 'not in the file', 'age_years': 'the same in all patients'})
    """
    left_out, kept = {}, []
    for name in names:
        column = column_of(name)
        if column not in patients:
            left_out[name] = "not in the file"
        elif patients[column].isna().all():
            left_out[name] = "blank in all patients"
        else:
            kept.append(name)
    # One that is left out gives back the patients in whom it alone was blank: look again.
    while kept:
        complete = patients[[column_of(name) for name in kept]].dropna()
        same = [name for name in kept if values_of(complete, name).nunique() < 2]
        if not same or complete.empty:
            break
        left_out |= dict.fromkeys(same, "the same in all patients")
        kept = [name for name in kept if name not in same]
    return kept, left_out


def adjust(patients: pd.DataFrame, names: Sequence[str] = tuple(COVARIATES), ties: str = "breslow") -> Adjustment:
    """Propensity-score adjustment of the hazard ratio of death with surgery: covariate, IPTW and overlap weights.

    Parameters
    ----------
    patients
        One cohort in the schema.
    names
        Covariates, by default the paper's; those that the file does not have are left out, and named.
    ties : {"breslow", "efron"}
        Of all models.

    Returns
    -------
    Adjustment
        Limits of the weighted ratios are robust, the scores taken as known, as those of R's
        ``coxph(weights =, robust = TRUE)``; the others are Wald's.

    Raises
    ------
    InputError
        If no covariate or no complete patient is left, there is one group alone, or nobody died.

    References
    ----------
    Austin PC, Stuart EA. Stat Med 2015;34:3661-3679 (weights, balance). Li F, Morgan KL, Zaslavsky AM. J Am
    Stat Assoc 2018;113:390-400 (overlap weights).

    Examples
    --------
    Women against men with lung cancer.

    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> found = adjust(lung, ["age_years", "kps"])
    >>> found.ratios[["hr", "ci_low", "ci_high"]].round(2).loc["iptw"].tolist()
    [0.6, 0.44, 0.83]
    """
    used, left_out = usable_covariates(patients, names)
    if not used:
        raise InputError("; ".join(f"{COVARIATES.get(name, name)}: {why}" for name, why in left_out.items()))
    sample = propensity_weighting.stack(patients.assign(cohort=0), used)
    scores = propensity_weighting.propensity_score(sample)
    separated = not np.isfinite(scores).all()
    weights = propensity_weighting.weights(sample, scores)
    ratios = _ratios(patients, sample, scores, weights, ties)
    with np.errstate(divide="ignore", invalid="ignore"):
        balance = {
            name: propensity_weighting.standardised_differences(sample, w)[0]
            for name, w in ({"none": None} | weights).items()
        }
    group = np.where(sample.treated[0] == 1, "surgery", "prrt_only")
    by_patient = pd.DataFrame({"group": group, "score": scores[0]} | {name: w[0] for name, w in weights.items()})
    by_group = by_patient.groupby("group")
    effective = (by_group[list(weights)].sum() ** 2 / (by_patient[list(weights)] ** 2).groupby(group).sum()).T
    low, high = by_group["score"].min().max(), by_group["score"].max().min()
    common = np.nan if separated else by_patient["score"].between(low, high).mean()
    return Adjustment(
        covariates=used,
        left_out=left_out,
        patients=len(patients),
        complete=len(by_patient),
        ratios=ratios,
        balance=pd.DataFrame(balance, index=used).replace([np.inf, -np.inf], np.nan),
        scores=by_patient,
        effective=effective,
        common=float(common),
        separated=separated,
    )


def _ratios(
    patients: pd.DataFrame, sample: Stack, scores: Floats, weights: Mapping[str, Floats], ties: str
) -> pd.DataFrame:
    operated = (patients["group"] == "surgery").to_numpy()
    rows = {"unadjusted": _unadjusted(patients["os_years"], patients["os_event"], operated, ties)}
    time, event, treated = sample.time[0], sample.event[0], sample.treated[0]
    rows["complete"] = _unadjusted(time, event, treated, ties)
    size, why = [time.size, int(event.sum())], rows["complete"][-1]
    models = {"covariate": (np.column_stack([treated, scores[0]]), None)}
    models |= {name: (treated[:, None], w[0]) for name, w in weights.items()}
    for name, (covariates, weight) in models.items():
        coef = se = np.nan
        reason = why or (SEPARATED if not np.isfinite(scores).all() else "")
        if not reason:
            fit = robust_cox.cox(time, event, covariates, weight, ties)
            coef, se = fit.coef[0], np.sqrt((fit.covariance if weight is None else fit.robust)[0, 0])
            reason = "" if np.isfinite(coef) else NO_ESTIMATE
        limits = [np.exp(coef - Z95 * se), np.exp(coef + Z95 * se)]
        rows[name] = [np.exp(coef), *limits, 2 * special.ndtr(-abs(coef / se)), *size, reason]
    return pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS)


def _unadjusted(time: pd.Series | Floats, event: pd.Series | Floats, operated: Floats, ties: str) -> list:
    found = binary_cox.cox(np.zeros(len(time)), time, event, operated, ties=ties).iloc[0]
    return [*found[["hr", "ci_low", "ci_high", "p"]], len(time), found["events"], found["reason"]]
