"""Known patients: the strings that a paper would print of them, and simulated cohorts from these alone.

A study whose patients are known is reduced to printed summaries. From these, cohorts are searched as
the ensemble is: times of death first, then of the operation, of progression or recurrence, and who has which trait.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.printed.number import Printed, round_half_up
from analysis_lib.reconstruction._numba import column_statistics
from analysis_lib.reconstruction._numba.anneal_column import anneal_column
from analysis_lib.reconstruction._numba.anneal_progression import (
    DFS,
    DFS_R0_END,
    FREE_R0,
    FREE_R1,
    HOT,
    NOT_FREE,
    PROGRESSION_STATISTICS,
    Patients,
    anneal_progression,
)
from analysis_lib.reconstruction._numba.anneal_survival import OBSERVED, anneal_survival
from analysis_lib.reconstruction._numba.find_order import find_order
from analysis_lib.reconstruction._numba.statement import NO_STATEMENT
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.covariates import allocated
from analysis_lib.reconstruction.studies.known_data import TRAITS, patients_table
from analysis_lib.statistics import binary_cox, survival
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.time_unit import clock

# The order of the search's statistics, and as many decimals as the paper prints of each.
_MEDIAN = ("median", "ci_lo", "ci_hi")
TIMES = tuple(f"{who}_{what}" for who in ("all", "first", "second") for what in _MEDIAN)
RATIO = ("hr", "hr_ci_lo", "hr_ci_hi", "cox_p")
FOLLOW_UP = ("follow_up_median", "follow_up_q1", "follow_up_q3")
STATISTICS = (*TIMES, "log_rank_p", *RATIO, *FOLLOW_UP)
WAITING = ("wait_median", "wait_q1", "wait_q3")
PROGRESSION = (*(f"pfs_{who}_{what}" for who in ("first", "second") for what in _MEDIAN), "pfs_log_rank_p")
# Disease-free survival of the first group: of all, after a clear operation and after one that was not. After a clear
# one, as in the paper, no interval is printed.
RECURRENCE = (
    *(f"dfs_{what}" for what in _MEDIAN),
    "dfs_clear_median",
    *(f"dfs_rest_{what}" for what in _MEDIAN),
    "dfs_log_rank_p",
)
#: Of a covariate's own regression of death, after its name.
TRAIT = ("hr", "ci_lo", "ci_hi", "p")
UNDEFINED = "undefined"
_UNITLESS = (
    *("log_rank_p", *RATIO, "pfs_log_rank_p", "dfs_log_rank_p"),
    *(f"{trait}_{what}" for trait in TRAITS for what in TRAIT),
)
# The paper gives log-rank tests two decimals, or three where two would be 0.00; regressions have three throughout.
_COARSE_P = 0.01
_SMALLEST_P = 0.0005

# Coolings: softness of regressions and tests, hardness of times (both factors of the unit in the misfit), steps.
# One exchange in the order of times moves a hazard ratio by tens of half units: a search that minds each
# stands still. The first cooling finds the times, the others keep these and wander over orders.
_FIRST, _NEXT, _MOST_NEXT = (300.0, 0.1, 60_000), (50.0, 0.001, 15_000), 6
# Beyond this misfit of the first cooling, times are not found, and another start is cheaper.
_HOPEFUL = 1.5
_WAITING_STEPS, _PROGRESSION_STEPS, _PROGRESSION_TRIES, _TRAIT_STEPS = 8_000, 60_000, 20, 5_000_000
# Base measures set the latest operation in the paper's days; elsewhere it stands as far beyond the third quartile.
_THIRD_QUARTILE_OF_PAPER = 18.3 * DAYS_PER_MONTH
RULE = QUANTILE_RULES["weibull"]
CLOCK = clock(Assumptions.time_unit)
DAYS = CLOCK.years.size - 1


def summaries(patients: pd.DataFrame) -> dict[str, float]:
    """What is printed of a study, unrounded and by SPSS's conventions; NaN where undefined.

    Computed with ``analysis_lib.statistics.survival``, which shares nothing with the search.
    ``patients`` as in :class:`known_data.Study`.
    """
    time, event, first = (patients[column].to_numpy() for column in ("time", "event", "first"))
    found: dict[str, float] = {}
    for who, members in (("all", first | True), ("first", first), ("second", ~first)):
        found |= _median(who, time[members], event[members])
    found["log_rank_p"] = survival.logrank(time, event, first).p
    found |= dict(zip(RATIO, _cox(time, event, first), strict=True))
    found |= dict(zip(FOLLOW_UP, np.percentile(time, (50, 25, 75), method="weibull"), strict=True))
    if patients["wait"].notna().any():
        wait = patients["wait"].dropna()
        found |= dict(zip(WAITING, np.percentile(wait, (50, 25, 75), method="weibull"), strict=True))
    if patients["end"].notna().any():
        end, seen = patients["end"].to_numpy(), patients["seen"].to_numpy()
        for who, members in (("pfs_first", first), ("pfs_second", ~first)):
            found |= _median(who, end[members], seen[members])
        found["pfs_log_rank_p"] = survival.logrank(end, seen, first).p
    if patients["clear"].notna().any():
        end, recurred, clear = disease_free(patients)
        found |= _median("dfs", end, recurred) | _median("dfs_rest", end[~clear], recurred[~clear])
        found["dfs_clear_median"] = survival.median_survival(end[clear], recurred[clear]).median
        found["dfs_log_rank_p"] = survival.logrank(end, recurred, clear).p
    for trait in known_traits(patients):
        ratio = _cox(time, event, patients[trait].to_numpy() == 1)
        found |= dict(zip((f"{trait}_{what}" for what in TRAIT), ratio, strict=True))
    return found


def disease_free(patients: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Disease-free survival by the paper's definition, of those with a result of the operation, shapes (n,).

    The time to recurrence or last follow-up, whether it was of a recurrence (a death is none), and whether the
    operation was clear.
    """
    known = patients[patients["clear"].notna()]
    return known["end"].to_numpy(), (known["end"] < known["time"]).to_numpy(int), known["clear"].to_numpy() == 1


