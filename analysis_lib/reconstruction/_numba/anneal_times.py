"""Compiled searches of times: overall survival, progression and recurrence."""

from __future__ import annotations

import numpy as np

from analysis_lib.reconstruction._numba.anneal_column import limit, misfit, split
from analysis_lib.reconstruction._numba.jit import njit
from analysis_lib.reconstruction._numba.regression import cox_yes_no, ratio
from analysis_lib.reconstruction._numba.tests_and_curves import log_rank_p, median_survival, quantile, resort
from analysis_lib.targets.time_unit import Clock

SURVIVAL_STATISTICS = 17
PROGRESSION_STATISTICS = 16


@njit(cache=True)
def survival_statistics(
    years: np.ndarray, event: np.ndarray, operated: np.ndarray, follow_up: int, rule: float, out: np.ndarray
) -> None:
    """Overall survival: medians with limits of all, operated, others; log-rank p; Cox; follow-up.

    ``follow_up`` is 0 for observed times, 1 for the reverse Kaplan–Meier median, 2 for survivors;
    ``rule`` is that of its quartiles, as :func:`kernels.quantile` has it; shapes (n,); ``out`` is (17,).
    """
    order = np.argsort(years)
    _curves(years, event, operated, order, follow_up, rule, out)
    _exposure(years, event, operated, order, np.zeros(2), out)


@njit(cache=True)
def _exposure(
    years: np.ndarray, event: np.ndarray, operated: np.ndarray, order: np.ndarray, fit: np.ndarray, out: np.ndarray
) -> None:
    """Cox regression of surgery; ``fit`` (2,) is where Newton's method starts, and ends."""
    if cox_yes_no(years, event, operated, order, fit):
        ratio(fit[0], fit[1], out[10:14])
    else:
        out[10:14] = np.nan
        fit[:] = 0.0


@njit(cache=True)
def _curves(
    years: np.ndarray, event: np.ndarray, operated: np.ndarray, order: np.ndarray, follow_up: int, rule: float,
    out: np.ndarray,
) -> None:  # fmt: skip
    """What of :func:`survival_statistics` needs no regression; ``order`` is ascending by time."""
    median_survival(years, event, order, out[0:3])
    median_survival(years, event, split(order, operated), out[3:6])
    median_survival(years, event, split(order, ~operated), out[6:9])
    out[9] = log_rank_p(years, event, operated, order)
    if follow_up == 1:
        for q in range(3):
            out[14 + q] = _reverse_quantile(years, event, order, 0.5 if q == 0 else (0.75 if q == 1 else 0.25))
        return
    kept = split(order, event == 0) if follow_up == 2 else order
    ordered = years[kept]
    for q in range(3):
        out[14 + q] = quantile(ordered, 0.5 if q == 0 else (0.25 if q == 1 else 0.75), rule)


@njit(cache=True)
def _reverse_quantile(years: np.ndarray, event: np.ndarray, order: np.ndarray, level: float) -> float:
    """First time at which the curve of being under observation falls to ``level``."""
    curve = 1.0
    i, n = 0, order.size
    while i < n:
        j, ended = i, 0
        while j < n and years[order[j]] == years[order[i]]:
            ended += 1 - event[order[j]]
            j += 1
        curve *= 1.0 - ended / (n - i)
        if curve <= level + 1e-9:
            return years[order[i]]
        i = j
    return np.nan


@njit(cache=True)
def _keeps_order(years: np.ndarray, i: int, new: float) -> bool:
    """Whether nobody's time lies between patient ``i``'s old and new one, ends included."""
    low, high = min(years[i], new), max(years[i], new)
    for j in range(years.size):
        if j != i and low <= years[j] <= high:
            return False
    return True


