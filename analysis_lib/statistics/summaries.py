"""What follows from printed summaries (means, SDs, intervals, p values) and from plain values.

The functions of printed numbers take floats or NumPy arrays, which broadcast, so that a caller can
evaluate every corner of the rounding intervals at once; they give a float for floats. Numbers are
unit-free: a mean and its SD only need the same unit.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis_lib.base import checks

Numbers = float | np.ndarray


def t_test(mean1, sd1, n1, mean2, sd2, n2, equal_variance: bool = True) -> Numbers:
    """Two-sided p value of the t test of two independent groups, from their summaries.

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


def pooled_mean(means, ns) -> Numbers:
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
    """
    means, ns = _groups(means, ns)
    return _plain((ns * means).sum(axis=0) / ns.sum(axis=0))


def pooled_sd(means, sds, ns) -> Numbers:
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


def quantile(values, q) -> Numbers:
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
    """
    q = checks.finite("q", q)
    if np.any((q < 0) | (q > 1)):
        raise ValueError("a quantile's fraction lies between 0 and 1")
    return _plain(np.quantile(checks.sample("values", values), q, method="weibull"))


def tukey_hinges(values) -> tuple[float, float]:
    """Lower and upper hinge: the medians of the halves, each half with the overall median.

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
    """
    ordered = np.sort(checks.sample("values", values))
    half = (ordered.size + 1) // 2
    return float(np.median(ordered[:half])), float(np.median(ordered[-half:]))


def mann_whitney(x, y) -> float:
    """Two-sided asymptotic p value of the Mann-Whitney U test, as SPSS prints it.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,)
        The values of the two groups.

    Returns
    -------
    float
        Normal approximation with the variance corrected for ties and no continuity correction;
        1 when all values are equal.

    Raises
    ------
    ValueError
        If a group has no value or one that is not finite.

    References
    ----------
    IBM SPSS Statistics 25 Algorithms, chapter NPAR TESTS. Computed by `scipy.stats.mannwhitneyu`.
    """
    # Here because it takes as long to load as all else that the ledger needs.
    from scipy import stats

    x, y = checks.sample("x", x), checks.sample("y", y)
    if np.ptp(np.concatenate([x, y])) == 0:  # no variance: SciPy would answer NaN
        return 1.0
    return float(stats.mannwhitneyu(x, y, use_continuity=False, method="asymptotic").pvalue)


def wald_p(estimate, ci_low, ci_high, confidence: float = 0.95) -> Numbers:
    """p value that a ratio and its Wald interval imply.

    Parameters
    ----------
    estimate, ci_low, ci_high : float or array_like
        An odds or hazard ratio and its limits, all positive.
    confidence : float
        Level of the interval.

    Returns
    -------
    float or ndarray
        ``2 Phi(-|ln estimate| / se)``, where ``se = ln(ci_high / ci_low) / (2 z)``.

    Raises
    ------
    ValueError
        If a value is not positive and finite, a lower limit not below its upper limit, or
        `confidence` not between 0 and 1.

    References
    ----------
    Altman DG, Bland JM. BMJ 2011;343:d2304.
    """
    estimate = checks.positive("ratio", estimate)
    se = _half_width(ci_low, ci_high) / _z(confidence)
    return _plain(2 * special.ndtr(-np.abs(np.log(estimate)) / se))


def wald_interval(estimate, p, confidence: float = 0.95) -> tuple[Numbers, Numbers]:
    """Wald interval that a ratio and its p value imply.

    Parameters
    ----------
    estimate : float or array_like
        An odds or hazard ratio, positive and not 1 (where every interval has p = 1).
    p : float or array_like
        Its two-sided p value, between 0 and 1.
    confidence : float
        Level of the interval wanted.

    Returns
    -------
    tuple of float or of ndarray
        ``exp(ln estimate -+ z se)``, where ``se = |ln estimate| / z_p``.

    Raises
    ------
    ValueError
        If a value is outside the ranges above.

    References
    ----------
    Altman DG, Bland JM. BMJ 2011;343:d2090.
    """
    log_estimate, se = _implied_se(estimate, p)
    half = _z(confidence) * se
    return _plain(np.exp(log_estimate - half)), _plain(np.exp(log_estimate + half))


def wald_estimate(ci_low, ci_high) -> Numbers:
    """Ratio that a Wald interval implies: the geometric midpoint of its limits.

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
    """
    half = _half_width(ci_low, ci_high)
    return _plain(np.exp(np.log(np.asarray(ci_low, dtype=float)) + half))


def wald_limit(estimate, other_limit) -> Numbers:
    """The one limit of a Wald interval that a ratio and the other limit imply.

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


def wald_confidence_level(estimate, ci_low, ci_high, p) -> Numbers:
    """Confidence level at which a printed interval agrees with the ratio and p beside it.

    Parameters
    ----------
    estimate, ci_low, ci_high : float or array_like
        An odds or hazard ratio (not 1) and its limits, all positive.
    p : float or array_like
        Its two-sided p value, between 0 and 1.

    Returns
    -------
    float or ndarray
        ``2 Phi(ln(ci_high / ci_low) / (2 se)) - 1``, with the se of `wald_interval`.

    Raises
    ------
    ValueError
        If a value is outside the ranges above, or a lower limit not below its upper limit.
    """
    _, se = _implied_se(estimate, p)
    return _plain(1 - 2 * special.ndtr(-_half_width(ci_low, ci_high) / se))


def symmetric_midpoint(ci_low, ci_high) -> Numbers:
    """Estimate that a symmetric interval implies, such as SPSS's for a median survival.

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
    """
    low, high = checks.finite("limit", ci_low), checks.finite("limit", ci_high)
    if np.any(low > high):
        raise ValueError("the lower limit lies above the upper limit")
    return _plain(low + (high - low) / 2)


def _plain(result) -> Numbers:
    """A float for a single number, else the array."""
    return float(result) if np.ndim(result) == 0 else np.asarray(result)


def _groups(*summaries) -> list[np.ndarray]:
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


def _z(confidence: float) -> float:
    return -special.ndtri((1 - checks.level(confidence)) / 2)


def _half_width(ci_low, ci_high) -> np.ndarray:
    """Half the width of a ratio's interval on the log scale."""
    low, high = checks.positive("lower limit", ci_low), checks.positive("upper limit", ci_high)
    if np.any(low >= high):
        raise ValueError("the lower limit must lie below the upper limit")
    return np.log(high / low) / 2


def _implied_se(estimate, p) -> tuple[np.ndarray, np.ndarray]:
    """Log of a ratio and the standard error of that log which a two-sided p implies."""
    log_estimate, p = np.log(checks.positive("ratio", estimate)), checks.finite("p", p)
    if np.any((p <= 0) | (p >= 1)):
        raise ValueError("p must lie between 0 and 1")
    if np.any(log_estimate == 0):
        raise ValueError("a ratio of 1 has p = 1 whatever its standard error")
    return log_estimate, np.abs(log_estimate) / -special.ndtri(p / 2)
