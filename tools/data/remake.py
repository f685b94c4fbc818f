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
from analysis_lib.cohort.schema import fields
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

# Of the invented patients.
SEED = 2022
# Of four cycles.
_PLANNED_GBQ = 29.6

# Mean and spread of what is drawn as a number, with its decimals; other numbers have no column here.
_SPREAD = {
    "age_years": (60, 10, 0),
    "bmi_kg_m2": (25, 4, 1),
    "months_since_diagnosis": (14, 12, 1),
    "ki67_percent": (7, 6, 0),
    "tumour_size_mm": (50, 20, 0),
    "chromogranin_a_ug_l": (400, 300, 0),
    "prrt_activity_gbq": (28, 3, 1),
    "prrt_months": (7, 1, 1),
    "months_to_best_response": (13, 5, 1),
    "months_to_smallest_size": (14, 5, 1),
    "months_prrt_end_to_surgery": (6, 3, 1),
    "nodes_resected": (12, 6, 0),
    "specimen_ki67_percent": (6, 5, 0),
    "fibrosis_percent": (45, 20, 0),
    "viable_percent": (40, 20, 0),
    "sstr2a_percent": (70, 25, 0),
}
# How often a yes comes where it is not one in ten, and how often a choice comes where not all are alike.
_YES = {"n1": 0.5, "m1a": 0.4, "no_evidence_of_disease": 0.7, "functional": 0.3, "complication_v_haemorrhage": 0.0}
_ODDS = {
    "kps": {60: 1, 70: 3, 80: 8, 90: 20, 100: 16},
    "grade": {"G1": 8, "G2": 12, "G3": 2, "NEC": 1, "no_grade": 1},
    "prrt_cycles": {2: 1, 3: 2, 4: 12},
    "best_response": {"PR": 8, "SD": 9, "PD": 2, "NE": 1},
    "resection_margin": {"R0": 2, "R1": 1},
    "cause_of_death": {"sepsis": 1, "haematological": 1, "other": 8},
    "vessels_post": {0: 4, 1: 3, 2: 2, 3: 1},
}
# What other centres have is in the schema, and not in these patients, who stay the same.
_DRAWN_FROM = {"surgery_type": ["whipple", "distal", "pylorus_preserving"]}
_IF_PRESENT = {"liver_metastases_3": "m1a", "liver_metastases_gone": "m1a", "lymphocytopenia_only": "marrow_toxicity"}


def example(patients: int = template.PATIENTS, seed: int = SEED) -> pd.DataFrame:
    """An invented cohort in all columns of the schema, as a file would hold it.

    The patients are drawn from a seed by rules of thumb; no study stands behind them, and their survival says nothing.

    Parameters
    ----------
    patients, seed
        How many, and the seed from which they are drawn.

    Returns
    -------
    pandas.DataFrame
        One row a patient, the schema's columns in its order. An operation is planned for some; who
        dies before its time is not operated on, as in life. It changes nothing in how long they live.
    """
    rng = np.random.default_rng(seed)
    drawn = {name: _column(name, patients, rng) for name in fields()}
    drawn["cohort"], drawn["patient"] = np.ones(patients, dtype=int), np.arange(1, patients + 1)
    for name, of in _IF_PRESENT.items():
        drawn[name] = np.where(drawn[of] == 1, drawn[name], np.nan if name.endswith("gone") else 0)
    drawn["tumour_size_post_mm"] = np.round(drawn["tumour_size_mm"] * rng.uniform(0.4, 1.1, patients))
    drawn["tvi_post"] = np.maximum(drawn["tvi_pre"] - rng.integers(0, 3, patients), 0)
    drawn["nodes_positive"] = np.minimum(drawn["nodes_resected"], rng.integers(0, 5, patients))
    drawn["years_prrt_end_to_haematological"] = np.full(patients, np.nan)
    frame = pd.DataFrame(drawn | _times(drawn["no_evidence_of_disease"], rng))
    for name in ("months_to_best_response", "months_to_smallest_size", "prrt_months"):
        frame[name] = frame[name].clip(upper=np.floor(frame["os_years"] * MONTHS_PER_YEAR * 10) / 10)
    frame = _possible(frame)
    operated = frame["group"] == "surgery"
    for name, field in fields().items():
        if field.get("group") == "surgery" or name.startswith("dfs_"):
            frame[name] = frame[name].where(operated)
    frame["no_surgery_reason"] = frame["no_surgery_reason"].where(~operated)
    frame["cause_of_death"] = frame["cause_of_death"].where(frame["os_event"] == 1)
    frame["progression"] = frame["progression"].where(frame["pfs_years"] < frame["os_years"])
    return frame[list(fields())].convert_dtypes()


