"""Time and memory of a user's cohort against its size."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from analysis_lib import cohort, cohort_examples

SIZES = (1_000, 10_000, 100_000)
# Runs of each size; the middle one counts.
RUNS = 3
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
    example = cohort.load(cohort_examples.EXAMPLE)
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


def slope(sizes, values) -> float:
    """Of log value on log size, between the last two: 1 where twice as many take twice as much."""
    return float(np.diff(np.log(values[-2:]))[0] / np.diff(np.log(sizes[-2:]))[0])


def measure(sizes=SIZES, runs: int = RUNS) -> list[dict]:
    """For each command: medians by size, and how they grow between the two largest."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {size: folder / f"{size}.csv" for size in sizes}
        for size, file in files.items():
            write_cohort(size, file)
        commands = {
            "validate": lambda file: ["validate", str(file)],
            "chapter your-cohort": lambda file: [
                "chapter", "your-cohort", "-p", f"cohort={file}", "--out", str(folder / "out")
            ],
        }  # fmt: skip
        for what, command in commands.items():
            taken = [np.median([run(command(file)) for _ in range(runs)], axis=0) for file in files.values()]
            times, memory = np.transpose(taken)
            found.append(
                {
                    "command": what,
                    "sizes": [
                        {"patients": size, "seconds": round(float(t), 2), "megabytes": round(float(m))}
                        for size, t, m in zip(sizes, times, memory, strict=True)
                    ],
                    "slope_of_time": round(slope(sizes, times), 2),
                    "slope_of_memory": round(slope(sizes, memory), 2),
                }
            )
            print(found[-1], flush=True)
    return found
