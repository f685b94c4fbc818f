"""What is printed of one column of a cohort, as the search for the column takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.reconstruction._numba import column_statistics as place
from analysis_lib.reconstruction._numba.column_statistics import COLUMN_STATISTICS, Column
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.targets.catalogue import GROUPS, Targets

# For columns that have no later measurement.
NO_LATER = np.empty(0)
_TESTS = {"mann_whitney": place.MANN_WHITNEY_P, "student": place.STUDENT_P, "welch": place.WELCH_P}


def ratio_ids(stem: str, ratio_name: str) -> tuple[str, ...]:
    """Ids of a ratio (``hr`` or ``or``), its limits and its p."""
    return tuple(f"{stem}.{s}" for s in (ratio_name, "ci_lo", "ci_hi", "p"))


@dataclass(frozen=True)
class ColumnSpec:
    """The printed numbers that hold a column, and the step of its values.

    Parameters
    ----------
    stem
        By which a failure names the column.
    step
        Of which all values are multiples.
    groups
        Under which ids its summaries stand: of all patients, the first and the second group; fewer if fewer are
        printed.
    p, test
        Id of the p value between the groups, and the test: ``mann_whitney``, ``student`` or ``welch``.
    odds_ratio
        Stem of the odds ratio of the first group.
    decrease
        Stem of the mean and SD of the decrease to a later measurement.
    """

    stem: str
    step: float = 1.0
    groups: tuple[str, ...] = ()
    p: str = ""
    test: str = "mann_whitney"
    odds_ratio: str = ""
    decrease: str = ""

    @classmethod
    def by_group(
        cls, stem: str, step: float = 1.0, test: str = "mann_whitney", odds_ratio: str = "", decrease: str = ""
    ) -> ColumnSpec:
        """Summaries of all patients and of both groups, and the test between these."""
        return cls(stem, step, tuple(f"{stem}.{g}" for g in GROUPS), f"{stem}.p", test, odds_ratio, decrease)

    @classmethod
    def of_group(cls, stem: str, group: str, step: float = 1.0) -> ColumnSpec:
        """Summaries of one group alone."""
        return cls(stem, step, (f"{stem}.{group}",))

    @property
    def ids(self) -> tuple[str, ...]:
        """The printed numbers in the places of :mod:`column_statistics`; blank where nothing is printed."""
        ids = [""] * COLUMN_STATISTICS
        for g, group in enumerate(self.groups):
            for first, statistic in ((place.MEDIAN, "median"), (place.Q1, "q1"), (place.Q3, "q3")):
                ids[first + 3 * g] = f"{group}.{statistic}"
            ids[place.MEAN + g], ids[place.SD + g] = f"{group}.mean", f"{group}.sd"
            ids[place.MINIMUM + 2 * g], ids[place.MAXIMUM + 2 * g] = f"{group}.range_lo", f"{group}.range_hi"
        ids[_TESTS[self.test]] = self.p
        if self.odds_ratio:
            ids[place.ODDS_RATIO : place.DECREASE_MEAN] = ratio_ids(self.odds_ratio, "or")
        if self.decrease:
            ids[place.DECREASE_MEAN], ids[place.DECREASE_SD] = f"{self.decrease}.all.mean", f"{self.decrease}.all.sd"
        return tuple(ids)

    def column(
        self, targets: Targets, low: np.ndarray, high: np.ndarray, first: np.ndarray, later: np.ndarray = NO_LATER
    ) -> Column:
        """The column for a search, with the comparisons that are printed; arrays as in :class:`Column`."""
        box = targets.box(self.ids)
        tests = np.isfinite(box[:2]).any(axis=0)
        ratio = tests[place.ODDS_RATIO : place.DECREASE_MEAN]
        comparisons = np.array(
            [tests[place.MANN_WHITNEY_P], tests[place.STUDENT_P] or tests[place.WELCH_P], ratio.any()]
        )
        rule = QUANTILE_RULES[targets.assumptions.quantile]
        return Column(low, high, self.step, first, comparisons, later, rule, box)
