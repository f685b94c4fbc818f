"""What the stages of the search had found of a finished cohort, read back from its columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.reconstruction._numba.anneal_progression import FREE_R0, FREE_R1, NOT_FREE
from analysis_lib.reconstruction.stages.builder import Builder
from analysis_lib.reconstruction.stages.columns import settle_places
from analysis_lib.reconstruction.stages.state import Blocks, Covariates, Progression, Survival, Treatment

_METASTASES = (
    *("n1", "m1a", "other_metastases", "liver_metastases_3", "liver_metastases_gone"),
    *("liver_wedge", "liver_wedges", "liver_ablation_rf", "liver_ablation_mw"),
)


@dataclass
class Finished:
    """A finished cohort as the stages have it.

    Attributes
    ----------
    cohort : pandas.DataFrame
        Its patients in the order of :class:`Survival`.
    """

    cohort: pd.DataFrame
    survival: Survival
    treatment: Treatment
    progression: Progression

    @property
    def response(self) -> np.ndarray:
        """Best responses, shape (n,)."""
        return self.cohort["best_response"].to_numpy(object)

    @property
    def covariates(self) -> Covariates:
        """Performance scores, grades and activities."""
        kps, activity = (self.cohort[name].to_numpy(float) for name in ("kps", "prrt_activity_gbq"))
        return Covariates(kps, (self.cohort["grade"] == "G1").to_numpy(float), activity)

    def builder(self, rng: np.random.Generator, blocks: Blocks) -> Builder:
        """A builder of cohorts that keep best responses and metastases."""
        build = Builder(rng, blocks, self.survival)
        build.columns["best_response"] = self.response
        for name in _METASTASES:
            column = self.cohort[name]
            build.columns[name] = column.astype(object).where(column.notna(), None).to_numpy()
        return build

    @classmethod
    def of(cls, cohort: pd.DataFrame, blocks: Blocks) -> Finished:
        """The stages' arrays of a cohort that meets all targets."""
        # First the death of the operation, and in the other group that of sepsis, then the other deaths.
        first = ~cohort["cause_of_death"].isin(["postoperative", "sepsis"])
        operated = cohort["group"] == "surgery"
        ordered = cohort.iloc[np.lexsort([cohort["patient"], cohort["os_event"] == 0, first, ~operated])]
        ordered = ordered.reset_index(drop=True)
        years = blocks.clock.years
        surgery, last_cycle = (_days(ordered[name]) for name in ("months_to_surgery", "prrt_months"))
        survival = Survival(
            np.searchsorted(years, ordered["os_years"].to_numpy(float)),
            ordered["os_event"].to_numpy(np.int64),
            (ordered["group"] == "surgery").to_numpy(),
            blocks.clock,
            surgery,
        )
        treatment = Treatment(ordered["prrt_cycles"].to_numpy(np.int64), last_cycle, surgery)
        free, margin = (ordered["no_evidence_of_disease"] == 1).to_numpy(bool), ordered["resection_margin"].to_numpy()
        role = np.select([free & (margin == "R0"), free & (margin == "R1")], [FREE_R0, FREE_R1], NOT_FREE)
        end = np.searchsorted(years, ordered["pfs_years"].to_numpy(float))
        progression = Progression(role, ordered["progression"].notna().to_numpy(bool), end)
        return cls(ordered, survival, treatment, progression)


def settled(cohort: pd.DataFrame, blocks: Blocks) -> pd.DataFrame:
    """The cohort with kinds of progression that go with its sizes, which were changed after it was finished."""
    columns = {name: cohort[name].to_numpy(object, na_value=None) for name in ("group", "best_response", "progression")}
    columns |= {
        name: cohort[name].to_numpy(float, na_value=np.nan) for name in ("tumour_size_mm", "tumour_size_post_mm")
    }
    end = np.searchsorted(blocks.clock.years, cohort["pfs_years"].to_numpy(float))
    settle_places(columns, end, _days(cohort["months_to_surgery"]))
    return cohort.assign(progression=pd.array(columns["progression"], dtype="string"))


def _days(months: pd.Series) -> np.ndarray:
    return (months.fillna(0) * DAYS_PER_MONTH).round().to_numpy(np.int64)
