"""Order statistics: what to expect of the smallest of several measurements."""

from __future__ import annotations

import numpy as np
from scipy import integrate, stats


def expected_minimum(n: int) -> float:
    """Expectation of the smallest of ``n`` independent standard normal values.

    Times the standard deviation of one measurement, this is how far the smallest of ``n`` lies below the truth on
    average.

    Raises
    ------
    ValueError
        If ``n`` is less than 1.

    References
    ----------
    Harter HL. Expected values of normal order statistics. Biometrika 1961;48:151.

    Examples
    --------
    >>> round(expected_minimum(3), 4)
    -0.8463
    """
    if n < 1:
        raise ValueError(f"the smallest of {n} values is not defined; at least 1 is needed")

    def weighted(x: float) -> float:
        return x * n * stats.norm.pdf(x) * stats.norm.sf(x) ** (n - 1)

    return float(integrate.quad(weighted, -np.inf, np.inf)[0])
