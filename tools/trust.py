"""All trials of the book's own trustworthiness, one after another, and a table of what each found.

``--short`` makes a few of each with the same tools, the book in ``_build`` as the first of two, and writes nothing.
A failure ends either with status 1.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from manifest import Making

from analysis_lib.base.atomic import write_beside_then_rename

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "data" / "trust"
OUT = FOLDER / "trust.csv"
COLUMNS = ("what", "tried", "held")
_TOOL = {path.stem: str(path) for path in Path(__file__).parent.glob("*.py")}
FULL = (
    (_TOOL["wrong_digits"],),
    (_TOOL["mutants"],),
    (_TOOL["faults"], "--out", str(FOLDER / "faults.csv")),
    (_TOOL["fuzz"], "--inputs", "12000", "--out", str(FOLDER / "fuzz.csv")),
)
# `make test` repeats a sample of the changes of printed numbers.
SHORT = (
    (_TOOL["mutants"], "--check", "4"),
    # As many on the small book as there are kinds of faults: one of each comes first.
    (_TOOL["faults"], "--small", "10", "--whole", "0", "--searches", "1"),
    (_TOOL["fuzz"], "--inputs", "300"),
)
BUILT = ROOT / "_build"


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def summary(folder: Path = FOLDER) -> list[tuple[str, int, int]]:
    """What was tried, how often, and how often it came out as it should, from the tables of the trials."""
    changes = [row for row in rows_of(folder / "sensitivity.csv") if row["recipe"] != "no recipe"]
    noticed = sum(row["noticed"] != "no" for row in changes)
    mutants = rows_of(folder / "mutants.csv")
    faults = rows_of(folder / "faults.csv")
    searches = [row for row in faults if row["subject"] == "search"]
    builds = [row for row in faults if row["subject"] != "search"]
    fuzzed = rows_of(folder / "fuzz.csv")
    built = rows_of(folder / "reproduce.csv")
    whole = ("kept", "clear", "recovered")

    def held(trials: list[dict[str, str]]) -> int:
        return sum(all(row[k] == "yes" for k in whole) and row["left"] == "0" for row in trials)

    inputs = sum(int(row["inputs"]) for row in fuzzed)
    files = sum(int(row["files"]) for row in built)
    return [
        ("a digit of a number with a recipe changed: noticed", len(changes), noticed),
        ("a line of the code changed: noticed", len(mutants), sum(m["outcome"] != "survived" for m in mutants)),
        ("a build disturbed: book whole, and built next", len(builds), held(builds)),
        ("a search disturbed: nothing finished lost", len(searches), held(searches)),
        ("bad input: a result, or a clear error", inputs, inputs - sum(int(row["failed"]) for row in fuzzed)),
        ("files of two builds, and verdicts: the same", files, files - sum(int(row["differing"]) for row in built)),
    ]


def write(file: Path = OUT) -> None:
    """Write the table of the trials in the file's folder."""
    write_beside_then_rename(file, pd.DataFrame(summary(file.parent), columns=COLUMNS).to_csv(index=False))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="a few of each, nothing written")
    parser.add_argument("--python", nargs="+", default=[], metavar="PATH", help="other Pythons, for the verdicts")
    given = parser.parse_args()
    making = Making("make trust")
    pythons = ["--python", *given.python] if given.python else []
    with tempfile.TemporaryDirectory() as name:
        where = Path(name) / "reproduce.csv" if given.short else FOLDER / "reproduce.csv"
        book = ["--with", str(BUILT)] if given.short else []
        trials = (*(SHORT if given.short else FULL), (_TOOL["reproduce"], *book, *pythons, "--out", str(where)))
        failed = []
        for trial in trials:
            began = time.monotonic()
            status = subprocess.run([sys.executable, *trial], cwd=ROOT).returncode
            words = " ".join(Path(word).name for word in trial)
            print(f"trust: {words}: {'FAILED' if status else 'well'}, {time.monotonic() - began:.0f} s", flush=True)
            failed += [words] if status else []
    if not given.short:
        write()
        making.note(OUT)
        for what, tried, held in summary():
            print(f"{what:55} {held} of {tried}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
