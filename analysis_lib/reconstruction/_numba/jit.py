"""Numba's ``njit`` as all kernels use it: cached once for all copies, with IEEE division, for one kind of processor.

Left to itself Numba compiles for the processor at hand. How many numbers that adds up at a time decides how a sum
is rounded, and the last bit of a sum may decide whether a search accepts a move: of fifty starts on two machines, one
ended with other cohorts. Division by zero gives an infinity or NaN, which every search counts as not defined.

To compile all kernels takes a minute or two, so that they are kept in the user's cache under what their sources say:
another copy of the library, or a clone, finds them there. Numba by itself looks at the place and at the kernel's own
file only, and does not notice that a kernel which it calls has changed. Nor does it lock what it writes: of two
processes that compile one kernel for other types at once, each may give its code the same name (numba issue 4807), and
whoever reads that later computes nonsense or crashes.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path

import llvmlite.binding as llvm
import numba
from numba.core.caching import FunctionCache, UserWideCacheLocator

__all__ = ["SharedCacheLocator", "njit"]

# The first with what all later ones have too: sums of four, products added without rounding.
_PROCESSOR, _NEEDS = "haswell", ("avx2", "fma", "bmi2")

# What a user has set for Numba stays.
if numba.config.CPU_NAME is None and platform.machine() in ("x86_64", "AMD64"):
    _features = llvm.get_host_cpu_features()
    if all(_features.get(name) for name in _NEEDS):
        numba.config.CPU_NAME, numba.config.CPU_FEATURES = _PROCESSOR, ""

_HERE = Path(__file__).parent


class SharedCacheLocator(UserWideCacheLocator):
    """Cache locator for the kernels of this library: a folder named after the contents of their sources."""

    @classmethod
    def from_function(cls, py_func: object, py_file: str) -> UserWideCacheLocator | None:
        """A locator for a kernel; for a function of others, or where no cache can be written, none."""
        if not Path(py_file).is_relative_to(_HERE.parent):
            return None
        return super().from_function(py_func, py_file)

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        """The folder for the kernels of a file, which call those of this folder."""
        found = hashlib.sha256()
        for file in (*sorted(_HERE.glob("*.py")), Path(py_file)):
            found.update(hashlib.sha256(file.read_bytes()).digest())
        return f"{Path(py_file).stem}_{found.hexdigest()}"


# A cache that a user has named goes before; what follows is Numba's own order.
if not numba.config.CACHE_LOCATOR_CLASSES:
    _own = f"{__name__}.{SharedCacheLocator.__name__}"
    numba.config.CACHE_LOCATOR_CLASSES = (
        f"UserProvidedCacheLocator,{_own},InTreeCacheLocator,UserWideCacheLocator,IPythonCacheLocator,ZipCacheLocator"
    )


class _LockedCache(FunctionCache):
    """A kernel's cache that one process writes at a time."""

    def save_overload(self, sig: object, data: object) -> None:
        """Keep the code for one signature."""
        self._impl.locator.ensure_cache_path()
        with (Path(self.cache_path) / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            super().save_overload(sig, data)


def njit(kernel: Callable | None = None, *, cache: bool = True, **options: object) -> Callable:
    """``numba.njit`` with IEEE division and the cache of this module, as a decorator with or without options."""
    if kernel is None:
        return partial(njit, cache=cache, **options)
    compiled = numba.njit(**{"error_model": "numpy"} | options)(kernel)
    if cache:
        compiled._cache = _LockedCache(kernel)
    return compiled
