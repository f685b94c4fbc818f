"""Kill a search for cohorts again and again while it is at work, and see what it has kept."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd

from analysis_lib.base.paths import ROOT
from tests.faults.sandbox import Sandbox, Trial, digest, ended

COHORTS = 6
SEARCH = ["-m", "analysis_lib", "reconstruct", "--cohorts", f"{COHORTS}", "--seed", "5", "--jobs", "2", "--out"]
# A kill strikes between these shares of the time that is still needed: not before the work, nor after it.
STRIKES = (0.15, 0.85)


def search(place: Sandbox, out: Path) -> subprocess.Popen:
    return place.start([sys.executable, *SEARCH, str(out)])


def digests(frame: pd.DataFrame) -> list[str]:
    """A digest of each cohort, in order, whatever its number."""
    each = frame.groupby("cohort", sort=True)
    return [hashlib.sha256(one.drop(columns="cohort").to_csv(index=False).encode()).hexdigest() for _, one in each]


def kept_cohorts(folder: Path) -> dict[int, str]:
    """What a search under way has kept beside its result: the cohorts by number, as far as they can be read."""
    found = {}
    for file in folder.glob(".*/cohort-*.parquet"):
        with suppress(OSError, ValueError, KeyError):
            (found[int(file.stem.removeprefix("cohort-"))],) = digests(pd.read_parquet(file).assign(cohort=0))
    return found


def cohorts_in(out: Path) -> dict[int, str]:
    """As :func:`kept_cohorts`, of a search that has ended."""
    return dict(enumerate(digests(pd.read_parquet(out))))


def trials(kills: int, rng: random.Random, folder: Path) -> Iterator[Trial]:
    """Start two searches at once; then kill one after another, each going on from where the last one stopped."""
    root = folder / "library"
    for name in ("analysis_lib", "data"):
        shutil.copytree(ROOT / name, root / name)
    place = Sandbox(root)
    out = place.out / "cohorts.parquet"
    place.out.mkdir()

    def beside_the_result() -> list[Path]:
        return [path for path in place.out.iterdir() if path.name not in (out.name, "cohorts.json")]

    began = time.monotonic()
    pair = [search(place, out), search(place, out)]
    how = " and ".join(ended(process, 1800) for process in pair)
    usual = time.monotonic() - began
    assert out.exists(), f"of two searches at once none came to its end:\n{place.log.read_text()}"
    expected, whole = digest(out), len(cohorts_in(out)) == COHORTS
    # The second is refused while the first is at work.
    clear = place.told_clearly and sorted(how.split(" and ")) == ["exit 0", "exit 2"]
    yield Trial("search", "two at once", "", how, round(usual, 1), whole, clear, whole, len(beside_the_result()))

    shutil.rmtree(place.out)
    place.out.mkdir()
    known: dict[int, str] = {}
    struck = 0
    while struck < kills:
        needed = usual * (1 - len(known) / COHORTS)
        moment = rng.uniform(*STRIKES) * needed
        process = search(place, out)
        time.sleep(moment)
        process.kill()
        how, gone = ended(process), [name for name in place.left() if name.startswith("process")]
        if how == "exit 0":
            # It was quicker than expected, and so not disturbed.
            shutil.rmtree(place.out)
            place.out.mkdir()
            known = {}
            continue
        struck += 1
        now = kept_cohorts(place.out)
        kept, known = known.items() <= now.items() and not out.exists(), now
        detail = f"after {moment:.1f} s of {needed:.1f}: {len(now)} of {COHORTS} cohorts are kept"
        yield Trial("search", "killed", detail, how, round(moment, 1), kept, place.told_clearly, True, len(gone))
    began = time.monotonic()
    how = ended(search(place, out), 1800)
    seconds = round(time.monotonic() - began, 1)
    same = out.exists() and digest(out) == expected
    kept = same and known.items() <= cohorts_in(out).items()
    detail = f"{len(known)} of {COHORTS} cohorts were kept"
    left = len(beside_the_result())
    yield Trial("search", "taken up after the kills", detail, how, seconds, kept, place.told_clearly, same, left)
    shutil.rmtree(place.temporary)