@njit(cache=True, nogil=True)
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
    walk: bool,
) -> float:
    """Move times of death and last follow-up, in days, into the box.

    Parameters
    ----------
    log_density
        Shape (2, years): log of the base measure for censored times and deaths, by year.
    walk
        Start inside the box and stay there for all ``steps``, without changing the order of
        times, so that all hazard ratios stay; otherwise stop at the first solution.

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
        if energy == 0.0 and not walk:
            break
        temperature = 1e-9 if walk else 2.5 * 0.05 ** (turn / steps)
        i = rng.integers(0, n)
        old = day[i]
        kind = rng.random()
        if kind < 0.25:
            new = rng.integers(low[i], high[i] + 1)
        elif kind < 0.3:
            # A median is some patient's own time.
            aim = 0 if rng.random() < 0.5 else (3 if operated[i] else 6)
            years_aimed = box[0, aim] + rng.random() * (box[1, aim] - box[0, aim])
            if not 0.0 < years_aimed < 100.0:
                continue
            new = round(years_aimed * clock.days_per_year)
        elif kind < 0.45:
            # Only the order of times moves hazard ratios: step just past another patient.
            new = day[rng.integers(0, n)] + (1 if rng.random() < 0.5 else -1) * rng.integers(1, 15)
        else:
            new = old + round(rng.standard_normal() * 10 ** (3 * rng.random()))
        if new == old or new < low[i] or new > high[i]:
            continue
        if walk and not _keeps_order(years, i, clock.years[new]):
            continue
        day[i], years[i] = new, clock.years[new]
        resort(order, years)
        gain = log_density[event[i], int(years[i])] - log_density[event[i], int(clock.years[old])]
        highest = limit(rng, energy + temperature * gain, temperature)
        _curves(years, event, operated, order, follow_up, rule, statistics)
        proposed = misfit(statistics, box, 0, 10) + misfit(statistics, box, 14, SURVIVAL_STATISTICS)
        # The regression only where the rest does not decide.
        if proposed <= highest:
            _exposure(years, event, operated, order, fit, statistics)
            proposed += misfit(statistics, box, 10, 14)
        if proposed <= highest:
            energy = proposed
        else:
            day[i], years[i] = old, clock.years[old]
    return energy


@njit(cache=True)
def _last_survival(time: np.ndarray, event: np.ndarray, order: np.ndarray) -> float:
    """Where a Kaplan–Meier curve ends."""
    curve = 1.0
    i, n = 0, order.size
    while i < n:
        j, ended = i, 0
        while j < n and time[order[j]] == time[order[i]]:
            ended += event[order[j]]
            j += 1
        curve *= 1.0 - ended / (n - i)
        i = j
    return curve


@njit(cache=True)
def progression_statistics(
    os_day: np.ndarray,
    dead: np.ndarray,
    operated: np.ndarray,
    surgery_day: np.ndarray,
    role: np.ndarray,
    progressed: np.ndarray,
    day: np.ndarray,
    clock: Clock,
    out: np.ndarray,
) -> None:
    """Progression-free and disease-free survival.

    ``role`` is 0 for disease left after surgery (and for all others), 1 for none after R0, 2 for
    none after R1; ``out`` (16,): PFS of operated and others, log-rank p; DFS of all, median after
    R0 and where its curve ends, DFS after R1, log-rank p.
    """
    pfs, dfs, seen = _ends(os_day, dead, surgery_day, progressed, day, clock)
    _progression_curves(pfs, seen, operated, np.argsort(pfs), True, True, out)
    _recurrence_curves(dfs, progressed, role, np.argsort(dfs), out)


@njit(cache=True)
def _ends(
    os_day: np.ndarray, dead: np.ndarray, surgery_day: np.ndarray, progressed: np.ndarray, day: np.ndarray, clock: Clock
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Years to progression or death since the start and since surgery, and whether it was seen."""
    n = os_day.size
    pfs, dfs, seen = np.empty(n), np.empty(n), np.empty(n, np.int64)
    for i in range(n):
        end = day[i] if progressed[i] else os_day[i]
        pfs[i] = clock.years[end]
        dfs[i] = clock.years[end - surgery_day[i]]
        seen[i] = 1 if progressed[i] else dead[i]
    return pfs, dfs, seen


@njit(cache=True)
def _progression_curves(
    pfs: np.ndarray, seen: np.ndarray, operated: np.ndarray, order: np.ndarray, first: bool, second: bool,
    out: np.ndarray,
) -> None:  # fmt: skip
    """PFS in the places of :func:`progression_statistics`; ``first``, ``second``: which curves have moved."""
    if first:
        median_survival(pfs, seen, split(order, operated), out[0:3])
    if second:
        median_survival(pfs, seen, split(order, ~operated), out[3:6])
    out[6] = log_rank_p(pfs, seen, operated, order)


@njit(cache=True)
def _recurrence_curves(
    dfs: np.ndarray, progressed: np.ndarray, role: np.ndarray, order: np.ndarray, out: np.ndarray
) -> None:
    """DFS in the places of :func:`progression_statistics`."""
    recurred = progressed.astype(np.int64)
    free = split(order, role > 0)
    median_survival(dfs, recurred, free, out[7:10])
    r0 = np.empty(3)
    after_r0 = split(order, role == 1)
    median_survival(dfs, recurred, after_r0, r0)
    out[10] = r0[0]
    out[11] = _last_survival(dfs, recurred, after_r0)
    median_survival(dfs, recurred, split(order, role == 2), out[12:15])
    out[15] = log_rank_p(dfs, recurred, role == 1, free)


