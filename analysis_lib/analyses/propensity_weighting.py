"""Propensity-score analyses of a hazard ratio: covariate, strata and weights, for many samples at once.

A stack holds samples side by side, one row a sample and one column a patient, with a count of how
often the patient is there: 1 in a cohort, 0 where a cohort is smaller than the largest or a value
is missing, any whole number in a bootstrap. The score is fitted anew in every row, so that a
bootstrap repeats the whole analysis and not its last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.base.checks import Floats, Integers
from analysis_lib.base.errors import InputError
from analysis_lib.statistics import weighted_regression
from analysis_lib.statistics.near_ties import merge_near_ties

# Of the score, within each of which the stratified model compares.
STRATA = 3
# Below so many patients in each, a stratum compares next to nobody, and there is no estimate.
FEWEST_IN_STRATUM = 8
# As cut, scores that differ by less are one: the last digits of a fit are not the same everywhere.
_SCORE_DIGITS = 9

METHODS: Mapping[str, str] = {
    "crude": "none",
    "covariate": "score as a covariate, as in the paper",
    "strata": f"{STRATA} strata of the score",
    "iptw": "inverse probability weights",
    "overlap": "overlap weights",
}
COVARIATES: Mapping[str, str] = {
    "grade_1": "grade 1",
    "kps": "performance score",
    "prrt_activity_gbq": "cumulative activity",
    "tumour_size_post_mm": "size after PRRT",
}


@dataclass(frozen=True, eq=False)
class Stack:
    """Samples of patients side by side, complete in all covariates.

    Attributes
    ----------
    labels : ndarray, shape (m,)
        The cohorts' numbers.
    names : tuple of str
        The k covariates.
    time, event, treated, counts : ndarray, shape (m, n)
        ``counts`` is how often a patient is in the sample; the rest means nothing where it is 0.
    covariates : ndarray, shape (m, n, k)
    """

    labels: NDArray
    names: tuple[str, ...]
    time: Floats
    event: Floats
    treated: Floats
    counts: Floats
    covariates: Floats

    def rows(self, chosen: ArrayLike) -> Stack:
        """Select samples by position or mask, in this order; a sample may be repeated."""
        at = np.asarray(chosen)
        return replace(self, **{name: getattr(self, name)[at] for name in _ARRAYS})


_ARRAYS = ("labels", "time", "event", "treated", "counts", "covariates")


def column_of(covariate: str) -> str:
    """The schema's column that a covariate is made of: ``grade_1`` of ``grade``, any other of its own."""
    return "grade" if covariate == "grade_1" else covariate


def values_of(patients: pd.DataFrame, covariate: str) -> pd.Series:
    """A covariate of patients who have its column."""
    return patients["grade"] == "G1" if covariate == "grade_1" else patients[covariate]


def stack(patients: pd.DataFrame, names: Sequence[str] = tuple(COVARIATES)) -> Stack:
    """Arrange cohorts side by side.

    Parameters
    ----------
    patients
        One row a patient, in the schema's columns; ``grade_1`` is made of ``grade``.
    names
        Covariates; patients who lack one are left out, as SPSS and R leave them out.

    Returns
    -------
    Stack

    Raises
    ------
    InputError
        If a column is missing, or a cohort has one group, no events, or nobody without gaps.

    Examples
    --------
    Of 228 patients of the trial of lung cancer in `data/examples`, one has no performance score.

    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> stack(lung, ["age_years", "kps"]).covariates.shape
    (1, 227, 2)
    """
    columns = [column_of(name) for name in names]
    for column in ("os_years", "os_event", *columns):
        if column not in patients:
            raise InputError(f"there is no column {column!r}")
    kept = patients[patients[columns].notna().all(axis=1)]
    if kept.empty:
        raise InputError("no patient has all of " + ", ".join(COVARIATES.get(n, n) for n in names))
    labels, row = np.unique(kept["cohort"].to_numpy(), return_inverse=True)
    column = kept.groupby("cohort").cumcount().to_numpy()
    shape = (labels.size, int(column.max()) + 1)

    def spread(series: pd.Series) -> Floats:
        filled = np.zeros(shape)
        filled[row, column] = series.to_numpy(float)
        return filled

    treated = spread(kept["group"] == "surgery")
    counts = spread(pd.Series(1.0, kept.index))
    event = spread(kept["os_event"])
    found = Stack(
        labels,
        tuple(names),
        spread(pd.Series(merge_near_ties(kept["os_years"], kept["cohort"]), kept.index)),
        event,
        treated,
        counts,
        np.stack([spread(values_of(kept, name)) for name in names], axis=2),
    )
    if (np.minimum(treated.sum(axis=1), counts.sum(axis=1) - treated.sum(axis=1)) == 0).any():
        raise InputError("all patients of a cohort are of one group")
    if (event.sum(axis=1) == 0).any():
        raise InputError("nobody in a cohort died")
    return found


