"""What the adversary pushes: quantities that no printed number gives, each computed for whole cohorts.

The values are those of :mod:`analysis_lib.analyses` and :mod:`analysis_lib.statistics`, as the chapters compute them.
The kernels of a push have functions of their own, which only steer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time, propensity_weighting
from analysis_lib.base.errors import InputError
from analysis_lib.reconstruction._numba import statement
from analysis_lib.statistics import survival
from analysis_lib.targets.catalogue import GROUPS

#: Values by cohort, NaN where a cohort has none; of cohorts in the schema, with the column ``cohort``.
Values = Callable[[pd.DataFrame], pd.Series]
_SURGERY, _PRRT_ONLY = GROUPS[1:]
#: Quantities by a propensity score: how it is used, one of :data:`propensity_weighting.METHODS`, and what is in it.
SCORES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "weighted_hr": ("iptw", tuple(propensity_weighting.COVARIATES)),
    "adjusted_hr_without_activity": ("covariate", ("grade_1", "kps", "tumour_size_post_mm")),
}


@dataclass(frozen=True)
class Quantity:
    """A quantity that may be pushed.

    Attributes
    ----------
    values
        Computes it.
    moves
        What is moved to push it: ``survival``, ``progression``, ``sizes`` before PRRT, or after it for ``scores``.
    kind, at
        As a :class:`~analysis_lib.reconstruction._numba.statement.Statement` has them, where times are moved.
    ratio
        Whether it is a ratio, which is pushed on the logarithmic scale.
    step, weight
        How far past its value the first goal lies, and what a unit short of the goal counts; on the scale of the push.
    """

    values: Values
    moves: str
    kind: int = statement.NOTHING
    at: float = 0.0
    ratio: bool = True
    step: float = 0.1
    weight: float = 20.0


def _landmark(endpoint: str, months: float, patients: pd.DataFrame) -> pd.Series:
    return immortal_time.landmark(patients, months, endpoint)["hr"]


def _time_dependent(endpoint: str, patients: pd.DataFrame) -> pd.Series:
    return immortal_time.time_dependent(patients, endpoint)["hr"]


def _survival_at(group: str, years: float, patients: pd.DataFrame) -> pd.Series:
    of_group = patients[patients["group"] == group]
    return pd.Series({n: survival.survival_at(c["os_years"], c["os_event"], years)[0] for n, c in _by_cohort(of_group)})


def _restricted_mean(cohort: pd.DataFrame, group: str, years: float) -> float:
    of_group = cohort[cohort["group"] == group]
    try:
        return survival.mean_survival(of_group["os_years"], of_group["os_event"], years).mean
    except ValueError:
        return np.nan


def _restricted_means_apart(years: float, patients: pd.DataFrame) -> pd.Series:
    return pd.Series(
        {
            n: _restricted_mean(c, _SURGERY, years) - _restricted_mean(c, _PRRT_ONLY, years)
            for n, c in _by_cohort(patients)
        }
    )


def _by_score(method: str, covariates: tuple[str, ...], patients: pd.DataFrame) -> pd.Series:
    return np.exp(propensity_weighting.log_hazard_ratios(propensity_weighting.stack(patients, covariates))[method])


def _decreases_apart(patients: pd.DataFrame) -> pd.Series:
    decrease = 100 * (1 - patients["tumour_size_post_mm"] / patients["tumour_size_mm"])
    means = decrease.groupby([patients["cohort"], patients["group"]]).mean().unstack()
    return means[_SURGERY] - means[_PRRT_ONLY]


def _by_cohort(patients: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    return patients[["cohort", "group", "os_years", "os_event"]].groupby("cohort")


def _survival(group: str, years: float) -> Quantity:
    kind = statement.SURVIVAL_OPERATED if group == _SURGERY else statement.SURVIVAL_OTHERS
    return Quantity(partial(_survival_at, group, years), "survival", kind, years, ratio=False, step=0.02, weight=60.0)


def _restricted(years: float) -> Quantity:
    values = partial(_restricted_means_apart, years)
    return Quantity(values, "survival", statement.RESTRICTED_MEANS, years, ratio=False, step=0.08)


#: By id, in the order in which they are searched.
QUANTITIES: Mapping[str, Quantity] = {
    **{
        f"landmark_hr_{months}": Quantity(partial(_landmark, "os", months), "survival", statement.LANDMARK, months / 12)
        for months in (12, 18, 24)
    },
    "time_dependent_hr": Quantity(partial(_time_dependent, "os"), "survival", statement.TIME_DEPENDENT),
    "os_5y_surgery": _survival(_SURGERY, 5.0),
    "os_5y_prrt_only": _survival(_PRRT_ONLY, 5.0),
    "os_10y_surgery": _survival(_SURGERY, 10.0),
    "os_10y_prrt_only": _survival(_PRRT_ONLY, 10.0),
    "rmst_5y_difference": _restricted(5.0),
    "rmst_10y_difference": _restricted(10.0),
    "landmark_hr_18_pfs": Quantity(partial(_landmark, "pfs", 18), "progression", statement.LANDMARK, 1.5),
    "time_dependent_hr_pfs": Quantity(partial(_time_dependent, "pfs"), "progression", statement.TIME_DEPENDENT),
    "shrinkage_difference": Quantity(_decreases_apart, "sizes", ratio=False),
    **{id: Quantity(partial(_by_score, *score), "scores") for id, score in SCORES.items()},
}
#: The two directions of a push, and its sign.
SIDES: Mapping[str, float] = {"low": -1.0, "high": 1.0}


def value(id: str, cohort: pd.DataFrame) -> float:
    """A quantity of one cohort, NaN where it has no value."""
    try:
        return float(QUANTITIES[id].values(cohort.assign(cohort=0)).iloc[0])
    except InputError:
        return np.nan
