"""Non-collapsibility: the hazard ratio without adjustment where nothing confounds it."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from analysis_lib.base import checks

# Of the time up to the end of follow-up.
_STEPS = 20_000


def marginal_hazard_ratio(hr: float, prognostic_hr: float, share: float, dead: float) -> float:
    """Marginal Cox hazard ratio of a balanced treatment, given that within levels of a prognostic factor.

    Parameters
    ----------
    hr : float
        Of the treatment, in patients with the factor and in those without.
    prognostic_hr : float
        Of the factor, as frequent in both arms.
    share : float
        Of patients with the factor, between 0 and 1.
    dead : float
        Share of all patients who have died when follow-up ends, between 0 and 1.

    Returns
    -------
    float
        What a Cox model of the treatment alone tends to in ever more patients, with constant hazards, arms of one
        size and everybody followed to the end.

    Raises
    ------
    ValueError
        If a ratio is not positive, or a share is not between 0 and 1.

    References
    ----------
    Struthers CA, Kalbfleisch JD. Biometrika 1986;73:363-369. Greenland S. Epidemiology 1996;7:498-501.

    Examples
    --------
    A treatment that halves the hazard at either level of a strong factor seems to do less.

    >>> round(marginal_hazard_ratio(0.5, 0.1, share=0.5, dead=0.8), 2)
    0.66
    """
    checks.positive("hazard ratio", [hr, prognostic_hr])
    if not (0 < share < 1 and 0 < dead < 1):
        raise ValueError("a share must lie between 0 and 1")
    hazards = np.array([[1.0, prognostic_hr], [hr, hr * prognostic_hr]])  # by arm and factor
    sizes = np.array([1 - share, share])

    def alive(time: np.ndarray | float) -> np.ndarray:
        """Survival by arm, shape (2, times)."""
        return np.einsum("f,aft->at", sizes, np.exp(-hazards[:, :, None] * np.atleast_1d(time)))

    last = -np.log(1 - dead) / hazards.min()
    end = optimize.brentq(lambda t: 1 - alive(t).mean() - dead, 0, last)
    survival = alive(np.linspace(0, end, _STEPS + 1))
    deaths, at_risk = -np.diff(survival), (survival[:, 1:] + survival[:, :-1]) / 2

    def score(log_ratio: float) -> float:
        expected = np.exp(log_ratio) * at_risk[1] / (np.exp(log_ratio) * at_risk[1] + at_risk[0])
        return float(deaths[1].sum() - (deaths.sum(axis=0) * expected).sum())

    return float(np.exp(optimize.brentq(score, -20, 20)))
