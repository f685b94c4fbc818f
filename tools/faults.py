"""Break builds and searches on purpose, many times, and see what is left.

Each trial starts from a whole book, changes its sources, and disturbs the build that follows: killed
at a random moment, a full disk, a folder that cannot be written to, a missing file, a chapter that
fails or hangs, another build at the same time. After it the book must be the old one or the new one,
whole and to the byte; an undisturbed build must then end with the new one; and no process and no
temporary file may be left. Most trials are made on a small book of two chapters with the real build
and the real renderer, some on this one. A search for cohorts is killed again and again while it is at
work: it must keep each cohort that it had kept, and end with the cohorts of an undisturbed one.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import psutil
import small_book
from broken_searches import searches
from manifest import Making
from workplace import ROOT, Trial, Workplace, ended, tell_clearly

from analysis_lib.base.atomic import beside

# Of the builds in which a chapter hangs.
SHORT_LIMIT = 10
# From the moment that a chapter is over its limit, until the build has ended.
GRACE = 15
AT_ONCE = ("two builds at once", "two builds at once, one killed")
SUBJECTS = ("small book", "whole book", "search")

# Each fault disturbs one build, and returns how it ended, a detail, and how to undo the fault.
Ending = tuple[str, str, Callable[[], None]]


def nothing() -> None:
    pass


def killed(place: Workplace, rng: random.Random, usual: float) -> Ending:
    moment = rng.uniform(0, usual)
    process = place.build()
    time.sleep(moment)
    process.kill()
    return ended(process), f"after {moment:.2f} s of {usual:.1f}", nothing


def child_killed(place: Workplace, rng: random.Random, usual: float) -> Ending:
    moment = rng.uniform(0, usual)
    process = place.build()
    time.sleep(moment)
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    if children:
        with suppress(psutil.NoSuchProcess):
            rng.choice(children).kill()
    return ended(process), f"one of {len(children)} children after {moment:.2f} s", nothing


def file_size_limit(place: Workplace, rng: random.Random, usual: float) -> Ending:
    size = int(10 ** rng.uniform(2, 6))
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return ended(place.build(limit)), f"files of at most {size} bytes", nothing


def full_disk(place: Workplace, rng: random.Random, usual: float) -> Ending:
    """Put the folder of the book on a small disk in memory; it needs the right to mount."""
    kept = place.out.rename(place.out.with_name("_kept"))
    used = sum(path.stat().st_blocks * 512 for path in kept.rglob("*") if path.is_file())
    room = rng.randrange(10_000, used)
    place.out.mkdir()
    run = partial(subprocess.run, check=True)
    run(["mount", "-t", "tmpfs", "-o", f"size={used + room}", "tmpfs", str(place.out)])
    try:
        shutil.copytree(kept, place.out, dirs_exist_ok=True)
        how = ended(place.build())
        shutil.rmtree(kept)
        shutil.copytree(place.out, kept)
    finally:
        run(["umount", str(place.out)])
    place.out.rmdir()
    kept.rename(place.out)
    return how, f"{room // 1000} kB free", nothing


def why_not_mounted() -> str:
    """Why this machine lets no disk be mounted, if it does not."""
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, text=True)
        if tried.returncode == 0:
            subprocess.run(["umount", folder], check=True)
            return ""
        return tried.stderr.strip().splitlines()[0] if tried.stderr.strip() else "mount says nothing"


def read_only(place: Workplace, rng: random.Random, usual: float) -> Ending:
    folders = [place.out, *(path for path in place.out.rglob("*") if path.is_dir())]
    chosen = folders[:1] if rng.random() < 0.5 else folders
    for folder in chosen:
        folder.chmod(0o555)
    # root writes where it likes, unless that right is taken from it.
    drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    how = ended(place.build(prefix=drop))

    def undo() -> None:
        for folder in chosen:
            folder.chmod(0o755)

    return how, f"{len(chosen)} folders", undo


def missing_file(place: Workplace, rng: random.Random, usual: float) -> Ending:
    # Without its __init__.py a package can still be imported, and beta lists what cohorts there are.
    optional = {"analysis_lib/__init__.py", "data/cohorts/b.csv"}
    needed = [name for name in small_book.FILES if name not in optional]
    name = rng.choice([*needed, "book/alpha.ipynb"])
    path, aside = place.root / name, place.root.parent / "aside"
    path.rename(aside)
    how = ended(place.build())
    return how, name, lambda: aside.rename(path) and None


def chapter_that(hangs: bool, codes: list[str], place: Workplace, rng: random.Random, usual: float) -> Ending:
    name, start = rng.choice([("book/alpha.md", "from analysis_lib import one"), ("book/beta.md", "from pathlib")])
    code = rng.choice(codes)
    small_book.rewrite(place.root, name, start, f"{code}\n{start}")
    usual_limit, place.limit = place.limit, SHORT_LIMIT if hangs else place.limit
    began = time.monotonic()
    how = ended(place.build())
    place.limit = usual_limit
    if hangs and time.monotonic() - began > SHORT_LIMIT + GRACE:
        how = "late"
    return how, f"{name}: {code}", lambda: small_book.rewrite(place.root, name, f"{code}\n{start}", start)


FAILING = [
    "1 / 0",
    "def broken(",
    "from analysis_lib import gone",
    "raise SystemExit(1)",
    "raise KeyboardInterrupt",
    "import os; os._exit(9)",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "open('nowhere/a.csv')",
]
HANGING = [
    "while True: pass",
    "import time; time.sleep(999)",
    "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(999)",
    "import subprocess; subprocess.run(['sleep', '999'])",
]


def at_once(one_killed: bool, place: Workplace, rng: random.Random, usual: float) -> Ending:
    builds = [place.build(), place.build()]
    moment = rng.uniform(0, usual)
    if one_killed:
        time.sleep(moment)
        rng.choice(builds).kill()
    how = " and ".join(ended(build) for build in builds)
    return how, f"one killed after {moment:.2f} s" if one_killed else "", nothing


FAULTS: dict[str, Callable[[Workplace, random.Random, float], Ending]] = {
    "killed": killed,
    "a child killed": child_killed,
    "full disk": full_disk,
    "file size limit": file_size_limit,
    "folder read-only": read_only,
    "file missing": missing_file,
    "chapter fails": partial(chapter_that, False, FAILING),
    "chapter hangs": partial(chapter_that, True, HANGING),
    AT_ONCE[0]: partial(at_once, False),
    AT_ONCE[1]: partial(at_once, True),
}
# How the disturbed build must end: these cannot give a new book, those with two builds must.
MUST_FAIL = {"folder read-only", "file missing", "chapter fails", "chapter hangs"}
# Its chapters are forked from a server, and their kernels too: many kinds of children.
CAN_STRIKE_THE_WHOLE_BOOK = [
    name for other in ("killed", "file size limit", AT_ONCE[1]) for name in ("a child killed", other)
]


@dataclass
class Book:
    """A built book, and what a change of its sources makes of it."""

    name: str
    built: Path
    change: Callable[[Path], None]
    usual: float = 0.0
    new: str = ""

    def copy(self, folder: Path) -> Workplace:
        return Workplace(Path(shutil.copytree(self.built, folder, symlinks=True)))

    def measure(self, folder: Path) -> None:
        """Build the changed book undisturbed: how long it takes, and what comes out."""
        place = self.copy(folder)
        self.change(place.root)
        began = time.monotonic()
        if (how := ended(place.build())) != "exit 0":
            raise SystemExit(f"faults: the undisturbed build ended with {how}:\n{place.log.read_text()}")
        self.usual, self.new = time.monotonic() - began, place.html
        shutil.rmtree(place.root)


def small(folder: Path) -> Book:
    """The small book, built, with the build's own programs."""
    root = small_book.lay_out(folder / "small")
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))

    def change(root: Path) -> None:
        small_book.rewrite(root, "data/published/a.csv", "1", "100")
        small_book.rewrite(root, "analysis_lib/two.py", "TWO = 2", "TWO = 22")

    return _built(Book("small book", root, change))


