"""How fast this library is beside what a user would take instead: `make bench`.

    python tools/bench.py             all of it, in some minutes
    python tools/bench.py fits        models and tests over the shipped cohorts
    python tools/bench.py size        a user's cohort of 1,000 to 100,000 patients
    python tools/bench.py search      the search for cohorts
    python tools/bench.py book        the book beside jupyter-book's own build

Results go to data/bench, for the appendix "How fast is it?". Ratios are of times taken one right
after the other, so that what else the machine does weighs on both.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import revision

from analysis_lib.base.atomic import write_beside_then_rename

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "data" / "bench"
ROUNDS = 15
# Cohorts fitted in a round, and in all for the comparison of the numbers.
IN_A_ROUND = {"lifelines": 8, "statsmodels": 20, "scikit-survival": 8, "scipy": 2, "R": 40, "R core": 200}
COMPARED = {"lifelines": 60, "statsmodels": 200, "scikit-survival": 60, "scipy": 10}
_OURS_SECONDS = 0.02
PACKAGES = ("numpy", "numba", "scipy", "pandas", "lifelines", "statsmodels", "scikit-survival")
_BUILD = ("jupyter-book", "papermill", "sphinx")


def machine() -> dict:
    """What the times depend on, without the machine's name."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
    }


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str | None]:
    """Of Python and packages; None where one is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def write(name: str, result: dict) -> None:
    """Write a result of the bench."""
    OUT.mkdir(parents=True, exist_ok=True)
    write_beside_then_rename(OUT / f"{name}.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def quartiles(values) -> dict[str, float]:
    """Median and quartiles, to four digits."""
    q1, median, q3 = np.percentile(values, [25, 50, 75])
    return {name: float(f"{value:.4g}") for name, value in (("q1", q1), ("median", median), ("q3", q3))}


def greatest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The greatest relative difference; infinite where only one of the two has a number.

    Parameters
    ----------
    ours, theirs
        Shape (m, k) and (m, j), j <= k: what the other does not give is not compared.
    """
    theirs = np.asarray(theirs, float)
    ours = ours[:, : theirs.shape[1]]
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return float("inf")
    return float(np.nanmax(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-300)))


def seconds(what: Callable) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


