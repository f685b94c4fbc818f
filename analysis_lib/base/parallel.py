"""Independent pieces of work in several processes, of this machine or of a Dask cluster.

What comes out does not depend on how many there are or on where: a piece of work is a function of its
item alone. Results come as they are ready, so that the caller can keep what is finished.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from analysis_lib.base.errors import InputError

if TYPE_CHECKING:
    import joblib

Item = TypeVar("Item")
Result = TypeVar("Result")
# Between two looks at whether the process that started this one still lives.
_SECONDS = 0.5
_CONNECT_SECONDS = 10
# No parameters of a chapter, which are what its results depend on.
_JOBS, _SCHEDULER = "BOOK_JOBS", "BOOK_SCHEDULER"


def each(
    work: Callable[[Item], Result], items: Iterable[Item], jobs: int = 1, scheduler: str = ""
) -> Iterator[tuple[Item, Result]]:
    """Each item with what the work makes of it, in the order in which they are done.

    Parameters
    ----------
    work, items
        Both can be pickled, and so can the results.
    jobs
        Processes of this machine; one is this process itself.
    scheduler
        Address of a Dask scheduler, such as ``tcp://host:8786``, whose workers do it instead. They need this
        library in the same version; a piece of work whose worker dies is done again by another.

    Raises
    ------
    InputError
        If a process was killed, or no cluster works at the address.
    """
    items = list(items)
    if not scheduler and (jobs == 1 or len(items) < 2):
        for item in items:
            yield item, work(item)
        return
    import joblib

    with _pool(min(jobs, len(items)), scheduler) as pool:
        task = joblib.delayed(partial(_done, work, None if scheduler else os.getpid()))
        try:
            for position, result in pool(task(k, item) for k, item in enumerate(items)):
                yield items[position], result
        except BrokenProcessPool:
            raise InputError("a process was killed before its work was done") from None


def add_options(parser: argparse.ArgumentParser, jobs: int | None = 2) -> argparse.ArgumentParser:
    """Add ``--jobs`` and ``--scheduler`` to the parser of a command that calls :func:`each`, and return it."""
    parser.add_argument("--jobs", type=int, default=jobs, help="processes")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="a Dask cluster's, such as tcp://host:8786")
    return parser


@contextmanager
def environment(jobs: int | None, scheduler: str) -> Iterator[None]:
    """Set the environment by which chapters that are started meanwhile choose processes, not results.

    Parameters
    ----------
    jobs, scheduler
        As in :func:`each`; what is None or blank stays as the environment has it.
    """
    wanted = {_JOBS: "" if jobs is None else str(jobs), _SCHEDULER: scheduler}
    before = {name: os.environ[name] for name in wanted if name in os.environ}
    os.environ.update({name: value for name, value in wanted.items() if value})
    try:
        from_environment()
        yield
    finally:
        for name in wanted:
            os.environ.pop(name, None)
        os.environ.update(before)


def from_environment() -> dict[str, int | str]:
    """``jobs`` and ``scheduler`` for :func:`each` from the environment of a chapter's kernel.

    Raises
    ------
    InputError
        If the number of processes is none.
    """
    jobs = os.environ.get(_JOBS) or "1"
    if not jobs.isdecimal() or int(jobs) < 1:
        raise InputError(f"{jobs} jobs were asked for", remedy="at least 1")
    return {"jobs": int(jobs), "scheduler": os.environ.get(_SCHEDULER, "")}


@contextmanager
def _pool(jobs: int, scheduler: str) -> Iterator[joblib.Parallel]:
    import joblib

    # Nothing is kept waiting with a process for another piece of work to join it.
    ways = {"return_as": "generator_unordered", "batch_size": 1, "max_nbytes": None}
    if not scheduler:
        yield joblib.Parallel(n_jobs=jobs, backend="loky", **ways)
        return
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError:
        raise InputError("a Dask cluster needs the package distributed", remedy="install the extra 'cluster'") from None
    try:
        # A client that cannot make sense of its address leaves threads behind, which end with a traceback.
        resolve_address(scheduler)
        client = Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers at {scheduler!r}: {error}", remedy="tcp://host:8786") from None
    with client:
        if not client.scheduler_info()["workers"]:
            raise InputError(f"the Dask scheduler at {scheduler} has no workers", remedy="start some")
        with joblib.parallel_config(backend="dask", client=client):
            pool = joblib.Parallel(n_jobs=-1, **ways)
        yield pool


def _done(work: Callable[[Item], Result], parent: int | None, position: int, item: Item) -> tuple[int, Result]:
    if parent is not None:
        _end_with(parent)
    return position, work(item)


def _end_with(parent: int) -> None:
    """End this process once its parent was killed, which could not end it."""
    name = f"ends with {parent}"
    if any(thread.name == name for thread in threading.enumerate()):
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name=name, daemon=True).start()