def whole(folder: Path) -> Book:
    """This book at its last commit, built in a clone of its own."""
    root = folder / "whole"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(root)], check=True)

    def change(root: Path) -> None:
        # Every chapter reads the transcription.
        with (root / "data" / "README.md").open("a") as stream:
            stream.write("\n")
        with (root / "analysis_lib" / "errors.py").open("a") as stream:
            stream.write("\n# changed\n")

    return _built(Book("whole book", root, change))


def _built(book: Book) -> Book:
    place = Workplace(book.built)
    if (how := ended(place.build(), 1800)) != "exit 0":
        raise SystemExit(f"faults: the first build ended with {how}:\n{place.log.read_text()}")
    return book


def attempt(book: Book, fault: str, rng: random.Random, folder: Path) -> Trial:
    """One trial in a folder that is not there yet, and is gone afterwards unless the trial failed."""
    folder.mkdir()
    place = book.copy(folder / "book")
    old = place.html
    book.change(place.root)
    began = time.monotonic()
    how, detail, undo = FAULTS[fault](place, rng, book.usual)
    seconds = time.monotonic() - began
    clear = tell_clearly(place.log) and how not in ("hung", "late")
    clear &= how != "exit 0" if fault in MUST_FAIL else True
    clear &= how == "exit 0 and exit 0" if fault == AT_ONCE[0] else "exit 0" in how if fault == AT_ONCE[1] else True
    kept = place.html == (book.new if "exit 0" in how else old) or (fault == "killed" and place.html == book.new)
    undo()
    recovered = ended(place.build()) == "exit 0" and place.html == book.new
    left = place.left()
    trial = Trial(book.name, fault, detail, how, round(seconds, 1), kept, clear, recovered, len(left))
    if trial.passed:
        shutil.rmtree(folder)
    else:
        print(f"  see {folder}\n  " + "\n  ".join(left), flush=True)
    return trial


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for all trials, kept only when a trial did not pass."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    yield folder
    shutil.rmtree(folder)