class R:
    """R, started once; it fits and takes its own time when told."""

    def __init__(self, sample, folder: Path):
        self._answers = folder / "answers.csv"
        files = [str(file) for file in sample.write(folder)]
        self._process = subprocess.Popen(
            ["Rscript", "--vanilla", str(ROOT / "tools" / "bench.R"), *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions = dict(zip(("R", "survival"), self._line().split(), strict=True))

    def _line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("bench: R ended early; it needs the package survival")
        return line

    def _ask(self, *words) -> float:
        print(*words, file=self._process.stdin, flush=True)
        return float(self._line())

    def seconds(self, kind: str, row: str, first: int, last: int) -> float:
        """For the cohorts at the positions from `first` up to `last`."""
        return self._ask("time", kind, row, first + 1, last)

    def answers(self, kind: str, row: str, cohorts: int) -> np.ndarray:
        self._ask("answer", kind, row, 1, cohorts, self._answers)
        return np.loadtxt(self._answers, delimiter=",", ndmin=2)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def contenders(row, sample, r: R | None) -> list[tuple[dict, Callable, np.ndarray | None]]:
    """For each other way: how it is told, a function from a round to seconds per fit, and its numbers.

    The numbers are those of the cohorts at the positions that ``told["of"]`` lists.
    """
    found = []

    def add(library, call, spent, of, numbers, **how):
        found.append(({"library": library, "call": call, "of": of, **how}, spent, np.asarray(numbers, float)))

    everyone = list(range(len(sample)))
    for other in row.others:
        if other.batch:
            spent = lambda turn, fit=other.fit: seconds(lambda: fit(sample)) / len(sample)  # noqa: E731
            add(other.library, other.call, spent, everyone, other.fit(sample))
            continue
        pool = sample.untied if other.untied else everyone
        of = pool[: COMPARED[other.library]]
        try:
            numbers = [other.fit(sample, i, exact=True) for i in of]
        except ModuleNotFoundError:
            found.append(({"library": other.library, "call": other.call}, None, None))
            continue

        def spent(turn, fit=other.fit, pool=pool, count=IN_A_ROUND[other.library]):
            chosen = np.take(pool, range(turn * count, (turn + 1) * count), mode="wrap")
            return seconds(lambda: [fit(sample, i, exact=False) for i in chosen]) / count

        add(other.library, other.call, spent, of, numbers, untied=other.untied, sampled=other.sampled)
    for kind, library, call in zip(("whole", "core"), ("R", "R core"), row.r, strict=True):
        if call and r is None:
            found.append(({"library": library, "call": call}, None, None))
        elif call:
            count = min(IN_A_ROUND[library], len(sample))

            def spent(turn, kind=kind, count=count):
                first = turn * count % (len(sample) - count + 1)
                return r.seconds(kind, row.name, first, first + count) / count

            add(library, call, spent, everyone, r.answers(kind, row.name, len(sample)))
    return found


def in_rounds(ours: Callable, others: list[Callable], rounds: int) -> tuple[list, list[list], list[list]]:
    """Time ours right before each other, in rounds after one to warm up.

    Parameters
    ----------
    ours, others
        ``ours()`` and ``other(turn)`` give seconds per fit.

    Returns
    -------
    tuple of lists
        Ours, and for each other its times and how many times ours they are.
    """
    own, taken, ratios = [], [[] for _ in others], [[] for _ in others]
    for turn in (0, *range(rounds)):
        pairs = [(ours(), other(turn)) for other in others]
        own.append([mine for mine, _ in pairs])
        for k, (mine, other) in enumerate(pairs):
            taken[k].append(other)
            ratios[k].append(other / mine)
    return [t for turn in own[1:] for t in turn], [t[1:] for t in taken], [t[1:] for t in ratios]


def measure(row, sample, r: R | None, rounds: int = ROUNDS) -> dict:
    """One row of the results: times per fit in microseconds, ratios and the greatest differences."""
    arrays = row.arrays(sample)
    compiling = seconds(lambda: row.ours(*arrays))
    result = row.ours(*arrays)
    repeats = max(1, round(_OURS_SECONDS / seconds(lambda: row.ours(*arrays))))

    def ours() -> float:
        return seconds(lambda: [row.ours(*arrays) for _ in range(repeats)]) / (repeats * len(sample))

    entered = contenders(row, sample, r)
    installed = [one for one in entered if one[1] is not None]
    own, taken, ratios = in_rounds(ours, [spent for _, spent, _ in installed], rounds)
    others = [told | {"installed": False} for told, spent, _ in entered if spent is None]
    for (told, _, numbers), times, of_ours in zip(installed, taken, ratios, strict=True):
        of = told.pop("of")
        others.append(
            told
            | {
                "installed": True,
                "microseconds": quartiles(1e6 * np.array(times)),
                "ratio": quartiles(of_ours),
                "compared": len(of),
                "difference": float(f"{greatest_difference(result[of], numbers):.2g}"),
            }
        )
    return {
        "row": row.name,
        "title": row.title,
        "compared": row.compared,
        "cohorts": len(sample),
        "first_call_seconds": float(f"{compiling:.2g}"),
        "microseconds": quartiles(1e6 * np.array(own)),
        "others": others,
    }


def fits() -> dict:
    """All rows, as data/bench/kernels.json has them."""
    with tempfile.TemporaryDirectory() as name:
        # An empty cache, so that the first call shows what compilation takes.
        os.environ["NUMBA_CACHE_DIR"] = str(Path(name) / "numba")
        import bench_rows
        from bench_sample import Sample

        sample = Sample.of_the_ensemble()
        r = R(sample, Path(name)) if shutil.which("Rscript") else None
        rows = []
        for row in bench_rows.ROWS:
            rows.append(measure(row, sample.first(row.cohorts), r))
            say(rows[-1])
        if r:
            r.close()
    return {
        "versions": versions() | (r.versions if r else {"R": None, "survival": None}),
        "cohorts": len(sample),
        "patients": sample.array("time").shape[1],
        "rounds": ROUNDS,
        "rows": rows,
    }


def say(row: dict) -> None:
    print(f"{row['title']}: {row['microseconds']['median']:.3g} µs, first call {row['first_call_seconds']:.2g} s")
    for other in row["others"]:
        name = f"  {other['library']} {other['call']}"
        if other["installed"]:
            print(
                f"{name:<42} {other['ratio']['median']:10.4g} times, differs by {other['difference']:.1e}", flush=True
            )
        else:
            print(f"{name:<42} not installed")


def size() -> dict:
    """Cohorts of growing size, as data/bench/size.json has them."""
    import bench_size

    return {"versions": versions(), "commands": bench_size.measure()}


def search() -> dict:
    """The search for cohorts, as data/bench/search.json has it."""
    import bench_search

    return {"versions": versions(), **bench_search.measure()}


def book() -> dict:
    """Builds of the book, as data/bench/book.json has them."""
    import bench_book

    return {"versions": versions(_BUILD), **bench_book.measure()}


# What measures a part, and the file that it goes to.
PARTS = {"fits": (fits, "kernels"), "size": (size, "size"), "search": (search, "search"), "book": (book, "book")}


def one(part: str) -> None:
    """Measure a part and write its file, with what it was measured on and how long that took."""
    measured, name = PARTS[part]
    began, made_from = time.perf_counter(), revision.revision(ROOT)
    result = measured()
    spent = round(time.perf_counter() - began)
    write(name, {"machine": machine(), "revision": made_from, "seconds_in_all": spent, **result})
    print(f"bench: {part}: {spent} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=tuple(PARTS), help="all if none is named")
    given = parser.parse_args()
    if given.part:
        one(given.part)
        return 0
    # In interpreters of their own: compiled code is at hand in one part and must not be in another.
    failed = [part for part in PARTS if subprocess.run([sys.executable, __file__, part]).returncode]
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
