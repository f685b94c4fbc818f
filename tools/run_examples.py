"""Run every chapter that takes a cohort on cohorts that are not the study's, and look for holes.

The invented example has every column; the public data sets have few, and other sizes. A chapter must
come to its end on each and show no bare NaN. The executed notebooks are left in the folder named.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from analysis_lib import cohort_examples, parameters, public_cohorts
from analysis_lib.published import ROOT

AT_ONCE = 2
_BARE_NAN = re.compile(r">\s*[^<]{0,60}\bnan\b[^<]{0,60}<", re.IGNORECASE)


def holes(notebook: Path) -> list[str]:
    """Pieces of the executed chapter's HTML in which a NaN stands as if it were a number."""
    found = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            found += _BARE_NAN.findall("".join(output.get("data", {}).get("text/html", "")))
    return found


def run(chapter: str, file: Path, landmark_months: float | None, out: Path) -> str:
    """What went wrong in a chapter on a file; blank if nothing did."""
    folder = out / file.stem
    declared = [p.name for p in parameters.CHAPTERS[chapter]]
    command = [sys.executable, "-m", "analysis_lib", "chapter", chapter, "-p", f"cohort={file}", "--out", str(folder)]
    if landmark_months and "landmark_months" in declared:
        command += ["-p", f"landmark_months={landmark_months}"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    found = holes(folder / f"{chapter}.ipynb")
    return f"shows NaN: {found[0]}" if found else ""


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_build" / "examples"
    takes = [name for name, declared in parameters.CHAPTERS.items() if any(p.name == "cohort" for p in declared)]
    files = [(cohort_examples.EXAMPLE, None)]
    files += [(public.file, public.landmark_months) for public in public_cohorts.PUBLIC]
    asked = [(chapter, *file) for file in files for chapter in takes]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda one: run(*one, out), asked))
    for (chapter, file, _), wrong in zip(asked, answers, strict=True):
        print(f"{chapter:15} {file.stem:10} {wrong or 'well'}")
    if any(answers):
        sys.exit(f"{sum(map(bool, answers))} of {len(asked)} runs failed")


if __name__ == "__main__":
    main()
