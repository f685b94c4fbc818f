"""Ctrl-C, SIGTERM, the death of `make` and of the build itself end a build: no process stays, the old book does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

from tests.faults import small_book

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ("alpha", "beta", "gamma")
LOADING = "Ctrl-C while libraries are loaded"
SLEEPS = "import pathlib, time\npathlib.Path('started-{0}').touch()\ntime.sleep(600)"


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with an older build, of three chapters that do not end, and the programs that build it."""
    root = tmp_path / "book"
    for name in CHAPTERS:
        monkeypatch.setitem(
            small_book.FILES, f"book/{name}.md", small_book.CHAPTER.format(title=name, code=SLEEPS.format(name))
        )
    small_book.lay_out(root)
    small_book.rewrite(root, "_toc.yml", "  - file: book/beta", "  - file: book/beta\n  - file: book/gamma")
    shutil.copytree(ROOT / "tools" / "build", root / "tools" / "build", ignore=shutil.ignore_patterns("__pycache__"))
    # What else the server loads takes its time, and no chapter here needs it.
    server = root / "tools" / "build" / "forkserver.py"
    text, changed = re.subn(
        r"(?s)(LIBRARIES = \[\n).*?\]", r'\1    "slow_library",\n    "ipykernel.kernelapp",\n]', server.read_text()
    )
    assert changed
    server.write_text(text)
    shutil.copy(ROOT / "Makefile", root)
    (root / ".venv").symlink_to(ROOT / ".venv")
    for name in ("requirements.lock", "tools/setup/bootstrap.lock", "tools/setup/set_up.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
        os.utime(root / name, (0, 0))
    (root / "_build" / "html").mkdir(parents=True)
    (root / "_build" / "html" / "index.html").write_text("the old book")
    return root


def marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("INTERRUPT_TEST") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_for(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met


def chapters_started(book: Path) -> int:
    return len(list(book.glob("started-*")))


def builder(make: psutil.Process) -> psutil.Process:
    return next(child for child in make.children() if "build_book.py" in " ".join(child.cmdline()))


HOW = {
    "Ctrl-C": lambda make: os.killpg(make.pid, signal.SIGINT),
    "Ctrl-C twice": lambda make: [
        os.killpg(make.pid, signal.SIGINT),
        time.sleep(0.3),
        os.killpg(make.pid, signal.SIGINT),
    ],
    "SIGTERM to make": lambda make: make.terminate(),
    "SIGTERM to the build": lambda make: builder(make).terminate(),
    "make killed": lambda make: make.kill(),
    "the build killed": lambda make: builder(make).kill(),
}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what a killed program has started may go on")
@pytest.mark.parametrize(
    "how", ["Ctrl-C", *(pytest.param(how, marks=pytest.mark.long) for how in (*HOW, LOADING) if how != "Ctrl-C")]
)
def test_a_build_ends_when_it_is_told_to(book, how):
    mark = uuid.uuid4().hex
    running = 0 if how == LOADING else 2
    if how == LOADING:
        (book / "slow_library.py").write_text("open('loading', 'w'); import time; time.sleep(60)")
    run = subprocess.Popen(
        ["make", "book", f"PYTHON={sys.executable}"],
        cwd=book,
        env=os.environ | {"INTERRUPT_TEST": mark, "PYTHONPATH": str(book)},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        begun = (lambda: (book / "loading").exists()) if how == LOADING else (lambda: chapters_started(book) == running)
        assert wait_for(begun, 90), "nothing was started"
        time.sleep(0.5)
        began = time.monotonic()
        HOW.get(how, HOW["Ctrl-C"])(psutil.Process(run.pid))
        _, said = run.communicate(timeout=30)
        assert time.monotonic() - began < 10
        assert wait_for(lambda: not marked(mark), 5), [process.cmdline() for process in marked(mark)]
    finally:
        for process in marked(mark):
            process.kill()
    assert chapters_started(book) == running, "what was queued has been started"
    assert (book / "_build" / "html" / "index.html").read_text() == "the old book"
    own = [line for line in said.splitlines() if not line.startswith("make")]
    if how == "the build killed":
        assert own == []
    else:
        assert own == ["book: stopped; the previous book, if any, is untouched"]
        assert not list((book / "_build").glob("scratch-*"))
