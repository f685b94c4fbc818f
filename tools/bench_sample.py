"""The reconstructed cohorts that `make bench` fits, as each library wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.reconstruction import ensemble

# Of the exact tests: what stands in the rows of a cohort's table, and in its columns.
TESTS = {"exact_small": ("group", "tvi_pre"), "exact_large": ("grade", "best_response")}
# Their cohorts: a test takes a thousand times as long as a fit.
TABLES = 40


@dataclass(frozen=True, eq=False)
class Sample:
    """Reconstructed cohorts: one row a patient, and the tables of counts of the first :data:`TABLES`."""

    patients: pd.DataFrame
    tables: Mapping[str, list[np.ndarray]]

    @classmethod
    def of_the_ensemble(cls) -> Sample:
        shipped = ensemble.load().patients
        patients = pd.DataFrame(
            {
                "cohort": shipped["cohort"],
                "time": shipped["os_years"],
                "event": shipped["os_event"],
                "operated": (shipped["group"] == "surgery").astype(int),
                "activity": shipped["prrt_activity_gbq"],
                "grade_1": (shipped["grade"] == "G1").astype(int),
                "kps": shipped["kps"].astype(float),
                "size": shipped["tumour_size_mm"],
            }
        ).reset_index(drop=True)
        of = [cohort for _, cohort in islice(shipped.groupby("cohort"), TABLES)]
        tables = {
            test: [pd.crosstab(c[row], c[column]).to_numpy() for c in of] for test, (row, column) in TESTS.items()
        }
        return cls(patients, tables)

    def first(self, cohorts: int | None) -> Sample:
        """The first so many; all if None."""
        if cohorts is None:
            return self
        kept = self.patients["cohort"].isin(self.patients["cohort"].unique()[:cohorts])
        return Sample(self.patients[kept], {test: tables[:cohorts] for test, tables in self.tables.items()})

    @cached_property
    def _cohorts(self) -> int:
        return self.patients["cohort"].nunique()

    def __len__(self) -> int:
        return self._cohorts

    def array(self, column: str, kind: type = float) -> np.ndarray:
        """Shape (cohorts, patients)."""
        return self.patients[column].to_numpy(kind).reshape(len(self), -1)

    @cached_property
    def frames(self) -> list[pd.DataFrame]:
        """One a cohort, for libraries that want frames."""
        return [frame.drop(columns="cohort") for _, frame in self.patients.groupby("cohort")]

    @cached_property
    def arrays(self) -> list[dict[str, np.ndarray]]:
        """The columns of each cohort, for libraries that want arrays."""
        return [{name: frame[name].to_numpy(float) for name in frame} for frame in self.frames]

    @cached_property
    def untied(self) -> list[int]:
        """Positions of the cohorts in which no two patients died at one time."""
        return [i for i, a in enumerate(self.arrays) if np.unique(d := a["time"][a["event"] == 1]).size == d.size]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The patients and the tables as CSV, with every digit."""
        patients, tables = folder / "patients.csv", folder / "tables.csv"
        self.patients.to_csv(patients, index=False, float_format="%.17g")
        cells = [
            (test, i, row, column, count)
            for test, of in self.tables.items()
            for i, table in enumerate(of)
            for (row, column), count in np.ndenumerate(table)
        ]
        pd.DataFrame(cells, columns=["test", "cohort", "row", "column", "count"]).to_csv(tables, index=False)
        return patients, tables
