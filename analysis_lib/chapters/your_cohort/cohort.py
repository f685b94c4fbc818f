"""The cohort of a report with its parameters, and the fits that several sections show, each made once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import pandas as pd

from analysis_lib.analyses import description
from analysis_lib.analyses.baseline import baseline
from analysis_lib.analyses.confounding import Adjustment, adjust
from analysis_lib.analyses.description import ENDPOINTS
from analysis_lib.chapters.parameters import Value


class Cohort:
    """One cohort and the conventions of its report.

    Parameters
    ----------
    patients
        In the schema.
    chosen
        Of the chapter's parameters, as :func:`parameters.check` gives them.
    """

    def __init__(self, patients: pd.DataFrame, chosen: Mapping[str, Value]) -> None:
        self.patients = patients
        self.landmark_months = float(chosen["landmark_months"])
        self.horizon_years = float(chosen["horizon_years"])
        self.ties = str(chosen["ties"])
        self.median_interval = str(chosen["median_interval"])

    @cached_property
    def baseline(self) -> pd.DataFrame:
        """What is known of the patients, by group: :func:`baseline.baseline`."""
        return baseline(self.patients)

    @cached_property
    def endpoints(self) -> list[str]:
        """The endpoints whose times and events the file has."""
        columns = {endpoint: [f"{endpoint}_years", f"{endpoint}_event"] for endpoint in ENDPOINTS}
        here = self.patients
        return [e for e, names in columns.items() if set(names) <= set(here) and here[names].notna().all(axis=1).any()]

    @cached_property
    def medians(self) -> dict[str, pd.DataFrame]:
        """By endpoint, :func:`description.survival_by_group`."""
        return {e: description.survival_by_group(self.patients, e, self.median_interval) for e in self.endpoints}

    @cached_property
    def ratios(self) -> dict[str, pd.DataFrame]:
        """By endpoint but for disease-free survival, :func:`description.hazard_ratios`."""
        return {
            endpoint: description.hazard_ratios(self.patients, self.landmark_months, endpoint, self.ties)
            for endpoint in self.endpoints
            if endpoint != "dfs"
        }

    @cached_property
    def adjustment(self) -> Adjustment:
        """By the propensity score; raises InputError where there is none."""
        return adjust(self.patients, ties=self.ties)
