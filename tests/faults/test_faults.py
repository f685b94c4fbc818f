"""Fault injection: builds are broken off, starved and disturbed on purpose, and the book must stay whole.

Each trial starts from a whole book, changes its sources, and disturbs the build that follows. After it the book must
be the old one or the new one, to the byte; an undisturbed build must then end with the new one; and no process and no
temporary file may be left. Most trials are made on a small book of two chapters with the real build and the real
renderer, some on this one. ``--trials N`` makes each N times; `make test` has the interrupts of `test_interrupts`.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from analysis_lib.base.paths import ROOT
from tests.faults import interrupted_search, small_book
from tests.faults.sandbox import BUILD_BOOK, Sandbox, Trial, digest, ended

# Of the builds in which a chapter hangs.
SHORT_LIMIT = 10
# From the moment that a chapter is over its limit, until the build has ended.
GRACE = 15
AT_ONCE = ("two builds at once", "two builds at once, one killed")

# Each fault disturbs one build, and returns how it ended, a detail, and how to undo the fault.
Ending = tuple[str, str, Callable[[], None]]


def nothing() -> None:
    pass


def killed(place: Sandbox, rng: random.Random, usual: float) -> Ending:
    moment = rng.uniform(0, usual)
    process = place.build()
    time.sleep(moment)
    process.kill()
    return ended(process), f"after {moment:.2f} s of {usual:.1f}", nothing


def child_killed(place: Sandbox, rng: random.Random, usual: float) -> Ending:
    moment = rng.uniform(0, usual)
    process = place.build()
    time.sleep(moment)
    with suppress(psutil.NoSuchProcess):
        if children := psutil.Process(process.pid).children(recursive=True):
            rng.choice(children).kill()
    return ended(process), f"one of its children after {moment:.2f} s", nothing


def file_size_limit(place: Sandbox, rng: random.Random, usual: float) -> Ending:
    size = int(10 ** rng.uniform(2, 6))
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return ended(place.build(limit)), f"files of at most {size} bytes", nothing


def full_disk(place: Sandbox, rng: random.Random, usual: float) -> Ending:
    """Put the folder of the book on a small disk in memory; it needs the right to mount."""
    if why_not := why_not_mounted():
        pytest.skip(f"no disk can be mounted here: {why_not}")
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
        return tried.stderr.strip().partition("\n")[0] or "mount says nothing"


def read_only(place: Sandbox, rng: random.Random, usual: float) -> Ending:
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


def missing_file(place: Sandbox, rng: random.Random, usual: float) -> Ending:
    # Without its __init__.py a package can still be imported, and beta lists what cohorts there are.
    optional = {"analysis_lib/__init__.py", "data/cohorts/b.csv"}
    needed = [name for name in small_book.FILES if name not in optional]
    name = rng.choice([*needed, "book/alpha.ipynb"])
    path, aside = place.root / name, place.root.parent / "aside"
    path.rename(aside)
    how = ended(place.build())
    return how, name, lambda: aside.rename(path) and None


def chapter_that(hangs: bool, codes: list[str], place: Sandbox, rng: random.Random, usual: float) -> Ending:
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


def at_once(one_killed: bool, place: Sandbox, rng: random.Random, usual: float) -> Ending:
    builds = [place.build(), place.build()]
    moment = rng.uniform(0, usual)
    if one_killed:
        time.sleep(moment)
        rng.choice(builds).kill()
    how = " and ".join(ended(build) for build in builds)
    return how, f"one killed after {moment:.2f} s" if one_killed else "", nothing


FAULTS: dict[str, Callable[[Sandbox, random.Random, float], Ending]] = {
    "killed": killed,
    "file missing": missing_file,
    "a child killed": child_killed,
    "full disk": full_disk,
    "file size limit": file_size_limit,
    "folder read-only": read_only,
    "chapter fails": partial(chapter_that, False, FAILING),
    "chapter hangs": partial(chapter_that, True, HANGING),
    AT_ONCE[0]: partial(at_once, False),
    AT_ONCE[1]: partial(at_once, True),
}
# How the disturbed build must end: these cannot give a new book, those with two builds must.
MUST_FAIL = {"folder read-only", "file missing", "chapter fails", "chapter hangs"}
OF_THE_WHOLE_BOOK = ["killed", "a child killed", "file size limit", AT_ONCE[1]]


@dataclass
class Book:
    """A built book, what a change of its sources makes of it, and how long that takes."""

    name: str
    built: Path
    change: Callable[[Path], None]
    usual: float = 0.0
    new: str = ""

    def copy(self, folder: Path) -> Sandbox:
        return Sandbox(Path(shutil.copytree(self.built, folder, symlinks=True)))

    def measure(self, folder: Path) -> Book:
        """The book, once its changed sources have been built undisturbed."""
        place = self.copy(folder)
        self.change(place.root)
        began = time.monotonic()
        place.build_whole()
        self.usual, self.new = time.monotonic() - began, place.html
        place.remove()
        return self


def build_first(root: Path) -> None:
    place = Sandbox(root)
    place.build_whole()
    shutil.rmtree(place.temporary)


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Book:
    """The small book, built, with the build's own programs."""
    folder = tmp_path_factory.mktemp("small")
    root = small_book.lay_out(folder / "book")
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    build_first(root)

    def change(root: Path) -> None:
        small_book.rewrite(root, "data/published/a.csv", "1", "100")
        small_book.rewrite(root, "analysis_lib/two.py", "TWO = 2", "TWO = 22")

    return Book("small book", root, change).measure(folder / "measured")


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Book:
    """This book at its last commit, built in a clone of its own."""
    folder = tmp_path_factory.mktemp("whole")
    root = folder / "book"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(root)], check=True)
    build_first(root)

    def change(root: Path) -> None:
        # Every chapter reads the transcription.
        for name, line in (("data/README.md", "\n"), ("analysis_lib/__init__.py", "\n# changed\n")):
            with (root / name).open("a") as stream:
                stream.write(line)

    return Book("whole book", root, change).measure(folder / "measured")


