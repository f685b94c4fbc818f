"""What the adversary pushes: quantities that no printed number gives, each computed for whole cohorts.

The values are those of :mod:`analysis_lib.analyses` and :mod:`analysis_lib.statistics`, as the chapters compute them.
The kernels of a push have functions of their own, which only steer it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis_lib.analyses import discussion, immortal_time, influence, propensity_weighting, robustness, target_trial
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.reconstruction._numba import statement
from analysis_lib.statistics import binary_cox, survival
from analysis_lib.targets.catalogue import GROUPS

#: Values by cohort, NaN where a cohort has none; of cohorts in the schema, with the column ``cohort``.
Values = Callable[[pd.DataFrame], pd.Series]
_SURGERY, _PRRT_ONLY = GROUPS[1:]
#: Quantities by a propensity score: how it is used, one of :data:`propensity_weighting.METHODS`, and what is in it.
SCORES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "weighted_hr": ("iptw", tuple(propensity_weighting.COVARIATES)),
    "overlap_hr": ("overlap", tuple(propensity_weighting.COVARIATES)),
    "stratified_hr": ("strata", tuple(propensity_weighting.COVARIATES)),
    "adjusted_hr_without_activity": ("covariate", ("grade_1", "kps", "tumour_size_post_mm")),
    "adjusted_hr_activity_and_size": ("covariate", ("prrt_activity_gbq", "tumour_size_post_mm")),
}
_BEFORE = "covariate", ("grade_1", "kps")
# Effective patients of a group; where a weighted ratio is of fewer, one or two of them decide it.
_FEWEST_EFFECTIVE = 5
# What is moved to push survival to the end of a kind.
_MOVES = {"os": "survival", "pfs": "progression"}


@dataclass(frozen=True)
class Quantity:
    """A quantity that may be pushed.

    Attributes
    ----------
    values
        Computes it.
    moves
        What is moved to push it: ``survival``, ``progression``, ``sizes`` before PRRT, or after it for ``scores``;
        or what is drawn anew: ``activity``, grade and performance score as ``covariates``, or all that comes after
        times and sizes as ``columns``.
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

    @property
    def dated(self) -> bool:
        """Whether times of patients are moved, within limits that nobody printed."""
        return self.moves in ("survival", "progression")


def _landmark(endpoint: str, months: float, patients: pd.DataFrame) -> pd.Series:
    return immortal_time.landmark(patients, months, endpoint)["hr"]


def _time_dependent(endpoint: str, patients: pd.DataFrame, what: str = "hr") -> pd.Series:
    return immortal_time.time_dependent(patients, endpoint)[what]


def _early_start(patients: pd.DataFrame) -> pd.Series:
    """Hazard ratio of death of a start of PRRT no later after diagnosis than in the median patient."""
    since = patients["months_since_diagnosis"]
    early = since <= since.groupby(patients["cohort"]).transform("median")
    return binary_cox.cox(patients["cohort"], patients["os_years"], patients["os_event"], early)["hr"]


def _groups(endpoint: str, after: float, until: float, patients: pd.DataFrame) -> pd.Series:
    """Hazard ratio of the groups as they are, from the events after some years and until others."""
    at_risk = patients[patients[f"{endpoint}_years"] > after]
    time = at_risk[f"{endpoint}_years"]
    event = (at_risk[f"{endpoint}_event"] == 1) & (time <= until)
    return binary_cox.cox(at_risk["cohort"], time, event, at_risk["group"] == _SURGERY)["hr"]


def _target_trial(covariates: tuple[str, ...], patients: pd.DataFrame) -> pd.Series:
    return target_trial.emulate(patients, target_trial.GRACE_MONTHS, covariates)["hr"]


def _activity_p(patients: pd.DataFrame) -> pd.Series:
    """P value of activity for death without the patient who died after the first cycle."""
    # Blank in most, which compares with nothing.
    others = patients[~patients["dose_adjustment"].isin(["death"])]
    return influence.univariable(others, ["prrt_activity_gbq"]).set_index("cohort")["p_death"]


def _survival_at(endpoint: str, group: str, years: float, patients: pd.DataFrame) -> pd.Series:
    time, event = f"{endpoint}_years", f"{endpoint}_event"
    by = patients.loc[patients["group"] == group, ["cohort", time, event]].groupby("cohort")
    return pd.Series({n: survival.survival_at(c[time], c[event], years)[0] for n, c in by})


def _restricted_means_apart(years: float, patients: pd.DataFrame) -> pd.Series:
    return robustness.restricted_means(patients, years)["difference"]


def log_ratio_by_score(sample: propensity_weighting.Stack, method: str) -> pd.Series:
    """Log hazard ratios by a way to use the score; NaN where its weights leave fewer than five patients of a group."""
    scores = propensity_weighting.propensity_score(sample)
    found = propensity_weighting.log_hazard_ratios(sample, scores)[method]
    w = propensity_weighting.weights(sample, scores).get(method)
    if w is None:
        return found
    return found.where(propensity_weighting.effective_numbers(sample, w).min(axis=1) >= _FEWEST_EFFECTIVE)


