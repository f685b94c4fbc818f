"""Write data that is computed and kept: `python tools/data/remake.py predictions --jobs 2`.

- examples: data/examples, from the schema and from public data sets. After a change of these, ask R anew:
  tests/oracles/report.R.
- predictions: data/predictions, what the other printed numbers say of each one withheld, in some 25 minutes on two
  cores. An interrupted run goes on where it was.
- witnesses: data/witnesses, the simulated cohorts that go farthest in what no number prints, in some 30 minutes on two
  cores; restartable likewise. After it ask R anew: tests/oracles/witnesses.py.
- benchmark: data/benchmark, seeded errors, and which of them the audit and other tools find, in some minutes.
"""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import version

import numpy as np
import pandas as pd

from analysis_lib.base import parallel
from analysis_lib.base.paths import ROOT
from analysis_lib.base.units import DAYS_PER_YEAR, MONTHS_PER_YEAR
from analysis_lib.cohort import template
from analysis_lib.cohort.public import FROM_R, REPORTED
from analysis_lib.ledger import benchmark, seeded_errors
from analysis_lib.reconstruction import witnesses
from analysis_lib.reconstruction.adversary import build as adversary
from analysis_lib.reconstruction.studies import holdout
from tools.checks.provenance import Making

# Months and years of one day must meet again, or who was operated on and who died on it change places.
_DECIMALS = 10


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
    """Breast cancer with positive nodes, with hormone therapy and without, from operation to recurrence or death."""
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


#: The patients of each public data set, in the schema.
MAPPED = {"stanford": stanford, "lung": lung, "gbsg2": gbsg2, "veteran": veteran, "myeloid": myeloid}


def make_examples() -> None:
    template.EXAMPLES.mkdir(exist_ok=True)
    template.TEMPLATE.write_text(template.template(), encoding="utf-8")
    template.example().to_csv(template.EXAMPLE, index=False)
    for public in REPORTED:
        MAPPED[public.name]().to_csv(public.file, index=False)


def make_predictions(**how) -> None:
    manifest = holdout.build(2026, ROOT / "data" / "predictions" / "predictions.csv", **how)
    print(f"{len(manifest['sets'])} sets withheld")


def make_witnesses(**how) -> None:
    print(adversary.build(2026, witnesses.FILE, **how).to_string(index=False))


def make_benchmark(**how) -> None:
    making = Making("make benchmark")
    errors, roundings = benchmark.run(**how)
    versions = {"python": platform.python_version()} | {name: version(name) for name in ("numpy", "scipy")}
    for file, results in ((benchmark.ERRORS, errors), (benchmark.ROUNDINGS, roundings)):
        benchmark.write(results, file)
        making.note(file, seed=seeded_errors.SEED, rows=len(results), versions=versions)


MAKE = {
    "benchmark": make_benchmark,
    "examples": make_examples,
    "predictions": make_predictions,
    "witnesses": make_witnesses,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)
    for part in MAKE:
        of_part = parts.add_parser(part)
        if part in ("benchmark", "predictions", "witnesses"):
            parallel.add_options(of_part)
    given = vars(parser.parse_args())
    MAKE[given.pop("part")](**given)


if __name__ == "__main__":
    main()
