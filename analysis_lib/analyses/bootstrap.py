"""Bootstrap limits of adjusted hazard ratios, the whole analysis repeated in each resample.

The work is cut into pieces, each with some resamples of one cohort and with random numbers of its own: however many
processes share them, the results are the same, and none needs the memory for all samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis_lib.analyses import propensity_weighting
from analysis_lib.analyses.propensity_weighting import Stack
from analysis_lib.base import parallel

# Samples of a piece: enough that NumPy's calls are no cost, in a few dozen megabytes at most.
PIECE = 250
COHORTS = 8


def select_cohorts(sample: Stack) -> Stack:
    """Select at most :data:`COHORTS` of the cohorts, spread evenly.

    Parameters
    ----------
    sample
        m cohorts.

    Returns
    -------
    Stack

    Examples
    --------
    Forty times the trial of lung cancer in `data/examples`.

    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> forty = pd.concat([lung.assign(cohort=k) for k in range(40)])
    >>> select_cohorts(propensity_weighting.stack(forty, ["age_years"])).labels.tolist()
    [0, 6, 11, 17, 22, 28, 33, 39]
    """
    return sample.rows(np.unique(np.linspace(0, len(sample.labels) - 1, COHORTS).round().astype(int)))


def log_hazard_ratios(sample: Stack, times: int, seed: int, jobs: int = 1, scheduler: str = "") -> pd.DataFrame:
    """Bootstrap log hazard ratios: each cohort resampled ``times`` times, the score fitted anew in each.

    Parameters
    ----------
    sample
        m cohorts.
    times
        Whole blocks of :data:`PIECE` keep their draws if more are asked for.
    seed
        Of all random numbers, from 0.
    jobs, scheduler
        Where the pieces are done, as in :func:`parallel.each`.

    Returns
    -------
    pandas.DataFrame
        m × ``times`` rows, those of a cohort together, as :func:`propensity_weighting.log_hazard_ratios` gives them.

    Raises
    ------
    InputError
        As :func:`parallel.each`.

    References
    ----------
    Efron B, Tibshirani RJ. An introduction to the bootstrap. Chapman & Hall 1993.

    Examples
    --------
    Women against men with lung cancer, adjusted for age and performance score.

    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> sample = propensity_weighting.stack(lung, ["age_years", "kps"])
    >>> log_hazard_ratios(sample, times=3, seed=1)["covariate"].round(3).tolist()
    [-0.42, -0.606, -0.479]
    """
    pieces = [
        _Piece(sample.rows([row]), min(PIECE, times - first), (seed, row, first))
        for row in range(len(sample.labels))
        for first in range(0, times, PIECE)
    ]
    found = {piece.seeds: ratios for piece, ratios in parallel.each(_ratios, pieces, jobs, scheduler)}
    return pd.concat([found[piece.seeds] for piece in pieces])


def percentile_limits(drawn: pd.DataFrame, confidence: float = 0.95) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Percentile limits of each cohort, from its bootstrap ratios.

    Parameters
    ----------
    drawn
        As :func:`log_hazard_ratios` gives it, or the ratios themselves; resamples without an estimate are left out.
    confidence
        By default the paper's.

    Returns
    -------
    tuple of pandas.DataFrame
        Lower and upper limits: one row a cohort, in ``drawn``'s columns; NaN where no resample has an estimate.

    Examples
    --------
    >>> drawn = pd.DataFrame({"crude": range(41)}, index=[7] * 41)
    >>> low, high = percentile_limits(drawn)
    >>> float(low.loc[7, "crude"]), float(high.loc[7, "crude"])
    (1.0, 39.0)
    """
    # Rounded, so that a limit at a whole rank is the value of that rank.
    tail = round((1 - confidence) / 2, 12)
    by_cohort = drawn.groupby(level=0)
    return by_cohort.quantile(tail), by_cohort.quantile(1 - tail)


def resample(sample: Stack, times: int, rng: np.random.Generator) -> Stack:
    """Draw each sample's patients with replacement ``times`` times; rows of one sample together."""
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
    return propensity_weighting.log_hazard_ratios(resample(piece.sample, piece.times, rng))
