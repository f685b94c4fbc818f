"""Processes of the build, forked from a server that has the large libraries loaded.

The server is the standard library's. It ends when the build does, however that ends, and the system ends its forks
with it. It loads nothing of this repository, so that the record of what a chapter reads is whole. Where a fork is not
safe, which is anywhere but on Linux, each process starts afresh.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

TOOLS = Path(__file__).resolve().parents[1]
TRACER = Path(__file__).resolve().parent / "read_tracer"
LIBRARIES = [
    "ipykernel.kernelapp",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "pyarrow.parquet",
    "scipy.stats",
    "statsmodels.discrete.discrete_model",
    "statsmodels.duration.hazard_regression",
    "statsmodels.stats.proportion",
    "numba",
    "lifelines",
    "seaborn",
    "bs4",
]
_PR_SET_PDEATHSIG = 1
_STDOUT, _STDERR = 1, 2
# Characters of the folder in which the server has its socket: a socket's path holds some hundred.
_LONGEST_FOLDER = 60


def load_libraries() -> None:
    """Have the server begin to load its libraries, so that the first process need not wait for all of that."""
    _context()
    if sys.platform == "linux":
        with _without_interrupts():
            forkserver.ensure_running()


def start(
    main: Callable[[], object], arguments: list[str], added: dict[str, str], folder: Path, log: Path
) -> BaseProcess:
    """Start a function as a program: its arguments, what to add to the environment, a folder, a file for its output."""
    context = _context()
    process = context.Process(target=_become, args=(main, arguments, os.environ | added, folder, log))
    with _without_interrupts():
        process.start()
    return process


def stop() -> None:
    """Kill all that this process has started, the standard library's own helpers too, which are then missed."""
    warnings.simplefilter("ignore")
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()


def end_with_parent(how: signal.Signals) -> None:
    """Have the system send this process a signal when its parent ends, however that ends; on Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, how)


def give_home() -> None:
    """Where the user has no home folder to write to, name one for the caches of fonts and the like: the same each time.

    Outside the book, and another user's never.
    """
    home = os.path.expanduser("~")
    if os.path.isabs(home) and os.access(home, os.W_OK):
        return
    folder = Path(tempfile.gettempdir()) / f"home-of-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        folder = Path(tempfile.mkdtemp())
    os.environ["HOME"] = str(folder)


def _context() -> BaseContext:
    give_home()
    # Sets print in one order on every run, so that two builds give the same pages.
    os.environ["PYTHONHASHSEED"] = "0"
    if len(tempfile.gettempdir()) > _LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    context.set_forkserver_preload(LIBRARIES)
    return context


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C is for the build alone, which ends the others: a process inherits what is blocked when it starts."""
    # Otherwise it is started on the way, and leaves nothing blocked.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def kernel() -> None:
    """A Jupyter kernel."""
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def _become(main: Callable[[], object], arguments: list[str], environment: dict, folder: Path, log: Path) -> None:
    end_with_parent(signal.SIGKILL)
    if not multiprocessing.parent_process().is_alive():
        return
    if alive := forkserver._forkserver._forkserver_alive_fd:
        # Held open in each process that may ask the server for forks; it is to end with the build alone.
        os.close(alive)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with log.open("ab") as stream:
        for printed in (_STDOUT, _STDERR):
            os.dup2(stream.fileno(), printed)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    # As of `python -m` in that folder: what the build's own tools are found by is no program's business.
    sys.path[:] = ["", *(place for place in sys.path if place and not Path(place).is_relative_to(TOOLS))]
    sys.argv = [main.__name__, *arguments]
    if "BOOK_RECORD" in environment:
        runpy.run_path(str(TRACER / "sitecustomize.py"))
    sys.exit(main())
