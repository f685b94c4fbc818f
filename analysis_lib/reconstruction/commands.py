"""Thin entry points for the commands ``reconstruct`` and ``verify``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from analysis_lib.errors import InputError
from analysis_lib.reconstruction import assumptions, conflict, ensemble
from analysis_lib.reconstruction.blocks import SearchFailed
from analysis_lib.reconstruction.targets import load_targets
from analysis_lib.reconstruction.verify import verify_file


def reconstruct(
    cohorts: int, seed: int, out: Path, jobs: int = 1, assume: Sequence[str] = (), scheduler: str = ""
) -> str:
    """Search for cohorts, verify each, write them; returns a line that says what was written.

    ``jobs`` and ``scheduler`` are those of :func:`workers.each`. ``assume`` has ``NAME=VALUE`` for each
    assumption that is not to be the usual one.

    Raises
    ------
    InputError
        For bad arguments, an unwritable place, or targets that no cohort meets; names the smallest
        set found of those that conflict.
    """
    chosen = assumptions.parse(assume)
    # A folder's name would only be found out by the last step, after all the search.
    if Path(out).is_dir():
        raise InputError("is a folder", file=out, remedy="the name of a .parquet file")
    try:
        manifest = ensemble.build(cohorts, seed, Path(out), jobs, assumptions=chosen, scheduler=scheduler)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the same command goes on from the finished starts") from None
    except SearchFailed as error:
        print(f"{error}\nlooking for the fewest numbers that conflict; this takes minutes", file=sys.stderr, flush=True)
        found = conflict.find(load_targets(assumptions=chosen), seed, error)
        told = found or "No set was found that cannot be met: the search may have been unlucky; try another seed"
        raise InputError(f"{error}. {told}") from None
    made, starts, met = manifest["cohorts"], len(manifest["starts"]), manifest["targets"]
    under = f" under {named}" if (named := assumptions.told(chosen)) else ""
    return f"{out}: {made} cohorts from {starts} independent starts, each meets all {met} targets{under}"


def verify(file: Path, jobs: int = 1) -> list[str]:
    """Every target that a cohort of ``file`` does not meet, in a line each; empty if all is met.

    Raises
    ------
    InputError
        If the file is unreadable, malformed, or lacks a column; if ``jobs`` is below 1.
    """
    return verify_file(file, jobs)
