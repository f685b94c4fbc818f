"""Public patient data in the schema of this book's cohorts, to show that a file in it runs, and runs right.

The patients had other diseases and other treatments: what stands under ``surgery`` is a heart
transplant in one set, hormone therapy or a sex in others. This demonstrates the form and no medicine.
The data are those that lifelines ships, and two sets of R's survival package as `tests/oracles/data`
holds them; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base.paths import ROOT
from analysis_lib.base.units import DAYS_PER_YEAR, MONTHS_PER_YEAR
from analysis_lib.cohort.template import EXAMPLES

# Data sets of R's survival package, as `tests/oracles/data.R` writes them.
FROM_R = ROOT / "tests" / "oracles" / "data"
# Months and years of one day must meet again, or who was operated on and who died on it change places.
_DECIMALS = 10


@dataclass(frozen=True)
class PublicCohort:
    """A public data set and how it fits the schema.

    Attributes
    ----------
    name : str
        Of its file, ``data/examples/NAME.csv``.
    title, operated, others : str
        What it is, and who stands under ``surgery`` and under ``prrt_only``.
    endpoint : str
        What ``os_years`` counts.
    key : str
        In ``references.bib``.
    licence : str
        Under which it is passed on.
    landmark_months : float
        A landmark that suits its times.
    mapped : callable
        Without arguments: the patients in the schema, one row each.
    """

    name: str
    title: str
    operated: str
    others: str
    endpoint: str
    key: str
    licence: str
    landmark_months: float
    mapped: Callable[[], pd.DataFrame]

    @property
    def file(self) -> Path:
        """Its file in the schema."""
        return EXAMPLES / f"{self.name}.csv"


def _months(days: pd.Series) -> pd.Series:
    return (days * MONTHS_PER_YEAR / DAYS_PER_YEAR).round(_DECIMALS)


def _years(days: pd.Series) -> pd.Series:
    return (days / DAYS_PER_YEAR).round(_DECIMALS)


def _cohort(operated: np.ndarray, days: pd.Series, event: pd.Series, **more: object) -> pd.DataFrame:
    patients = pd.DataFrame(
        {
            "cohort": 1,
            "patient": np.arange(1, len(days) + 1),
            "group": np.where(operated, "surgery", "prrt_only"),
            "os_years": _years(days.reset_index(drop=True)),
            "os_event": event.to_numpy(int),
        }
    )
    plain = {name: of.to_numpy() if isinstance(of, pd.Series) else of for name, of in more.items()}
    return patients.assign(**plain)


def stanford() -> pd.DataFrame:
    """Waiting for a heart at Stanford: acceptance is the start, the transplant the operation."""
    from lifelines.datasets import load_stanford_heart_transplants

    spells = load_stanford_heart_transplants()
    patients = spells.groupby("id").agg(days=("stop", "max"), died=("event", "max"), age=("age", "first"))
    wait = spells[spells["transplant"] == 1].groupby("id")["start"].min().reindex(patients.index)
    # Ages are given from 48 years on.
    age = (patients["age"] + 48).round(2)
    return _cohort(wait.notna(), patients["days"], patients["died"], age_years=age, months_to_surgery=_months(wait))


def lung() -> pd.DataFrame:
    """Advanced lung cancer, women beside men."""
    from lifelines.datasets import load_lung

    patients = load_lung()
    women = patients["sex"] == 2
    return _cohort(
        women,
        patients["time"],
        patients["status"],
        age_years=patients["age"],
        sex=np.where(women, "female", "male"),
        kps=patients["ph.karno"].astype("Int64"),
    )


def gbsg2() -> pd.DataFrame:
    """Breast cancer with positive nodes, with hormone therapy and without."""
    from lifelines.datasets import load_gbsg2

    patients = load_gbsg2()
    return _cohort(
        patients["horTh"] == "yes",
        patients["time"],
        patients["cens"],
        age_years=patients["age"],
        sex="female",
        grade=patients["tgrade"].map({"I": "G1", "II": "G2", "III": "G3"}),
        tumour_size_mm=patients["tsize"],
        pfs_years=_years(patients["time"]),
        pfs_event=patients["cens"],
    )


def veteran() -> pd.DataFrame:
    """Advanced lung cancer, test chemotherapy beside the standard; Karnofsky's scores to the nearest ten."""
    patients = pd.read_csv(FROM_R / "veteran.csv")
    return _cohort(
        patients["trt"] == 2,
        patients["time"],
        patients["event"],
        age_years=patients["age"],
        kps=(10 * np.floor(patients["karno"] / 10 + 0.5)).astype(int),
        months_since_diagnosis=patients["diagtime"],
        prior_chemotherapy=patients["prior"],
    )


def myeloid() -> pd.DataFrame:
    """Acute myeloid leukaemia: a stem-cell transplant is the operation, relapse or death the progression."""
    patients = pd.read_csv(FROM_R / "myeloid.csv")
    end = patients["rltime"].fillna(np.inf).clip(upper=patients["futime"])
    return _cohort(
        patients["txtime"].notna(),
        patients["futime"],
        patients["death"],
        sex=patients["sex"].map({"f": "female", "m": "male"}),
        months_to_surgery=_months(patients["txtime"]),
        pfs_years=_years(end),
        pfs_event=(patients["rltime"].notna() | (patients["death"] == 1)).astype(int),
    )


PUBLIC = (
    PublicCohort(
        "stanford",
        "Stanford heart transplant programme",
        "who received a heart",
        "who did not",
        "acceptance to death",
        "crowley1977",
        "R's survival package, LGPL 2 or later; lifelines, MIT",
        2.0,
        stanford,
    ),
    PublicCohort(
        "lung",
        "Advanced lung cancer, North Central Cancer Treatment Group",
        "women",
        "men",
        "study entry to death",
        "loprinzi1994",
        "R's survival package, LGPL 2 or later; lifelines, MIT",
        6.0,
        lung,
    ),
    PublicCohort(
        "gbsg2",
        "German Breast Cancer Study Group, trial 2",
        "who had hormone therapy",
        "who had none",
        "operation to recurrence or death",
        "schumacher1994",
        "R's TH.data package, GPL 3; lifelines, MIT",
        12.0,
        gbsg2,
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
        "randomisation to death",
        "kalbfleisch2002",
        "R's survival package, LGPL 2 or later",
        3.0,
        veteran,
    ),
    PublicCohort(
        "myeloid",
        "Trial of acute myeloid leukaemia (simulated on it)",
        "who had a stem-cell transplant",
        "who had none",
        "randomisation to death",
        "therneau2000",
        "R's survival package, LGPL 2 or later",
        6.0,
        myeloid,
    ),
)