def _possible(frame: pd.DataFrame) -> pd.DataFrame:
    """The patients with what was drawn by itself put right, where no patient could be as drawn."""
    f = frame
    f["prrt_months"] = f["prrt_months"].clip(upper=np.floor(f["months_to_surgery"] * 5) / 10)
    # Cycles are six weeks apart or more, and seldom more than ten.
    f["prrt_cycles"] = f["prrt_cycles"].clip(upper=1 + np.floor(f["prrt_months"] / 1.4)).astype(int)
    f["prrt_months"] = f["prrt_months"].clip(upper=((f["prrt_cycles"] - 1) * 2.3).round(1))
    f["prrt_activity_gbq"] = (f["prrt_activity_gbq"].clip(upper=_PLANNED_GBQ) * f["prrt_cycles"] / 4).round(1)
    short = f["prrt_activity_gbq"] < 0.9 * _PLANNED_GBQ
    f["dose_adjustment"] = f["dose_adjustment"].replace("death", "unknown").where(short)
    f["months_prrt_end_to_surgery"] = (f["months_to_surgery"] - f["prrt_months"]).round(2)
    f["ki67_percent"] = f["ki67_percent"].clip(upper=f["grade"].map({"G1": 2, "G2": 20}))
    f["viable_percent"] = np.minimum(f["viable_percent"], 100 - f["fibrosis_percent"])
    f["uptake"] = f["uptake"].where(f["ga68_pet"] == 0, None)
    f["prior_surgery"] = f["prior_surgery"].replace("ovariectomy", "other")
    veins, arteries = f["tvi_pre"] >= 1, f["tvi_pre"] >= 3
    f["vessel_smv"], f["vessel_pv"] = veins.astype(int), f["vessel_pv"].where(veins, 0)
    f["vessel_cha"] = arteries.astype(int)
    for name in ("vessel_sma", "vessel_ca"):
        f[name] = f[name].where(arteries, 0)
    after = f["tvi_post"].astype(int)
    fewest, most = np.array([0, 1, 1, 2, 2, 2, 2])[after], np.array([0, 2, 2, 5, 5, 5, 5])[after]
    f["vessels_post"] = f["vessels_post"].clip(fewest, most)
    return f


def _column(name: str, patients: int, rng: np.random.Generator) -> np.ndarray:
    """A column drawn by itself; what must go with other columns is put right afterwards."""
    if name in _ODDS:
        weights = np.array(list(_ODDS[name].values()), dtype=float)
        return rng.choice(list(_ODDS[name]), patients, p=weights / weights.sum())
    choices = _DRAWN_FROM.get(name, fields()[name].get("constraints", {}).get("enum"))
    if choices == [0, 1]:
        return (rng.random(patients) < _YES.get(name, 0.1)).astype(float)
    if choices:
        drawn = rng.choice(choices, patients)
        # Where a blank says that there was none, there mostly was none.
        few = rng.random(patients) < 0.2
        return np.where(few, drawn, None) if "blank if none" in fields()[name]["description"] else drawn
    if name not in _SPREAD:
        return np.full(patients, np.nan)
    mean, spread, decimals = _SPREAD[name]
    # Gamma: never negative, and skewed as such numbers are.
    shape = (mean / spread) ** 2
    limits = fields()[name].get("constraints", {})
    values = np.round(rng.gamma(shape, mean / shape, patients), decimals)
    return np.clip(values, limits.get("minimum", 0), limits.get("maximum", np.inf))


def _times(clear: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Groups and times, in days at first so that they fit each other; ``clear``: no evidence of disease.

    Death comes without regard to the operation, which does nothing.
    """
    n = clear.size
    end = rng.integers(600, 4400, n)
    death = np.ceil(rng.exponential(2600, n)).astype(int)
    surgery = np.ceil(rng.gamma(6, 80, n)).astype(int)
    last = np.minimum(death, end)
    operated = (rng.random(n) < 0.6) & (surgery < last)
    progression = np.ceil(rng.exponential(1100, n)).astype(int) + np.where(operated, surgery, 0)
    first = np.minimum(progression, last)

    def years(days: np.ndarray) -> np.ndarray:
        return np.round(days / DAYS_PER_YEAR, 3)

    disease_free = operated & (clear == 1)
    return {
        "group": np.where(operated, "surgery", "prrt_only"),
        "months_to_surgery": np.where(operated, np.round(surgery * MONTHS_PER_YEAR / DAYS_PER_YEAR, 2), np.nan),
        "os_years": years(last),
        "os_event": (death <= end).astype(int),
        "pfs_years": years(first),
        "pfs_event": ((first < last) | (death <= end)).astype(int),
        "dfs_years": np.where(disease_free, years(first - surgery), np.nan),
        "dfs_event": np.where(disease_free, first < last, np.nan).astype(float),
    }


def make_examples() -> None:
    template.EXAMPLES.mkdir(exist_ok=True)
    template.TEMPLATE.write_text(template.template(), encoding="utf-8")
    example().to_csv(template.EXAMPLE, index=False)
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
