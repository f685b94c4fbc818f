"""Known patients: public data sets, the strings that a paper would print of them, and cohorts from these alone.

A study whose patients are known is reduced to printed summaries. From these, cohorts are searched as
the ensemble's overall survival is. What the strings do not hold can then be compared with what is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis_lib.base.units import DAYS_PER_YEAR, MONTHS_PER_YEAR
from analysis_lib.cohort.public import PUBLIC
from analysis_lib.printed.number import Printed, round_half_up
from analysis_lib.reconstruction._numba.anneal_survival import OBSERVED, anneal_survival
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.reconstruction.stages.state import Scheme
from analysis_lib.statistics import binary_cox, survival
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.time_unit import clock

# The order of the search's statistics, and as many decimals as the paper prints of each.
TIMES = tuple(f"{who}_{what}" for who in ("all", "first", "second") for what in ("median", "ci_lo", "ci_hi"))
RATIO = ("hr", "hr_ci_lo", "hr_ci_hi", "cox_p")
FOLLOW_UP = ("follow_up_median", "follow_up_q1", "follow_up_q3")
STATISTICS = (*TIMES, "log_rank_p", *RATIO, *FOLLOW_UP)
COUNTS = ("first_n", "first_deaths", "second_n", "second_deaths")
UNDEFINED = "undefined"
_UNITLESS = ("log_rank_p", *RATIO)
# The paper gives log-rank tests two decimals, or three where two would be 0.00; regressions have three throughout.
_COARSE_P = 0.01
_SMALLEST_P = 0.0005

#: A random part of a data set has as many patients as the paper's study.
PART = 49
#: Parts of one data set: a search takes its time, and many parts of one tell less than a few of each.
MOST_PARTS = 8
#: Of the order in which a data set is cut into parts.
SEED = 49
# Where medians are short, tenths of a month say as much as the paper's tenths of a year.
_UNITS = {"lung": "months", "stanford": "months", "larynx": "years", "gbsg2": "years"}
# A whole data set beyond this is cut up only.
_LARGEST = 250
# A study could have followed patients for longer than anybody was: its calendar's room.
_ROOM = 1.2

# The search goes in turns. In the first part of each the order of times is free to change: regressions and
# tests, which see nothing else, count little (a difference of so many half units of the last digit as one).
_TURN = ((30_000, 30.0), (60_000, 1.0))
_CLOCK = clock(Assumptions.time_unit)
_DAYS = _CLOCK.years.size - 1


@dataclass(frozen=True, eq=False)
class Study:
    """Patients who are known.

    Attributes
    ----------
    name, source : str
        Of this study, and of the public data set that it is, or is a random part of.
    unit : str
        Of all times.
    horizon : float
        The longest follow-up that was possible. A paper lets one know it by its dates.
    time, event, first : ndarray, shape (n,)
        Time to death or last follow-up; 1 for a death; True in the first group.
    """

    name: str
    source: str
    unit: str
    horizon: float
    time: np.ndarray
    event: np.ndarray
    first: np.ndarray


def larynx() -> pd.DataFrame:
    """Cancer of the larynx: years, deaths, and stage I or II (the first group) against III or IV."""
    from lifelines.datasets import load_larynx

    patients = load_larynx()
    early = patients["Stage_III"] + patients["Stage_IV"] == 0
    return pd.DataFrame({"time": patients["time"], "event": patients["death"], "first": early})


def studies() -> list[Study]:
    """Parts of 49, in turns of the data sets, then whole data sets of up to 250; no patient is in two parts."""
    tables = {"larynx": larynx()}
    for public in PUBLIC:
        patients = public.mapped()
        times = patients["os_years"] * (MONTHS_PER_YEAR if _UNITS[public.name] == "months" else 1)
        tables[public.name] = pd.DataFrame(
            {"time": times, "event": patients["os_event"], "first": patients["group"] == "surgery"}
        )
    whole, parts = [], []
    for name, table in tables.items():
        horizon = float(math.ceil(_ROOM * table["time"].max()))
        shuffled = np.random.default_rng(SEED).permutation(len(table))
        if len(table) <= _LARGEST:
            whole.append(_study(name, name, table, horizon))
        for k in range(min(len(table) // PART, MOST_PARTS)):
            rows = np.sort(shuffled[k * PART : (k + 1) * PART])
            parts.append((k, _study(f"{name}, part {k + 1}", name, table.iloc[rows], horizon)))
    return [part for _, part in sorted(parts, key=lambda pair: pair[0])] + whole


def _study(name: str, source: str, table: pd.DataFrame, horizon: float) -> Study:
    time, event, first = (table[column].to_numpy() for column in ("time", "event", "first"))
    return Study(name, source, _UNITS[source], horizon, time.astype(float), event.astype(np.int64), first.astype(bool))


def summaries(time: np.ndarray, event: np.ndarray, first: np.ndarray) -> dict[str, float]:
    """What is printed of overall survival, unrounded and by SPSS's conventions; NaN where undefined.

    Computed with ``analysis_lib.statistics.survival``, which shares nothing with the search. Shapes (n,).
    """
    everyone = np.ones(time.size, dtype=bool)
    found = {}
    for who, members in (("all", everyone), ("first", first), ("second", ~first)):
        median = survival.median_survival(time[members], event[members])
        found |= {
            f"{who}_median": median.median,
            f"{who}_ci_lo": median.ci_low,
            f"{who}_ci_hi": median.ci_high,
        }
    found["log_rank_p"] = survival.logrank(time, event, first).p
    cox = binary_cox.cox(np.zeros(time.size), time, event, first).iloc[0]
    found |= dict(zip(RATIO, cox[["hr", "ci_low", "ci_high", "p"]], strict=True))
    quartiles = np.percentile(time, (50, 25, 75), method="weibull")
    return found | dict(zip(FOLLOW_UP, quartiles, strict=True))


def printed(study: Study) -> dict[str, str]:
    """The strings that a paper would print of a study: counts, and :data:`STATISTICS`."""
    counts = {
        f"{who}_{what}": str(int(value))
        for who, members in (("first", study.first), ("second", ~study.first))
        for what, value in (("n", members.sum()), ("deaths", study.event[members].sum()))
    }
    return counts | {
        name: _text(name, value) for name, value in summaries(study.time, study.event, study.first).items()
    }


def _text(name: str, value: float) -> str:
    if np.isnan(value):
        return UNDEFINED
    if name.endswith("_p") and value < _SMALLEST_P:
        return "<0.001"
    if name == "log_rank_p" and value >= _COARSE_P:
        return round_half_up(value, 2)
    return round_half_up(value, 3 if name in _UNITLESS else 1)


def misses(strings: dict[str, str], time: np.ndarray, event: np.ndarray, first: np.ndarray) -> list[str]:
    """The printed summaries that patients do not have, by independent recomputation; empty if all are met."""
    return [
        name
        for name, value in summaries(time, event, first).items()
        if (np.isnan(value) != (strings[name] == UNDEFINED))
        or (strings[name] != UNDEFINED and value not in Printed(strings[name]).interval)
    ]


def reconstruct(
    strings: dict[str, str], horizon: float, scheme: Scheme, rng: np.random.Generator, turns: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """One cohort from what is printed, from random times.

    Parameters
    ----------
    strings
        As :func:`printed` gives them.
    horizon
        In the unit of the printed times. It stands in the place of the longest possible follow-up of
        the study of this book, so that the scheme's base measure stretches with it.
    turns
        Of the search, before giving up.

    Returns
    -------
    tuple or None
        Times, events and membership of the first group, shapes (n,), the first group before the
        second; None if no cohort was found.
    """
    sizes = [int(strings[name]) for name in ("first_n", "second_n")]
    deaths = [int(strings[name]) for name in ("first_deaths", "second_deaths")]
    event = np.concatenate([np.arange(n) < d for n, d in zip(sizes, deaths, strict=True)]).astype(np.int64)
    first = np.arange(sum(sizes)) < sizes[0]
    low, high = np.ones(event.size, np.int64), np.full(event.size, _DAYS)
    per_day = horizon / _DAYS
    box = _box(strings, 1 / (per_day * DAYS_PER_YEAR))
    unitless = np.isin(STATISTICS, _UNITLESS)
    day = rng.integers(low, high + 1)
    for _ in range(turns):
        for steps, softness in _TURN:
            softened = box.copy()
            softened[2, unitless] *= softness
            left = anneal_survival(
                rng, day, event, first, low, high, _CLOCK, scheme.log_density(), OBSERVED, QUANTILE_RULES["weibull"],
                softened, steps, False,
            )  # fmt: skip
            if left == 0.0:
                time = day * per_day
                if not misses(strings, time, event, first):
                    return time, event, first
                # The search does not know what must be undefined, and would not leave such a place.
                day = rng.integers(low, high + 1)
    return None


def _box(strings: dict[str, str], years_per_unit: float) -> np.ndarray:
    """Shape (3, k), as the search wants it: lower and upper ends, half a unit of the last digit; times in years."""
    box = np.empty((3, len(STATISTICS)))
    for k, name in enumerate(STATISTICS):
        if strings[name] == UNDEFINED:
            box[:, k] = -np.inf, np.inf, 1.0
            continue
        number = Printed(strings[name])
        scale = 1.0 if name in _UNITLESS else years_per_unit
        box[:, k] = number.interval.low * scale, number.interval.high * scale, number.unit / 2 * scale
    return box
