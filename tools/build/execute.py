"""Run one chapter's notebook with papermill, in a process of its own.

Exits 0 with the executed notebook written; otherwise 1, having said on stderr which cell failed.
It ends itself when the time limit is over or when the build that started it is gone (see lifeline),
so that neither a hanging cell nor a killed build leaves a kernel behind.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path

import lifeline

TRACEBACK_LINES = 12
# Of a kernel: Jupyter picks its ports before it takes them, and another program may be quicker.
STARTS = 3
NOT_STARTED = "Kernel died before replying to kernel_info"


def report(name: str, cells: list, index: int | None, problem: str, detail: str = "") -> None:
    """At most one screen: the chapter, the cell by its number and first line, the error."""
    where = f"chapter {name} failed"
    if index is not None:
        first = next((line for line in cells[index]["source"].splitlines() if line.strip()), "")
        where += f" in cell {index + 1}: {first.strip()[:100]}"
    shown = detail.splitlines()[-TRACEBACK_LINES:]
    print(where, f"  {problem[:400]}", *(f"    {line[:160]}" for line in shown), sep="\n", file=sys.stderr, flush=True)


def last_started(cells: list) -> int | None:
    """Which of the cells papermill started last."""
    return max((i for i, cell in enumerate(cells) if cell["metadata"]["papermill"]["start_time"]), default=None)


def engine_that_shows(cells: list) -> str:
    """The name of an engine that is papermill's own and fills this list with the cells as they run.

    Papermill would save the notebook before and after each cell, which took a fifth of the longest chapter's time.
    """
    from papermill.engines import NBClientEngine, papermill_engines

    class Showing(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, manager, *place, **how):
            cells[:] = manager.nb.cells
            return super().execute_managed_notebook(manager, *place, **how)

    papermill_engines.register("showing", Showing)
    return "showing"


def tidy(output: Path) -> None:
    """Drop the times of execution: the same chapter gives the same file."""
    notebook = json.loads(output.read_text(encoding="utf-8"))
    notebook["metadata"].pop("papermill", None)
    for cell in notebook["cells"]:
        for key in ("papermill", "execution"):
            cell["metadata"].pop(key, None)
    output.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def execute(*arguments, **options) -> None:
    """As papermill does, once more where the kernel could not be started."""
    import papermill

    for start in range(STARTS):
        try:
            papermill.execute_notebook(*arguments, **options)
            return
        except RuntimeError as error:
            if str(error) != NOT_STARTED or start == STARTS - 1:
                raise


def run(notebook: Path, output: Path, cohort: str | None, cells: list) -> bool:
    """Run the notebook, whose cells can be seen in the list meanwhile; False, having said why, if it fails."""
    from papermill.exceptions import PapermillExecutionError

    try:
        execute(
            str(notebook),
            str(output),
            parameters={"cohort": cohort} if cohort else None,
            kernel_name="python3",
            cwd=os.getcwd(),
            engine_name=engine_that_shows(cells),
            request_save_on_cell_execute=False,
            progress_bar=False,
            log_output=False,
        )
    except PapermillExecutionError as error:
        detail = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback))
        report(notebook.stem, cells, error.cell_index, f"{error.ename}: {error.evalue}", detail)
        return False
    except Exception as error:
        # Not the cell's own error: a kernel that died, a notebook that cannot be read.
        report(notebook.stem, cells, last_started(cells), f"{type(error).__name__}: {error}")
        return False
    tidy(output)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--record", help="where to list the files that the chapter reads")
    parser.add_argument("--limit", type=float, default=300)
    parser.add_argument("--cohort", help="a file for the parameter of that name")
    parser.add_argument("--kernels", help="where Jupyter looks for kernels before the usual places")
    given = parser.parse_args()
    if given.kernels:
        os.environ["JUPYTER_PATH"] = given.kernels
    # The user's own IPython start-up files stay out.
    os.environ["IPYTHONDIR"] = str(given.output.with_suffix(".ipython").absolute())
    if given.record:
        os.environ["BOOK_ROOT"], os.environ["BOOK_RECORD"] = os.getcwd(), given.record
        recorder = str(Path(__file__).resolve().parent / "read_tracer")
        path = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([recorder, path] if path else [recorder])

    cells: list = []

    def at_limit() -> None:
        problem = f"still running at its time limit of {given.limit:g} s"
        report(given.notebook.stem, cells, last_started(cells), problem)

    lifeline.follow(given.limit, at_limit)
    sys.exit(0 if run(given.notebook, given.output, given.cohort, cells) else 1)


if __name__ == "__main__":
    main()