def _by_score(method: str, covariates: tuple[str, ...], patients: pd.DataFrame) -> pd.Series:
    return np.exp(log_ratio_by_score(propensity_weighting.stack(patients, covariates), method))


def _decreases_apart(patients: pd.DataFrame) -> pd.Series:
    decrease = 100 * (1 - patients["tumour_size_post_mm"] / patients["tumour_size_mm"])
    means = decrease.groupby([patients["cohort"], patients["group"]]).mean().unstack()
    return means[_SURGERY] - means[_PRRT_ONLY]


def _survival(endpoint: str, group: str, years: float) -> Quantity:
    kind = statement.SURVIVAL_OPERATED if group == _SURGERY else statement.SURVIVAL_OTHERS
    values = partial(_survival_at, endpoint, group, years)
    return Quantity(values, _MOVES[endpoint], kind, years, ratio=False, step=0.02, weight=60.0)


def _restricted(years: float) -> Quantity:
    values = partial(_restricted_means_apart, years)
    return Quantity(values, "survival", statement.RESTRICTED_MEANS, years, ratio=False, step=0.08)


def _trial(*covariates: str) -> Quantity:
    grace = target_trial.GRACE_MONTHS / MONTHS_PER_YEAR
    return Quantity(partial(_target_trial, covariates), "survival", statement.TARGET_TRIAL, grace)


#: By id, in the order in which they are searched.
QUANTITIES: Mapping[str, Quantity] = {
    **{
        f"landmark_hr_{months}": Quantity(partial(_landmark, "os", months), "survival", statement.LANDMARK, months / 12)
        for months in (12, 18, 24)
    },
    "time_dependent_hr": Quantity(partial(_time_dependent, "os"), "survival", statement.TIME_DEPENDENT),
    # Steered by the ratio itself.
    "time_dependent_upper": Quantity(
        partial(_time_dependent, "os", what="ci_high"), "survival", statement.TIME_DEPENDENT
    ),
    # Both are steered by the trial that is weighted by time alone: covariates come after the times.
    "target_trial_hr": _trial(),
    "target_trial_hr_adjusted": _trial("grade_1", "kps"),
    "hr_until_5y": Quantity(partial(_groups, "os", 0.0, 5.0), "survival", statement.RATIO_UNTIL, 5.0),
    "hr_after_5y": Quantity(partial(_groups, "os", 5.0, np.inf), "survival", statement.RATIO_AFTER, 5.0),
    "os_5y_surgery": _survival("os", _SURGERY, 5.0),
    "os_5y_prrt_only": _survival("os", _PRRT_ONLY, 5.0),
    "os_10y_surgery": _survival("os", _SURGERY, 10.0),
    "os_10y_prrt_only": _survival("os", _PRRT_ONLY, 10.0),
    "rmst_5y_difference": _restricted(5.0),
    "rmst_10y_difference": _restricted(10.0),
    **{
        f"landmark_hr_{months}_pfs": Quantity(
            partial(_landmark, "pfs", months), "progression", statement.LANDMARK, months / 12
        )
        for months in (12, 18, 24)
    },
    "time_dependent_hr_pfs": Quantity(partial(_time_dependent, "pfs"), "progression", statement.TIME_DEPENDENT),
    "hr_pfs": Quantity(partial(_groups, "pfs", 0.0, np.inf), "progression", statement.RATIO_UNTIL, np.inf),
    **{
        f"pfs_{years}y_{group}": _survival("pfs", group, float(years))
        for years in (2, 5)
        for group in (_SURGERY, _PRRT_ONLY)
    },
    "shrinkage_difference": Quantity(_decreases_apart, "sizes", ratio=False),
    **{id: Quantity(partial(_by_score, *score), "scores") for id, score in SCORES.items()},
    "adjusted_hr_grade_and_kps": Quantity(partial(_by_score, *_BEFORE), "covariates"),
    "activity_p_without_early_death": Quantity(_activity_p, "activity"),
    "early_start_hr": Quantity(_early_start, "columns"),
    "without_improvement": Quantity(lambda patients: discussion.without_improvement(patients)["patients"], "columns"),
    "beyond_180_p": Quantity(lambda patients: discussion.contact_reduced_to_180(patients)["p"], "columns"),
}
#: The two directions of a push, and its sign.
SIDES: Mapping[str, float] = {"low": -1.0, "high": 1.0}


def value(id: str, cohort: pd.DataFrame) -> float:
    """A quantity of one cohort, NaN where it has no value."""
    try:
        return float(QUANTITIES[id].values(cohort.assign(cohort=0)).iloc[0])
    except InputError:
        return np.nan
