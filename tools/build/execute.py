"""Run chapters with papermill, two at a time in one process, each in a kernel of its own.

A chapter that fails, or is not done at its time limit, is told on one screen: its cell, the error, the end of the
traceback.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from uuid import uuid4

import forkserver
import freshness
import papermill
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

AT_ONCE = 2
TRACEBACK_LINES = 12
# Of a kernel: Jupyter picks its ports before it takes them, and another program may be quicker.
STARTS = 3
NOT_STARTED = "Kernel died before replying to kernel_info"


def run_all(
    digests: freshness.Digests,
    notebooks: list[str],
    executed: Path,
    scratch: Path,
    limit: float,
    say: Callable[[str], None],
) -> list[str]:
    """Run the chapters; return what to say of each that failed.

    Every chapter gets its turn, so one build shows all failures and keeps all successes.
    """
    digests.of_tree("analysis_lib", "data")
    failed = []
    # A long chapter runs long, as a rule: begun last, it would leave the other core without work.
    notebooks = sorted(notebooks, key=lambda name: (digests.root / name).stat().st_size, reverse=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = [pool.submit(_run, digests, name, executed, scratch, limit) for name in notebooks]
        jobs = {job: Path(name).stem for job, name in zip(started, notebooks, strict=True)}
        try:
            for job in as_completed(jobs):
                problem, seconds = job.result()
                say(f"{jobs[job]:<16} {'FAILED' if problem else 'ran':<7} {seconds:5.1f} s")
                if problem:
                    failed.append(problem)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # Again and again: a chapter may be about to start its kernel.
            while not all(job.done() for job in jobs):
                forkserver.stop()
                time.sleep(0.1)
            raise
    return failed


def _run(digests: freshness.Digests, notebook: str, executed: Path, scratch: Path, limit: float) -> tuple[str, float]:
    """Run one chapter and file it; return the problem, blank if there is none, and the seconds it took."""
    started = time.monotonic()
    output = scratch / Path(notebook).name
    record = output.with_suffix(".reads")
    record.touch()
    digests.of(notebook)
    added = {
        "BOOK_ROOT": str(digests.root),
        "BOOK_RECORD": str(record),
        # What the kernel itself starts is to be recorded too.
        "PYTHONPATH": os.pathsep.join([str(forkserver.TRACER), *filter(None, [os.environ.get("PYTHONPATH")])]),
        # The user's own IPython start-up files stay out, and what is left behind goes with the scratch folder.
        "IPYTHONDIR": str(output.with_suffix(".ipython")),
        "TMPDIR": str(scratch),
    }
    problem = run(digests.root / notebook, output, limit, added)
    if not problem:
        inputs = sorted(set(record.read_text(encoding="utf-8").splitlines()))
        freshness.file(digests, notebook, output, executed, inputs)
    return problem, time.monotonic() - started


def run(notebook: Path, output: Path, limit: float, added: dict[str, str]) -> str:
    """Execute a notebook in the folder above its own; return the problem, blank if there is none."""
    log = output.with_suffix(".log")
    cells: list = []
    ends: list[float] = []

    def left(cell) -> float:
        """Seconds that a cell may take; the limit counts from the first, when the kernel is there."""
        ends[:] = ends or [time.monotonic() + limit]
        return max(ends[0] - time.monotonic(), 0.1)

    try:
        execute(
            str(notebook),
            str(output),
            kernel_name="python3",
            engine_name="showing",
            request_save_on_cell_execute=False,
            progress_bar=False,
            shown=cells,
            resources={"metadata": {"path": str(notebook.parent.parent)}},
            timeout_func=left,
            shutdown_kernel="immediate",
            # What a cell prints would otherwise be cut wherever the kernel happened to flush.
            coalesce_streams=True,
            kernel_manager_class=kernels(added, log),
        )
    except PapermillExecutionError as error:
        detail = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback))
        return report(notebook.stem, cells, error.cell_index, f"{error.ename}: {error.evalue}", detail)
    except TimeoutError:
        return report(notebook.stem, cells, last_started(cells), f"still running at its time limit of {limit:g} s")
    except Exception as error:
        # Not the cell's own error: a kernel that died, a notebook that cannot be read.
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return report(notebook.stem, cells, last_started(cells), f"{type(error).__name__}: {error}", said)
    tidy(output)
    return ""


def execute(*arguments, **options) -> None:
    """As papermill does, once more where the kernel could not be started."""
    for start in range(STARTS):
        try:
            papermill.execute_notebook(*arguments, **options)
            return
        except RuntimeError as error:
            if str(error) != NOT_STARTED or start == STARTS - 1:
                raise


def report(name: str, cells: list, index: int | None, problem: str, detail: str = "") -> str:
    """At most one screen: the chapter, the cell by its number and first line, the error."""
    where = f"chapter {name} failed"
    if index is not None:
        first = next((line for line in cells[index]["source"].splitlines() if line.strip()), "")
        where += f" in cell {index + 1}: {first.strip()[:100]}"
    shown = detail.splitlines()[-TRACEBACK_LINES:]
    return "\n".join([where, f"  {problem[:400]}", *(f"    {line[:160]}" for line in shown)])


def last_started(cells: list) -> int | None:
    """Which of the cells papermill started last."""
    return max((i for i, cell in enumerate(cells) if cell["metadata"]["papermill"]["start_time"]), default=None)


class Showing(NBClientEngine):
    """Papermill's own engine, which also fills a list with the cells as they run.

    Papermill would save the notebook before and after each cell, which took a fifth of the longest chapter's time.
    """

    @classmethod
    def execute_managed_notebook(cls, manager, *place, shown, **how):
        shown[:] = manager.nb.cells
        return super().execute_managed_notebook(manager, *place, **how)


papermill_engines.register("showing", Showing)
# The report says what it would log.
logging.getLogger("papermill").disabled = True


def tidy(output: Path) -> None:
    """Drop the times of execution: the same chapter gives the same file."""
    notebook = json.loads(output.read_text(encoding="utf-8"))
    notebook["metadata"].pop("papermill", None)
    for cell in notebook["cells"]:
        for key in ("papermill", "execution"):
            cell["metadata"].pop(key, None)
    output.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def kernels(added: dict[str, str], log: Path) -> type[AsyncKernelManager]:
    """Managers of kernels with this added to their environment, which print to this file."""

    class Manager(AsyncKernelManager):
        async def start_kernel(self, **how) -> None:
            self.connection_file = str(log.with_suffix(".connection"))
            self.provisioner = Provisioner(kernel_id=str(uuid4()), kernel_spec=self.kernel_spec, parent=self, log=log)
            await super().start_kernel(env=added, **how)

    return Manager


class Provisioner(LocalProvisioner):
    """Starts a kernel as a process of :mod:`forkserver`, not by a command."""

    def __init__(self, log: Path, **how) -> None:
        super().__init__(**how)
        self.log_file = log

    async def launch_kernel(self, cmd: list[str], *, env: dict[str, str], cwd: str, **how):
        arguments = cmd[cmd.index("-f") :]
        self.process = Forked(forkserver.start(forkserver.kernel, arguments, env, Path(cwd), self.log_file))
        # It leads a group of its own, if not yet then in a moment.
        self.pid = self.pgid = self.process.pid
        return self.connection_info


class Forked:
    """A process of :mod:`multiprocessing` that answers as one of :mod:`subprocess` does."""

    stdin = stdout = stderr = None

    def __init__(self, process) -> None:
        self._process, self.pid = process, process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
