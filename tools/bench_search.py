"""The search for cohorts: how soon the first, how many a minute, and how both grow.

Each start of an ensemble runs in an interpreter of its own, from nothing to its last cohort, verified. Seconds are
those that the processor worked, so that other work on the machine weighs little.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

SEED = 2026
STARTS = 6
# As many as a start of the shipped ensemble has.
LENGTH = 20
# Of each part of the search that can be had without the rest.
ROUNDS = 5
SIZES = (49, 100, 200, 500)
STUDIES = 3
TURNS = 30
# Of simulated studies: events per year, how many times fewer in the first group, years of admission and of study.
_HAZARD, _RATIO, _ADMISSION, _STUDY = 0.4, 0.5, 5.0, 15.0
ENSEMBLE_SIZES = (100, 1_000, 5_000)
ROOT = Path(__file__).resolve().parent.parent


def peak() -> float:
    """The most memory that this process held, in MB; `getrusage` would count what started it too."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def print_peak(_: int) -> None:
    """What an interpreter holds that does nothing."""
    print(peak())


def one_start(start: int) -> None:
    """Print a line for each cohort of a start: seconds of work, and the most memory so far, in MB."""
    from analysis_lib.reconstruction.chain import chain
    from analysis_lib.targets.catalogue import load_targets

    for _ in chain(load_targets(), SEED, start, LENGTH):
        print(json.dumps([time.process_time(), peak()]), flush=True)


def merged(folder: str) -> None:
    """Print the most memory, in MB, that making one file of a folder's starts takes."""
    from analysis_lib.reconstruction import build
    from analysis_lib.targets.catalogue import load_targets

    starts = Path(folder)
    cohorts, targets = LENGTH * len(list(starts.glob("start-*"))), load_targets()
    plan = build.Plan(cohorts, SEED, targets.digest, LENGTH)
    build.merge(plan, starts, starts / "all.parquet", targets)
    print(peak())


def apart(what: str, of: int | str) -> list[str]:
    """The lines that a part prints in an interpreter of its own."""
    text = f"import bench_search; bench_search.{what}({of!r})"
    # `tools` is where this file lies.
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); {text}"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


def spread(values) -> dict[str, float]:
    low, middle, high = np.percentile(values, (0, 50, 100))
    return {"median": round(float(middle), 2), "least": round(float(low), 2), "most": round(float(high), 2)}


def per_minute(cohorts: int, seconds: float) -> float:
    return float(f"{60 * cohorts / seconds:.3g}")


