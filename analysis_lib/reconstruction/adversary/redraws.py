"""Push by drawing covariates of a finished cohort anew, around its times of death: of many draws the most extreme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from operator import itemgetter
from typing import TypeVar

import numpy as np
import pandas as pd

from analysis_lib.reconstruction.adversary.finished import Finished
from analysis_lib.reconstruction.stages.columns import complete
from analysis_lib.reconstruction.stages.covariates import find_covariates
from analysis_lib.reconstruction.stages.sizes import find_sizes, tumour_decides
from analysis_lib.reconstruction.stages.state import Blocks, Covariates, SearchFailed

# Draws of a push, and of one that draws whole cohorts.
DRAWS, WHOLE = 300, 100
Drawn = TypeVar("Drawn")


def push(
    draw: Callable[[], Drawn], value: Callable[[Drawn], float], first: Drawn, sign: float, draws: int = DRAWS
) -> list[Drawn]:
    """Those of a series of draws that lie beyond ``first``, which comes first, by how far they do.

    Parameters
    ----------
    draw
        Raises SearchFailed where nothing was found.
    value
        What is pushed.
    sign
        1 towards large values, -1 towards small ones.
    """
    found, start = [], sign * value(first)
    for _ in range(draws):
        with suppress(SearchFailed):
            drawn = draw()
            reached = sign * value(drawn)
            if reached > start:
                found.append((reached, len(found), drawn))
    return [first, *(drawn for *_, drawn in sorted(found, key=itemgetter(0, 1)))]


def draw_covariates(rng: np.random.Generator, blocks: Blocks, finished: Finished) -> Covariates:
    """Other grades and performance scores around times of death and activities.

    Raises
    ------
    SearchFailed
        If none were found.
    """
    activity = finished.cohort["prrt_activity_gbq"].to_numpy(float)
    return find_covariates(rng, blocks, finished.survival, activity)


def draw_columns(rng: np.random.Generator, blocks: Blocks, finished: Finished) -> pd.DataFrame:
    """The cohort with all other columns around its times, responses, metastases, covariates and sizes.

    Raises
    ------
    SearchFailed
        If none were found.
    """
    build = finished.builder(rng, blocks)
    for name in ("tumour_size_mm", "tumour_size_post_mm"):
        build.columns[name] = finished.cohort[name].to_numpy(float)
    return complete(build, finished.covariates, finished.treatment, finished.progression)


def with_covariates(finished: Finished, drawn: Covariates) -> pd.DataFrame:
    """The patients with these grades and performance scores; all other grades are 2."""
    grade = np.where(drawn.grade_1 == 1, "G1", "G2")
    return finished.cohort.assign(grade=grade, kps=drawn.kps)


def complete_around(
    rng: np.random.Generator, blocks: Blocks, finished: Finished, drawn: Covariates
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around covariates; times, treatment, responses and metastases stay, sizes are found anew.

    Raises
    ------
    SearchFailed
        If no sizes were found.
    """
    cohort, build = finished.cohort, finished.builder(rng, blocks)
    scanned = cohort["tumour_size_post_mm"].notna().to_numpy(bool)
    decides = tumour_decides(cohort)
    sizes = find_sizes(rng, blocks, finished.survival, drawn, finished.response, scanned, decides)
    build.columns["tumour_size_mm"], build.columns["tumour_size_post_mm"] = sizes
    yield complete(build, drawn, finished.treatment, finished.progression)
