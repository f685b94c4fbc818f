"""Public patient data in the schema of this book's cohorts, to show that a file in it runs, and runs right.

The patients had other diseases and other treatments: what stands under ``surgery`` is a heart
transplant in one set, hormone therapy or a sex in others. This demonstrates the form and no medicine.
The data are those that lifelines ships, and two sets of R's survival package as `tests/oracles/data`
holds them; `tools/data/remake.py` writes them in the schema, and nothing is downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.template import EXAMPLES

# Data sets of R's survival package, as `tests/oracles/data.R` writes them.
FROM_R = ROOT / "tests" / "oracles" / "data"


@dataclass(frozen=True)
class PublicCohort:
    """A public data set and how it fits the schema.

    Attributes
    ----------
    name : str
        Of its file, ``data/examples/NAME.csv``.
    title, operated, others : str
        What it is, and who stands under ``surgery`` and under ``prrt_only``.
    key : str
        In ``references.bib``.
    licence : str
        Under which it is passed on.
    landmark_months : float
        A landmark that suits its times.
    """

    name: str
    title: str
    operated: str
    others: str
    key: str
    licence: str
    landmark_months: float

    @property
    def file(self) -> Path:
        """Its file in the schema."""
        return EXAMPLES / f"{self.name}.csv"


PUBLIC = (
    PublicCohort(
        "stanford",
        "Stanford heart transplant programme",
        "who received a heart",
        "who did not",
        "crowley1977",
        "R's survival package, LGPL 2 or later; lifelines, MIT",
        2.0,
    ),
    PublicCohort(
        "lung",
        "Advanced lung cancer, North Central Cancer Treatment Group",
        "women",
        "men",
        "loprinzi1994",
        "R's survival package, LGPL 2 or later; lifelines, MIT",
        6.0,
    ),
    PublicCohort(
        "gbsg2",
        "German Breast Cancer Study Group, trial 2",
        "who had hormone therapy",
        "who had none",
        "schumacher1994",
        "R's TH.data package, GPL 3; lifelines, MIT",
        12.0,
    ),
)

#: All on which the report on somebody's own patients is held against R.
REPORTED = (
    *PUBLIC,
    PublicCohort(
        "veteran",
        "Veterans' Administration lung cancer trial",
        "who had the test chemotherapy",
        "who had the standard",
        "kalbfleisch2002",
        "R's survival package, LGPL 2 or later",
        3.0,
    ),
    PublicCohort(
        "myeloid",
        "Trial of acute myeloid leukaemia (simulated on it)",
        "who had a stem-cell transplant",
        "who had none",
        "therneau2000",
        "R's survival package, LGPL 2 or later",
        6.0,
    ),
)
