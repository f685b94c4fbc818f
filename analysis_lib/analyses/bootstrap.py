"""Limits of adjusted hazard ratios from samples redrawn, in each of which the whole analysis is repeated.

The work is cut into pieces, each with some redrawn samples of one cohort and with random numbers of its own:
however many processes share them, the results are the same, and none needs the memory for all samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis_lib.analyses import propensity_weighting
from analysis_lib.analyses.propensity_weighting import Stack
from analysis_lib.base import parallel
from analysis_lib.base.errors import InputError

# Samples of a piece: enough that NumPy's calls are no cost, in a few dozen megabytes at most.
PIECE = 250
COHORTS = 8
FEWEST_DEATHS = 10
MOST_PATIENTS = 2000


def few(sample: Stack) -> Stack:
    """At most :data:`COHORTS` of the cohorts, spread evenly, after a look whether they can be redrawn.

    Raises
    ------
    InputError
        If one of them has fewer deaths than :data:`FEWEST_DEATHS`, or more patients than
        :data:`MOST_PATIENTS`.
    """
    chosen = sample.rows(np.unique(np.linspace(0, len(sample.labels) - 1, COHORTS).round().astype(int)))
    deaths = int((chosen.event * chosen.counts).sum(axis=1).min())
    if deaths < FEWEST_DEATHS:
        raise InputError(f"{deaths} deaths are too few to redraw patients from")
    if (size := int(chosen.counts.sum(axis=1).max())) > MOST_PATIENTS:
        raise InputError(f"to redraw {size:,} patients so often would take too long")
    return chosen


def log_ratios(sample: Stack, times: int, seed: int, jobs: int = 1, scheduler: str = "") -> pd.DataFrame:
    """Log hazard ratios of each cohort redrawn ``times`` times, the score fitted anew in each.

    Parameters
    ----------
    sample
        m cohorts.
    times
        Whole blocks of :data:`PIECE` keep their draws if more are asked for.
    seed
        Of all random numbers, from 0.
    jobs, scheduler
        Where the pieces are done, as in :func:`workers.each`.

    Returns
    -------
    pandas.DataFrame
        m × ``times`` rows, those of a cohort together, as :func:`adjustment.log_ratios` gives them.

    Raises
    ------
    InputError
        As :func:`workers.each`.

    References
    ----------
    Efron B, Tibshirani RJ. An introduction to the bootstrap. Chapman & Hall 1993.
    """
    pieces = [
        _Piece(sample.rows([row]), min(PIECE, times - first), (seed, row, first))
        for row in range(len(sample.labels))
        for first in range(0, times, PIECE)
    ]
    found = {piece.seeds: ratios for piece, ratios in parallel.each(_ratios, pieces, jobs, scheduler)}
    return pd.concat([found[piece.seeds] for piece in pieces])


def limits(drawn: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lower and upper 95% limits, as the paper's, of each cohort: percentiles of what was redrawn.

    Parameters
    ----------
    drawn
        As :func:`log_ratios` gives it, or the ratios themselves; samples without an estimate are left out.

    Returns
    -------
    tuple of pandas.DataFrame
        One row a cohort, in ``drawn``'s columns; NaN where no sample has an estimate.
    """
    by_cohort = drawn.groupby(level=0)
    return by_cohort.quantile(0.025), by_cohort.quantile(0.975)


def resampled(sample: Stack, times: int, rng: np.random.Generator) -> Stack:
    """Each sample ``times`` times, its patients drawn with replacement; rows of one sample together."""
    several = sample.rows(np.repeat(np.arange(len(sample.labels)), times))
    size = several.counts.sum(axis=1)
    counts = rng.multinomial(size.astype(int), several.counts / size[:, None])
    return replace(several, counts=counts.astype(float))


@dataclass(frozen=True, eq=False)
class _Piece:
    sample: Stack
    times: int
    seeds: tuple[int, int, int]


def _ratios(piece: _Piece) -> pd.DataFrame:
    rng = np.random.default_rng(piece.seeds)
    return propensity_weighting.log_ratios(resampled(piece.sample, piece.times, rng))
