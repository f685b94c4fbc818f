"""Comparison of known patients with simulated cohorts from their summaries, as ``make truth`` runs it."""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base import manifest as manifests
from analysis_lib.base import parallel
from analysis_lib.base.atomic import beside, write_beside_then_rename
from analysis_lib.base.paths import ROOT
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.studies import known_data
from analysis_lib.reconstruction.studies.coverage import FEWEST, QUANTITIES, central_range, factors, quantities
from analysis_lib.reconstruction.studies.known_data import COLUMNS, SOURCES, Study
from analysis_lib.reconstruction.studies.known_patients import printed, reconstruct
from analysis_lib.reconstruction.working_folder import search_missing, working_folder

SHIPPED = ROOT / "data" / "truth"
SEED = 2026
#: Cohorts of each study, each from a base measure and a start of its own.
COHORTS = 15
#: Starts for a study, before what was found must do; and more of them before fewer cohorts than a range needs must do.
STARTS, MOST_STARTS = 2_000, 5_000


def search(study: Study, number: int, cohorts: int = COHORTS) -> pd.DataFrame:
    """Cohorts of one study; a row for each patient. Fewer than ``cohorts`` if the search fails too often.

    The seed, the study's number and the start's decide each cohort, so that any can be had without the
    others; a cohort's number is its start's.
    """
    strings, frames = printed(study.patients), []
    for start in range(MOST_STARTS):
        rng = np.random.default_rng([SEED, number, start])
        measure = BaseMeasure.draw(rng)
        found = reconstruct(strings, study.horizon, measure, rng)
        if found is not None:
            frames.append(found.assign(study=study.name, assumption=measure.name, cohort=start))
        if len(frames) == cohorts or (len(frames) >= FEWEST and start + 1 >= STARTS):
            break
    columns = ["study", "assumption", "cohort", *COLUMNS]
    return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)


def compare(studies: list[Study], cohorts: pd.DataFrame) -> pd.DataFrame:
    """Each study's truth beside the range of its cohorts.

    Returns
    -------
    pandas.DataFrame
        One row for each study and quantity that it has: ``truth`` and its own standard error ``se``, the
        number of ``cohorts``, and ``low``, ``middle``, ``high`` of :func:`coverage.central_range`.
    """
    rows = []
    for study in studies:
        strings = printed(study.patients)
        known = quantities(study.patients, strings)
        mine = cohorts[cohorts["study"] == study.name].groupby("cohort")
        values = pd.DataFrame([quantities(c, strings)["value"] for _, c in mine], columns=list(QUANTITIES))
        for name in known.index[known["value"].notna()]:
            low, middle, high = central_range(values[name].to_numpy(float))
            rows.append(
                {
                    "study": study.name, "source": study.source, "held_out": SOURCES[study.source].held_out,
                    "quantity": name, "truth": known.loc[name, "value"], "se": known.loc[name, "se"],
                    "cohorts": int(values[name].notna().sum()), "low": low, "middle": middle, "high": high,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _search(one: tuple[Study, int]) -> pd.DataFrame:
    return search(*one)


def build(out: Path = SHIPPED, jobs: int = 2, scheduler: str = "") -> None:
    """Search all, compare, and write the tables of ``out`` and ``manifest.json``.

    Finished searches lie in ``out/.searched`` until all are; an interrupted run goes on from there. ``jobs`` and
    ``scheduler`` are those of :func:`parallel.each`.
    """
    studies, folder = known_data.studies(), out / ".searched"
    work = [(study, number) for number, study in enumerate(studies)]
    with working_folder(folder):
        search_missing(
            _search,
            work,
            lambda job: _file(folder, job[1]),
            _write,
            lambda job, found: f"{job[0].name}: {found['cohort'].nunique()} cohorts",
            jobs,
            scheduler,
        )
        found = [pd.read_parquet(_file(folder, number)) for _, number in work]
        cohorts = pd.concat([part for part in found if len(part)], ignore_index=True)
        _write(cohorts, out / "cohorts.parquet")
        summary = pd.DataFrame(
            [
                {"study": s.name, "source": s.source, "unit": s.unit, "horizon": s.horizon, **printed(s.patients)}
                for s in studies
            ]
        )
        write_beside_then_rename(out / "studies.csv", summary.to_csv(index=False))
        ranges = compare(studies, cohorts).to_csv(index=False, float_format="%.8g")
        write_beside_then_rename(out / "ranges.csv", ranges)
        # Of the rounded ranges, as readers of the file would have them.
        grown = factors(pd.read_csv(out / "ranges.csv"))
        write_beside_then_rename(out / "factors.csv", grown.to_csv(index=False, float_format="%.4g"))
        manifests.write(_manifest(out), out / "manifest.json")


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:03}.parquet"


def _write(frame: pd.DataFrame, file: Path) -> None:
    with beside(file) as path:
        frame.to_parquet(path, index=False, compression="zstd")


def _manifest(out: Path) -> dict:
    return {
        "seed": SEED,
        "seed_of_parts": known_data.SEED,
        "cohorts_per_study": COHORTS,
        "starts_per_study": [STARTS, MOST_STARTS],
        "sources": {name: asdict(source) for name, source in SOURCES.items()},
        "versions": {name: version(name) for name in ("lifelines", "numba", "numpy", "scipy", "statsmodels")},
        "cohorts_sha256": hashlib.sha256((out / "cohorts.parquet").read_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    build(**vars(parallel.add_options(argparse.ArgumentParser()).parse_args()))
