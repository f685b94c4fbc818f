"""Studies whose patients are known: public data sets, and random parts of them the size of the paper's study."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.cohort.public import PUBLIC
from analysis_lib.reconstruction.studies.known_patients import Study

#: Patients of a random part: as many as the paper's study has.
PART = 49
#: Of one data set: a search takes its time, and many parts of one tell less than a few of each.
MOST_PARTS = 8
#: Of the order in which a data set is cut into parts.
SEED = 49
# Where medians are short, tenths of a month say as much as the paper's tenths of a year.
_UNITS = {"lung": "months", "stanford": "months", "larynx": "years", "gbsg2": "years"}
# A whole data set beyond this is cut up only.
_LARGEST = 250
# A study could have followed patients for longer than anybody was: its calendar's room.
_ROOM = 1.2


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
    return Study(
        name,
        source,
        _UNITS[source],
        horizon,
        table["time"].to_numpy(float),
        table["event"].to_numpy(np.int64),
        table["first"].to_numpy(bool),
    )
