"""Long searches that can be interrupted: finished parts lie in a working folder until all are done."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from analysis_lib.base import parallel
from analysis_lib.base.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def working_folder(folder: Path) -> Iterator[None]:
    """One search at a time in a folder, which goes once the block has ended well; the lock ends with the process.

    Raises
    ------
    InputError
        If the place cannot be written to, or another search is at work there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=folder) from None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
        # With what a killed search may have left half written.
        shutil.rmtree(folder)
    except BlockingIOError:
        raise InputError(
            "another search for these cohorts is under way", file=folder, remedy="wait for it, or name another file"
        ) from None
    finally:
        os.close(handle)


def search_missing(
    search: Callable[[Item], Result],
    items: Sequence[Item],
    file: Callable[[Item], Path],
    write: Callable[[Result, Path], None],
    describe: Callable[[Item, Result], str],
    jobs: int,
    scheduler: str,
) -> None:
    """Search what is not done yet, keep each result as it comes, and say so on stderr.

    Parameters
    ----------
    search, items, jobs, scheduler
        As ``work`` and the others of :func:`parallel.each`.
    file
        Where an item's result lies in the working folder, which an earlier, interrupted search may have left.
    write
        Writes it there.
    describe
        What was found, in words.
    """
    missing = [item for item in items if not file(item).exists()]
    done, began = len(items) - len(missing), time.monotonic()
    for item, found in parallel.each(search, missing, jobs, scheduler):
        write(found, file(item))
        done += 1
        seconds = time.monotonic() - began
        print(f"{describe(item, found)}; {done} of {len(items)} in {seconds:.0f} s", file=sys.stderr, flush=True)
