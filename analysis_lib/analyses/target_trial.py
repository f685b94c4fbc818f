"""Target trial emulation by cloning, censoring and weighting: surgery within some months against none.

Each patient enters both arms at the start of PRRT, as a copy in each, so that no arm is credited with
time that its patients had to survive. A copy leaves its arm when the patient departs from it: at the
operation in the arm without, at the end of the period in the arm with surgery if there was none. Those
who stay are weighted by the inverse of the probability of staying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.analyses import immortal_time
from analysis_lib.analyses.propensity_weighting import column_of, values_of
from analysis_lib.base.checks import Floats
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.statistics import binary_cox, weighted_regression
from analysis_lib.statistics.near_ties import merge_near_ties

#: Within which surgery counts as the first arm's, where nothing else is asked: after the paper's third quartile of the
#: time to surgery, when it had mostly been done.
GRACE_MONTHS = 24.0
HORIZON_YEARS = 5.0
NO_WEIGHTS = "the probability of staying in an arm has no finite estimate"


def emulate(frame: pd.DataFrame, months: float, covariates: Sequence[str] = ()) -> pd.DataFrame:
    """Emulate a target trial of surgery within ``months`` against no surgery within them, for death.

    Parameters
    ----------
    frame : pandas.DataFrame
        One or more cohorts in the schema.
    months : float
        The period in which surgery counts as the first arm's, from the start of PRRT; later operations are
        part of the second arm.
    covariates
        Columns known at the start on which the probability of staying depends; ``grade_1`` is made of
        ``grade``. None: it depends on time alone. Patients in whom one is blank are left out.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: ``hr`` of surgery, by a weighted Cox model; ``alive_surgery`` and
        ``alive_without``, weighted Kaplan–Meier at :data:`HORIZON_YEARS`; ``reason``, blank or why there is
        no ratio. NaN where the weights have no finite estimate.

    Raises
    ------
    InputError
        If a column is missing, or the time of an operation is not known.

    Notes
    -----
    In the arm with surgery all who leave do so at the end of the period, and staying is modelled by logistic
    regression in those alive then. In the arm without, the hazard of surgery is modelled by Cox regression
    with Breslow's baseline. It is assumed that everybody could have had either, and that who was operated on
    when depends on nothing but these covariates.

    References
    ----------
    Hernán MA. BMJ 2018;360:k182. Maringe C, et al. Int J Epidemiol 2020;49:1719-1729.

    Examples
    --------
    Transplantation within two months, in the Stanford programme.

    >>> hearts = pd.read_csv("data/examples/stanford.csv")
    >>> emulate(hearts, months=2)[["hr", "alive_surgery", "alive_without"]].round(2).iloc[0].tolist()
    [0.91, 0.16, 0.13]
    """
    sample = _arrange(frame, months, covariates)
    arms = {"without": _arm_without(sample), "surgery": _arm_with(sample)}
    cohort = np.nonzero(sample.died)[0]
    at_risk, events = (
        np.stack([getattr(arm, name)[sample.died] for arm in arms.values()], axis=1) for name in ("at_risk", "events")
    )
    # Without weights for all a cohort has no ratio, as if it had no events.
    known = np.bincount(cohort, ~np.isfinite(at_risk).all(axis=1), len(sample.labels)) == 0
    at_risk, events = (np.where(known[cohort, None], values, 0) for values in (at_risk, events))
    tables = binary_cox.RiskTables(sample.labels, cohort, sample.time[sample.died], at_risk, events)
    found = binary_cox.fit(tables)[["hr", "reason"]]
    for name, arm in arms.items():
        found[f"alive_{name}"] = np.where(known, _alive(sample, arm), np.nan)
    found.loc[~known, "reason"] = NO_WEIGHTS
    return found


@dataclass(frozen=True, eq=False)
class _Sample:
    """Cohorts side by side, shape (m, n) or (m, n, k); in places that no patient takes, ``there`` is False.

    ``left`` is when the patient leaves the arm without surgery, infinite if never; ``beyond``, whether the patient is
    under observation past the period.
    """

    labels: NDArray
    there: NDArray[np.bool_]
    time: Floats
    died: NDArray[np.bool_]
    left: Floats
    beyond: NDArray[np.bool_]
    covariates: Floats


@dataclass(frozen=True, eq=False)
class _Arm:
    """At each patient's last time: the weights at risk, and that of a death there, 0 if out of the arm by then."""

    at_risk: Floats
    events: Floats


