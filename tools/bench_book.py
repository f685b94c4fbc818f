"""The book's own build beside jupyter-book's, in a scratch copy of the last commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).with_name("build")))
import render

ROOT = Path(__file__).resolve().parent.parent
# Of cold builds, ours and theirs in turn.
ROUNDS = 1
UNCHANGED = 5
EDITED = "toxicity"
# jupyter-book stops a cell after 30 s if not told otherwise.
_CELL_SECONDS = 600


def copy(folder: Path) -> Path:
    """A clone that uses this repository's .venv."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    (clone / ".venv").symlink_to(ROOT / ".venv")
    # Older than the .venv, or `make` would set it up again.
    for name in ("requirements.lock", "tools/setup/bootstrap.lock", "tools/setup/set_up.py"):
        os.utime(clone / name, (0, 0))
    return clone


class Build(NamedTuple):
    """Seconds in all, of each chapter that ran, and for the pages; 0 where none were made."""

    seconds: float
    chapters: dict[str, float]
    pages: float


def make_book(clone: Path) -> Build:
    """Build the book of a clone.

    Raises
    ------
    SystemExit
        If the build fails, with what it said.
    """
    start = time.perf_counter()
    done = subprocess.run(["make", "book"], cwd=clone, capture_output=True, text=True)
    spent = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"bench: make book failed: {done.stdout}{done.stderr}")
    pages = re.search(r"^book: pages\s+made\s+([\d.]+) s", done.stdout, re.M)
    chapters = re.findall(r"^book: (\S+)\s+ran\s+([\d.]+) s", done.stdout, re.M)
    return Build(spent, {name: float(s) for name, s in chapters}, float(pages[1]) if pages else 0.0)


def jupyter_book(clone: Path, folder: Path) -> float:
    """Seconds that jupyter-book takes to run and render the same pages, just as strictly.

    Raises
    ------
    SystemExit
        If the build fails, with what it said last.
    """
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    render.stage(clone, clone / "book", source)
    config = source / "_config.yml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('execute_notebooks: "off"', f"execute_notebooks: force\n  timeout: {_CELL_SECONDS}")
    config.write_text(text.replace('nb_execution_mode: "off"', "nb_execution_mode: force"), encoding="utf-8")
    shutil.rmtree(folder / "rendered", ignore_errors=True)
    program = Path(sys.executable).with_name("jupyter-book")
    command = [program, "build", source, "--path-output", folder / "rendered", "-W", "-n", "--keep-going"]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    spent = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"bench: jupyter-book failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return spent


def edit(clone: Path) -> None:
    """Add a sentence to a chapter and bring its pair in step."""
    chapter = clone / "book" / f"{EDITED}.md"
    chapter.write_text(chapter.read_text(encoding="utf-8") + "\nOne sentence more.\n", encoding="utf-8")
    subprocess.run([sys.executable, "tools/build/pairs.py"], cwd=clone, check=True)


def measure() -> dict:
    """Seconds of each kind of build; ratios are taken in each round."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clone = copy(folder)
        os.environ["PYTHONPATH"] = str(clone)  # its own library, not this repository's
        # Fills the caches of compiled code, which both kinds of build read.
        make_book(clone)
        unchanged = [make_book(clone).seconds for _ in range(UNCHANGED)]
        edit(clone)
        edited = make_book(clone)
        print(f"unchanged {unchanged}, edited {edited}", flush=True)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            shutil.rmtree(clone / "_build")
            ours.append(make_book(clone))
            theirs.append(jupyter_book(clone, folder))
            print(f"cold {ours[-1].seconds:.1f} s, jupyter-book {theirs[-1]:.1f} s", flush=True)
    return {
        "cold_seconds": [round(one.seconds, 1) for one in ours],
        "of_which_pages": [one.pages for one in ours],
        "jupyter_book_seconds": [round(t, 1) for t in theirs],
        "ratio": round(float(np.median(np.divide([one.seconds for one in ours], theirs))), 2),
        "chapter_seconds": {
            name: round(float(np.median([one.chapters[name] for one in ours])), 1) for name in sorted(ours[0].chapters)
        },
        "unchanged_seconds": round(float(np.median(unchanged)), 2),
        "edited": EDITED,
        "edited_seconds": round(edited.seconds, 1),
        "edited_ran": list(edited.chapters),
    }
