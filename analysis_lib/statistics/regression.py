"""What the Cox and the logistic model share: separation, Newton's steps, Wald's statistics.

statsmodels has the likelihoods; here is what it leaves out. No library says reliably that an
estimate does not exist because a covariate (or several together) separates the outcomes: Newton's
steps then run off until something stops them. Whether that is so is a question about the data
alone, which a linear programme answers exactly.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

#: Newton steps at most: SPSS's default, so what runs off stops at a finite number as it does there.
MAX_STEPS = 20


class Fit(NamedTuple):
    """Maximum of a likelihood, or where the steps were stopped."""

    coef: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    converged: bool


class Wald(NamedTuple):
    """Wald statistics of log-ratios."""

    se: np.ndarray
    ratio: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray


def standardised(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns with mean 0 and SD 1, so that Newton's steps do not depend on the units.

    Returns
    -------
    tuple of ndarray
        The standardised matrix, and the means and SDs taken out. A constant column becomes 0.
    """
    mean, sd = matrix.mean(axis=0), matrix.std(axis=0)
    sd[np.ptp(matrix, axis=0) == 0] = np.inf  # rounding can leave a constant an SD above 0
    return (matrix - mean) / sd, mean, sd


def demand_unique(differences: np.ndarray) -> None:
    """Refuse covariates of which one is constant or follows from the others.

    Parameters
    ----------
    differences : ndarray, shape (m, k)
        A design, or the differences that a likelihood depends on.

    Raises
    ------
    ValueError
        If the columns are linearly dependent, so that the estimate is not unique.
    """
    if np.linalg.matrix_rank(differences) < differences.shape[1]:
        raise ValueError("a covariate does not vary, or follows from the others")


def separating(differences: np.ndarray) -> np.ndarray:
    """Find the columns that let a likelihood grow without end.

    Parameters
    ----------
    differences : ndarray, shape (m, k)
        The likelihood decreases in each of ``exp(-row @ coef)``.

    Returns
    -------
    ndarray of bool, shape (k,)
        Columns of a direction along which no row falls and one rises; all False if there is none,
        and then the estimate is finite.

    Raises
    ------
    ValueError
        As `demand_unique`.

    References
    ----------
    Albert A, Anderson JA. Biometrika 1984;71:1-10. Linear programme: Konis K. Linear programming
    algorithms for detecting separated data in binary logistic regression models. Oxford 2007.
    """
    demand_unique(differences)
    programme = optimize.linprog(
        -differences.sum(axis=0), A_ub=-differences, b_ub=np.zeros(len(differences)), bounds=(-1, 1)
    )
    # The solver allows each row to fall by 1e-7; a direction that exists rises by far more.
    rises = -programme.fun > 1e-5
    return rises & (np.abs(programme.x) > 1e-5)


def risk_set_differences(time: np.ndarray, event: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Covariates of a patient with an event less those of a patient at risk at that time.

    The partial likelihood has a row for every event and everyone at risk. It suffices to compare
    an event with those who leave before the next, and with that next event, which stands for all
    who leave later.
    """
    event_times = np.unique(time[event == 1])
    representative = [np.flatnonzero((time == t) & (event == 1))[0] for t in event_times]
    last = np.searchsorted(event_times, time, side="right") - 1
    pairs = [(representative[k], j) for j, k in enumerate(last) if k >= 0]
    pairs += pairwise(representative)
    # Events at one time outlive each other neither way.
    pairs += [(j, i) for i, j in pairs if time[i] == time[j] and event[j] == 1]
    first, second = np.transpose(pairs)
    return matrix[first] - matrix[second]


def newton(model) -> Fit:
    """Maximise the likelihood of a statsmodels model by at most `MAX_STEPS` Newton steps from zero.

    Steps that would lower the likelihood are halved; statsmodels' own Newton takes them whole, and
    a skewed covariate in a small study then sends it to infinity.
    """
    coef = np.zeros(model.exog.shape[1])
    with np.errstate(all="ignore"):  # of a step too long; it is halved
        for _ in range(MAX_STEPS):
            log_likelihood, score = float(model.loglike(coef)), model.score(coef)
            information = -model.hessian(coef)
            if not np.all(np.isfinite(information)):  # so far out that the risks underflow
                break
            covariance = np.linalg.pinv(information, hermitian=True)
            step = covariance @ score
            # The Newton decrement: twice what a step can still add to the log-likelihood.
            if score @ step < 1e-20:
                return Fit(coef, covariance, log_likelihood, converged=True)
            while not model.loglike(coef + step) > log_likelihood - 1e-9:
                step = step / 2
            coef = coef + step
    return Fit(coef, covariance, log_likelihood, converged=False)


def wald(coef: np.ndarray, covariance: np.ndarray) -> Wald:
    """Standard errors, ratios with 95% limits, and two-sided p values of log-ratios."""
    se = np.sqrt(np.diag(covariance))
    half = stats.norm.isf(0.025) * se
    with np.errstate(over="ignore"):  # limits of what does not exist may be infinite
        ratio, low, high = np.exp(coef), np.exp(coef - half), np.exp(coef + half)
    return Wald(se, ratio, low, high, 2 * stats.norm.sf(np.abs(coef) / se))
