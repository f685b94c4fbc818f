"""Diversity of an ensemble: what it says of the unprinted, and the effective number of cohorts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.statistics import survival_batch

LANDMARK_MONTHS = 18


def unprinted(ensemble: Ensemble) -> pd.DataFrame:
    """Quantities that the paper does not print, in each cohort.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: survival at fixed times by group, and the hazard ratios of being operated
        on by a landmark and of the operation from its day on; NaN where a cohort has none.
    """
    operated = ensemble.patients["group"] == "surgery"
    found = {}
    for name, years in (("os", 5), ("os", 10), ("pfs", 3)):
        event = ensemble.array(f"{name}_event")
        for group, members in (("surgery", operated), ("PRRT only", ~operated)):
            curve = survival_batch.curves(ensemble.array(f"{name}_years", members), event, np.array([years]))
            found[f"{years}-year {name.upper()}, {group}"] = curve[:, 0]
    table = pd.DataFrame(found, index=ensemble.origin.index)
    landmark = immortal_time.landmark(ensemble.patients, LANDMARK_MONTHS)["hr"]
    over_time = immortal_time.time_dependent(ensemble.patients)["hr"]
    return table.join(landmark.rename(f"landmark HR of surgery, {LANDMARK_MONTHS} months")).join(
        over_time.rename("HR from the day of surgery")
    )


def effective_number(values: pd.Series) -> float:
    """Effective sample size of a quantity over cohorts in the order of their search.

    n (1 - r) / (1 + r) with r the correlation of each cohort with the next, at most n: cohorts that each have a
    start of their own are worth as many as they are, those that walk from one to the next are not. NaN values are left
    out.

    References
    ----------
    Geyer CJ. Practical Markov chain Monte Carlo. Stat Sci 1992;7:473, for an autoregression of order one.

    Examples
    --------
    >>> round(effective_number(pd.Series([1.0, 1.0, 1.0, 5.0, 5.0, 5.0])), 1)
    1.2
    """
    known = values.dropna()
    r = max(0.0, float(known.autocorr(1)))
    return len(known) * (1 - r) / (1 + r)
