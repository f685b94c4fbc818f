"""Building an ensemble: many simulated cohorts, each from its own start, restartable, each one verified.

Each cohort has random numbers of its own, by the ensemble's seed and the cohort's number, and a file of its own while
the ensemble is under way. An interrupted run goes on from there, and the same seed gives the same cohorts whatever the
number of processes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis_lib.base import manifest as manifests
from analysis_lib.base.atomic import beside
from analysis_lib.base.errors import InputError
from analysis_lib.cohort.schema import fields
from analysis_lib.reconstruction.base_measure import DESCRIPTIONS
from analysis_lib.reconstruction.search import find_cohort
from analysis_lib.reconstruction.working_folder import search_missing, working_folder
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.catalogue import Targets, load_targets

# Cohorts that are put into the ensemble's file at a time.
_AT_ONCE = 200
# The base measure of a cohort, in its own file.
_MEASURE = "measure"


@dataclass(frozen=True)
class Plan:
    """What decides an ensemble: the same plan gives the same cohorts."""

    cohorts: int
    seed: int
    digest: str

    @property
    def name(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]


def write(frame: pd.DataFrame, file: Path) -> None:
    """Write cohorts as Parquet in the schema's columns and types, beside and then in place.

    What the frame's ``attrs`` hold goes with it.

    Raises
    ------
    InputError
        If the place cannot be written to.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=file) from None
    with beside(file) as path:
        _stored(frame).to_parquet(path, index=False, compression="zstd")


def _stored(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as it is stored: columns in the schema's order, in types that have blanks."""
    typed = {}
    for name, field in fields().items():
        if name in frame:
            kind = {"integer": "Int16", "number": "float64", "string": "string"}[field["type"]]
            values = frame[name]
            typed[name] = (pd.to_numeric(values) if field["type"] != "string" else values).astype(kind)
    ready = pd.DataFrame(typed)
    ready.attrs = frame.attrs
    return ready


def _search(targets: Targets, seed: int, number: int) -> pd.DataFrame:
    """One cohort, with its base measure in ``attrs``; the work of one process at a time."""
    cohort, measure = find_cohort(targets, seed, number)
    cohort.attrs[_MEASURE] = asdict(measure) | {"scheme": measure.name}
    return cohort


def _file(folder: Path, number: int) -> Path:
    return folder / f"cohort-{number:05}.parquet"


def build(
    cohorts: int,
    seed: int,
    out: Path,
    jobs: int = 1,
    numbers: Path | None = None,
    assumptions: Assumptions | None = None,
    scheduler: str = "",
) -> dict:
    """An ensemble of verified cohorts in ``out`` (Parquet), with a manifest beside it.

    Parameters
    ----------
    cohorts, seed
        How many cohorts, from which seed.
    jobs, scheduler
        In how many processes of this machine, or on which Dask cluster, as in :func:`parallel.each`; the
        cohorts do not depend on it.
    out
        A ``.parquet`` file. While the ensemble is under way, the cohorts found lie in a folder
        beside it, named after the plan; a second call with the same plan goes on from there.
    numbers
        Folder of printed numbers, if not the repo's own.
    assumptions
        If not the usual ones; they are part of the plan and stand in the manifest.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    InputError
        If an argument is out of range, the place cannot be written to, or printed numbers contradict
        each other.
    SearchFailed
        If no cohort that meets the targets was found from a start; those of the others are kept.
    """
    out = Path(out)
    _check(cohorts, seed, out, jobs)
    targets = load_targets(numbers, assumptions)
    plan = Plan(cohorts, seed, targets.digest)
    folder = out.with_name(f".{out.stem}.{plan.name}")
    with working_folder(folder):
        search_missing(
            partial(_search, targets, seed),
            range(cohorts),
            partial(_file, folder),
            write,
            lambda number, _: f"cohort {number}",
            jobs,
            scheduler,
        )
        return merge(plan, folder, out, targets)


def _check(cohorts: int, seed: int, out: Path, jobs: int) -> None:
    if cohorts < 1:
        raise InputError(f"{cohorts} cohorts were asked for", remedy="at least 1")
    if jobs < 1:
        raise InputError(f"{jobs} jobs were asked for", remedy="at least 1")
    if seed < 0:
        raise InputError(f"the seed is {seed}", remedy="0 or more")
    if out.suffix != ".parquet":
        raise InputError("cohorts are written as Parquet", file=out, remedy="a name that ends in .parquet")


def merge(plan: Plan, folder: Path, out: Path, targets: Targets) -> dict:
    """Number the cohorts, write them as one file, and say under which base measure each was searched.

    Parameters
    ----------
    folder
        With a file for each cohort of the plan.
    out
        The file of the ensemble; a manifest is written beside it.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    InputError
        If the place cannot be written to.
    """
    measures: list[dict] = []
    # First in the search's own folder: a search that is killed leaves nothing beside the file.
    whole = folder / out.name
    with ExitStack() as stack:
        writer = None
        for part in _parts(plan.cohorts, folder, measures):
            table = pa.Table.from_pandas(_stored(part), preserve_index=False)
            if writer is None:
                writer = stack.enter_context(pq.ParquetWriter(whole, table.schema, compression="zstd"))
            writer.write_table(table)
    try:
        os.replace(whole, out)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=out) from None
    manifest = {
        "file": out.name,
        "cohorts": plan.cohorts,
        "seed": plan.seed,
        "targets": len(targets),
        "targets_sha256": plan.digest,
        "met": targets.printed,
        "assumptions": asdict(targets.assumptions),
        "schemes": DESCRIPTIONS,
        "file_sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "measures": measures,
    }
    manifests.write(manifest, out.with_suffix(".json"))
    return manifest


def _parts(cohorts: int, folder: Path, measures: list[dict]) -> Iterator[pd.DataFrame]:
    """The numbered cohorts, in parts, so that memory does not grow with the ensemble; their ``measures`` are added."""
    for first in range(0, cohorts, _AT_ONCE):
        frames = []
        for number in range(first, min(first + _AT_ONCE, cohorts)):
            frame = pd.read_parquet(_file(folder, number)).assign(cohort=number)
            measures.append(frame.attrs.pop(_MEASURE))
            frames.append(frame)
        yield pd.concat(frames, ignore_index=True)
