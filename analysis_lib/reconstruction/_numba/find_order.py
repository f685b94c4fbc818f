"""Search for who has which value of a covariate, so that its Cox regression fits, by a hot Metropolis walk."""

from __future__ import annotations

import numpy as np

from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import cox_one, cox_yes_no, ratio

# A hazard ratio changes in jumps as patients exchange values, so that its box has few members, each far from the
# next: cooled down, a walk stays where it is.
_TEMPERATURE = 3.0


@njit(nogil=True)
def find_order(
    rng: np.random.Generator,
    years: np.ndarray,
    event: np.ndarray,
    group: np.ndarray,
    x: np.ndarray,
    box: np.ndarray,
    steps: int,
) -> bool:
    """Permute a covariate's values within groups until its own Cox regression of death fits.

    Parameters
    ----------
    years, event
        Shape (n,).
    group
        Shape (n,): patients exchange values within a group, those of group -1 never.
    x
        Shape (n,): the values, permuted in place.
    box
        Shape (3, 4): of the hazard ratio, its limits and p.
    steps
        How many exchanges are tried at most.

    Returns
    -------
    bool
        Whether one was found that fits.
    """
    n = x.size
    order = np.argsort(years, kind="mergesort")
    statistics, fit, accepted = np.zeros(4), np.zeros(2), np.zeros(2)
    energy = np.inf
    yes_no = ((x == 0.0) | (x == 1.0)).all()
    for _ in range(steps):
        i, j = rng.integers(0, n), rng.integers(0, n)
        a, b = x[i], x[j]
        if a == b or group[i] != group[j] or group[i] < 0:
            continue
        x[i], x[j] = b, a
        fit[:] = accepted
        fits = cox_yes_no(years, event, x, order, fit) if yes_no else cox_one(years, event, x, order, fit)
        if fits:
            ratio(fit[0], fit[1], statistics)
        else:
            statistics[:] = np.nan
            fit[0] = 0.0
        proposed = misfit(statistics, box, 0, 4)
        if proposed == 0.0:
            return True
        if proposed <= acceptance_limit(rng, energy, _TEMPERATURE):
            energy = proposed
            accepted[:] = fit
        else:
            x[i], x[j] = a, b
    return False
