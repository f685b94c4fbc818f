"""Tests and intervals for tables of counts, as SPSS CROSSTABS prints them.

SPSS prints Pearson's, Yates's and Fisher's p side by side and leaves the choice to the author, so
each test here is a function of its own that takes the table and gives the p value at full
precision. Rows and columns without a count are no categories and are left out; a table with a
single non-empty row or column leaves nothing to test, and every test gives it p = 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis_lib.base import checks
from analysis_lib.base.checks import Floats, Integers
from analysis_lib.base.units import Z95
from analysis_lib.statistics import freeman_halton


@dataclass(frozen=True)
class OddsRatio:
    """An odds ratio with its Wald interval and p value."""

    estimate: float
    ci_low: float
    ci_high: float
    p: float


@dataclass(frozen=True)
class Proportion:
    """A proportion with its confidence interval, all in [0, 1]."""

    estimate: float
    ci_low: float
    ci_high: float


def pearson_chi2(table: ArrayLike) -> float:
    """Pearson's chi-squared test of independence, without continuity correction: p value.

    Parameters
    ----------
    table : array_like of int, shape (r, c)
        Counts of patients.

    Returns
    -------
    float
        P(chi2 with (r-1)(c-1) degrees of freedom >= sum (O-E)^2 / E).

    Raises
    ------
    ValueError
        If `table` is not a two-dimensional table of whole, non-negative counts with a patient.

    References
    ----------
    IBM SPSS Statistics 25 Algorithms, chapter CROSSTABS.

    Examples
    --------
    >>> round(pearson_chi2([[10, 3], [4, 9]]), 4)
    0.0183
    """
    return _chi2_p(checks.counts(table), _pearson)


def yates_chi2(table: ArrayLike) -> float:
    """Chi-squared test of a 2x2 table with Yates's continuity correction: p value.

    Parameters
    ----------
    table : array_like of int, shape (2, 2)
        Counts of patients.

    Returns
    -------
    float
        The p of SPSS's row "Continuity Correction", which moves no count past its expectation.

    Raises
    ------
    ValueError
        As `pearson_chi2`, and if `table` is not 2x2.

    References
    ----------
    Yates F. J R Stat Soc Suppl 1934;1:217-235.
    """
    return _chi2_p(_two_by_two(table), _yates)


def likelihood_ratio_chi2(table: ArrayLike) -> float:
    """Likelihood-ratio (G) test of independence: p value.

    Parameters
    ----------
    table : array_like of int, shape (r, c)
        Counts of patients.

    Returns
    -------
    float
        P(chi2 with (r-1)(c-1) degrees of freedom >= 2 sum O ln(O/E)).

    Raises
    ------
    ValueError
        As `pearson_chi2`.

    References
    ----------
    IBM SPSS Statistics 25 Algorithms, chapter CROSSTABS.
    """
    return _chi2_p(checks.counts(table), _likelihood_ratio)


def linear_by_linear(table: ArrayLike) -> float:
    """Linear-by-linear association (Mantel-Haenszel test for trend) as in SPSS: p value.

    Parameters
    ----------
    table : array_like of int, shape (r, c)
        Counts of patients; rows and columns in their natural order. Their scores are 1, 2, ... as
        they stand here, so an empty category keeps its place.

    Returns
    -------
    float
        P(chi2 with 1 degree of freedom >= (N-1) r^2), with Pearson's correlation r of the scores.

    Raises
    ------
    ValueError
        As `pearson_chi2`.

    References
    ----------
    IBM SPSS Statistics 25 Algorithms, chapter CROSSTABS.
    """
    counts = checks.counts(table)
    if min(_without_empty(counts).shape) == 1:
        return 1.0
    n = counts.sum()
    row_score, column_score = (np.arange(k, dtype=float) for k in counts.shape)
    row_score -= counts.sum(axis=1) @ row_score / n
    column_score -= counts.sum(axis=0) @ column_score / n
    covariance = row_score @ counts @ column_score
    variances = (counts.sum(axis=1) @ row_score**2) * (counts.sum(axis=0) @ column_score**2)
    return float(special.chdtrc(1, (n - 1) * covariance**2 / variances))


def fisher_exact(table: ArrayLike) -> float:
    """Fisher's exact test of a 2x2 table: two-sided p value.

    Parameters
    ----------
    table : array_like of int, shape (2, 2)
        Counts of patients.

    Returns
    -------
    float
        Probability, given the margins, of the tables that are no more probable than this one.

    Raises
    ------
    ValueError
        As `pearson_chi2`, and if `table` is not 2x2.

    References
    ----------
    Fisher RA. J R Stat Soc 1935;98:39-54.

    Examples
    --------
    Fisher's tea: three cups of four named rightly.

    >>> round(fisher_exact([[3, 1], [1, 3]]), 4)
    0.4857
    """
    counts = _two_by_two(table)
    # The rarest margin first, of which there are the fewest tables.
    (a, b), (c, d) = min((counts, counts[::-1], counts.T, counts.T[::-1]), key=lambda t: t[0].sum()).tolist()
    # In whole numbers: of each table with these margins, in how many ways patients can fall into it.
    least = max(0, a - d)
    ways = [comb(a + b, least) * comb(c + d, a + c - least)]
    for k in range(least, min(a + b, a + c)):
        ways.append(ways[-1] * (a + b - k) * (a + c - k) // ((k + 1) * (d - a + k + 1)))
    return sum(w for w in ways if w <= ways[a - least]) / sum(ways)


def fisher_freeman_halton(table: ArrayLike) -> float:
    """Fisher-Freeman-Halton exact test of an r x c table, by complete enumeration: two-sided p value.

    SciPy's r x c test samples; this one enumerates, as SPSS's Exact Tests and R's `fisher.test` do.

    Parameters
    ----------
    table : array_like of int, shape (r, c)
        Counts of patients.

    Returns
    -------
    float
        Probability, given the margins, of the tables that are no more probable than this one, up
        to R's relative tolerance of 1e-7.

    Raises
    ------
    ValueError
        As `pearson_chi2`.

    References
    ----------
    Freeman GH, Halton JH. Biometrika 1951;38:141-149.
    Mehta CR, Patel NR. J Am Stat Assoc 1983;78:427-434.

    Examples
    --------
    >>> round(fisher_freeman_halton([[3, 0], [1, 2], [0, 4]]), 4)
    0.0333
    """
    counts = _without_empty(checks.counts(table))
    if min(counts.shape) == 1:
        return 1.0
    return freeman_halton.p_value(counts)


def odds_ratio(table: ArrayLike) -> OddsRatio:
    """Odds ratio of a 2x2 table with Woolf's 95% interval and Wald's p.

    The same numbers as a logistic regression with one binary covariate prints.

    Parameters
    ----------
    table : array_like of int, shape (2, 2)
        Counts of patients ``[[a, b], [c, d]]``; the odds ratio is ad / bc.

    Returns
    -------
    OddsRatio
        ``exp(ln(ad/bc) -+ z sqrt(1/a + 1/b + 1/c + 1/d))``. With an empty cell the estimate is 0
        or infinite, NaN where both ad and bc are 0, and interval and p, which do not exist, are
        NaN.

    Raises
    ------
    ValueError
        As `pearson_chi2`, and if `table` is not 2x2.

    References
    ----------
    Woolf B. Ann Hum Genet 1955;19:251-253.

    Examples
    --------
    >>> found = odds_ratio([[10, 3], [4, 9]])
    >>> [round(x, 3) for x in (found.estimate, found.ci_low, found.ci_high, found.p)]
    [7.5, 1.307, 43.028, 0.024]
    """
    (a, b), (c, d) = _two_by_two(table).tolist()
    if min(a, b, c, d) == 0:
        estimate = 0.0 if b * c else np.inf if a * d else np.nan
        return OddsRatio(estimate, np.nan, np.nan, np.nan)
    log_or = np.log(a * d / (b * c))
    se = np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    low, high = np.exp([log_or - Z95 * se, log_or + Z95 * se])
    p = 2 * special.ndtr(-abs(log_or) / se)
    return OddsRatio(float(np.exp(log_or)), float(low), float(high), float(p))


def binomial_interval(count: int, n: int, confidence: float = 0.95, method: str = "exact") -> Proportion:
    """Confidence interval of a proportion.

    Parameters
    ----------
    count, n : int
        Patients with the characteristic, and all patients.
    confidence : float
        Level of the interval, between 0 and 1.
    method : {"exact", "wilson"}
        Clopper and Pearson's interval, or Wilson's score interval without continuity correction.

    Returns
    -------
    Proportion

    Raises
    ------
    ValueError
        If not 0 <= `count` <= `n` in whole numbers with `n` >= 1, if `confidence` is not between 0
        and 1, or `method` is unknown.

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.
    Wilson EB. J Am Stat Assoc 1927;22:209-212. Both computed by `scipy.stats.binomtest`.

    Examples
    --------
    >>> found = binomial_interval(10, 49)
    >>> round(found.estimate, 3), round(found.ci_low, 3), round(found.ci_high, 3)
    (0.204, 0.102, 0.343)
    """
    if method not in ("exact", "wilson"):
        raise ValueError(f"method must be 'exact' or 'wilson', not {method!r}")
    # Here because it takes as long to load as all else that the ledger needs.
    from scipy import stats

    whole = float(count).is_integer() and float(n).is_integer()
    if not whole or not 0 <= count <= n or n < 1:
        raise ValueError(f"need whole numbers with 0 <= count <= n and n >= 1, not {count} of {n}")
    result = stats.binomtest(int(count), int(n))
    interval = result.proportion_ci(checks.level(confidence), method=method)
    return Proportion(count / n, float(interval.low), float(interval.high))


def _two_by_two(table: ArrayLike) -> Integers:
    counts = checks.counts(table)
    if counts.shape != (2, 2):
        raise ValueError(f"this needs a 2x2 table, not {counts.shape[0]}x{counts.shape[1]}")
    return counts


def _without_empty(counts: Integers) -> Integers:
    return counts[counts.any(axis=1)][:, counts.any(axis=0)]


def expected_counts(counts: Integers) -> Floats:
    """Expected counts of a table if rows and columns are independent, shape (r, c)."""
    counts = np.asarray(counts, dtype=float)
    return counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()


def _pearson(observed: Floats, expected: Floats) -> Floats:
    return (observed - expected) ** 2 / expected


def _yates(observed: Floats, expected: Floats) -> Floats:
    difference = expected - observed
    return _pearson(observed + np.sign(difference) * np.minimum(0.5, np.abs(difference)), expected)


def _likelihood_ratio(observed: Floats, expected: Floats) -> Floats:
    return 2 * special.xlogy(observed, observed / expected)


def _chi2_p(counts: Integers, terms: Callable[[Floats, Floats], Floats]) -> float:
    counts = _without_empty(counts)
    if min(counts.shape) == 1:
        return 1.0
    degrees_of_freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return float(special.chdtrc(degrees_of_freedom, terms(counts.astype(float), expected_counts(counts)).sum()))