def starts(count: int) -> dict:
    """Seconds to the first cohort and for each further one, cohorts a minute and core, and memory on the way."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = list(pool.map(lambda start: apart("one_start", start), range(count)))
    runs = [np.array([json.loads(line) for line in of_start]) for of_start in lines]
    seconds = np.array([run[:, 0] for run in runs])
    return {
        "starts": count,
        "cohorts_per_start": LENGTH,
        "first_seconds": spread(seconds[:, 0]),
        "further_seconds": spread((seconds[:, -1] - seconds[:, 0]) / (LENGTH - 1)),
        "per_minute_and_core": per_minute(seconds.size, seconds[:, -1].sum()),
        "megabytes_first": spread([run[0, 1] for run in runs]),
        "megabytes_last": spread([run[-1, 1] for run in runs]),
    }


def by_targets(rounds: int) -> list[dict]:
    """Seconds until so many targets hold at once, from random times."""
    from analysis_lib.reconstruction.chain import find_progression
    from analysis_lib.reconstruction.stages import survival as survival_stage
    from analysis_lib.reconstruction.stages.state import Blocks, scheme_of
    from analysis_lib.targets.catalogue import load_targets

    blocks = Blocks(load_targets())

    def survival(rng, scheme):
        return survival_stage.find_survival(rng, blocks, scheme)

    def progression(rng, scheme):
        while True:
            if (found := find_progression(rng, blocks, scheme, survival(rng, scheme))) is not None:
                return found

    survival_ids = {id for id in blocks.survival_ids if id in blocks.targets}
    both = survival_ids | {id for id in blocks.progression_ids if id in blocks.targets}
    rows = []
    for what, ids, find in (
        ("overall survival", survival_ids, survival),
        ("… with progression and recurrence", both, progression),
    ):
        taken = []
        for k in range(rounds + 1):
            began = time.process_time()
            find(np.random.default_rng([SEED, k]), scheme_of(k))
            taken.append(time.process_time() - began)
        # The first compiles.
        rows.append(
            {
                "what": what,
                "targets": len(ids),
                "seconds": spread(taken[1:]),
                "per_minute_and_core": per_minute(rounds, sum(taken[1:])),
            }
        )
    return rows


def simulated(patients: int, seed: int):
    """A study with known patients, two groups of half each, and exponential times."""
    from analysis_lib.reconstruction.studies.known_patients import Study

    rng = np.random.default_rng([seed, patients])
    first = np.arange(patients) < patients // 2
    death = rng.exponential(1 / (_HAZARD * np.where(first, _RATIO, 1.0)))
    end = _STUDY - rng.uniform(0, _ADMISSION, patients)
    event = (death <= end).astype(np.int64)
    days = np.maximum(np.round(365.25 * np.minimum(death, end)), 1)
    return Study(f"simulated {patients}", "simulation", "years", _STUDY, days / 365.25, event, first)


def one_study(patients: int, seed: int) -> tuple[bool, float]:
    """Whether a cohort of a simulated study was found from its printed survival, and seconds of work."""
    from analysis_lib.reconstruction.stages.state import SCHEMES
    from analysis_lib.reconstruction.studies.known_patients import printed, reconstruct

    study = simulated(patients, seed)
    strings, rng = printed(study), np.random.default_rng([SEED, patients, seed])
    began = time.thread_time()
    found = reconstruct(strings, study.horizon, SCHEMES[seed % 2], rng, TURNS) is not None
    return found, time.thread_time() - began


def by_patients(sizes=SIZES, studies: int = STUDIES) -> list[dict]:
    """Seconds for a cohort of a simulated study by the number of patients, and how many that makes in a minute."""
    one_study(sizes[0], 0)  # compiles
    rows = []
    # Compiled searches run side by side in threads.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for patients in sizes:
            tried = list(pool.map(partial(one_study, patients), range(1, studies + 1)))
            found, taken = (list(column) for column in zip(*tried, strict=True))
            rows.append(
                {
                    "patients": patients,
                    "studies": studies,
                    "found": sum(found),
                    "seconds": spread(taken),
                    "per_minute_and_core": per_minute(sum(found), sum(taken)),
                }
            )
            print(rows[-1], flush=True)
    return rows


def by_cohorts(sizes=ENSEMBLE_SIZES) -> list[dict]:
    """Memory that putting an ensemble together takes, by its size; the shipped starts are used again and again."""
    from analysis_lib.reconstruction import build, ensemble

    patients, rows = ensemble.load().patients, []
    shipped = [part for _, part in patients.groupby(patients["cohort"] // LENGTH)]
    for cohorts in sizes:
        with tempfile.TemporaryDirectory() as name:
            for start in range(cohorts // LENGTH):
                part = shipped[start % len(shipped)]
                build.write(part.assign(cohort=part["cohort"] % LENGTH), Path(name) / f"start-{start:04}.parquet")
            rows.append({"cohorts": cohorts, "megabytes": round(float(apart("merged", name)[0]))})
        print(rows[-1], flush=True)
    return rows


def measure() -> dict:
    """Everything, as data/bench/search.json has it."""
    from analysis_lib.targets.catalogue import load_targets

    return {
        "starts": starts(STARTS),
        "targets": len(load_targets()),
        "by_targets": by_targets(ROUNDS),
        "by_patients": by_patients(),
        "by_cohorts": by_cohorts(),
    }
