"""Whether a hazard ratio of a yes or no stays the same over time, for many cohorts at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib.base.errors import InputError
from analysis_lib.statistics import binary_cox


def test(cohort, time, event, exposed, transform: Callable = np.log) -> pd.DataFrame:
    """Score test for a log hazard ratio that changes with a function of time.

    Parameters
    ----------
    cohort, time, event, exposed : array_like, shape (n,)
        As :func:`batch.risk_tables`, everyone at risk from the beginning.
    transform
        Of the times of events, elementwise.

    Returns
    -------
    pandas.DataFrame
        Indexed by cohort: ``chi2`` with one degree of freedom, ``p``, and ``slope``: the change of the
        log hazard ratio for each unit of the transformed time, by one step of Newton's method. NaN
        where the ratio has no finite estimate.

    Raises
    ------
    InputError
        If no cohort has an estimate.

    References
    ----------
    Grambsch PM, Therneau TM. Biometrika 1994;81:515-526; in the form of R's ``cox.zph`` since
    survival 3.0, a score test, for Breslow ties.
    """
    always = np.full(np.size(time), -np.inf)
    fits = binary_cox.cox(cohort, always, time, event, exposed)
    if (fits["reason"] != "").all():
        raise InputError(fits["reason"].iat[0])
    tables = binary_cox.risk_tables(cohort, always, time, event, exposed)
    risk = tables.at_risk[:, 1] * np.exp(fits["coef"].to_numpy())[tables.cohort]
    share = risk / (tables.at_risk[:, 0] + risk)
    events = tables.events.sum(axis=1)
    residual, variance = tables.events[:, 1] - events * share, events * share * (1 - share)
    g = transform(tables.time)
    score, v, vg, vgg = (
        np.bincount(tables.cohort, weights=x, minlength=len(fits))
        for x in (g * residual, variance, g * variance, g * g * variance)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        information = vgg - vg**2 / v
        information[~(information > 1e-9 * vgg)] = np.nan
        chi2 = score**2 / information
    found = {"chi2": chi2, "p": stats.chi2.sf(chi2, 1), "slope": score / information}
    return pd.DataFrame(found, index=fits.index)