def _arrange(frame: pd.DataFrame, months: float, covariates: Sequence[str]) -> _Sample:
    columns = [column_of(name) for name in covariates]
    for column in columns:
        if column not in frame:
            raise InputError("is needed for the probability of surgery", column=column)
    frame = frame.dropna(subset=columns).reset_index(drop=True)
    key = ["cohort", "patient"]
    frame = frame if "cohort" in frame else frame.assign(cohort=0)
    rows = immortal_time.counting_process(frame)
    each = rows.groupby(key).agg(time=("stop_years", "max"), died=("event", "max")).reset_index()
    begun = rows[rows["operated"] == 1].set_index(key)["start_years"].rename("surgery")
    each = each.join(begun, on=key).merge(frame[[*key, *columns]], on=key)
    time, surgery = each["time"].to_numpy(float), each["surgery"].fillna(np.inf).to_numpy(float)
    time, surgery, end = merge_near_ties(
        np.r_[time, surgery, np.full(len(time), months / MONTHS_PER_YEAR)], np.tile(each["cohort"], 3)
    ).reshape(3, -1)
    labels, row = np.unique(each["cohort"], return_inverse=True)
    place = each.groupby("cohort").cumcount().to_numpy()

    def spread(column: ArrayLike, empty: float | bool = 0.0) -> NDArray:
        filled = np.full((labels.size, place.max() + 1), empty)
        filled[row, place] = column
        return filled

    values = [spread(values_of(each, name)) for name in covariates]
    there = spread(True, False)
    return _Sample(
        labels,
        there,
        spread(time),
        spread(each["died"] == 1, False),
        spread(np.where(surgery <= end, surgery, np.inf), np.inf),
        spread(time > end, False),
        np.stack(values, axis=2) if values else np.zeros((*there.shape, 0)),
    )


def _arm_without(sample: _Sample) -> _Arm:
    """The arm without surgery: a copy leaves it at the operation, with the hazard of a Cox model."""
    operated, stop = np.isfinite(sample.left), np.minimum(sample.time, sample.left)
    x = sample.covariates
    beta = np.zeros(x[:, 0].shape)
    if x.shape[2]:
        beta = weighted_regression.cox(stop, operated, x, sample.there.astype(float)).coef
    relative = sample.there * np.exp(np.einsum("mnk,mk->mn", x, beta))
    # At each operation, then summed over those before each patient's last time.
    step = operated / np.where(operated, ((stop[:, None, :] >= stop[:, :, None]) * relative[:, None, :]).sum(axis=2), 1)
    hazard = ((sample.left[:, None, :] < sample.time[:, :, None]) * step[:, None, :]).sum(axis=2)
    weight = sample.there[:, None, :] * np.exp(hazard[:, :, None] * relative[:, None, :])
    at_risk = ((stop[:, None, :] >= sample.time[:, :, None]) * weight).sum(axis=2)
    return _Arm(at_risk, sample.died * ~operated * np.exp(hazard * relative))


def _arm_with(sample: _Sample) -> _Arm:
    """The arm with surgery: a copy without leaves it at the end of the period, by a logistic model."""
    operated, x = np.isfinite(sample.left), sample.covariates
    beyond = sample.beyond.astype(float)
    if x.shape[2]:
        stay = weighted_regression.probabilities(weighted_regression.logistic(x, operated, beyond), x)
    else:
        stay = ((beyond * operated).sum(axis=1) / beyond.sum(axis=1))[:, None]
    stay = np.divide(operated, stay, out=np.zeros_like(beyond), where=sample.beyond)
    alive = sample.time[:, None, :] >= sample.time[:, :, None]
    early = (alive * sample.there[:, None, :]).sum(axis=2)
    late = (alive * stay[:, None, :]).sum(axis=2)
    return _Arm(np.where(sample.beyond, late, early), sample.died * np.where(sample.beyond, stay, 1.0))


def _alive(sample: _Sample, arm: _Arm) -> Floats:
    """Weighted Kaplan–Meier estimate at the horizon, shape (m,)."""
    soon = sample.died & (sample.time <= HORIZON_YEARS)
    tied = (sample.time[:, None, :] == sample.time[:, :, None]) & soon[:, None, :] & soon[:, :, None]
    events = (tied * arm.events[:, None, :]).sum(axis=2)
    share = np.divide(events, arm.at_risk, out=np.zeros_like(events), where=events > 0)
    with np.errstate(divide="ignore"):
        # Tied deaths are one step, taken in as many parts.
        steps = np.where(soon, np.log1p(-share) / np.maximum(tied.sum(axis=2), 1), 0)
    return np.exp(steps.sum(axis=1))
