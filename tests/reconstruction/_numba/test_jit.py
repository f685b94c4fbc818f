"""The compiled search is the same code on every processor that can run it, so that it rounds alike."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

from analysis_lib.reconstruction._numba import jit, regression
from analysis_lib.reconstruction._numba.jit import njit

FEATURES = llvm.get_host_cpu_features()
ON_X86 = platform.machine() in ("x86_64", "AMD64") and all(FEATURES.get(name) for name in jit._NEEDS)


@pytest.mark.skipif(not ON_X86, reason="this processor compiles for itself")
def test_sums_are_of_four_whatever_the_processor_can_take_at_once():
    assert numba.config.CPU_NAME == jit._PROCESSOR
    fresh = njit(regression.logistic_one.py_func, cache=False, fastmath={"reassoc", "contract"})
    assert fresh(np.arange(6.0), np.array([0.0, 1, 0, 1, 0, 1]), np.zeros(3))
    (code,) = fresh.inspect_asm().values()
    assert "%ymm" in code and "%zmm" not in code


def test_a_processor_that_the_user_has_set_stays():
    script = "import numba; from analysis_lib.reconstruction._numba import jit; print(numba.config.CPU_NAME)"
    env = os.environ | {"NUMBA_CPU_NAME": "generic"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "generic"
