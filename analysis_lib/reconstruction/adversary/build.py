"""All pushes: the witnesses of ``data/witnesses``, restartable, each verified again before it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

import pandas as pd

from analysis_lib.base import manifest as manifests
from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.ledger import conclusions
from analysis_lib.reconstruction import ensemble, verify, witnesses
from analysis_lib.reconstruction.adversary import progressions, redraws, scores, sizes, times, unprinted
from analysis_lib.reconstruction.adversary.push import ROUNDS, STARTS, TURNS, Task, find_witness
from analysis_lib.reconstruction.adversary.quantities import QUANTITIES, SIDES
from analysis_lib.reconstruction.build import write
from analysis_lib.reconstruction.working_folder import search_missing, working_folder
from analysis_lib.targets.catalogue import Targets, load_targets

# Turns of an annealer, with scores steps of a walk, and draws, that a push is allowed at most.
_STEPS = {
    "survival": STARTS * TURNS * ROUNDS * times.STEPS,
    "progression": STARTS * TURNS * ROUNDS * progressions.STEPS,
    "sizes": STARTS * TURNS * sizes.STEPS,
    "scores": STARTS * TURNS * scores.STEPS,
    "covariates": STARTS * TURNS * redraws.DRAWS,
    "activity": STARTS * TURNS * redraws.DRAWS,
    "columns": STARTS * TURNS * redraws.WHOLE,
}


def tasks(ids: Sequence[str]) -> list[Task]:
    """Each quantity to both sides; where a conclusion rests on moved times, within the narrower limits as well."""
    return [
        Task(id, side, narrow)
        for id in ids
        for side in SIDES
        for narrow in ((True, False) if _has_narrow(id) else (False,))
    ]


def _has_narrow(id: str) -> bool:
    concluded = {statement.quantity for statement in conclusions.STATEMENTS.values()}
    return QUANTITIES[id].dated and id in concluded


@cache
def _shipped() -> ensemble.Ensemble:
    return ensemble.load()


def _search(targets: Targets, seed: int, task: Task) -> pd.DataFrame:
    return find_witness(targets, seed, _shipped(), task)


def build(
    seed: int, out: Path, ids: Sequence[str] = tuple(QUANTITIES), jobs: int = 1, scheduler: str = ""
) -> pd.DataFrame:
    """Witnesses of the quantities' extremes, in ``out`` and a table and a manifest beside it.

    Parameters
    ----------
    seed
        The same gives the same bytes, whatever the number of processes.
    out
        The Parquet file. What is found lies in a folder beside it until all is; a second call goes on from there.
    ids
        Of the quantities.
    jobs, scheduler
        As :func:`parallel.each`.

    Returns
    -------
    pandas.DataFrame
        The table of a :class:`witnesses.Witnesses`.

    Raises
    ------
    InputError
        If the place cannot be written to.
    RuntimeError
        If a witness does not meet a target.
    """
    targets = load_targets()
    wanted = tasks(ids)
    plan = hashlib.sha256(f"{seed} {targets.digest} {_shipped().manifest['file_sha256']}".encode()).hexdigest()[:12]
    folder = out.with_name(f".{out.stem}.{plan}")

    def file(task: Task) -> Path:
        return folder / f"{task.name}.parquet"

    with working_folder(folder):
        search_missing(
            partial(_search, targets, seed),
            wanted,
            file,
            write,
            lambda task, _: task.name,
            jobs,
            scheduler,
        )
        found = [pd.read_parquet(file(task)).assign(cohort=k) for k, task in enumerate(wanted)]
        return _write(pd.concat(found, ignore_index=True), ids, seed, targets, out)


def _write(patients: pd.DataFrame, ids: Sequence[str], seed: int, targets: Targets, out: Path) -> pd.DataFrame:
    """Choose the most extreme of all that were found, check them, and write them with what they are witnesses of."""
    chosen = choose(patients, ids)
    numbers = {old: new for new, old in enumerate(dict.fromkeys(chosen["cohort"]))}
    kept = [patients[patients["cohort"] == old].assign(cohort=new) for old, new in numbers.items()]
    for cohort in kept:
        if told := verify.wrong(cohort.drop(columns="cohort"), targets, int(cohort["cohort"].iloc[0])):
            raise RuntimeError(f"the adversary broke what it should keep: {told[0]}")
    chosen["cohort"] = chosen["cohort"].map(numbers)
    names = (chosen["id"] + " " + chosen["side"]).groupby(chosen["cohort"]).agg(list)
    write(pd.concat(kept, ignore_index=True), out)
    # Sums differ with the processor in their last digits.
    write_beside_then_rename(out.with_name(witnesses.TABLE), chosen.to_csv(index=False, float_format="%.10g"))
    manifest = {
        "file": out.name,
        "cohorts": len(kept),
        "seed": seed,
        "targets": len(targets),
        "targets_sha256": targets.digest,
        "met": targets.printed,
        "assumptions": asdict(targets.assumptions),
        "needs": unprinted.NEEDS,
        "file_sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "measures": [{"scheme": ", ".join(names[number])} for number in numbers.values()],
    }
    manifests.write(manifest, out.with_suffix(".json"))
    return chosen


def choose(patients: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """The most extreme cohort by quantity and side; before it that without needs, where such were pushed.

    What dates have no part in has no needs.
    """
    needs = unprinted.needs(patients)
    narrow = ~needs.any(axis=1)
    rows = []
    for id in ids:
        asked = QUANTITIES[id]
        values = asked.values(patients).dropna()
        known = narrow[values.index] if _has_narrow(id) else pd.Series(True, values.index)
        for side, sign in SIDES.items():
            best = [int((sign * part).idxmax()) for part in (values[known], values)]
            if values[best[0]] == values[best[1]]:
                best = best[:1]
            for cohort in best:
                took = unprinted.described(needs.loc[cohort]) if asked.dated else ""
                rows.append((id, side, values[cohort], cohort, took, _STEPS[asked.moves]))
    return pd.DataFrame(rows, columns=list(witnesses.COLUMNS))
