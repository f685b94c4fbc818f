"""Feed the readers and the commands what nobody should: each input ends in success or in a clear error."""

from __future__ import annotations

import argparse
import csv
import io
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from itertools import repeat
from pathlib import Path
from unittest import mock

from fuzz_inputs import (
    AUDIT,
    COMMANDS,
    OnFile,
    audits,
    chapters,
    cohort_table,
    damaged,
    on_cohorts,
    parquets,
    recipes,
    transcription,
    wide,
    wide_parquets,
    wide_workbooks,
    workbooks,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from manifest import Making

from analysis_lib.base.atomic import beside

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60
MEMORY = 6_000_000_000
# Rows of the transcription that the fuzzed copy keeps: all parts of a row are there, and it is quick.
KEPT = 40


@cache
def numbers():
    from analysis_lib.printed import transcription as published

    return published.load()


def read_transcription(content: bytes, folder: Path) -> str:
    from analysis_lib.printed import transcription as published

    (folder / "numbers.csv").write_bytes(content)
    published.load(folder)
    return "accepted"


def read_recipes(content: bytes, folder: Path) -> str:
    from analysis_lib.ledger import recipes as recipe_rules

    (folder / "recipes.csv").write_bytes(content)
    recipe_rules.load(numbers(), folder / "recipes.csv")
    return "accepted"


def read_cohort(ending: str, content: bytes, folder: Path) -> str:
    from analysis_lib.cohort import validation

    file = folder / f"cohort{ending}"
    file.write_bytes(content)
    problems = validation.validate(file)
    told = problems.format_problems(problems)
    if any(not str(line).strip() for line in told) or bool(told) != bool(problems):
        raise AssertionError("a problem that is not told")
    return "refused" if problems else "accepted"


class Started(Exception):
    """A search passed all checks of its arguments and went to work."""


def run_cells(chapter: str, values: dict, out: Path) -> Path:
    """A chapter's cells one after another, as :func:`parameters.run` has them run by a kernel."""
    import matplotlib

    from analysis_lib.base.errors import InputError

    matplotlib.use("agg")
    notebook = json.loads((ROOT / "book" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {"__name__": "__main__"}
    os.chdir(ROOT)
    try:
        for cell in cells:
            exec(compile("".join(cell["source"]), chapter, "exec"), names)  # noqa: S102 - the book's own
            names |= values if "parameters" in cell["metadata"].get("tags", []) else {}
    except InputError as error:
        raise InputError(f"InputError: {error}", file=out / f"{chapter}.ipynb", remedy="see its last cell") from None
    finally:
        matplotlib.pyplot.close("all")
    return out / f"{chapter}.ipynb"


def run_command(arguments: list[str], folder: Path) -> str:
    """A command in a folder of its own: all of it, but that a search only starts, and chapters run in this process."""
    from analysis_lib import __main__ as commands
    from analysis_lib.chapters import parameters
    from analysis_lib.reconstruction import build

    here, out, err = Path.cwd(), io.StringIO(), io.StringIO()
    os.chdir(folder)
    try:
        with ExitStack() as stack:
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            stack.enter_context(mock.patch.object(parameters, "run", run_cells))
            stack.enter_context(mock.patch.object(build, "_search_starts", side_effect=Started))
            code = commands.main(arguments)
    except Started:
        return "accepted"
    except SystemExit as ended:
        code = ended.code
    finally:
        os.chdir(here)
    if code not in (0, 1, 2) or "Traceback" in err.getvalue() or (code and not err.getvalue().strip()):
        raise AssertionError(f"{arguments} ended with {code}: {err.getvalue()!r}")
    return "refused" if code else "accepted"


def run_on_file(given_: OnFile, folder: Path) -> str:
    arguments, name, content = given_
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return run_command(arguments, folder)


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes
    ----------
    inputs
        Makes the strategy that draws inputs.
    reader
        Takes one of them and an empty folder; says "accepted" or "refused", or raises.
    share
        Of all inputs, in parts of 200.
    extremes
        What it is fed before, each time.
    """

    inputs: Callable[[], st.SearchStrategy]
    reader: Callable[[object, Path], str]
    share: int
    extremes: Callable[[], Iterator] = lambda: iter(())


TARGETS = {
    "transcription": Target(
        lambda: damaged(transcription()[:KEPT]), read_transcription, 45, lambda: wide(transcription())
    ),
    "recipes": Target(lambda: damaged(recipes()[:KEPT]), read_recipes, 37, lambda: wide(recipes())),
    "cohort, CSV": Target(
        lambda: damaged(cohort_table()), partial(read_cohort, ".csv"), 45, lambda: wide(cohort_table())
    ),
    "cohort, Excel": Target(workbooks, partial(read_cohort, ".xlsx"), 10, wide_workbooks),
    "cohort, Parquet": Target(parquets, partial(read_cohort, ".parquet"), 20, wide_parquets),
    "options of commands": Target(lambda: COMMANDS, run_command, 28),
    "audit of a transcription": Target(
        audits, run_on_file, 7, lambda: ((AUDIT, "numbers/x.csv", far) for far in wide(transcription()))
    ),
    "validate and verify": Target(
        on_cohorts, run_on_file, 7, lambda: ((["verify", "x.csv"], "x.csv", far) for far in wide(cohort_table()))
    ),
    "chapters on a cohort": Target(chapters, run_on_file, 1),
}


def late(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s for one input")


def fuzz(name: str, inputs: int, start: int) -> dict[str, object]:
    """Try so many inputs on one target, after those that are far too large, and count how they ended.

    An input passes if the reader accepts it, or refuses it with ``InputError``; a command
    also with the exit code and on stderr. Any other exception, more than ``SECONDS`` for one input or more than
    ``MEMORY`` bytes ends the run with the smallest input that does so.

    Raises
    ------
    Exception
        Whatever an input brought about that is neither success nor a clear error.
    """
    from analysis_lib.base.errors import InputError

    target = TARGETS[name]
    counts: Counter[str] = Counter()
    longest = 0.0

    def attempt(content: object) -> None:
        nonlocal longest
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            signal.alarm(SECONDS)
            try:
                counts[target.reader(content, Path(folder))] += 1
            except InputError as error:
                if not str(error).strip():
                    raise AssertionError("an error that says nothing") from error
                counts["refused"] += 1
            finally:
                signal.alarm(0)
        longest = max(longest, time.monotonic() - began)

    @seed(start)
    @settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs())
    def try_one(content) -> None:
        attempt(content)

    before = signal.signal(signal.SIGALRM, late)
    try:
        for extreme in target.extremes():
            attempt(extreme)
        try_one()
    finally:
        signal.signal(signal.SIGALRM, before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return {
        "target": name,
        "inputs": sum(counts.values()),
        "accepted": counts["accepted"],
        "refused": counts["refused"],
        "failed": 0,
        "longest_s": round(longest, 2),
        "peak_mb": round(peak),
    }


def told(name: str, inputs: int, start: int) -> tuple[dict[str, object], str]:
    """A target's row of the table, and what its first failure was."""
    try:
        return fuzz(name, inputs, start), ""
    except Exception as error:
        notes = "\n".join([f"{type(error).__name__}: {error}"[:2000], *getattr(error, "__notes__", [])])
        return {"target": name, "failed": 1}, notes[:10_000]


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def apart(name: str, inputs: int, start: int) -> tuple[dict[str, object], str]:
    """As :func:`told`, in a process of its own: what memory the target takes is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=limit_memory) as alone:
        try:
            return alone.submit(told, name, inputs, start).result()
        except BrokenProcessPool as error:
            return {"target": name, "failed": 1}, str(error)


def write(rows: list[dict[str, object]], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with beside(out) as path, path.open("w", encoding="utf-8", newline="") as stream:
        heading = ["target", "inputs", "accepted", "refused", "failed", "longest_s", "peak_mb"]
        writer = csv.DictWriter(stream, heading, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=12_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, help="write a table here")
    given_ = parser.parse_args()
    making = Making(f"tools/fuzz.py --inputs {given_.inputs}")
    parts = sum(target.share for target in TARGETS.values())
    shares = [-(-given_.inputs * target.share // parts) for target in TARGETS.values()]
    rows = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for row, failure in pool.map(apart, TARGETS, shares, repeat(given_.seed)):
            rows.append(row)
            print(*filter(None, [failure]), row, sep="\n", flush=True)
    if given_.out:
        write(rows, given_.out)
        making.note(given_.out)
    sys.exit(any(row["failed"] for row in rows))


if __name__ == "__main__":
    main()
