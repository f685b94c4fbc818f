"""Work for the tests of workers, in a module of its own: what it imports, every process has to load."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from analysis_lib.base.errors import InputError


def drawn(seed: int) -> float:
    """What a search is to these tests: something that its seed decides."""
    return random.Random(seed).random()


def slowly(folder: Path, seed: int) -> float:
    """As :func:`drawn`, leaving behind who did it."""
    (folder / f"{seed}-{os.getpid()}").touch()
    time.sleep(0.3)
    return drawn(seed)


def dying(seed: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refusing(seed: int) -> None:
    raise InputError(f"{seed} is refused")
