"""Build the book twice from nothing and compare the two, byte by byte; ask other Pythons for the same verdicts.

Both builds start from clones of the committed revision, in folders of different names, so that a path that
leaks into a page is a difference. Nothing is left out of the comparison: what papermill notes of the time of
day is dropped by the build itself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis_lib.base.paths import ROOT
from tools.checks.provenance import FOLDER, Making

OUT = FOLDER / "reproduce.csv"
COLUMNS = ("what", "files", "differing")
# Of a build's folder, in the order in which they are told; the last pattern takes the rest.
KINDS = {
    "executed chapters": "executed/*.ipynb",
    "pages, with their figures": "html/**/*.html",
    "other files of the book": "html/**/*",
}


@dataclass(frozen=True)
class Compared:
    """One kind of file in two builds.

    Attributes
    ----------
    what
        The kind.
    files
        How many there are, in either.
    differing
        One line for each that is not the same in both: its name and what differs first.
    """

    what: str
    files: int
    differing: tuple[str, ...]


def compare(first: Path, second: Path) -> list[Compared]:
    """All files of two builds, kind by kind."""
    seen: set[str] = set()
    found = []
    for what, pattern in KINDS.items():
        names = {p.relative_to(side).as_posix() for side in (first, second) for p in side.glob(pattern) if p.is_file()}
        names -= seen
        seen |= names
        lines = tuple(line for name in sorted(names) if (line := differing(first / name, second / name, name)))
        found.append(Compared(what, len(names), lines))
    return found


def differing(one: Path, other: Path, name: str) -> str:
    """What differs first between two files, in a line; blank if nothing."""
    for path, place in ((one, "second"), (other, "first")):
        if not path.exists():
            return f"{name}: only in the {place}"
    a, b = one.read_bytes(), other.read_bytes()
    if a == b:
        return ""
    pairs = enumerate(zip(a.splitlines(), b.splitlines(), strict=False), start=1)
    line, x, y = next(((i, x, y) for i, (x, y) in pairs if x != y), (0, b"", b""))
    if not line:
        return f"{name}: one has more lines"
    at = next((i for i, (p, q) in enumerate(zip(x, y, strict=False)) if p != q), min(len(x), len(y)))
    shown = (f"…{text[max(at - 20, 0) : at + 40].decode(errors='replace')}…" for text in (x, y))
    return f"{name}, line {line}: {' | '.join(shown)}"


def clone(to: Path) -> Path:
    """All of the revision that the first of them has, whatever is committed meanwhile."""
    origin = next((place for place in sorted(to.parent.iterdir()) if (place / ".git").exists()), ROOT)
    subprocess.run(["git", "clone", "--quiet", str(origin), str(to)], check=True)
    return to


def ask(python: Path | str, root: Path, *words: str) -> None:
    """Run a command of the library, or of the tools, of a clone."""
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [str(python), *words], cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"reproduce: {' '.join(words)} failed in {root}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def verdicts(python: Path | str, root: Path) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "verdicts.json"
        ask(python, root, "-m", "analysis_lib", "audit", "--json", str(file))
        return file.read_bytes()


def builds(folder: Path, built: Path | None) -> Iterator[tuple[Path, Path]]:
    """Two clones, each with its built book; or this repository, with a book that it has built, and a clone."""
    if built is not None:
        yield ROOT, built
    for name in ("first", "the-second-with-a-longer-name")[built is not None :]:
        root = clone(folder / name)
        ask(sys.executable, root, "tools/build/build_book.py", "--out", str(root / "_build"))
        yield root, root / "_build"


def other_python(python: str, folder: Path) -> tuple[str, bytes]:
    """The version of another Python, and the verdicts with the locked packages installed for it."""
    asked = [python, "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    root = clone(folder / f"python-{version}")
    ask(python, root, "tools/setup/set_up.py")
    return version, verdicts(root / ".venv" / "bin" / "python", root)


def table(found: list[Compared]) -> pd.DataFrame:
    """What was compared, as the page shows it."""
    return pd.DataFrame([(one.what, one.files, len(one.differing)) for one in found], columns=COLUMNS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", nargs="+", default=[], metavar="PATH", help="other Pythons, for the verdicts")
    parser.add_argument("--with", dest="built", type=Path, metavar="FOLDER", help="compare with a book built before")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    # Where they lie on this machine is nobody's business.
    names = " ".join(Path(python).name for python in given.python)
    making = Making("make reproduce" + (f' PYTHONS="{names}"' if names else ""))
    folder = Path(tempfile.mkdtemp(prefix="reproduce-"))
    try:
        (first, one), (second, other) = builds(folder, given.built)
        before = verdicts(sys.executable, first)
        again = verdicts(sys.executable, second) != before
        found = [Compared("verdicts, built twice", 1, ("the two audits differ",) if again else ())]
        found += compare(one, other)
        for python in given.python:
            version, answer = other_python(python, folder)
            lines = (f"the audit with Python {version} is another",) if answer != before else ()
            found.append(Compared(f"verdicts with Python {version}", 1, lines))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    making.write(given.out, table(found))
    for one in found:
        print(f"{one.what:32} {one.files:5} files, {len(one.differing)} differ")
        print(*(f"  {line}" for line in one.differing), sep="\n", end="\n" if one.differing else "")
    return any(one.differing for one in found)


if __name__ == "__main__":
    sys.exit(main())
