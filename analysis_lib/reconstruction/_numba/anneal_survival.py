"""Search for times of death and last follow-up, by simulated annealing."""

from __future__ import annotations

import numpy as np

from analysis_lib.reconstruction._numba.annealing import acceptance_limit, misfit
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import cox_yes_no, ratio
from analysis_lib.reconstruction._numba.tests_and_curves import (
    kaplan_meier_fall,
    log_rank_p,
    median_survival,
    quantile,
    resort,
    subset,
)
from analysis_lib.targets.time_unit import Clock

# Places of the statistics: medians with limits of all, the operated and the others, the log-rank test,
# the hazard ratio of surgery with limits and p, and the median and quartiles of follow-up.
OS_ALL, OS_OPERATED, OS_OTHERS, LOG_RANK_P, HAZARD_RATIO, FOLLOW_UP = 0, 3, 6, 9, 10, 14
SURVIVAL_STATISTICS = 17
# Readings of the median follow-up: of all observed times, by the reverse Kaplan–Meier method, of survivors.
OBSERVED, REVERSE_KAPLAN_MEIER, SURVIVORS = 0, 1, 2
# Of follow-up: median, first and third quartile.
_SHARES = (0.5, 0.25, 0.75)


@njit
def survival_statistics(
    years: np.ndarray, event: np.ndarray, operated: np.ndarray, follow_up: int, rule: float, out: np.ndarray
) -> None:
    """All statistics of overall survival, in the places of this module.

    Parameters
    ----------
    years, event, operated
        Shape (n,).
    follow_up
        Which reading of it, such as :data:`OBSERVED`.
    rule
        Of its quartiles, as :func:`tests_and_curves.quantile` has it.
    out
        Shape (17,), filled.
    """
    order = np.argsort(years)
    _curves(years, event, operated, order, follow_up, rule, out)
    _hazard_ratio(years, event, operated, order, np.zeros(2), out)


@njit
def _hazard_ratio(
    years: np.ndarray, event: np.ndarray, operated: np.ndarray, order: np.ndarray, fit: np.ndarray, out: np.ndarray
) -> None:
    """Cox regression of surgery; ``fit`` (2,) is where Newton's method starts, and ends."""
    if cox_yes_no(years, event, operated, order, fit):
        ratio(fit[0], fit[1], out[HAZARD_RATIO:FOLLOW_UP])
    else:
        out[HAZARD_RATIO:FOLLOW_UP] = np.nan
        fit[:] = 0.0


@njit
def _curves(
    years: np.ndarray,
    event: np.ndarray,
    operated: np.ndarray,
    order: np.ndarray,
    follow_up: int,
    rule: float,
    out: np.ndarray,
) -> None:
    """What of :func:`survival_statistics` needs no regression; ``order`` is ascending by time."""
    median_survival(years, event, order, out[OS_ALL:OS_OPERATED])
    median_survival(years, event, subset(order, operated), out[OS_OPERATED:OS_OTHERS])
    median_survival(years, event, subset(order, ~operated), out[OS_OTHERS:LOG_RANK_P])
    out[LOG_RANK_P] = log_rank_p(years, event, operated, order)
    if follow_up == REVERSE_KAPLAN_MEIER:
        for q in range(3):
            out[FOLLOW_UP + q] = kaplan_meier_fall(years, 1 - event, order, 1.0 - _SHARES[q])[0]
        return
    ordered = years[subset(order, event == 0) if follow_up == SURVIVORS else order]
    for q in range(3):
        out[FOLLOW_UP + q] = quantile(ordered, _SHARES[q], rule)


@njit
def propose_day(
    rng: np.random.Generator,
    day: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    operated: np.ndarray,
    days_per_year: float,
    box: np.ndarray,
    i: int,
) -> int:
    """Another day for patient ``i``; the same where a move is not possible."""
    kind = rng.random()
    if kind < 0.25:
        return rng.integers(low[i], high[i] + 1)
    if kind < 0.3:
        # A median is some patient's own time.
        aim = OS_ALL if rng.random() < 0.5 else (OS_OPERATED if operated[i] else OS_OTHERS)
        years = box[0, aim] + rng.random() * (box[1, aim] - box[0, aim])
        return round(years * days_per_year) if 0.0 < years < 100.0 else day[i]
    if kind < 0.45:
        # Only the order of times moves hazard ratios: step just past another patient.
        return day[rng.integers(0, day.size)] + (1 if rng.random() < 0.5 else -1) * rng.integers(1, 15)
    return day[i] + round(rng.standard_normal() * 10 ** (3 * rng.random()))


@njit(nogil=True)
def anneal_survival(
    rng: np.random.Generator,
    day: np.ndarray,
    event: np.ndarray,
    operated: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    clock: Clock,
    log_density: np.ndarray,
    follow_up: int,
    rule: float,
    box: np.ndarray,
    steps: int,
) -> float:
    """Move times of death and last follow-up, in days, into the box.

    Parameters
    ----------
    log_density
        Shape (2, years): log of the base measure for censored times and deaths, by year.

    Returns
    -------
    float
        The misfit that remains.
    """
    n = day.size
    years = clock.years[day]
    statistics = np.zeros(SURVIVAL_STATISTICS)
    survival_statistics(years, event, operated, follow_up, rule, statistics)
    energy = misfit(statistics, box, 0, SURVIVAL_STATISTICS)
    order, fit = np.argsort(years), np.zeros(2)
    for turn in range(steps):
        if energy == 0.0:
            break
        temperature = 2.5 * 0.05 ** (turn / steps)
        i = rng.integers(0, n)
        old = day[i]
        new = propose_day(rng, day, low, high, operated, clock.days_per_year, box, i)
        if new == old or new < low[i] or new > high[i]:
            continue
        day[i], years[i] = new, clock.years[new]
        resort(order, years)
        gain = log_density[event[i], int(years[i])] - log_density[event[i], int(clock.years[old])]
        highest = acceptance_limit(rng, energy + temperature * gain, temperature)
        _curves(years, event, operated, order, follow_up, rule, statistics)
        proposed = misfit(statistics, box, 0, HAZARD_RATIO) + misfit(statistics, box, FOLLOW_UP, SURVIVAL_STATISTICS)
        # The regression only where the rest does not decide.
        if proposed <= highest:
            _hazard_ratio(years, event, operated, order, fit, statistics)
            proposed += misfit(statistics, box, HAZARD_RATIO, FOLLOW_UP)
        if proposed <= highest:
            energy = proposed
        else:
            day[i], years[i] = old, clock.years[old]
    return energy
