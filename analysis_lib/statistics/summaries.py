"""What follows from printed summaries (means, SDs, intervals, p values) and from plain values.

The functions of printed numbers take floats or NumPy arrays, which broadcast, so that a caller can
evaluate every corner of the rounding intervals at once; they give a float for floats. Numbers are
unit-free: a mean and its SD only need the same unit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis_lib.base import checks
from analysis_lib.base.checks import Floats
from analysis_lib.base.units import Z95

Numbers = float | Floats


def t_test(
    mean1: ArrayLike,
    sd1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    sd2: ArrayLike,
    n2: ArrayLike,
    equal_variance: bool = True,
) -> Numbers:
    """Student's or Welch's t test of two independent groups, from their summaries: two-sided p value.

    Parameters
    ----------
    mean1, sd1, n1, mean2, sd2, n2 : float or array_like
        Mean, sample SD (divisor n-1) and size of each group.
    equal_variance : bool
        Pool the variances (Student); otherwise Welch's test. SPSS prints both.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If a value is not finite, an SD negative, both SDs 0, or a group smaller than 2.

    References
    ----------
    IBM SPSS Statistics 25 Algorithms, chapter T-TEST.

    Examples
    --------
    >>> round(t_test(54.6, 10.2, 26, 61.3, 11.0, 23), 4)
    0.0319
    """
    mean1, mean2 = checks.finite("mean", mean1), checks.finite("mean", mean2)
    sd1, sd2 = checks.not_negative("SD", sd1), checks.not_negative("SD", sd2)
    n1, n2 = checks.finite("group size", n1), checks.finite("group size", n2)
    if np.any(n1 < 2) or np.any(n2 < 2):
        raise ValueError("a t test needs two values in each group")
    if np.any((sd1 == 0) & (sd2 == 0)):
        raise ValueError("with both SDs 0 there is no t test")
    if equal_variance:
        df = n1 + n2 - 2
        se = np.sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df * (1 / n1 + 1 / n2))
    else:
        squared1, squared2 = sd1**2 / n1, sd2**2 / n2
        df = (squared1 + squared2) ** 2 / (squared1**2 / (n1 - 1) + squared2**2 / (n2 - 1))
        se = np.sqrt(squared1 + squared2)
    return _plain(2 * special.stdtr(df, -np.abs((mean1 - mean2) / se)))


def pooled_mean(means: ArrayLike, ns: ArrayLike) -> Numbers:
    """Mean of the union of groups.

    Parameters
    ----------
    means, ns : array_like, shape (k,) or (k, ...)
        Mean and size of each of k groups along the first axis.

    Returns
    -------
    float or ndarray
        ``sum(n * mean) / sum(n)``, without the first axis.

    Raises
    ------
    ValueError
        If the groups do not match, a value is not finite, or a size is not positive.

    Examples
    --------
    >>> pooled_mean([10, 20], [3, 1])
    12.5
    """
    means, ns = _groups(means, ns)
    return _plain((ns * means).sum(axis=0) / ns.sum(axis=0))


def pooled_sd(means: ArrayLike, sds: ArrayLike, ns: ArrayLike) -> Numbers:
    """Sample SD of the union of groups (not the pooled within-group SD of the t test).

    Parameters
    ----------
    means, sds, ns : array_like, shape (k,) or (k, ...)
        Mean, sample SD and size of each of k groups along the first axis.

    Returns
    -------
    float or ndarray
        ``sqrt(sum((n-1) sd^2 + n (mean - pooled mean)^2) / (sum(n) - 1))``.

    Raises
    ------
    ValueError
        As `pooled_mean`, if an SD is negative, or fewer than two values in all.
    """
    sds = checks.not_negative("SD", sds)
    means, sds, ns = _groups(means, sds, ns)
    total = ns.sum(axis=0)
    if np.any(total < 2):
        raise ValueError("an SD needs two values")
    between = ns * (means - (ns * means).sum(axis=0) / total) ** 2
    return _plain(np.sqrt(((ns - 1) * sds**2 + between).sum(axis=0) / (total - 1)))


def quantile(values: ArrayLike, q: ArrayLike) -> Numbers:
    """Quantile as SPSS's EXAMINE and FREQUENCIES print it (HAVERAGE).

    Parameters
    ----------
    values : array_like, shape (n,)
        The patients' values, in any unit.
    q : float or array_like
        Fractions in [0, 1].

    Returns
    -------
    float or ndarray, shape of `q`
        The value at rank (n+1)q, interpolated, and not beyond the extremes: R's type 6.

    Raises
    ------
    ValueError
        If there is no value, one is not finite, or `q` is outside [0, 1].

    References
    ----------
    IBM SPSS Statistics 25 Algorithms, chapter EXAMINE (HAVERAGE). Computed by `numpy.quantile`.

    Examples
    --------
    >>> quantile([1, 2, 3, 4], [0.25, 0.5]).tolist()
    [1.25, 2.5]
    """
    q = checks.finite("q", q)
    if np.any((q < 0) | (q > 1)):
        raise ValueError("a quantile's fraction lies between 0 and 1")
    return _plain(np.quantile(checks.sample("values", values), q, method="weibull"))


def tukey_hinges(values: ArrayLike) -> tuple[float, float]:
    """Tukey's hinges: the medians of the halves, each half with the overall median.

    Parameters
    ----------
    values : array_like, shape (n,)
        The patients' values, in any unit.

    Returns
    -------
    tuple of float
        The row "Tukey's Hinges" of SPSS's EXAMINE; R's ``fivenum(x)[c(2, 4)]``.

    Raises
    ------
    ValueError
        If there is no value or one is not finite.

    References
    ----------
    Tukey JW. Exploratory Data Analysis. Addison-Wesley 1977.

    Examples
    --------
    >>> tukey_hinges([1, 2, 3, 4, 5])
    (2.0, 4.0)
    """
    ordered = np.sort(checks.sample("values", values))
    half = (ordered.size + 1) // 2
    return float(np.median(ordered[:half])), float(np.median(ordered[-half:]))


def wald_p(estimate: ArrayLike, ci_low: ArrayLike, ci_high: ArrayLike) -> Numbers:
    """Wald p value implied by a ratio and its 95% interval.

    Parameters
    ----------
    estimate, ci_low, ci_high : float or array_like
        An odds or hazard ratio and its limits, all positive.

    Returns
    -------
    float or ndarray
        ``2 Phi(-|ln estimate| / se)``, where ``se = ln(ci_high / ci_low) / (2 z)``.

    Raises
    ------
    ValueError
        If a value is not positive and finite, or a lower limit not below its upper limit.

    References
    ----------
    Altman DG, Bland JM. BMJ 2011;343:d2304.
    """
    estimate = checks.positive("ratio", estimate)
    se = _half_width(ci_low, ci_high) / Z95
    return _plain(2 * special.ndtr(-np.abs(np.log(estimate)) / se))


def wald_estimate(ci_low: ArrayLike, ci_high: ArrayLike) -> Numbers:
    """Ratio implied by a Wald interval: the geometric midpoint of its limits.

    Parameters
    ----------
    ci_low, ci_high : float or array_like
        Limits of an odds or hazard ratio, positive.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If a limit is not positive and finite, or the lower one not below the upper.

    Examples
    --------
    >>> round(wald_estimate(0.5, 2.0), 6)
    1.0
    """
    half = _half_width(ci_low, ci_high)
    return _plain(np.exp(np.log(np.asarray(ci_low, dtype=float)) + half))


def wald_limit(estimate: ArrayLike, other_limit: ArrayLike) -> Numbers:
    """Limit of a Wald interval implied by the ratio and the other limit.

    Parameters
    ----------
    estimate, other_limit : float or array_like
        An odds or hazard ratio and either of its limits, positive.

    Returns
    -------
    float or ndarray
        ``estimate^2 / other_limit``.

    Raises
    ------
    ValueError
        If a value is not positive and finite.
    """
    return _plain(checks.positive("ratio", estimate) ** 2 / checks.positive("limit", other_limit))


def wald_confidence_level(estimate: ArrayLike, ci_low: ArrayLike, ci_high: ArrayLike, p: ArrayLike) -> Numbers:
    """Confidence level of a Wald interval implied by the ratio and its p value.

    Parameters
    ----------
    estimate, ci_low, ci_high : float or array_like
        An odds or hazard ratio (not 1) and its limits, all positive.
    p : float or array_like
        Its two-sided p value, between 0 and 1.

    Returns
    -------
    float or ndarray
        ``2 Phi(ln(ci_high / ci_low) / (2 se)) - 1``, where ``se = |ln estimate| / z_p``.

    Raises
    ------
    ValueError
        If a value is outside the ranges above, or a lower limit not below its upper limit.
    """
    _, se = _implied_se(estimate, p)
    return _plain(1 - 2 * special.ndtr(-_half_width(ci_low, ci_high) / se))


def symmetric_midpoint(ci_low: ArrayLike, ci_high: ArrayLike) -> Numbers:
    """Estimate implied by a symmetric interval, such as SPSS's of a median survival.

    Parameters
    ----------
    ci_low, ci_high : float or array_like
        The limits, in any unit.

    Returns
    -------
    float or ndarray
        Their arithmetic mean.

    Raises
    ------
    ValueError
        If a limit is not finite or a lower limit above its upper limit.

    Examples
    --------
    >>> symmetric_midpoint(12.7, 33.3)
    23.0
    """
    low, high = checks.finite("limit", ci_low), checks.finite("limit", ci_high)
    if np.any(low > high):
        raise ValueError("the lower limit lies above the upper limit")
    return _plain(low + (high - low) / 2)


def _plain(result: ArrayLike) -> Numbers:
    """A float for a single number, else the array."""
    array = np.asarray(result, dtype=float)
    return array if array.ndim else float(array)


def _groups(*summaries: ArrayLike) -> tuple[Floats, ...]:
    """Check the summaries of k groups, the sizes last, and bring them to one shape."""
    *others, ns = summaries
    arrays = [checks.finite("summary", s) for s in others] + [checks.positive("group size", ns)]
    if any(a.ndim == 0 for a in arrays) or len({a.shape[0] for a in arrays}) > 1:
        raise ValueError("every group needs its own mean, SD and size")
    if arrays[0].shape[0] == 0:
        raise ValueError("there is no group to pool")
    # Groups run along the first axis, so what has fewer axes is repeated along the last ones.
    axes = max(a.ndim for a in arrays)
    return np.broadcast_arrays(*(a.reshape(a.shape + (1,) * (axes - a.ndim)) for a in arrays))


def _half_width(ci_low: ArrayLike, ci_high: ArrayLike) -> Floats:
    """Half the width of a ratio's interval on the log scale."""
    low, high = checks.positive("lower limit", ci_low), checks.positive("upper limit", ci_high)
    if np.any(low >= high):
        raise ValueError("the lower limit must lie below the upper limit")
    return np.log(high / low) / 2


def _implied_se(estimate: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    """Log of a ratio and the standard error of that log which a two-sided p implies."""
    log_estimate, p = np.log(checks.positive("ratio", estimate)), checks.finite("p", p)
    if np.any((p <= 0) | (p >= 1)):
        raise ValueError("p must lie between 0 and 1")
    if np.any(log_estimate == 0):
        raise ValueError("a ratio of 1 has p = 1 whatever its standard error")
    return log_estimate, np.abs(log_estimate) / -special.ndtri(p / 2)
