"""How time and memory grow: of builds of the book, of a user's cohort, and of the search for cohorts.

Cohorts are searched in several interpreters, one after another in each, and verified. Of searches, seconds are those
that the processor worked, so that other work on the machine weighs little.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis_lib.base.paths import ROOT
from analysis_lib.base.units import DAYS_PER_YEAR
from analysis_lib.cohort import template, validation
from analysis_lib.reconstruction import build, ensemble
from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.search import find_cohort, find_course, find_start
from analysis_lib.reconstruction.stages.covariates import find_response
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed
from analysis_lib.reconstruction.studies.known_data import patients_table
from analysis_lib.reconstruction.studies.known_patients import printed, reconstruct
from analysis_lib.targets.catalogue import load_targets

UNCHANGED = 5
EDITED = "toxicity"
# jupyter-book stops a cell after 30 s if not told otherwise.
CELL_SECONDS = 600

COHORT_SIZES = (1_000, 10_000, 100_000)
DURATIONS = (
    "os_years pfs_years dfs_years months_to_surgery prrt_months months_to_best_response months_to_smallest_size "
    "years_prrt_end_to_haematological months_prrt_end_to_surgery tumour_size_mm tumour_size_post_mm"
)

SEED = 2026
# Interpreters, and cohorts that are searched in each.
RUNS, LENGTH = 6, 20
# Of each part of the search that can be had without the rest.
ROUNDS = 5
PATIENTS = (49, 100, 200, 500)
STUDIES = 3
TURNS = 30
# Of simulated studies: events per year, how many times fewer in the first group, years of admission and of study.
HAZARD, RATIO, ADMISSION, STUDY = 0.4, 0.5, 5.0, 15.0
ENSEMBLE_SIZES = (100, 1_000, 5_000)


class Build(NamedTuple):
    """Seconds in all, of each chapter that ran, and for the pages; 0 where none were made."""

    seconds: float
    chapters: dict[str, float]
    pages: float


def timed(command: list[str], **options) -> tuple[float, str]:
    """Seconds that a command takes, and what it says; a command that fails ends the bench."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, **options)
    spent = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return spent, done.stdout


def make_book(clone: Path) -> Build:
    """Build the book of a clone."""
    spent, said = timed([sys.executable, "tools/build/build_book.py"], cwd=clone)
    pages = re.search(r"^book: pages\s+made\s+([\d.]+) s", said, re.M)
    chapters = re.findall(r"^book: (\S+)\s+ran\s+([\d.]+) s", said, re.M)
    return Build(spent, {name: float(s) for name, s in chapters}, float(pages[1]) if pages else 0.0)


def jupyter_book(clone: Path, folder: Path) -> float:
    """Seconds that jupyter-book takes to run and render the same pages, just as strictly."""
    source = folder / "source"
    stage = "import pathlib, render, sys; clone, source = map(pathlib.Path, sys.argv[1:])"
    path = {"PYTHONPATH": os.pathsep.join([str(clone), str(clone / "tools" / "build")])}
    stage += "; render.stage(clone, clone / 'book', source)"
    timed([sys.executable, "-c", stage, str(clone), str(source)], env=os.environ | path)
    config = source / "_config.yml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('execute_notebooks: "off"', f"execute_notebooks: force\n  timeout: {CELL_SECONDS}")
    config.write_text(text.replace('nb_execution_mode: "off"', "nb_execution_mode: force"), encoding="utf-8")
    program = str(Path(sys.executable).with_name("jupyter-book"))
    options = ["--path-output", str(folder / "rendered"), "-W", "-n", "--keep-going"]
    return timed([program, "build", str(source), *options])[0]


