"""How fast this library is beside what a user would take instead: `make bench`, or `make bench PART=fits`.

- fits: models and tests over the shipped cohorts
- size: a user's cohort of 1,000 to 100,000 patients
- search: the search for cohorts
- book: the book beside jupyter-book's own build

Results go to data/bench, for the page on quality. Ratios are of times taken one right after the other, so that what
else the machine does weighs on both.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.base.paths import ROOT
from tools.checks.provenance import machine, revision

OUT = ROOT / "data" / "bench"
ROUNDS = 15
# Cohorts fitted in a round, and in all for the comparison of the numbers.
IN_A_ROUND = {"lifelines": 8, "statsmodels": 20, "scikit-survival": 8, "scipy": 2, "R": 40, "R core": 200}
COMPARED = {"lifelines": 60, "statsmodels": 200, "scikit-survival": 60, "scipy": 10}
_OURS_SECONDS = 0.02
PACKAGES = ("numpy", "numba", "scipy", "pandas", "lifelines", "statsmodels", "scikit-survival")
_BUILD = ("jupyter-book", "papermill", "sphinx")


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str | None]:
    """Of Python and packages; None where one is not installed."""
    installed = {d.name.lower(): d.version for d in importlib.metadata.distributions()}
    return {"python": platform.python_version(), **{name: installed.get(name) for name in packages}}


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
        command = ["Rscript", "--vanilla", str(Path(__file__).with_name("fits.R")), *sample.write(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = dict(zip(("R", "survival"), self._line().split(), strict=True))

    def _line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("bench: R ended early; it needs the package survival")
        return line

    def ask(self, *words) -> float:
        print(*words, file=self._process.stdin, flush=True)
        return float(self._line())

    def answers(self, kind: str, row: str, cohorts: int) -> np.ndarray:
        self.ask("answer", kind, row, 1, cohorts, self._answers)
        return np.loadtxt(self._answers, delimiter=",", ndmin=2)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def contenders(row, sample, r: R | None) -> list[tuple[dict, Callable | None, np.ndarray | None]]:
    """For each other way: how it is told, a function from a round to seconds per fit, and its numbers.

    The numbers are those of the cohorts at the positions that ``told["of"]`` lists.
    """
    found = []
    everyone = list(range(len(sample)))
    for other in row.others:
        told = {"library": other.library, "call": other.call}
        if other.batch:
            spent = lambda turn, fit=other.fit: seconds(lambda: fit(sample)) / len(sample)  # noqa: E731
            found.append((told | {"of": everyone}, spent, other.fit(sample)))
            continue
        pool = sample.untied if other.untied else everyone
        of = pool[: COMPARED[other.library]]
        try:
            numbers = np.asarray([other.fit(sample, i, exact=True) for i in of], float)
        except ModuleNotFoundError:
            found.append((told, None, None))
            continue

        def spent(turn, fit=other.fit, pool=pool, count=IN_A_ROUND[other.library]):
            chosen = np.take(pool, range(turn * count, (turn + 1) * count), mode="wrap")
            return seconds(lambda: [fit(sample, i, exact=False) for i in chosen]) / count

        found.append((told | {"of": of, "untied": other.untied, "sampled": other.sampled}, spent, numbers))
    for kind, library, call in zip(("whole", "core"), ("R", "R core"), row.r, strict=True):
        told, count = {"library": library, "call": call}, min(IN_A_ROUND[library], len(sample))

        def spent(turn, kind=kind, count=count):
            first = turn * count % (len(sample) - count + 1)
            return r.ask("time", kind, row.name, first + 1, first + count) / count

        if call and r:
            found.append((told | {"of": everyone}, spent, r.answers(kind, row.name, len(sample))))
        elif call:
            found.append((told, None, None))
    return found


def in_rounds(ours: Callable, others: list[Callable], rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Time ours right before each other, in rounds after one to warm up.

    Parameters
    ----------
    ours, others
        ``ours()`` and ``other(turn)`` give seconds per fit.

    Returns
    -------
    tuple of arrays
        Shape (others, rounds): ours, and the other's right after.
    """
    pairs = [[(ours(), other(turn)) for other in others] for turn in (0, *range(rounds))]
    own, theirs = np.array(pairs[1:]).transpose(2, 1, 0)
    return own, theirs


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
    own, taken = in_rounds(ours, [spent for _, spent, _ in installed], rounds)
    others = [told | {"installed": False} for told, spent, _ in entered if spent is None]
    for (told, _, numbers), mine, times in zip(installed, own, taken, strict=True):
        of = told.pop("of")
        others.append(
            told
            | {
                "installed": True,
                "microseconds": quartiles(1e6 * times),
                "ratio": quartiles(times / mine),
                "compared": len(of),
                "difference": float(f"{greatest_difference(result[of], numbers):.2g}"),
            }
        )
        print(f"{row.title}, {told['call']}: {others[-1]['ratio']['median']} times", flush=True)
    return {
        "row": row.name,
        "title": row.title,
        "compared": row.compared,
        "cohorts": len(sample),
        "first_call_seconds": float(f"{compiling:.2g}"),
        "microseconds": quartiles(1e6 * own),
        "others": others,
    }


def fits() -> dict:
    """All rows, as data/bench/kernels.json has them."""
    with tempfile.TemporaryDirectory() as name:
        # An empty cache, so that the first call shows what compilation takes.
        os.environ["NUMBA_CACHE_DIR"] = str(Path(name) / "numba")
        from tools.bench.fits import ROWS, Sample

        sample = Sample.of_the_ensemble()
        r = R(sample, Path(name)) if shutil.which("Rscript") else None
        rows = [measure(row, sample.first(row.cohorts), r) for row in ROWS]
        if r:
            r.close()
    return {
        "versions": versions() | (r.versions if r else {"R": None, "survival": None}),
        "cohorts": len(sample),
        "patients": sample.array("time").shape[1],
        "rounds": ROUNDS,
        "rows": rows,
    }


def of_growth(part: str, packages: tuple[str, ...] = PACKAGES) -> Callable[[], dict]:
    """What measures a part of ``growth``, imported when it is asked for."""

    def measured() -> dict:
        from tools.bench import growth

        return {"versions": versions(packages), **getattr(growth, part)()}

    return measured


# What measures a part, and the file that it goes to.
PARTS = {
    "fits": (fits, "kernels"),
    "size": (of_growth("size"), "size"),
    "search": (of_growth("searches"), "search"),
    "book": (of_growth("book", _BUILD), "book"),
}


def one(part: str) -> None:
    """Measure a part and write its file, with what it was measured on and how long that took."""
    measured, name = PARTS[part]
    began, made_from = time.perf_counter(), revision()
    result = measured()
    spent = round(time.perf_counter() - began)
    result = {"machine": machine(), "revision": made_from, "seconds_in_all": spent, **result}
    OUT.mkdir(exist_ok=True)
    write_beside_then_rename(OUT / f"{name}.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"bench: {part}: {spent} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=tuple(PARTS), help="all if none is named")
    given = parser.parse_args()
    if given.part:
        one(given.part)
        return 0
    # In interpreters of their own: compiled code is at hand in one part and must not be in another.
    return any([subprocess.run([sys.executable, __file__, part]).returncode for part in PARTS])


if __name__ == "__main__":
    sys.exit(main())