def attempt(book: Book, fault: str, rng: random.Random, folder: Path) -> Trial:
    """One trial; what it was made in is gone afterwards, unless it failed."""
    place = book.copy(folder / "book")
    old = place.html
    book.change(place.root)
    began = time.monotonic()
    how, detail, undo = FAULTS[fault](place, rng, book.usual)
    seconds = time.monotonic() - began
    clear = place.told_clearly and how not in ("hung", "late")
    clear &= how != "exit 0" if fault in MUST_FAIL else True
    clear &= how == "exit 0 and exit 0" if fault == AT_ONCE[0] else "exit 0" in how if fault == AT_ONCE[1] else True
    kept = place.html == (book.new if "exit 0" in how else old) or (fault == "killed" and place.html == book.new)
    undo()
    recovered = ended(place.build()) == "exit 0" and place.html == book.new
    left = place.left()
    trial = Trial(book.name, fault, detail, how, round(seconds, 1), kept, clear, recovered, len(left))
    if trial.passed:
        place.remove()
    else:
        print(place.log.read_text(), *left, sep="\n")
    return trial


def pytest_generate_tests(metafunc):
    """Each fault as often as trials are asked for, on this book half as often."""
    trials = metafunc.config.getoption("trials")
    if metafunc.function is test_a_book_stays_whole:
        small = [("small", fault, k) for fault in FAULTS for k in range(trials)]
        whole = [("whole", fault, k) for fault in OF_THE_WHOLE_BOOK for k in range(trials // 2)]
        metafunc.parametrize(("book", "fault", "turn"), small + whole)


@pytest.mark.trial
def test_a_book_stays_whole(book, fault, turn, request, tmp_path, table):
    trial = attempt(request.getfixturevalue(book), fault, random.Random(f"{fault} {turn}"), tmp_path)
    table("faults.csv", trial.row, "subject")
    assert trial.passed, trial


@pytest.mark.trial
def test_a_search_keeps_what_it_has(request, tmp_path, table):
    trials = list(interrupted_search.trials(request.config.getoption("trials"), random.Random(2026), tmp_path))
    for trial in trials:
        table("faults.csv", trial.row, "subject")
    assert all(trial.passed for trial in trials), trials


# What the trials themselves are worth: builders and searches that do what none may.
WHOLE = """
    import pathlib, shutil, time
    out, text = pathlib.Path("_build"), pathlib.Path("source").read_text()
    (out / "scratch-1").mkdir(parents=True, exist_ok=True)
    (out / "scratch-1" / "index.html").write_text(text)
    time.sleep(0.3)
    new, old = out / "scratch-1", out / "html"
    shutil.rmtree(old, ignore_errors=True) or new.rename(old)
"""
HALF = """
    import pathlib, time
    page = pathlib.Path("_build/html/index.html")
    text = pathlib.Path("source").read_text()
    page.write_text(text[:2])
    time.sleep(0.6)
    page.write_text(text)
"""
LITTER = f"""{WHOLE}
    (out / "html.part").write_text("forgotten")
"""
LOUD = f"""{WHOLE}
    print("Traceback (most recent call last):")
"""


@pytest.mark.parametrize(
    ("builder", "moment", "kept", "clear", "recovered", "left"),
    [
        (WHOLE, 1.0, True, True, True, 0),
        (HALF, 0.35, False, True, True, 0),
        (LITTER, 1.0, True, True, True, 1),
        (LOUD, 1.0, True, False, True, 0),
        ("raise SystemExit(1)", 0.35, True, True, False, 0),
    ],
    ids=["whole", "in place", "litter", "loud", "never again"],
)
def test_a_trial_tells_a_builder_that_does_what_none_may(
    builder, moment, kept, clear, recovered, left, tmp_path, monkeypatch
):
    root = tmp_path / "built"
    program = root / BUILD_BOOK
    program.parent.mkdir(parents=True)
    program.write_text(textwrap.dedent(WHOLE))
    (root / "source").write_text("the old book")
    subprocess.run([sys.executable, BUILD_BOOK], cwd=root, check=True)
    book = Book("a book", root, lambda root: (root / "source").write_text("the new book"))
    book.measure(tmp_path / "measured")
    program.write_text(textwrap.dedent(builder))
    monkeypatch.setattr(random.Random, "uniform", lambda self, low, high: moment)
    found = attempt(book, "killed", random.Random(1), tmp_path)
    assert (found.kept, found.clear, found.recovered, found.left) == (kept, clear, recovered, left)
    assert found.passed is (builder is WHOLE)


def test_a_trial_passes_only_if_all_is_well():
    well = Trial("a book", "killed", "", "signal 9", 1.0, True, True, True, 0)
    assert well.passed
    for change in ({"kept": False}, {"clear": False}, {"recovered": False}, {"left": 1}):
        assert not replace(well, **change).passed


def test_a_digest_sees_every_byte_and_name(tmp_path):
    folder = tmp_path / "html"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "page").write_text("one")
    seen = {digest(folder), digest(tmp_path / "nowhere")}
    (folder / "deep" / "page").write_text("two")
    seen.add(digest(folder))
    (folder / "deep" / "page").rename(folder / "page")
    seen.add(digest(folder))
    assert len(seen) == 4
