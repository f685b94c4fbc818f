"""Patients of a cohort as arrays, and the covariates that are derived from their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import schema
from analysis_lib.printed.names import TVI_BEYOND_180, TVI_WITHIN_180


class Patients:
    """Some patients of a cohort, each column as an array that is made once.

    Numbers are float64 with NaN for a blank, text is objects with None.
    """

    def __init__(self, column: Callable[[str], np.ndarray]) -> None:
        self._column = column
        self._columns: dict[str, np.ndarray] = {}
        self._narrowed: dict[tuple[str, str | float], Patients] = {}

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Patients:
        """All patients of ``frame``; a column that it lacks raises an InputError once it is needed."""

        def column(name: str) -> np.ndarray:
            if name not in frame:
                raise InputError(f"the cohort lacks the column {name!r}")
            return schema.to_array(frame[name], name)

        return cls(column)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._columns:
            self._columns[name] = self._column(name)
        return self._columns[name]

    def where(self, name: str, value: str | float) -> Patients:
        """Those with ``value`` in the column ``name``."""
        if (name, value) not in self._narrowed:
            chosen = self[name] == value
            self._narrowed[name, value] = Patients(lambda column: self[column][chosen])
        return self._narrowed[name, value]

    def known(self, name: str) -> np.ndarray:
        """The column ``name`` without its blanks."""
        return self[name][~pd.isna(self[name])]

    def columns(self, names: Iterable[str]) -> np.ndarray:
        """Numeric columns side by side, shape (patients, names)."""
        return np.column_stack([self[name] for name in names])

    def complete(self, names: Iterable[str]) -> np.ndarray:
        """Numeric columns side by side, of the patients without a blank in any of them."""
        matrix = self.columns(names)
        return matrix[~np.isnan(matrix).any(axis=1)]


def _after_prrt(condition: Callable[[np.ndarray], np.ndarray]) -> Callable[[Patients], np.ndarray]:
    """Of the category of contact with vessels after PRRT; NaN without a scan."""
    return lambda c: np.where(np.isnan(c["tvi_post"]), np.nan, condition(c["tvi_post"]))


DERIVED: dict[str, Callable[[Patients], np.ndarray]] = {
    "surgery": lambda c: (c["group"] == "surgery").astype(float),
    "grade_1": lambda c: (c["grade"] == "G1").astype(float),
    "partial_response": lambda c: (c["best_response"] == "PR").astype(float),
    "male": lambda c: (c["sex"] == "male").astype(float),
    "metastatic": lambda c: (c.columns(("n1", "m1a", "other_metastases")) == 1).any(axis=1).astype(float),
    "tvi_post_any": _after_prrt(lambda category: category >= 1),
    "tvi_post_within_180": _after_prrt(lambda category: np.isin(category, TVI_WITHIN_180)),
    "tvi_post_beyond_180": _after_prrt(lambda category: np.isin(category, TVI_BEYOND_180)),
}
# The fitted probability of surgery given the four covariates that the paper names.
PROPENSITY_SCORE = "propensity_score"
SCORE_COVARIATES = ("prrt_activity_gbq", "grade_1", "kps", "tumour_size_post_mm")
