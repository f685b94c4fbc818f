"""Sensitivity to assumptions: which alternatives the printed numbers admit, and cohorts under each.

``make assumptions`` writes ``data/assumptions``: for each alternative, one at a time, a small ensemble
with its manifest, or the printed numbers that conflict under it.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from analysis_lib.base import manifest as manifests
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ASSUMPTIONS as FOLDER
from analysis_lib.reconstruction import build as ensemble_build
from analysis_lib.reconstruction.stages.state import SearchFailed
from analysis_lib.reconstruction.studies import infeasible_subset
from analysis_lib.targets import assumptions
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.catalogue import load_targets

CONFLICTS = "conflicts.json"
COHORTS = 40
# The next is taken where a cohort of the one before was not found, and no conflict was behind it.
SEEDS = (2027, 2028, 2029)


def alternatives() -> dict[str, Assumptions]:
    """Every assumption that is not the usual one, the others being as usual, by ``NAME=VALUE``."""
    usual = asdict(Assumptions())
    return {
        f"{name}={value}": Assumptions(**{name: value})
        for name, values in assumptions.CHOICES.items()
        for value in values
        if value != usual[name]
    }


def file_of(alternative: str, folder: Path = FOLDER) -> Path:
    """Where the cohorts under an alternative lie."""
    return folder / f"{alternative.replace('=', '-').replace('/', '-')}.parquet"


def build(folder: Path, jobs: int = 1) -> dict[str, dict]:
    """Search under each alternative; those finished for the same targets are kept, so that a second call goes on.

    Returns
    -------
    dict
        By alternative without cohorts, what failed and the :class:`infeasible_subset.Conflict` behind it, as
        written to ``conflicts.json``.

    Raises
    ------
    InputError
        If the place cannot be written to.
    """
    known = folder / CONFLICTS
    found = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    for name, chosen in alternatives().items():
        out, digest = file_of(name, folder), load_targets(assumptions=chosen).digest
        if digest in (_made_for(out), found.get(name, {}).get("targets_sha256")):
            continue
        print(name, file=sys.stderr, flush=True)
        found.pop(name, None)
        failure = _search(chosen, out, jobs)
        if failure is not None:
            out.unlink(missing_ok=True)
            out.with_suffix(".json").unlink(missing_ok=True)
            found[name] = failure | {"targets_sha256": digest}
        manifests.write(found, known)
    return found


def _made_for(out: Path) -> str:
    """The digest of the targets that the cohorts of ``out`` meet; blank without cohorts."""
    manifest = out.with_suffix(".json")
    return json.loads(manifest.read_text(encoding="utf-8"))["targets_sha256"] if out.exists() else ""


def _search(chosen: Assumptions, out: Path, jobs: int) -> dict | None:
    """None once cohorts lie in ``out``; else what failed, and the conflict behind it if there is one."""
    for seed in SEEDS:
        try:
            ensemble_build.build(COHORTS, seed, out, jobs, assumptions=chosen)
        except SearchFailed as error:
            behind = infeasible_subset.find(load_targets(assumptions=chosen), seed, error)
            failure = {"failed": str(error), "conflict": behind and asdict(behind)}
            for unfinished in out.parent.glob(f".{out.stem}.*"):
                shutil.rmtree(unfinished)
            if behind:
                break
        else:
            return None
    return failure


if __name__ == "__main__":
    try:
        for name, row in build(FOLDER, jobs=2).items():
            print(f"{name}: {row['failed']}")
    except InputError as error:
        sys.exit(f"error: {error}")