def known_traits(patients: pd.DataFrame) -> list[str]:
    """The traits that are known of patients."""
    return [trait for trait in TRAITS if patients[trait].notna().all()]


def _cox(time: np.ndarray, event: np.ndarray, exposed: np.ndarray) -> pd.Series:
    return binary_cox.cox(np.zeros(time.size), time, event, exposed).iloc[0][["hr", "ci_low", "ci_high", "p"]]


def _median(who: str, time: np.ndarray, event: np.ndarray) -> dict[str, float]:
    median = survival.median_survival(time, event)
    values = (median.median, median.ci_low, median.ci_high)
    return {f"{who}_{what}": value for what, value in zip(_MEDIAN, values, strict=True)}


def printed(patients: pd.DataFrame) -> dict[str, str]:
    """The strings that a paper would print of a study: its counts, and its summaries."""
    progressed = patients["end"] < patients["time"]
    counts = {}
    for who, members in (("first", patients["first"]), ("second", ~patients["first"])):
        counts[f"{who}_n"] = str(int(members.sum()))
        counts[f"{who}_deaths"] = str(int(patients["event"][members].sum()))
        if progressed.any():
            counts[f"{who}_progressed"] = str(int(progressed[members].sum()))
        if patients["clear"][members].notna().any():
            counts[f"{who}_clear"] = str(int(patients["clear"][members].sum()))
        for trait in known_traits(patients):
            counts[f"{who}_{trait}"] = str(int(patients[trait][members].sum()))
    return counts | {name: _text(name, value) for name, value in summaries(patients).items()}


def _text(name: str, value: float) -> str:
    if np.isnan(value):
        return UNDEFINED
    if name.endswith("_p") and value < _SMALLEST_P:
        return "<0.001"
    if name.endswith("log_rank_p") and value >= _COARSE_P:
        return round_half_up(value, 2)
    return round_half_up(value, 3 if name in _UNITLESS else 1)


def misses(strings: dict[str, str], patients: pd.DataFrame) -> list[str]:
    """The printed summaries that patients do not have, by independent recomputation; empty if all are met."""
    return [
        name
        for name, value in summaries(patients).items()
        if (value not in Printed(strings[name]).interval if strings[name] != UNDEFINED else not np.isnan(value))
    ]


