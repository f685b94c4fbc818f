"""Building an ensemble: many simulated cohorts from independent starts, restartable, each one verified.

A start is a search from random times under one base measure; from its solution a chain walks to
further ones. Each start has a generator of its own, seeded by the ensemble's seed and the start's
number, and a file of its own while the ensemble is under way, to which each cohort goes as soon as
it is found. An interrupted run goes on from there, and the same seed gives the same cohorts whatever
the number of processes.
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

from analysis_lib.base.atomic import beside, write_beside_then_rename
from analysis_lib.base.errors import InputError
from analysis_lib.cohort.schema import fields

from analysis_lib.reconstruction.stages.state import SCHEMES, scheme_of
from analysis_lib.reconstruction.working_folder import search_missing, working_folder
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.catalogue import Targets, load_targets

# Cohorts of one start: a longer chain costs less a cohort, and tells less.
LONGEST_CHAIN = 20
# Below this many starts an ensemble has cohorts of their own rather than chains.
_FEWEST_STARTS = 28
# Patients that are put into the ensemble's file at a time.
_ROWS_AT_ONCE = 10_000
# Where a chain stands, in the file of its cohorts so far.
_POSITION = "position"


@dataclass(frozen=True)
class Plan:
    """What decides an ensemble: the same plan gives the same cohorts.

    ``chain`` is how many cohorts come from one start; if not given, as many as leave enough starts.
    """

    cohorts: int
    seed: int
    digest: str
    chain: int | None = None

    @property
    def starts(self) -> list[int]:
        """How many cohorts each start contributes."""
        chain = self.chain or min(LONGEST_CHAIN, max(1, self.cohorts // _FEWEST_STARTS))
        whole, rest = divmod(self.cohorts, chain)
        return [chain] * whole + [rest] * (rest > 0)

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


def _search_start(plan: Plan, targets: Targets, folder: Path | None, start: int) -> pd.DataFrame:
    """The cohorts of one start; the work of one process at a time.

    Where there is a ``folder``, each goes there as soon as it is found, and what is there is not searched again.
    """
    found, position = _kept(folder, start)
    for frame, stands in chain(targets, plan.seed, start, plan.starts[start], position):
        frame.insert(0, "cohort", len(found))
        found.append(frame)
        if folder:
            so_far = pd.concat(found, ignore_index=True)
            so_far.attrs[_POSITION] = stands.packed()
            write(so_far, _file(folder, start))
    return pd.concat(found, ignore_index=True)


def _kept(folder: Path | None, start: int) -> tuple[list[pd.DataFrame], dict | None]:
    """The cohorts of a start that an interrupted search has left, and where its chain stood."""
    if folder is None or not _file(folder, start).exists():
        return [], None
    whole = pd.read_parquet(_file(folder, start))
    position = whole.attrs.pop(_POSITION)
    return [frame for _, frame in whole.groupby("cohort")], position


def _file(folder: Path, start: int) -> Path:
    return folder / f"start-{start:04}.parquet"


def build(
    cohorts: int,
    seed: int,
    out: Path,
    jobs: int = 1,
    numbers: Path | None = None,
    assumptions: Assumptions | None = None,
    chain: int | None = None,
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
    chain
        Cohorts of one start, if not as :class:`Plan` has it.

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
        If a start found no cohort that meets the targets; the cohorts of the others are kept.
    """
    out = Path(out)
    _check(cohorts, seed, out, jobs)
    targets = load_targets(numbers, assumptions)
    plan = Plan(cohorts, seed, targets.digest, chain)
    folder = out.with_name(f".{out.stem}.{plan.name}")
    with working_folder(folder):
        _search_starts(plan, folder, targets, jobs, scheduler)
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


def _search_starts(plan: Plan, folder: Path, targets: Targets, jobs: int, scheduler: str) -> None:
    def keep(start: int, found: pd.DataFrame) -> None:
        # The workers of a cluster may see another disk; those of this machine have written it.
        if scheduler:
            write(found, _file(folder, start))

    search_missing(
        partial(_search_start, plan, targets, None if scheduler else folder),
        range(len(plan.starts)),
        lambda start: _length(_file(folder, start)) == plan.starts[start],
        keep,
        lambda start, _: f"start {start}: {plan.starts[start]} cohorts",
        jobs,
        scheduler,
    )


def _length(file: Path) -> int:
    """How many cohorts a start's file has."""
    return int(pd.read_parquet(file, columns=["cohort"])["cohort"].max()) + 1 if file.exists() else 0


def merge(plan: Plan, folder: Path, out: Path, targets: Targets) -> dict:
    """Number the cohorts of all starts, write them as one file, and say where each comes from.

    Parameters
    ----------
    folder
        With a file for each start of the plan.
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
    rows, number = [], 0
    for start, length in enumerate(plan.starts):
        rows.append({"start": start, "scheme": scheme_of(start).name, "first_cohort": number, "cohorts": length})
        number += length
    # First in the search's own folder: a search that is killed leaves nothing beside the file.
    whole = folder / out.name
    with ExitStack() as stack:
        writer = None
        for part in _parts(rows, folder):
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
        "cohorts": number,
        "seed": plan.seed,
        "targets": len(targets),
        "targets_sha256": plan.digest,
        "met": targets.printed,
        "assumptions": asdict(targets.assumptions),
        "schemes": {scheme.name: scheme.description for scheme in SCHEMES},
        "file_sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "starts": rows,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    write_beside_then_rename(out.with_suffix(".json"), text)
    return manifest


def _parts(starts: list[dict], folder: Path) -> Iterator[pd.DataFrame]:
    """The numbered cohorts of all starts, in parts, so that memory does not grow with the ensemble."""
    parts: list[pd.DataFrame] = []
    for row in starts:
        part = pd.read_parquet(_file(folder, row["start"]))
        part["cohort"] += row["first_cohort"]
        part.attrs.clear()
        parts.append(part)
        if sum(map(len, parts)) >= _ROWS_AT_ONCE or row is starts[-1]:
            yield pd.concat(parts, ignore_index=True)
            parts = []
