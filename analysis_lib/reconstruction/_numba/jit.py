"""Numba's ``njit`` as all kernels use it: cached, with IEEE division, for one kind of processor.

Left to itself Numba compiles for the processor at hand. How many numbers that adds up at a time decides how a sum
is rounded, and the last bit of a sum may decide whether a search accepts a move: of fifty starts on two machines, one
ended with other cohorts. Division by zero gives an infinity or NaN, which every search counts as not defined.
"""

from __future__ import annotations

import platform
from functools import partial

import llvmlite.binding as llvm
import numba

__all__ = ["njit"]

# The first with what all later ones have too: sums of four, products added without rounding.
_PROCESSOR, _NEEDS = "haswell", ("avx2", "fma", "bmi2")

# What a user has set for Numba stays.
if numba.config.CPU_NAME is None and platform.machine() in ("x86_64", "AMD64"):
    _features = llvm.get_host_cpu_features()
    if all(_features.get(name) for name in _NEEDS):
        numba.config.CPU_NAME, numba.config.CPU_FEATURES = _PROCESSOR, ""

njit = partial(numba.njit, cache=True, error_model="numpy")
