"""The compiled search is the same code on every processor that can run it, so that it rounds alike."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

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

    @njit(cache=False, fastmath={"reassoc", "contract"})
    def total(values):
        found = 0.0
        for value in values:
            found += value
        return found

    assert total(np.arange(6.0)) == 15
    (code,) = total.inspect_asm().values()
    assert "%ymm" in code and "%zmm" not in code


def test_a_processor_that_the_user_has_set_stays():
    script = "import numba; from analysis_lib.reconstruction._numba import jit; print(numba.config.CPU_NAME)"
    env = os.environ | {"NUMBA_CPU_NAME": "generic"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "generic"


@pytest.mark.skipif(bool(numba.config.CACHE_DIR), reason="the user has named a cache")
def test_kernels_are_kept_by_what_their_sources_say_and_not_by_where_these_lie(tmp_path, monkeypatch):
    def folder_of(copy: Path) -> str:
        monkeypatch.setattr(jit, "_HERE", copy)
        return jit.SharedCacheLocator.get_suitable_cache_subpath(str(copy / "regression.py"))

    copy = shutil.copytree(jit._HERE, tmp_path / "_numba")
    assert Path(regression.logistic_one.stats.cache_path).name == folder_of(jit._HERE) == folder_of(copy)
    with (copy / "exp.py").open("a") as stream:
        stream.write("# regression.py calls this one\n")
    assert Path(regression.logistic_one.stats.cache_path).name != folder_of(copy)


# Compiles one kernel for the type that it is told, and is slow to write what it has read.
TWICE = """
import sys, time
from numba.core.caching import IndexDataCacheFile
from analysis_lib.reconstruction._numba.jit import njit

read = IndexDataCacheFile._load_index

def slowly(self):
    found = read(self)
    time.sleep(1)
    return found

if "compile" in sys.argv:
    IndexDataCacheFile._load_index = slowly

@njit
def half(x):
    return x / 2

for kind in sys.argv[2:]:
    print(half({"whole": 3, "real": 3.0, "complex": 3j}[kind]))
print(sum(half.stats.cache_hits.values()))
"""


@pytest.mark.long
def test_processes_that_compile_one_kernel_for_other_types_at_once_lose_nothing(tmp_path):
    script = tmp_path / "twice.py"
    script.write_text(TWICE, encoding="utf-8")
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(Path.cwd())}

    def start(*words: str) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, script, *words], env=env, stdout=subprocess.PIPE, text=True)

    kinds = "whole", "real", "complex"
    assert [process.wait() for process in [start("compile", kind) for kind in kinds]] == [0, 0, 0]
    assert start("load", *kinds).communicate()[0].split() == ["1.5", "1.5", "1.5j", "3"]
