"""Kernel: exp of many numbers at once, where the C library takes one at a time."""

from __future__ import annotations

import numpy as np

from analysis_lib.reconstruction._numba.jit import njit

_LARGEST = 700.0
_PER_LN2 = 1.4426950408889634
# ln 2 in two parts, the first with zeros at its end, so that its product with a whole number is exact.
_LN2_FIRST, _LN2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# 1.5 · 2⁵²
_SHIFT = 6755399441055744.0
# The bits of 2⁰, and how many lie after the exponent's.
_ZEROTH, _FRACTION = np.int64(1023) << np.int64(52), np.int64(52)


@njit(fastmath={"contract"})
def exponentials(x: np.ndarray, powers: np.ndarray) -> None:
    """Replace ``x`` (n,) by exp(x), to two units of the last digit, several at a time.

    x is taken apart as k·ln 2 + r, r within ln 2 / 2 of 0, and exp(r) is its Taylor polynomial of degree 13
    (Cody & Waite 1980, *Software Manual for the Elementary Functions*, 6). ``powers`` (n,) is room for 2ᵏ.
    Beyond ±700 it stays as it is there.
    """
    bits = powers.view(np.int64)
    for i in range(x.size):
        value = min(max(x[i], -_LARGEST), _LARGEST)
        # Added to so large a number, k lies in the last bits of the sum.
        shifted = value * _PER_LN2 + _SHIFT
        powers[i] = shifted
        k = shifted - _SHIFT
        r = value - k * _LN2_FIRST - k * _LN2_REST
        p = 1 / 6227020800.0
        p = p * r + 1 / 479001600.0
        p = p * r + 1 / 39916800.0
        p = p * r + 1 / 3628800.0
        p = p * r + 1 / 362880.0
        p = p * r + 1 / 40320.0
        p = p * r + 1 / 5040.0
        p = p * r + 1 / 720.0
        p = p * r + 1 / 120.0
        p = p * r + 1 / 24.0
        p = p * r + 1 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        x[i] = p * r + 1.0
    for i in range(x.size):
        bits[i] = (bits[i] << _FRACTION) + _ZEROTH
    for i in range(x.size):
        x[i] *= powers[i]
