"""All trials of the book's own trustworthiness, one after another, and a table of what each found.

``--short`` makes a few of each with the same tools, the book in ``_build`` as the first of two, and writes nothing.
A failure ends either with status 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import benchmark
from analysis_lib.ledger.benchmark import NOTICED
from analysis_lib.ledger.perturbation import TIES
from tools.checks.provenance import FOLDER, Making, read

COLUMNS = ("what", "tried", "held")
_PYTEST = ("-m", "pytest", "-q", "--trials")
_MUTATION = "tools/checks/mutation.py"
FULL = (
    ("tools/data/remake.py", "benchmark"),
    (_MUTATION, "--most", "50"),
    (*_PYTEST, "6", "tests/faults", "--tables", str(FOLDER)),
    (*_PYTEST, "60", "tests/fuzz", "--tables", str(FOLDER)),
)
# `make test` repeats a sample of the seeded errors, and tries a sample of bad input.
SHORT = (
    (_MUTATION, "--check", "4", "--modules", "targets/assumptions"),
    (*_PYTEST, "1", "-n", "2", "tests/faults"),
)


def summary(folder: Path = FOLDER) -> pd.DataFrame:
    """What was tried, how often, and how often it came out as it should, from the tables of the trials."""
    tables = {name: read(folder / f"{name}.csv") for name in ("mutants", "faults", "fuzz", "reproduce")}
    tied = [one for one in benchmark.load() if one.tie != TIES[2]]
    faults, fuzzed, built = tables["faults"], tables["fuzz"], tables["reproduce"]
    held = faults[["kept", "clear", "recovered"]].eq("yes").all(axis=1) & faults["left"].eq("0")
    search = faults["subject"].eq("search")
    inputs, files = fuzzed["inputs"].astype(int).sum(), built["files"].astype(int).sum()
    rows = [
        ("an error on which a printed number depends: found", len(tied), sum(one.audit in NOTICED for one in tied)),
        (
            "a line of the code changed: noticed",
            len(tables["mutants"]),
            tables["mutants"]["outcome"].ne("survived").sum(),
        ),
        ("a build disturbed: book whole, and built next", (~search).sum(), held[~search].sum()),
        ("a search disturbed: nothing finished lost", search.sum(), held[search].sum()),
        ("bad input: a result, or a clear error", inputs, inputs - fuzzed["failed"].astype(int).sum()),
        ("files of two builds, and verdicts: the same", files, files - built["differing"].astype(int).sum()),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="a few of each, nothing written")
    parser.add_argument("--python", nargs="+", default=[], metavar="PATH", help="other Pythons, for the verdicts")
    given = parser.parse_args()
    making = Making("make trust")
    pythons = ["--python", *given.python] if given.python else []
    failed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) if given.short else FOLDER
        book = ["--with", str(ROOT / "_build")] if given.short else []
        built = ("tools/checks/reproducible_build.py", *book, *pythons, "--out", str(folder / "reproduce.csv"))
        for trial in (*(SHORT if given.short else FULL), built):
            began = time.monotonic()
            status = subprocess.run([sys.executable, *trial], cwd=ROOT).returncode
            words = " ".join(Path(word).name for word in trial)
            print(f"trust: {words}: {'FAILED' if status else 'well'}, {time.monotonic() - began:.0f} s", flush=True)
            failed += [words] if status else []
    if not given.short:
        making.write(FOLDER / "trust.csv", summary())
        print(summary().to_string(index=False))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
