"""Comparison of all known patients with cohorts made from their summaries, as ``make truth`` runs it."""

from __future__ import annotations

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base import parallel
from analysis_lib.base.atomic import beside, write_beside_then_rename
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.public import PUBLIC
from analysis_lib.reconstruction.stages.state import SCHEMES
from analysis_lib.reconstruction.studies import known_patients
from analysis_lib.reconstruction.studies.coverage import QUANTITIES, central_range, quantities
from analysis_lib.reconstruction.studies.known_patients import Study, printed, reconstruct
from analysis_lib.reconstruction.working_folder import search_missing, working_folder

SHIPPED = ROOT / "data" / "truth"
SEED = 2026
#: Cohorts of each study and scheme, each from its own random beginning.
COHORTS = 10
#: Turns of the search for one cohort before it is given up. After the first in vain a scheme without any cohort
#: is given up too, after the third any scheme is.
TURNS = 30
POOLED = "both"
_LARYNX = {
    "title": "Cancer of the larynx",
    "first": "stage I or II",
    "second": "stage III or IV",
    "key": "kardaun1983",
    "licence": "R's KMsurv package, GPL 3 or later; lifelines, MIT",
}


def search(study: Study, number: int, scheme_number: int, cohorts: int = COHORTS) -> pd.DataFrame:
    """Cohorts of one study under one scheme; a row for each patient. Fewer than ``cohorts`` if the search fails.

    The seed, the study's and the scheme's number and the cohort's decide each cohort, so that any can be
    had without the others.
    """
    strings, scheme = printed(study), SCHEMES[scheme_number]
    frames, in_vain = [], 0
    for k in range(cohorts):
        rng = np.random.default_rng([SEED, number, scheme_number, k])
        found = reconstruct(strings, study.horizon, scheme, rng, TURNS)
        if found is None:
            in_vain += 1
            if not frames or in_vain == 3:
                break
            continue
        when, event, first = found
        frames.append(pd.DataFrame({"cohort": k, "time": when, "event": event.astype(np.int8), "first": first}))
    columns = {"cohort": int, "time": float, "event": np.int8, "first": bool}
    found = pd.concat(frames) if frames else pd.DataFrame({c: pd.Series(dtype=t) for c, t in columns.items()})
    return found.assign(study=study.name, scheme=scheme.name)[["study", "scheme", *columns]]


def compare(studies: list[Study], cohorts: pd.DataFrame) -> pd.DataFrame:
    """Each study's truth beside the range of its cohorts, of each scheme and of both together.

    Returns
    -------
    pandas.DataFrame
        One row for each study, scheme and quantity: ``truth`` and its own standard error ``se``, the number
        of ``cohorts`` that have the quantity, and ``low``, ``middle``, ``high`` of :func:`central_range`.
    """
    rows = []
    for study in studies:
        strings = printed(study)
        known = quantities(study.time, study.event, study.first, strings)
        mine = cohorts[cohorts["study"] == study.name]
        found = {
            key: quantities(c["time"].to_numpy(), c["event"].to_numpy(), c["first"].to_numpy(), strings)["value"]
            for key, c in mine.groupby(["scheme", "cohort"])
        }
        values = pd.DataFrame(found, index=list(QUANTITIES)).T
        schemes = np.array([scheme for scheme, _ in found])
        for scheme in (*(s.name for s in SCHEMES), POOLED):
            of = values[schemes == scheme] if scheme != POOLED else values
            for name in QUANTITIES:
                low, middle, high = central_range(of[name].to_numpy(float))
                rows.append(
                    {
                        "study": study.name, "source": study.source, "patients": study.time.size, "scheme": scheme,
                        "quantity": name, "truth": known.loc[name, "value"], "se": known.loc[name, "se"],
                        "cohorts": int(of[name].notna().sum()), "low": low, "middle": middle, "high": high,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def _search(one: tuple[Study, int, int]) -> pd.DataFrame:
    return search(*one)


def build(out: Path = SHIPPED, jobs: int = 2, scheduler: str = "") -> None:
    """Search all, compare, and write ``studies.csv``, ``cohorts.parquet``, ``ranges.csv`` and ``manifest.json``.

    Finished searches lie in ``out/.searched`` until all are; an interrupted run goes on from there. ``jobs`` and
    ``scheduler`` are those of :func:`parallel.each`.
    """
    studies, folder = known_patients.studies(), out / ".searched"
    work = [(study, number, scheme) for number, study in enumerate(studies) for scheme in range(len(SCHEMES))]
    with working_folder(folder):
        search_missing(
            _search,
            work,
            lambda job: _file(folder, *job[1:]).exists(),
            lambda job, found: _write(found, _file(folder, *job[1:])),
            lambda job, found: f"{job[0].name}, {SCHEMES[job[2]].name}: {found['cohort'].nunique()} cohorts",
            jobs,
            scheduler,
        )
        found = [pd.read_parquet(_file(folder, *job[1:])) for job in work]
        cohorts = pd.concat([part for part in found if len(part)], ignore_index=True)
        _write(cohorts, out / "cohorts.parquet")
        summary = pd.DataFrame(
            [{"study": s.name, "source": s.source, "unit": s.unit, "horizon": s.horizon, **printed(s)} for s in studies]
        )
        write_beside_then_rename(out / "studies.csv", summary.to_csv(index=False))
        ranges = compare(studies, cohorts)
        write_beside_then_rename(out / "ranges.csv", ranges.to_csv(index=False, float_format="%.8g"))
        manifest = json.dumps(_manifest(out), indent=1, ensure_ascii=False)
        write_beside_then_rename(out / "manifest.json", manifest + "\n")


def _file(folder: Path, number: int, scheme: int) -> Path:
    return folder / f"{number:03}-{scheme}.parquet"


def _write(frame: pd.DataFrame, file: Path) -> None:
    with beside(file) as path:
        frame.to_parquet(path, index=False, compression="zstd")


def _manifest(out: Path) -> dict:
    return {
        "seed": SEED,
        "seed_of_parts": known_patients.SEED,
        "cohorts_per_scheme": COHORTS,
        "turns_per_cohort": TURNS,
        "schemes": [scheme.name for scheme in SCHEMES],
        "sources": {
            "larynx": _LARYNX,
            **{
                p.name: {"title": p.title, "first": p.operated, "second": p.others, "key": p.key, "licence": p.licence}
                for p in PUBLIC
            },
        },
        "versions": {name: version(name) for name in ("lifelines", "numba", "numpy", "scipy", "statsmodels")},
        "cohorts_sha256": hashlib.sha256((out / "cohorts.parquet").read_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    build(**vars(parallel.add_options(argparse.ArgumentParser()).parse_args()))