def reconstruct(
    strings: dict[str, str], horizon: float, measure: BaseMeasure, rng: np.random.Generator
) -> pd.DataFrame | None:
    """One simulated cohort from what is printed, from one random start; without traits if its times leave no room.

    Parameters
    ----------
    strings
        As :func:`printed` gives them.
    horizon
        In the unit of the printed times. It stands in the place of the longest possible follow-up of
        the study of this book, so that the base measure stretches with it.
    measure
        The limits that it sets for the paper's patients alone, such as the earliest surgery, do not count.

    Returns
    -------
    pandas.DataFrame or None
        As :class:`known_data.Study` has patients, the first group before the second; None if none was found.
    """
    sizes = [int(strings[name]) for name in ("first_n", "second_n")]
    deaths = [int(strings[name]) for name in ("first_deaths", "second_deaths")]
    event = np.concatenate([np.arange(n) < d for n, d in zip(sizes, deaths, strict=True)]).astype(np.int64)
    first = np.arange(sum(sizes)) < sizes[0]
    per_day = horizon / DAYS
    # Who waited for an operation lived to have it.
    low = np.where(first & ("wait_q1" in strings), 2, 1)
    high = np.full(event.size, DAYS)
    for who, members in (("all", first | True), ("first", first), ("second", ~first)):
        # A curve that stays above one half ends with patients, not with deaths; the search would not see to it.
        if strings[f"{who}_median"] == UNDEFINED:
            high[members & (event == 1)] = rng.integers(DAYS // 5, DAYS + 1)
    day = rng.integers(low, high + 1)
    box = printed_box(strings, STATISTICS, 1 / (per_day * DAYS_PER_YEAR))
    unitless = np.isin(STATISTICS, _UNITLESS)
    for order, times, steps in (_FIRST, *[_NEXT] * _MOST_NEXT):
        weighted = np.vstack([box[:2], box[2] * np.where(unitless, order, times)])
        left = anneal_survival(
            rng, day, event, first, low, high, CLOCK, measure.log_density(), OBSERVED, RULE, weighted, steps
        )
        if left == 0.0 or left > _HOPEFUL:
            break
    if left > 0.0:
        return None
    found = patients_table(day * per_day, event, first)
    # The search does not know what must be undefined.
    if misses(strings, found):
        return None
    if "wait_q1" in strings:
        waits = _find_waits(strings, measure, rng, day[first], per_day)
        if waits is None:
            return None
        found.loc[first, "wait"] = waits * per_day
    if "pfs_log_rank_p" in strings and not _progress(strings, measure, rng, found, day, per_day):
        return None
    return _with_traits(strings, rng, found)


def _with_traits(strings: dict[str, str], rng: np.random.Generator, found: pd.DataFrame) -> pd.DataFrame:
    """Patients of whom the printed traits are known too; as they were, if the times leave no room for one."""
    time, event, first = (found[column].to_numpy() for column in ("time", "event", "first"))
    traits = {}
    for trait in TRAITS:
        if f"{trait}_hr" not in strings:
            continue
        x = allocated(rng, first, [int(strings[f"{who}_{trait}"]) for who in ("first", "second")])
        box = printed_box(strings, tuple(f"{trait}_{what}" for what in TRAIT), 1.0)
        if not find_order(rng, time, event.astype(np.int64), first.astype(np.int64), x, box, _TRAIT_STEPS):
            return found
        traits[trait] = x
    with_traits = found.assign(**traits)
    return found if misses(strings, with_traits) else with_traits


def _find_waits(
    strings: dict[str, str], measure: BaseMeasure, rng: np.random.Generator, day: np.ndarray, per_day: float
) -> np.ndarray | None:
    """Days to the operation of patients who were followed for ``day``; None if none were found."""
    beyond = measure.latest_surgery_day / _THIRD_QUARTILE_OF_PAPER
    latest = round(beyond * Printed(strings["wait_q3"]).interval.high / per_day)
    low, high = np.ones_like(day), np.minimum(day - 1, latest)
    box = np.full((3, column_statistics.COLUMN_STATISTICS), 1.0)
    box[0], box[1] = -np.inf, np.inf
    places = [column_statistics.MEDIAN, column_statistics.Q1, column_statistics.Q3]
    box[:, places] = printed_box(strings, WAITING, 1 / per_day)
    column = column_statistics.Column(
        low, high, 1.0, np.ones(day.size, dtype=bool), np.zeros(3, dtype=bool), np.empty(0), RULE, box
    )
    wait = rng.integers(low, high + 1)
    return wait if anneal_column(rng, wait, column, _WAITING_STEPS) == 0.0 else None


def _progress(
    strings: dict[str, str], measure: BaseMeasure, rng: np.random.Generator, found: pd.DataFrame, day: np.ndarray,
    per_day: float,
) -> bool:  # fmt: skip
    """Give patients, in place, the printed progression-free survival; whether it was found."""
    event, first = found["event"].to_numpy(np.int64), found["first"].to_numpy()
    for _ in range(_PROGRESSION_TRIES):
        ends = _find_progressions(strings, measure, rng, day, event, first, per_day)
        if ends is not None:
            found["end"], found["seen"] = ends[0] * per_day, ends[1]
            if "first_clear" in strings:
                found["clear"] = np.select([ends[2] == FREE_R0, ends[2] == FREE_R1], [1.0, 0.0], np.nan)
            if not misses(strings, found):
                return True
    return False


def _find_progressions(
    strings: dict[str, str],
    measure: BaseMeasure,
    rng: np.random.Generator,
    day: np.ndarray,
    event: np.ndarray,
    first: np.ndarray,
    per_day: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Days to progression, death or last follow-up, 1 for the first two of these, and roles; None if not found."""
    nobody, start = np.zeros(day.size, dtype=bool), np.ones_like(day)
    patients = Patients(day, event, first, np.zeros_like(day), start, day - 1, start, nobody)
    progressed = nobody.copy()
    # Whether progression goes before death is a habit of the disease, the same in both groups. Any is tried, not the
    # most likely one.
    habit = rng.random()
    for who, members in (("first", first), ("second", ~first)):
        wanted = int(strings[f"{who}_progressed"])
        dead, alive = (np.flatnonzero(members & (day > start) & (event == k)) for k in (1, 0))
        fewest, most = max(wanted - alive.size, 0), min(wanted, dead.size)
        if fewest > most:
            return None
        died = round(fewest + habit * (most - fewest))
        progressed[rng.choice(dead, died, replace=False)] = True
        progressed[rng.choice(alive, wanted - died, replace=False)] = True
    end = np.where(progressed, rng.integers(start, np.maximum(day, 2)), day)
    box = np.full((3, PROGRESSION_STATISTICS), 1.0)
    box[0], box[1] = -np.inf, np.inf
    box[:, :DFS] = printed_box(strings, PROGRESSION, 1 / (per_day * DAYS_PER_YEAR))
    role = np.full(day.size, NOT_FREE)
    if "first_clear" in strings:
        role[first] = FREE_R1
        role[rng.choice(np.flatnonzero(first), int(strings["first_clear"]), replace=False)] = FREE_R0
        places = [place for place in range(DFS, PROGRESSION_STATISTICS) if place != DFS_R0_END]
        box[:, places] = printed_box(strings, RECURRENCE, 1 / (per_day * DAYS_PER_YEAR))
    left = anneal_progression(
        rng, patients, role, progressed, end, CLOCK, measure.progression_rate, box,
        _PROGRESSION_STEPS, NO_STATEMENT, HOT,
    )  # fmt: skip
    end = np.where(progressed, end, day)
    return (end, (progressed | (event == 1)).astype(float), role) if left == 0.0 else None


def printed_box(strings: dict[str, str], names: tuple[str, ...], scale: float) -> np.ndarray:
    """Shape (3, k), as searches want it: lower and upper ends, half a unit of the last digit; times by ``scale``."""
    box = np.empty((3, len(names)))
    for k, name in enumerate(names):
        if strings[name] == UNDEFINED:
            # Of survival the search sets the times of death so that a median is not reached, and sees no more to it.
            box[:, k] = (-np.inf, np.inf, 1.0) if name in STATISTICS else (np.inf, -np.inf, 1.0)
            continue
        number = Printed(strings[name])
        by = 1.0 if name in _UNITLESS else scale
        box[:, k] = number.interval.low * by, number.interval.high * by, number.unit / 2 * by
    return box