def propensity_score(sample: Stack, firth: bool = False) -> Floats:
    """Propensity scores from a logistic model in each sample, shape (m, n).

    NaN in a row whose covariates separate the groups, or do to the last digit of somebody's score: of 0 or 1 there is
    no weight.

    References
    ----------
    Rosenbaum PR, Rubin DB. Biometrika 1983;70:41-55.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> propensity_score(stack(lung, ["age_years", "kps"]))[0, :3].round(3).tolist()
    [0.316, 0.354, 0.435]
    """
    fits = weighted_regression.logistic(sample.covariates, sample.treated, sample.counts, firth=firth)
    scores = weighted_regression.probabilities(fits, sample.covariates)
    inside = ((scores > 0) & (scores < 1)) | (sample.counts == 0)
    return np.where(inside.all(axis=1, keepdims=True), scores, np.nan)


def weights(sample: Stack, scores: Floats) -> dict[str, Floats]:
    """Inverse-probability (stabilised) and overlap weights, each of shape (m, n); those of nobody are 0.

    References
    ----------
    Inverse probability, stabilised: Robins JM, Hernán MA, Brumback B. Epidemiology 2000;11:550-560.
    Overlap: Li F, Morgan KL, Zaslavsky AM. J Am Stat Assoc 2018;113:390-400.

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> sample = stack(lung, ["age_years", "kps"])
    >>> {name: w[0, :2].round(3).tolist() for name, w in weights(sample, propensity_score(sample)).items()}
    {'iptw': [0.882, 0.934], 'overlap': [0.316, 0.354]}
    """
    there, treated = sample.counts, sample.treated
    share = ((there * treated).sum(axis=1) / there.sum(axis=1))[:, None]
    # Places that nobody takes must not divide by a score of 0 or 1.
    scores = np.where(there > 0, scores, 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(treated == 1, share / scores, (1 - share) / (1 - scores))
    overlap = np.where(treated == 1, 1 - scores, scores)
    return {"iptw": there * inverse, "overlap": there * overlap}


def strata(sample: Stack, scores: Floats) -> Integers:
    """Propensity-score strata: in which of :data:`STRATA` equal parts of its sample a score lies, shape (m, n)."""
    # Who is not there comes last.
    cut = np.where(sample.counts > 0, np.round(scores, _SCORE_DIGITS), 2.0)
    order = np.argsort(cut, axis=1, kind="stable")
    ordered, counts = (np.take_along_axis(a, order, axis=1) for a in (cut, sample.counts))
    upto = np.cumsum(counts, axis=1)
    new = np.diff(ordered, axis=1, prepend=-1.0) != 0
    # Equal scores share the middle of their ranks, and so the stratum.
    start = np.maximum.accumulate(np.where(new, upto - counts, 0.0), axis=1)
    ends = np.roll(new, -1, axis=1)
    ends[:, -1] = True
    end = np.minimum.accumulate(np.where(ends, upto, np.inf)[:, ::-1], axis=1)[:, ::-1]
    part = np.floor(STRATA * ((start + end) / 2) / upto[:, -1:]).astype(int)
    found = np.empty_like(part)
    np.put_along_axis(found, order, np.clip(part, 0, STRATA - 1), axis=1)
    return found


def log_hazard_ratios(sample: Stack, scores: Floats | None = None) -> pd.DataFrame:
    """Log hazard ratios of surgery by each way of using the propensity score.

    Parameters
    ----------
    sample
        m samples.
    scores
        As :func:`propensity_score` gives them, which is called if there are none.

    Returns
    -------
    pandas.DataFrame
        m rows, a column each of :data:`METHODS`; NaN where a method has no finite estimate.

    References
    ----------
    Austin PC. Multivariate Behav Res 2011;46:399-424.

    Examples
    --------
    Women against men with lung cancer.

    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> ratios = np.exp(log_hazard_ratios(stack(lung, ["age_years", "kps"])))
    >>> ratios.round(3).to_dict("records")
    [{'crude': 0.592, 'covariate': 0.601, 'strata': 0.556, 'iptw': 0.604, 'overlap': 0.605}]
    """
    scores = propensity_score(sample) if scores is None else scores
    known = np.isfinite(np.where(sample.counts > 0, scores, 0.0)).all(axis=1)
    found = pd.DataFrame(np.nan, range(len(sample.labels)), list(METHODS))
    exposure = sample.treated[:, :, None]
    found["crude"] = weighted_regression.cox(sample.time, sample.event, exposure, sample.counts).coef[:, 0]
    found.index = pd.Index(sample.labels, name="cohort")
    if not known.any():
        return found
    some, its = sample.rows(known), scores[known]
    times, exposure = (some.time, some.event), some.treated[:, :, None]
    both = np.stack([some.treated, its], axis=2)
    by_weight = weights(some, its)
    found.loc[known, "covariate"] = weighted_regression.cox(*times, both, some.counts).coef[:, 0]
    stratified = weighted_regression.cox(*times, exposure, some.counts, strata(some, its)).coef[:, 0]
    enough = some.counts.sum(axis=1) >= FEWEST_IN_STRATUM * STRATA
    found.loc[known, "strata"] = np.where(enough, stratified, np.nan)
    for name, w in by_weight.items():
        found.loc[known, name] = weighted_regression.cox(*times, exposure, w).coef[:, 0]
    return found


def effective_numbers(sample: Stack, w: Floats) -> Floats:
    """Effective numbers of patients that weights (m, n) leave in each group, surgery first; shape (m, 2).

    References
    ----------
    Kish L. Survey Sampling. Wiley 1965.
    """
    members = np.stack([sample.treated, 1 - sample.treated], axis=2) * w[:, :, None]
    return members.sum(axis=1) ** 2 / (members**2).sum(axis=1)


def standardised_differences(sample: Stack, w: Floats | None = None) -> Floats:
    """Standardised mean differences of the covariates, surgery less no surgery, shape (m, k).

    Parameters
    ----------
    w
        Weights, shape (m, n); none by default. The SD is that without weights.

    References
    ----------
    Austin PC. Stat Med 2009;28:3083-3107.

    Examples
    --------
    Overlap weights leave no difference.

    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> sample = stack(lung, ["age_years", "kps"])
    >>> standardised_differences(sample).round(3).tolist()
    [[-0.252, 0.023]]
    >>> overlap = weights(sample, propensity_score(sample))["overlap"]
    >>> bool((np.abs(standardised_differences(sample, overlap)) < 1e-9).all())
    True
    """
    w = sample.counts if w is None else w
    means, spreads = [], []
    for side in (1, 0):
        mine = np.where(sample.treated == side, w, 0.0)[:, :, None]
        means.append((mine * sample.covariates).sum(axis=1) / mine.sum(axis=1))
        there = np.where(sample.treated == side, sample.counts, 0.0)[:, :, None]
        n = there.sum(axis=1)
        mean = (there * sample.covariates).sum(axis=1) / n
        squares = (there * (sample.covariates - mean[:, None, :]) ** 2).sum(axis=1)
        # A yes or no has no use for n − 1.
        yes_no = np.isin(sample.covariates, (0, 1)).all(axis=(0, 1))
        spreads.append(squares / np.where(yes_no, n, n - 1))
    return (means[0] - means[1]) / np.sqrt((spreads[0] + spreads[1]) / 2)
