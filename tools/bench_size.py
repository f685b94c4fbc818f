"""Time and memory of a user's cohort against its size."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from analysis_lib.cohort import template, validation

SIZES = (1_000, 10_000, 100_000)
# The chapters that do most with a cohort.
CHAPTERS = ("your-cohort", "survival", "discussion")
ROOT = Path(__file__).resolve().parent.parent
_DURATIONS = (
    "os_years", "pfs_years", "dfs_years", "months_to_surgery", "prrt_months", "months_to_best_response",
    "months_to_smallest_size", "years_prrt_end_to_haematological", "months_prrt_end_to_surgery",
    "tumour_size_mm", "tumour_size_post_mm",
)  # fmt: skip


def write_cohort(patients: int, file: Path, seed: int = 1) -> None:
    """Invented patients as CSV: those of the example, drawn again and again.

    A patient's times and sizes are all stretched by one random factor, so that they stay in order and
    few are tied.
    """
    rng = np.random.default_rng(seed)
    example = validation.load(template.EXAMPLE)
    drawn = example.iloc[rng.integers(0, len(example), patients)].reset_index(drop=True)
    factor = rng.uniform(0.8, 1.25, patients)
    for name in set(_DURATIONS) & set(drawn.columns):
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


def run(command: list[str]) -> tuple[float, float]:
    """Seconds, and the most memory that one of its processes held, in MB.

    Raises
    ------
    SystemExit
        If the command fails, with what it said.
    """
    whole = [sys.executable, "-c", _STARTER, sys.executable, "-m", "analysis_lib", *command]
    done = subprocess.run(whole, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed: {done.stderr[-400:]}")
    spent, memory = done.stdout.split()
    return float(spent), float(memory)


def per_further_patient(sizes, seconds) -> list[float]:
    """Milliseconds for each patient more, from one size to the next: the same where time is in step with size."""
    return [float(f"{ms:.2g}") for ms in 1000 * np.diff(seconds) / np.diff(sizes)]


def measure(sizes=SIZES) -> list[dict]:
    """For each command: seconds and memory by size, and what a patient more takes."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {size: folder / f"{size}.csv" for size in sizes}
        for size, file in files.items():
            write_cohort(size, file)
        commands = {"validate": lambda file: ["validate", str(file)]} | {
            f"chapter {chapter}": lambda file, chapter=chapter: [
                "chapter", chapter, "-p", f"cohort={file}", "--out", str(folder / "out")
            ]
            for chapter in CHAPTERS
        }  # fmt: skip
        for what, command in commands.items():
            seconds, megabytes = zip(*(run(command(file)) for file in files.values()), strict=True)
            found.append(
                {
                    "command": what,
                    "sizes": [
                        {"patients": size, "seconds": round(t, 2), "megabytes": round(m)}
                        for size, t, m in zip(sizes, seconds, megabytes, strict=True)
                    ],
                    "ms_per_further_patient": per_further_patient(sizes, seconds),
                }
            )
            print(found[-1], flush=True)
    return found
