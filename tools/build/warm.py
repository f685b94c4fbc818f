"""Start Python programs by a fork from a process that has the large libraries loaded, not by seconds of imports.

``warm.py serve FOLDER LIBRARY …`` loads them and waits at a socket in the folder. ``warm.py run FOLDER program …``
has a program run there and stands for it: same arguments, environment, folder and streams, same exit status, and
if one of the two ends, so does the other. Nothing of this repository is loaded before the fork, so that the record
of what a chapter reads is whole.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

# Starts from here are safe where a fork is; elsewhere programs start as usual.
POSSIBLE = sys.platform == "linux"
LIBRARIES = (
    "papermill",
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
)
_SOCKET = "warm.socket"
_READY = b"\n"
_STREAMS = 3
# Seconds between two looks at who started this process.
_PATIENCE = 0.2


def command(folder: Path, *program: str) -> list[str]:
    """What starts a program (a script, or ``-m`` and a module, with arguments) warm."""
    # Without site-packages the stand-in itself starts in a fiftieth of a second.
    return [sys.executable, "-I", "-S", os.path.abspath(__file__), "run", str(folder), *program]


@contextmanager
def loading(folder: Path, libraries: Iterable[str]) -> Iterator[Popen]:
    """With a server that loads libraries and then works in a folder, and says so in a line on its stdout.

    What is to run there before that line, or after the server's end, starts as usual.
    """
    import subprocess

    import lifeline

    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", str(folder), *libraries],
        env=lifeline.environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        _end(process.pid)
        process.communicate()


@contextmanager
def server(folder: Path) -> Iterator[list[str]]:
    """With what the command of a Python program begins, to be forked from a server that works in a folder.

    With ``JUPYTER_PATH`` at that folder, Jupyter's kernels are forked from it too. Where there can be no such
    server, programs start as usual.
    """
    if not POSSIBLE:
        yield [sys.executable]
        return
    with loading(folder, LIBRARIES) as process:
        # Its end, in place of a line, means that it could not start.
        if process.stdout.readline():
            spec = folder / "kernels" / "python3" / "kernel.json"
            spec.parent.mkdir(parents=True)
            argv = command(folder, "-m", "ipykernel_launcher", "-f", "{connection_file}")
            text = json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"})
            spec.write_text(text, encoding="utf-8")
            yield command(folder)
        else:
            yield [sys.executable]


def _at(folder: str, use) -> socket.socket:
    """A socket used by a path that is short whatever the folder's: the system allows some hundred bytes."""
    here, connection = os.getcwd(), socket.socket(socket.AF_UNIX)
    os.chdir(folder)
    try:
        use(connection)
    finally:
        os.chdir(here)
    return connection


def run(folder: str, program: list[str]) -> int:
    """Have a program run in the server's place, and wait for it; without a server it starts as usual."""
    try:
        connection = _at(folder, lambda s: s.connect(_SOCKET))
    except OSError:
        os.execv(sys.executable, [sys.executable, *program])
    asked = {"program": program, "environment": dict(os.environ), "folder": os.getcwd()}
    parent = os.getppid()
    # The server may be killed at any moment.
    with suppress(ConnectionError):
        socket.send_fds(connection, [json.dumps(asked).encode() + _READY], list(range(_STREAMS)))
        connection.settimeout(_PATIENCE)
        # A kernel's stand-in ends with its chapter: it would hold the chapter's streams open.
        while os.getppid() == parent:
            with suppress(TimeoutError):
                # Nothing comes if the program was killed.
                status = connection.recv(1)
                return status[0] if status else 1
    return 1


def serve(folder: str, libraries: list[str]) -> None:
    """Load the libraries, say on stdout that it is done, and fork until the process that started this one ends."""
    import gc
    import importlib
    import select
    import warnings

    from lifeline import BUILD

    own, parent = os.getpid(), int(os.environ.get(BUILD, os.getppid()))
    for name in libraries:
        importlib.import_module(name)
    # What is loaded stays: no program need look through it for garbage.
    gc.freeze()
    try:
        listener = _at(folder, lambda s: (s.bind(_SOCKET), s.listen()))
        os.write(1, _READY)
    except OSError:
        # Its folder, or who would read this, went with a killed build: without a server programs start as usual.
        return
    running: dict[socket.socket, int] = {}
    while os.getppid() == parent:
        ready = select.select([listener, *running], [], [], _PATIENCE)[0]
        if listener in ready:
            connection, _ = listener.accept()
            text, streams = _asked(connection)
            with warnings.catch_warnings():
                # Threads of libraries without Python's knowledge; they see to forks themselves.
                warnings.simplefilter("ignore", DeprecationWarning)
                running[connection] = os.fork()
            if not running[connection]:
                # Held open here, they would hide from the others' stand-ins that these have ended.
                for other in {listener, *running} - {connection}:
                    other.close()
                _die_with(own)
                _become(json.loads(text), streams, connection)
            for stream in streams:
                os.close(stream)
        # A stand-in says no more than it did: what comes is its end.
        for connection in set(ready) & set(running):
            _end(running[connection])
        _forget_the_ended(running)
    for pid in running.values():
        _end(pid)


def _die_with(server: int) -> None:
    """Have the system end this process when the server ends, however that ends."""
    import ctypes
    import signal

    set_death_signal = 1
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)


def _forget_the_ended(running: dict[socket.socket, int]) -> None:
    for connection, pid in list(running.items()):
        if os.waitpid(pid, os.WNOHANG)[0]:
            del running[connection]
            connection.close()


def _end(pid: int) -> None:
    """End a process and all that it started, also where it has been stopped."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in [*process.children(recursive=True), process]:
            with suppress(psutil.NoSuchProcess):
                one.kill()


def _asked(connection: socket.socket) -> tuple[bytes, list[int]]:
    """A request, and the streams that came with it."""
    text, streams, _, _ = socket.recv_fds(connection, 1 << 16, _STREAMS)
    while not text.endswith(_READY) and (more := connection.recv(1 << 16)):
        text += more
    return text, streams


def _become(asked: dict, streams: list[int], connection: socket.socket) -> None:
    """Turn this forked process into the program; does not return."""
    import runpy
    import tempfile
    import traceback

    from lifeline import BUILD

    status = 1
    try:
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
            os.close(stream)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        # How a program knows the process that it must not outlive.
        os.environ[BUILD] = str(os.getppid())
        tempfile.tempdir = None
        path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:0] = [place for place in path if place and place not in sys.path]
        if "BOOK_RECORD" in os.environ:
            runpy.run_path(os.path.join(os.path.dirname(__file__), "read_tracer", "sitecustomize.py"))
        first, *rest = asked["program"]
        if first == "-m":
            sys.argv = rest
            sys.path.insert(0, "")
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [first, *rest]
            sys.path.insert(0, os.path.dirname(os.path.abspath(first)))
            runpy.run_path(first, run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1 if end.code else 0
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        connection.send(bytes([status]))
        os._exit(status)


if __name__ == "__main__":
    what, where, *others = sys.argv[1:]
    sys.exit(run(where, others) if what == "run" else serve(where, others))