def book() -> dict:
    """The book's own build beside jupyter-book's, in a scratch clone of the last commit, as book.json has it."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "clone"
        timed(["git", "clone", "--quiet", str(ROOT), str(clone)])
        os.environ["PYTHONPATH"] = str(clone)  # its own library, not this repository's
        # Fills the caches of compiled code, which both kinds of build read.
        make_book(clone)
        unchanged = [make_book(clone).seconds for _ in range(UNCHANGED)]
        chapter = clone / "book" / f"{EDITED}.md"
        chapter.write_text(chapter.read_text(encoding="utf-8") + "\nOne sentence more.\n", encoding="utf-8")
        timed([sys.executable, "tools/build/pairs.py"], cwd=clone)
        edited = make_book(clone)
        shutil.rmtree(clone / "_build")
        ours, theirs = make_book(clone), jupyter_book(clone, Path(name))
    return {
        "cold_seconds": [round(ours.seconds, 1)],
        "of_which_pages": [ours.pages],
        "jupyter_book_seconds": [round(theirs, 1)],
        "ratio": round(ours.seconds / theirs, 2),
        "chapter_seconds": dict(sorted(ours.chapters.items())),
        "unchanged_seconds": round(float(np.median(unchanged)), 2),
        "edited": EDITED,
        "edited_seconds": round(edited.seconds, 1),
        "edited_ran": list(edited.chapters),
    }


def write_cohort(patients: int, file: Path, seed: int = 1) -> None:
    """Invented patients as CSV: those of the example, drawn again and again.

    A patient's times and sizes are all stretched by one random factor, so that they stay in order and
    few are tied.
    """
    rng = np.random.default_rng(seed)
    example = validation.load(template.EXAMPLE)
    drawn = example.iloc[rng.integers(0, len(example), patients)].reset_index(drop=True)
    factor = rng.uniform(0.8, 1.25, patients)
    for name in set(DURATIONS.split()) & set(drawn.columns):
        drawn[name] = (drawn[name] * factor).round(3)
    drawn["patient"] = np.arange(1, patients + 1)
    drawn.drop(columns="cohort").to_csv(file, index=False)


# The command is started from a small process: what starts it counts as its memory too.
_STARTER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
# Of it and of those that it waited for, such as a chapter's kernel.
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def command(*words: str) -> tuple[float, float]:
    """Seconds that a command of the library takes, and the most memory that one of its processes held, in MB."""
    whole = [sys.executable, "-c", _STARTER, sys.executable, "-m", "analysis_lib", *words]
    spent, megabytes = timed(whole, cwd=ROOT)[1].split()
    return float(spent), float(megabytes)


def per_further_patient(sizes, seconds) -> list[float]:
    """Milliseconds for each patient more, from one size to the next: the same where time is in step with size."""
    return [float(f"{ms:.2g}") for ms in 1000 * np.diff(seconds) / np.diff(sizes)]


def size() -> dict:
    """For each command: seconds and memory by size, and what a patient more takes, as size.json has them."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        files = {size: Path(name) / f"{size}.csv" for size in COHORT_SIZES}
        for size, file in files.items():
            write_cohort(size, file)
        for what in ("validate", "chapter your-cohort"):
            options = ["{}"] if what == "validate" else ["-p", "cohort={}", "--out", name]
            taken = {
                size: command(*what.split(), *(option.format(file) for option in options))
                for size, file in files.items()
            }
            rows = [{"patients": n, "seconds": round(t, 2), "megabytes": round(m)} for n, (t, m) in taken.items()]
            more = per_further_patient(COHORT_SIZES, [t for t, _ in taken.values()])
            found.append({"command": what, "sizes": rows, "ms_per_further_patient": more})
            print(found[-1], flush=True)
    return {"commands": found}


def peak() -> float:
    """The most memory that this process held, in MB; `getrusage` would count what started it too."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def one_run(run: int) -> None:
    """Print a line for each cohort of a run: seconds of work so far, and the most memory so far, in MB."""
    targets = load_targets()
    for number in range(run * LENGTH, (run + 1) * LENGTH):
        find_cohort(targets, SEED, number)
        print(json.dumps([time.process_time(), peak()]), flush=True)


def merged(folder: str) -> None:
    """Print the most memory, in MB, that making one file of a folder's cohorts takes."""
    cohorts, targets = Path(folder), load_targets()
    plan = build.Plan(len(list(cohorts.glob("cohort-*"))), SEED, targets.digest)
    build.merge(plan, cohorts, cohorts / "all.parquet", targets)
    print(json.dumps(peak()))


def apart(what: str, of: int | str) -> list:
    """The lines that a function of this module prints in an interpreter of its own."""
    text = f"from tools.bench import growth; growth.{what}({of!r})"
    return [json.loads(line) for line in timed([sys.executable, "-c", text], cwd=ROOT)[1].splitlines()]


def spread(values) -> dict[str, float]:
    low, middle, high = np.percentile(values, (0, 50, 100))
    return {"median": round(float(middle), 2), "least": round(float(low), 2), "most": round(float(high), 2)}


def per_minute(cohorts: int, seconds: float) -> float:
    return float(f"{60 * cohorts / seconds:.3g}")


