"""Rerun every chapter with each of its parameters changed, and your-cohort on other patients.

A rerun must come to its end, show other results than in the book, and no bare NaN.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import parameters
from analysis_lib.cohort import public as public_cohorts

AT_ONCE = 2
# A value for each parameter that is no chapter's default.
OTHER = {
    "confidence": 0.8,
    "interval": "wilson",
    "landmark_months": 30.0,
    "seed": 7,
    "resamplings": 40,
    "ties": "efron",
    "median_interval": "log",
    "horizon_years": 3.0,
}
# About the file, which the public cohorts change.
_OF_THE_FILE = ("cohort", "cohort_number", "time_unit")
# One page is also made to stand alone.
AS_PAGE = ("toxicity", "interval")
# They say what was changed, whether or not that changed anything.
_TELLS = ("parameters.notice", "parameters.settings")
_BARE_NAN = re.compile(r">\s*[^<]{0,60}\bnan\b[^<]{0,60}<", re.IGNORECASE)


@dataclass(frozen=True)
class Rerun:
    """A chapter with values for some of its parameters."""

    chapter: str
    values: tuple[tuple[str, object], ...]

    @property
    def name(self) -> str:
        words = [f"{k}={Path(v).stem if k == 'cohort' else v}" for k, v in self.values]
        return f"{self.chapter} {' '.join(words)}"


def asked() -> list[Rerun]:
    """Every parameter of every chapter by itself, then your-cohort on the public cohorts, with their own landmarks."""
    found = [
        Rerun(chapter, ((p.name, OTHER[p.name]),))
        for chapter, declared in parameters.CHAPTERS.items()
        for p in declared
        if p.name not in _OF_THE_FILE
    ]
    for public in public_cohorts.PUBLIC:
        values: list[tuple[str, object]] = [("cohort", public.file)]
        if public.landmark_months:
            values.append(("landmark_months", public.landmark_months))
        found.append(Rerun("your-cohort", tuple(values)))
    return found


def outputs(notebook: Path) -> list[str]:
    """What the executed chapter's cells show, each as JSON, without those that only tell of the parameters."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    kept = [c for c in cells if c.get("outputs") and not any(told in "".join(c["source"]) for told in _TELLS)]
    return [json.dumps([o.get("data", o.get("text")) for o in c["outputs"]], sort_keys=True) for c in kept]


def holes(notebook: Path) -> list[str]:
    """Pieces of the executed chapter's HTML in which a NaN stands as if it were a number."""
    found = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            found += _BARE_NAN.findall("".join(output.get("data", {}).get("text/html", "")))
    return found


def wrong_with(notebook: Path, book: Path, page: Path | None) -> str:
    """What an executed rerun, and its page if there is one, lack beside the chapter in the book; blank if nothing."""
    if found := holes(notebook):
        return f"shows NaN: {found[0]}"
    if page and "This is a rerun" not in page.read_text(encoding="utf-8"):
        return "the page does not say that it is a rerun"
    return "" if set(outputs(notebook)) - set(outputs(book)) else "shows what the book shows"


def run(rerun: Rerun, book: Path, out: Path) -> str:
    """Run one; what went wrong, blank if nothing did."""
    folder = out / rerun.name.replace(" ", "-")
    command = [sys.executable, "-m", "analysis_lib", "chapter", rerun.chapter, "--out", str(folder)]
    for name, value in rerun.values:
        command += ["-p", f"{name}={value}"]
    page = (rerun.chapter, rerun.values[0][0]) == AS_PAGE
    done = subprocess.run(
        command + ["--html"] * page, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["said nothing"])[-1]
    shown = folder / f"{rerun.chapter}.html" if page else None
    return wrong_with(folder / f"{rerun.chapter}.ipynb", book / f"{rerun.chapter}.ipynb", shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--book", type=Path, default=ROOT / "_build", help="the book built before, to compare with")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "reruns", help="folder to write to")
    given = parser.parse_args()
    book = given.book / "executed"
    if not book.is_dir():
        sys.exit(f"reruns: {book} is not there; `make book` comes first")
    wrong, reruns = [], asked()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda one: run(one, book, given.out), reruns))
    for rerun, answer in zip(reruns, answers, strict=True):
        print(f"{rerun.name:45} {answer or 'well'}")
        wrong += [f"{rerun.name}: {answer}"] if answer else []
    if wrong:
        sys.exit(f"{len(wrong)} reruns failed:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
