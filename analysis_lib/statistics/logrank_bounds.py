"""Bounds on the log-rank statistic implied by a printed Cox hazard ratio and CI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis_lib.base.checks import Floats
from analysis_lib.base.units import Z95
from analysis_lib.printed.number import Interval

_DIRECTIONS = 24
_POINTS_ON_EDGE = 50


@dataclass(frozen=True)
class LogRankBounds:
    """Ranges of a log-rank test's ingredients, and of what is made of them.

    Attributes
    ----------
    expected : Interval
        Deaths expected in the first group if the groups had the same hazard.
    variance : Interval
        Hypergeometric variance of the first group's deaths.
    statistic, p : Interval
        Chi-squared with one degree of freedom, and its p value.
    """

    expected: Interval
    variance: Interval
    statistic: Interval
    p: Interval


def logrank_bounds(
    sizes: tuple[int, int],
    deaths: tuple[int, int],
    hr: Interval,
    ci_low: Interval,
    ci_high: Interval,
) -> LogRankBounds | None:
    """Bounds on the log-rank statistic implied by a Cox hazard ratio and CI of two groups.

    At a death with a share q of those at risk in the first group, the model expects
    p = q hr / (q hr + 1 - q) deaths there. Cox's equations fix two sums over all deaths: that of p
    is the deaths of the first group, that of p (1 - p) is 1/se^2 of the log hazard ratio. The
    log-rank test takes two other sums, of q and of q (1 - q). Which of these go with the first
    two, over every conceivable sequence of risk sets, is a linear programme.

    Parameters
    ----------
    sizes, deaths
        Patients and deaths in the group whose hazard is the ratio's numerator, and in the other.
    hr, ci_low, ci_high
        The hazard ratio and its 95% Wald limits, as intervals of what would print so.

    Returns
    -------
    LogRankBounds or None
        None if no sequence of risk sets gives such a model.

    Notes
    -----
    Deaths are taken not to be tied. The order of deaths and censorings is left free, even where it
    could not be realised, so the true limits may be narrower.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Mantel N. Cancer Chemother Rep 1966;50:163-170.

    Examples
    --------
    >>> hr, low, high = Interval(0.2635, 0.2645), Interval(0.1025, 0.1035), Interval(0.6775, 0.6785)
    >>> found = logrank_bounds((26, 23), (7, 16), hr, low, high)
    >>> round(found.p.low, 4), round(found.p.high, 4)
    (0.0028, 0.0039)
    """
    # Imported here, as in `survival`, for the sake of commands that need none of it.
    from scipy.optimize import linprog

    first, other = np.meshgrid(np.arange(sizes[0] + 1), np.arange(sizes[1] + 1))
    some = first + other > 0
    q = np.unique(first[some] / (first + other)[some])
    variance = q * (1 - q)
    ses = [np.log(high / low) / (2 * Z95) for high, low in ((ci_high.low, ci_low.high), (ci_high.high, ci_low.low))]
    total = sum(deaths)
    corners: list[tuple[float, float]] = []
    edges: list[Floats] = []
    for ratio in np.linspace(hr.low, hr.high, 3):
        p = q * ratio / (q * ratio + 1 - q)
        information = p * (1 - p)
        found = []
        for angle in np.linspace(0, 2 * np.pi, _DIRECTIONS, endpoint=False):
            # The sums of q and q (1 - q) that are possible form a polygon: find its corners.
            answer = linprog(
                np.cos(angle) * q + np.sin(angle) * variance,
                A_ub=[information, -information],
                b_ub=[ses[0] ** -2, -(ses[1] ** -2)],
                A_eq=[np.ones_like(q), p],
                b_eq=[total, deaths[0]],
            )
            if answer.status != 0:
                break
            found.append((float(q @ answer.x), float(variance @ answer.x)))
        corners += found
        ends = np.array(found)
        for a, b in zip(ends, np.roll(ends, -1, axis=0), strict=True):
            edges.append(a + np.linspace(0, 1, _POINTS_ON_EDGE)[:, None] * (b - a))
    if not corners:
        return None
    expected, spread = np.vstack(edges).T
    statistic = (deaths[0] - expected) ** 2 / spread
    p_low, p_high = special.chdtrc(1, [statistic.max(), statistic.min()])
    return LogRankBounds(_range(expected), _range(spread), _range(statistic), Interval(float(p_low), float(p_high)))


def _range(values: Floats) -> Interval:
    return Interval(float(values.min()), float(values.max()))
