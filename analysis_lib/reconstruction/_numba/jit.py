"""Numba's ``njit`` for one kind of processor, so that a seed leads to the same cohorts on another machine.

Left to itself Numba compiles for the processor at hand. How many numbers that adds up at a time decides how a sum
is rounded, and the last bit of a sum may decide whether a search accepts a move: of fifty starts on two machines, one
ended with other cohorts.
"""

from __future__ import annotations

import platform

import llvmlite.binding as llvm
import numba
from numba import njit

__all__ = ["njit"]

# The first with what all later ones have too: sums of four, products added without rounding.
_PROCESSOR, _NEEDS = "haswell", ("avx2", "fma", "bmi2")

# What a user has set for Numba stays.
if numba.config.CPU_NAME is None and platform.machine() in ("x86_64", "AMD64"):
    _features = llvm.get_host_cpu_features()
    if all(_features.get(name) for name in _NEEDS):
        numba.config.CPU_NAME, numba.config.CPU_FEATURES = _PROCESSOR, ""
