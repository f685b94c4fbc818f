"""Studies of known patients: random parts of public data sets, as large as the paper's study."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis_lib.base.units import DAYS_PER_YEAR, MONTHS_PER_YEAR
from analysis_lib.cohort.public import FROM_R, REPORTED

#: A random part of a data set has as many patients as the paper's study.
PART = 49
#: Parts of one data set, so that none dominates.
MOST_PARTS = 4
#: Of the order in which a data set is cut into parts.
SEED = 49
#: What some patients have and others not; the covariates of a study.
TRAITS = ("trait_1", "trait_2")
#: Columns of a study's patients, and of a simulated cohort's.
COLUMNS = ("time", "event", "first", "wait", "end", "seen", *TRAITS, "clear")
# Where the schema may have a trait: above the data set's median of one, or women.
_TRAIT_COLUMNS = ("kps", "age_years", "tumour_size_mm", "sex")
# A study could have followed patients for longer than anybody was: its calendar's room.
_ROOM = 1.2


@dataclass(frozen=True)
class Source:
    """A public data set with two groups.

    Attributes
    ----------
    title, first, second : str
        What it is, and who is in which group.
    key, licence : str
        In ``references.bib``; under which it is passed on.
    unit : str
        Of printed times: where medians are short, tenths of a month say as much as the paper's tenths of a year.
    held_out : bool
        Kept for the last run: nothing of the search or the family of base measures was chosen on it.
    """

    title: str
    first: str
    second: str
    key: str
    licence: str
    unit: str
    held_out: bool = False


@dataclass(frozen=True, eq=False)
class Study:
    """Patients who are known.

    Attributes
    ----------
    name, source, unit : str
        Of this study, of the public data set that it is a part of, and of all times.
    horizon : float
        The longest follow-up that was possible. A paper lets one know it by its dates.
    patients : pandas.DataFrame
        One row each: ``time`` to death (``event`` 1) or last follow-up, ``first`` (group), ``wait`` until
        the operation that makes the first group, ``end`` and ``seen`` of progression-free survival,
        ``trait_1`` and ``trait_2`` (1.0 or 0.0), and ``clear``, what the operation of the first group left
        (1.0 or 0.0, as after R0 or R1), where its progression is a recurrence; NaN where a data set has no such thing.
    """

    name: str
    source: str
    unit: str
    horizon: float
    patients: pd.DataFrame


def larynx() -> pd.DataFrame:
    """Cancer of the larynx: years, deaths, and stage I or II (the first group) against III or IV."""
    from lifelines.datasets import load_larynx

    patients = load_larynx()
    early = patients["Stage_III"] + patients["Stage_IV"] == 0
    return patients_table(patients["time"], patients["death"], early, [_above_median(patients["age"])])


def kidney() -> pd.DataFrame:
    """Kidney transplants: years to death, women against men."""
    from lifelines.datasets import load_kidney_transplant

    patients = load_kidney_transplant()
    women = patients["black_male"] + patients["white_male"] == 0
    traits = [_above_median(patients["age"]), patients["black_male"] + patients["black_female"]]
    return patients_table(patients["time"] / DAYS_PER_YEAR, patients["death"], women, traits)


def colon() -> pd.DataFrame:
    """Resected cancer of the colon: years, recurrence, and no further treatment (the first group) against two drugs.

    At most four nodes with metastases stand for a clear margin, more for one that is not.
    """
    patients = pd.read_csv(FROM_R / "colon.csv")
    alone = patients["treated"] == 0
    older = _above_median(patients["age"])
    table = patients_table(patients["futime"] / DAYS_PER_YEAR, patients["death"], alone, [older])
    # A recurrence that was found on the last day counts a day before.
    recurred = np.minimum(patients["rltime"], patients["futime"] - 1)
    table["end"] = (recurred.fillna(patients["futime"]) / DAYS_PER_YEAR).to_numpy()
    table["seen"] = (recurred.notna() | (patients["death"] == 1)).to_numpy(float)
    table["clear"] = (1.0 - patients["node4"]).where(alone).to_numpy()
    return table


_OTHERS: dict[str, tuple[Source, Callable[[], pd.DataFrame]]] = {
    "larynx": (
        Source(
            "Cancer of the larynx", "stage I or II", "stage III or IV", "kardaun1983",
            "R's KMsurv package, GPL 3 or later; lifelines, MIT", "years",
        ),
        larynx,
    ),
    "kidney": (
        Source(
            "Kidney transplants, Ohio State University", "women", "men", "klein2003",
            "R's KMsurv package, GPL 3 or later; lifelines, MIT", "years", held_out=True,
        ),
        kidney,
    ),
    "colon": (
        Source(
            "Resected cancer of the colon", "who had no further treatment", "who had fluorouracil and levamisole",
            "moertel1990", "R's survival package, LGPL 2 or later", "years",
        ),
        colon,
    ),
}  # fmt: skip
# Its studies stand last, so that those that were there before keep their places and with them their random numbers.
_LAST = "colon"
_UNITS = {"lung": "months", "stanford": "months", "gbsg2": "years", "veteran": "months", "myeloid": "years"}
SOURCES = {name: source for name, (source, _) in _OTHERS.items()} | {
    p.name: Source(p.title, p.operated, p.others, p.key, p.licence, _UNITS[p.name], held_out=p.name == "veteran")
    for p in REPORTED
}


def studies() -> list[Study]:
    """Parts of 49, in turns of the data sets but for the last; no patient is in two."""
    tables = {name: load() for name, (_, load) in _OTHERS.items()}
    tables |= {public.name: _of_schema(pd.read_csv(public.file), _UNITS[public.name]) for public in REPORTED}
    parts = []
    for name, table in tables.items():
        horizon = float(math.ceil(_ROOM * table["time"].max()))
        shuffled = np.random.default_rng(SEED).permutation(len(table))
        for k in range(min(len(table) // PART, MOST_PARTS)):
            rows = np.sort(shuffled[k * PART : (k + 1) * PART])
            part = table.iloc[rows].reset_index(drop=True)
            # A trait that all of the dead have, or none, has no regression of death.
            alike = part.loc[part["event"] == 1, list(TRAITS)].nunique() < 2
            part[alike.index[alike]] = np.nan
            parts.append((k, Study(f"{name}, part {k + 1}", name, SOURCES[name].unit, horizon, part)))
    return [part for _, part in sorted(parts, key=lambda pair: (pair[1].source == _LAST, pair[0]))]


def _of_schema(patients: pd.DataFrame, unit: str) -> pd.DataFrame:
    """A public cohort; progression only where it is not the same as death."""
    per_year = MONTHS_PER_YEAR if unit == "months" else 1
    first = patients["group"] == "surgery"
    columns = [patients[name] for name in _TRAIT_COLUMNS if name in patients]
    traits = [_above_median(column) if column.dtype != object else column == "female" for column in columns]
    # What one group has throughout, or nobody, tells nobody from another.
    traits = [trait for trait in traits if trait.groupby(first).nunique().eq(2).all()][: len(TRAITS)]
    table = patients_table(patients["os_years"] * per_year, patients["os_event"], first, traits)
    if "months_to_surgery" in patients:
        table["wait"] = patients["months_to_surgery"].to_numpy() * per_year / MONTHS_PER_YEAR
    if "pfs_years" in patients and (patients["pfs_years"] < patients["os_years"]).any():
        table["end"] = patients["pfs_years"].to_numpy() * per_year
        table["seen"] = patients["pfs_event"].to_numpy(float)
    return table


def _above_median(values: pd.Series) -> pd.Series:
    """Who is above the median; a blank counts as not."""
    return values > values.median()


def patients_table(
    time: ArrayLike, event: ArrayLike, first: ArrayLike, traits: Sequence[ArrayLike] = ()
) -> pd.DataFrame:
    """Patients as in :class:`Study`, of whom no more is known; shapes (n,)."""
    columns = {"time": np.asarray(time, float), "event": np.asarray(event, np.int8), "first": np.asarray(first, bool)}
    known = {name: np.asarray(trait, float) for name, trait in zip(TRAITS, traits, strict=False)}
    return pd.DataFrame(columns | dict.fromkeys(COLUMNS[3:], np.nan) | known)
