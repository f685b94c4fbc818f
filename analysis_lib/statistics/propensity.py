"""The propensity score: logistic regression, and the Cox model with the score as a covariate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.base import checks
from analysis_lib.statistics import regression
from analysis_lib.statistics.survival import CoxModel, cox


@dataclass(frozen=True, eq=False)
class LogisticModel:
    """A fitted logistic model.

    Attributes
    ----------
    names : tuple of str
        "constant", then the k covariates.
    coef, se, odds_ratio, ci_low, ci_high, p : ndarray, shape (k + 1,)
        Log odds ratio and its standard error, odds ratio with Wald's 95% limits and p.
    fitted : ndarray, shape (n,)
        Probability of the outcome for each patient.
    log_likelihood : float
    converged : bool
        False where the numbers are no estimates: see `separated`, or else Newton's steps failed.
    separated : tuple of str
        Covariates that tell (some of) the outcomes apart without error, so that no finite estimate
        exists: complete or quasi-complete separation. The numbers are those after 20 steps, where
        SPSS stops too, and mean nothing; `fitted` comes near 0 or 1 where it should be.
    """

    names: tuple[str, ...]
    coef: np.ndarray
    se: np.ndarray
    odds_ratio: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray
    fitted: np.ndarray
    log_likelihood: float
    converged: bool
    separated: tuple[str, ...]


def logistic(covariates, outcome, names=None) -> LogisticModel:
    """Logistic regression by maximum likelihood, with a constant.

    Parameters
    ----------
    covariates : array_like, shape (n,) or (n, k)
        Numbers; a yes or no as 1 or 0.
    outcome : array_like, shape (n,)
        1 or True, 0 or False.
    names : sequence of str, optional
        Names of the covariates; x1, x2, ... by default.

    Returns
    -------
    LogisticModel
        Look at `converged` before using the numbers.

    Raises
    ------
    ValueError
        If a value is missing or not finite, the lengths differ, the outcome is not 0 or 1 or has
        only one of them, or a covariate does not vary or follows from the others.

    References
    ----------
    Cox DR. J R Stat Soc B 1958;20:215-242. Computed by statsmodels' ``Logit``.
    """
    outcome = checks.binary("outcome", outcome)
    if np.ptp(outcome) == 0:
        raise ValueError("outcome: all patients have the same")
    matrix, names = checks.covariates(covariates, outcome.size, names)
    matrix, mean, sd = regression.standardised(matrix)
    matrix = np.column_stack([np.ones(outcome.size), matrix])
    separated = regression.separating(matrix * (2 * outcome - 1)[:, np.newaxis])[1:]
    # Imported here for the sake of commands that need no model: statsmodels takes 1-2 s.
    from statsmodels.discrete.discrete_model import Logit

    model = Logit(outcome, matrix)
    fit = regression.newton(model)
    # Back to the covariates' units: the constant takes up what their means contribute.
    to_units = np.diag(np.r_[1.0, 1 / sd])
    to_units[0, 1:] = -mean / sd
    coef = to_units @ fit.coef
    wald = regression.wald(coef, to_units @ fit.covariance @ to_units.T)
    return LogisticModel(
        ("constant", *names),
        coef,
        wald.se,
        wald.ratio,
        wald.ci_low,
        wald.ci_high,
        wald.p,
        fitted=model.predict(fit.coef),
        log_likelihood=fit.log_likelihood,
        converged=fit.converged and not separated.any(),
        separated=tuple(np.array(names)[separated].tolist()),
    )


def propensity_score(covariates, treated) -> np.ndarray:
    """Probability of treatment given the covariates, from a logistic model.

    Parameters
    ----------
    covariates : array_like, shape (n,) or (n, k)
    treated : array_like, shape (n,)
        1 or True for treated patients.

    Returns
    -------
    ndarray, shape (n,)
        In [0, 1]. Under separation, which `logistic` reports, treated and untreated patients have
        scores near 1 and 0 and no overlap.

    Raises
    ------
    ValueError
        As `logistic`.

    References
    ----------
    Rosenbaum PR, Rubin DB. Biometrika 1983;70:41-55.
    """
    return logistic(covariates, treated).fitted


def adjusted_cox(time, event, treated, score) -> CoxModel:
    """Cox model of treatment with the propensity score as the second covariate.

    This is the paper's multivariable analysis, with SPSS's Breslow ties.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        As `analysis_lib.statistics.survival.kaplan_meier`.
    treated : array_like, shape (n,)
        1 or True for treated patients.
    score : array_like, shape (n,)
        Propensity score, in [0, 1].

    Returns
    -------
    CoxModel
        With the names "treated" and "score"; the hazard ratio of the score is that of 1 against 0.

    Raises
    ------
    ValueError
        As `analysis_lib.statistics.survival.cox`, and if `treated` or `score` is outside its range.
    """
    treated, score = checks.binary("treated", treated), checks.sample("score", score)
    if treated.size != score.size:
        raise ValueError("score: need one for each patient")
    if np.any((score < 0) | (score > 1)):
        raise ValueError("score: must lie between 0 and 1")
    both = np.column_stack([treated, score])
    return cox(time, event, both, ties="breslow", names=("treated", "score"))