def in_turn(names: list[str], rng: random.Random) -> Iterator[str]:
    """Each fault once; then again and again, killing four times as often, since it may happen at any moment."""
    yield from rng.sample(names, len(names))
    while True:
        more = [name for name in names for _ in range(4 if name == "killed" else 1)]
        yield from rng.sample(more, len(more))


def trials(small_ones: int, whole_ones: int, kills: int, seed: int) -> Iterator[Trial]:
    rng = random.Random(seed)
    names = list(FAULTS)
    if small_ones and (why_not := why_not_mounted()):
        names.remove("full disk")
        print(f"full disk: left out, since no disk can be mounted here: {why_not}", flush=True)
    with workshop() as folder:
        if small_ones:
            book = small(folder)
            book.measure(folder / "measured")
            for k, fault in zip(range(small_ones), in_turn(names, rng), strict=False):
                yield attempt(book, fault, rng, folder / f"small-{k}")
        if kills:
            yield from searches(kills, rng, folder / "searches")
        if whole_ones:
            book = whole(folder)
            book.measure(folder / "measured-whole")
            for k in range(whole_ones):
                fault = CAN_STRIKE_THE_WHOLE_BOOK[k % len(CAN_STRIKE_THE_WHOLE_BOOK)]
                yield attempt(book, fault, rng, folder / f"whole-{k}")


def write(done: list[Trial], out: Path) -> None:
    """Write trials in place of earlier ones of the same subjects."""
    out.parent.mkdir(parents=True, exist_ok=True)
    heading = [field.name for field in fields(Trial)]
    rows = []
    for trial in done:
        values = (getattr(trial, name) for name in heading)
        rows.append([("no", "yes")[v] if isinstance(v, bool) else str(v) for v in values])
    if out.exists():
        with out.open(encoding="utf-8", newline="") as stream:
            rows += [row for row in list(csv.reader(stream))[1:] if row[0] not in {trial.subject for trial in done}]
    with beside(out) as path, path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(sorted(rows, key=lambda row: SUBJECTS.index(row[0])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", type=int, default=60, help="trials on the small book")
    parser.add_argument("--whole", type=int, default=12, help="trials on this book")
    parser.add_argument("--searches", type=int, default=8, help="kills of a search for cohorts")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, help="write a table of the trials here")
    given = parser.parse_args()
    making = Making(f"tools/faults.py --small {given.small} --whole {given.whole} --searches {given.searches}")
    done = []
    for trial in trials(given.small, given.whole, given.searches, given.seed):
        done.append(trial)
        mark = "passed" if trial.passed else "FAILED"
        print(f"{mark} {trial.subject}: {trial.fault} ({trial.detail}): {trial.ended}", flush=True)
        if given.out:
            write(done, given.out)
            making.note(given.out, {one.subject for one in done})
    failed = sum(not trial.passed for trial in done)
    print(f"{len(done)} trials, {failed} not passed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