@njit(cache=True, nogil=True)
def anneal_progression(
    rng: np.random.Generator,
    os_day: np.ndarray,
    dead: np.ndarray,
    operated: np.ndarray,
    surgery_day: np.ndarray,
    earliest: np.ndarray,
    fixed: np.ndarray,
    role: np.ndarray,
    progressed: np.ndarray,
    day: np.ndarray,
    clock: Clock,
    rate: float,
    box: np.ndarray,
    steps: int,
    walk: bool,
) -> float:
    """Decide who progressed, when, and who was free of disease after surgery.

    Parameters
    ----------
    earliest
        Shape (n,): first day on which progression can be seen.
    fixed
        Shape (n,): patients who keep their role.
    rate
        Of the exponential base measure of times of progression, a year.
    walk
        Start inside the box and stay there for all ``steps``.

    Returns
    -------
    float
        The misfit that remains.
    """
    n = os_day.size
    statistics = np.zeros(PROGRESSION_STATISTICS)
    progression_statistics(os_day, dead, operated, surgery_day, role, progressed, day, clock, statistics)
    energy = misfit(statistics, box, 0, PROGRESSION_STATISTICS)
    trial = statistics.copy()
    pfs, dfs, _ = _ends(os_day, dead, surgery_day, progressed, day, clock)
    pfs_order, dfs_order = np.argsort(pfs), np.argsort(dfs)
    for turn in range(steps):
        if energy == 0.0 and not walk:
            break
        temperature = 1e-9 if walk else 6.0 * 0.01 ** (turn / steps)
        i, j = rng.integers(0, n), rng.integers(0, n)
        old_i, old_j = day[i], day[j]
        gain = 0.0
        swap = rng.random() < 0.3
        if swap:
            if fixed[i] or fixed[j] or operated[i] != operated[j]:
                continue
            if role[i] == role[j] and progressed[i] == progressed[j]:
                continue
            if earliest[i] >= os_day[i] or earliest[j] >= os_day[j]:
                continue
            role[i], role[j] = role[j], role[i]
            progressed[i], progressed[j] = progressed[j], progressed[i]
            day[i] = rng.integers(earliest[i], os_day[i])
            day[j] = rng.integers(earliest[j], os_day[j])
        else:
            if not progressed[i]:
                continue
            kind = rng.random()
            if kind < 0.2:
                day[i] = rng.integers(earliest[i], os_day[i])
            elif kind < 0.4:
                # A median is some patient's own time: put this one's there.
                free = role[i] > 0 and rng.random() < 0.7
                aim = (9 + role[i] + (role[i] == 2) if rng.random() < 0.7 else 7) if free else (0 if operated[i] else 3)
                years = box[0, aim] + rng.random() * (box[1, aim] - box[0, aim])
                if not 0.0 < years < 100.0:
                    continue
                day[i] = round(years * clock.days_per_year) + (surgery_day[i] if free else 0)
            else:
                day[i] = old_i + round(rng.standard_normal() * 10 ** (3 * rng.random()))
            if day[i] < earliest[i] or day[i] >= os_day[i]:
                day[i] = old_i
                continue
            gain = rate * (old_i - day[i]) / clock.days_per_year
        highest = limit(rng, energy + temperature * gain, temperature)
        pfs, dfs, seen = _ends(os_day, dead, surgery_day, progressed, day, clock)
        resort(pfs_order, pfs)
        trial[:] = statistics
        # Patients exchange roles within a group only: the other's curve stays.
        _progression_curves(pfs, seen, operated, pfs_order, operated[i], not operated[i], trial)
        proposed = misfit(trial, box, 0, 7)
        if operated[i] and proposed <= highest:
            resort(dfs_order, dfs)
            _recurrence_curves(dfs, progressed, role, dfs_order, trial)
        proposed += misfit(trial, box, 7, PROGRESSION_STATISTICS)
        if proposed <= highest:
            energy = proposed
            statistics[:] = trial
        else:
            day[i], day[j] = old_i, old_j
            if swap:
                role[i], role[j] = role[j], role[i]
                progressed[i], progressed[j] = progressed[j], progressed[i]
    return energy
