"""Reading the witnesses: the most extreme cohorts that an adversary found, and what each is a witness of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis_lib.base.errors import InputError, nearest
from analysis_lib.base.paths import WITNESSES
from analysis_lib.printed.csv_table import read_rows
from analysis_lib.reconstruction import ensemble
from analysis_lib.reconstruction.ensemble import Ensemble

FILE = WITNESSES / "cohorts.parquet"
TABLE = "witnesses.csv"
COLUMNS = ("id", "side", "value", "cohort", "needs", "steps")


@dataclass(frozen=True, eq=False)
class Witnesses:
    """Cohorts that meet every printed number and every rule, each the most extreme found in some quantity.

    They are inner bounds: values beyond them were not shown to be impossible.

    Attributes
    ----------
    table : pandas.DataFrame
        In the columns ``id, side, value, cohort, needs, steps``: the farthest by quantity and side (low, high);
        ``needs`` has the names of what it took beyond the narrower limits on dates, which the manifest explains. Of
        what a conclusion rests on there is a row within those limits too. ``steps`` is what the search was allowed.
    cohorts : Ensemble
        ``scheme`` in its ``origin`` is what a cohort is a witness of.
    """

    table: pd.DataFrame
    cohorts: Ensemble

    def extremes(self, id: str, narrow: bool = False) -> tuple[float, float]:
        """The lowest and the highest value found of a quantity; ``narrow`` leaves out what needs wider limits.

        Raises
        ------
        InputError
            If the quantity was not pushed.
        """
        values = self._of(id, narrow)["value"]
        return float(values.min()), float(values.max())

    def witness(self, id: str, side: str, narrow: bool = False) -> pd.DataFrame:
        """The cohort in which a quantity is lowest (``side`` is low) or highest (high), one row a patient.

        Raises
        ------
        InputError
            As :meth:`extremes`.
        """
        rows = self._of(id, narrow)
        values = rows.loc[rows["side"] == side, "value"]
        return self.cohorts.one(int(rows.at[values.idxmin() if side == "low" else values.idxmax(), "cohort"]))

    def _of(self, id: str, narrow: bool) -> pd.DataFrame:
        known = self.table["id"] == id
        if not known.any():
            raise InputError(f"{id!r} was not pushed", remedy=nearest(id, list(self.table["id"].unique())))
        return self.table[known & ((self.table["needs"] == "") | (not narrow))]


def load(file: Path = FILE) -> Witnesses:
    """The witnesses of a file, with table and manifest beside it.

    Raises
    ------
    InputError
        If one of the three cannot be read, or a row of the table is not as described; names the row.
    """
    cohorts = ensemble.load(file)
    rows = []
    for row in read_rows(file.with_name(TABLE), COLUMNS):
        if row["side"] not in ("low", "high"):
            raise row.refuse("side", f"{row['side']!r} is no side", "low or high")
        try:
            value, cohort, steps = float(row["value"]), int(row["cohort"]), int(row["steps"])
        except ValueError:
            raise row.refuse("value", "a number is not one", "as `make witnesses` writes them") from None
        if cohort not in cohorts.origin.index:
            raise row.refuse("cohort", f"there is no cohort {cohort}", f"one of {file.name}")
        rows.append((row["id"], row["side"], value, cohort, row["needs"], steps))
    return Witnesses(pd.DataFrame(rows, columns=list(COLUMNS)), cohorts)
