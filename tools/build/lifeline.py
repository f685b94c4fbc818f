"""Tie a process that the build starts to the build: it ends when the build does, however that ends.

A build that is killed cannot end its children itself, and a Jupyter kernel does not die with the
process that started it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

BUILD = "BOOK_BUILD_PID"


def environment(temporary: Path) -> dict[str, str]:
    """For the children of the build: the environment with the build's own process id.

    What they leave in ``temporary`` when they are killed goes with the build's own scratch folder.
    """
    # Sets print in one order on every run, so that two builds give the same pages.
    return {**os.environ, BUILD: str(os.getpid()), "PYTHONHASHSEED": "0", "TMPDIR": str(temporary)}


def follow(limit: float = float("inf"), at_limit: Callable[[], None] = lambda: None) -> None:
    """Watch the build from a thread; end this process and its children with it or at the limit."""
    build = int(os.environ.get(BUILD, os.getppid()))
    started = time.monotonic()

    def watch() -> None:
        import psutil

        while os.getppid() == build and time.monotonic() - started < limit:
            time.sleep(0.2)
        for process in psutil.Process().children(recursive=True):
            process.kill()
        if os.getppid() == build:
            at_limit()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