def by_cohort() -> dict:
    """Seconds of a cohort, cohorts a minute and core, and memory after the first and after the last of a run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = np.array(list(pool.map(partial(apart, "one_run"), range(RUNS))))
    seconds, megabytes = runs[:, :, 0], runs[:, :, 1]
    return {
        "runs": RUNS,
        "cohorts_per_run": LENGTH,
        "first_seconds": spread(seconds[:, 0]),  # imports and compiles too
        "further_seconds": spread(np.diff(seconds)),
        "per_minute_and_core": per_minute(seconds.size, seconds[:, -1].sum()),
        "megabytes_first": spread(megabytes[:, 0]),
        "megabytes_last": spread(megabytes[:, -1]),
    }


def by_targets() -> list[dict]:
    """Seconds until so many targets hold at once, from random times."""
    blocks = Blocks(load_targets())

    def survival(rng):
        return find_start(rng, blocks)

    def progression(rng):
        while True:
            start = survival(rng)
            with suppress(SearchFailed):
                return find_course(rng, blocks, *start, find_response(rng, blocks, start[1]))

    survival_ids = set(blocks.survival_ids)
    course_ids = {*blocks.progression_ids, *blocks.covariate_ids["pr"], *blocks.covariate_ids["activity"]}
    rows = []
    for what, ids, find in (
        ("overall survival", survival_ids, survival),
        ("… with treatment, response and progression", survival_ids | course_ids, progression),
    ):
        taken = []
        for k in range(ROUNDS + 1):
            began = time.process_time()
            find(np.random.default_rng([SEED, k]))
            taken.append(time.process_time() - began)
        row = {"what": what, "targets": len(ids & blocks.targets.keys()), "seconds": spread(taken[1:])}
        rows.append(row | {"per_minute_and_core": per_minute(ROUNDS, sum(taken[1:]))})  # the first compiles
    return rows


def simulated(patients: int, seed: int) -> pd.DataFrame:
    """Known patients, two groups of half each, and exponential times in years."""
    rng = np.random.default_rng([seed, patients])
    first = np.arange(patients) < patients // 2
    death = rng.exponential(1 / (HAZARD * np.where(first, RATIO, 1.0)))
    end = STUDY - rng.uniform(0, ADMISSION, patients)
    days = np.maximum(np.round(DAYS_PER_YEAR * np.minimum(death, end)), 1)
    return patients_table(days / DAYS_PER_YEAR, death <= end, first)


def one_study(patients: int, seed: int) -> tuple[bool, float]:
    """Whether a cohort of a simulated study was found from its printed survival, and seconds of work."""
    strings, rng = printed(simulated(patients, seed)), np.random.default_rng([SEED, patients, seed])
    began = time.thread_time()
    found = any(reconstruct(strings, STUDY, BaseMeasure.draw(rng), rng) is not None for _ in range(TURNS))
    return found, time.thread_time() - began


def by_patients(sizes=PATIENTS, studies: int = STUDIES) -> list[dict]:
    """Seconds for a cohort of a simulated study by the number of patients, and how many that makes in a minute."""
    one_study(sizes[0], 0)  # compiles
    rows = []
    # Compiled searches run side by side in threads.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for patients in sizes:
            found, taken = zip(*pool.map(partial(one_study, patients), range(1, studies + 1)), strict=True)
            rate = per_minute(sum(found), sum(taken))
            row = {"patients": patients, "studies": studies, "found": sum(found), "seconds": spread(taken)}
            rows.append(row | {"per_minute_and_core": rate})
            print(rows[-1], flush=True)
    return rows


def by_cohorts() -> list[dict]:
    """Memory that putting an ensemble together takes, by its size; the shipped ones are used again and again."""
    shipped, rows = ensemble.load(), []
    for cohorts in ENSEMBLE_SIZES:
        with tempfile.TemporaryDirectory() as name:
            for number in range(cohorts):
                cohort = shipped.one(number % len(shipped))
                cohort.attrs["measure"] = {}
                build.write(cohort, Path(name) / f"cohort-{number:05}.parquet")
            rows.append({"cohorts": cohorts, "megabytes": round(apart("merged", name)[0])})
        print(rows[-1], flush=True)
    return rows


def searches() -> dict:
    """The search for cohorts, as search.json has it."""
    return {
        "by_cohort": by_cohort(),
        "targets": len(load_targets()),
        "by_targets": by_targets(),
        "by_patients": by_patients(),
        "by_cohorts": by_cohorts(),
    }
