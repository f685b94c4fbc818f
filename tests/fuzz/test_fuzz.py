"""Fuzzing: readers and commands are fed what nobody should feed them; each input ends in success or a clear error.

`make test` tries some 50 inputs; ``--trials N`` N times 200, after inputs that are far too large, each target in a
process of its own that may take so much memory and no more.
"""

from __future__ import annotations

import io
import json
import math
import multiprocessing
import os
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from unittest import mock

import matplotlib.pyplot
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from analysis_lib import __main__ as commands
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import parameters
from analysis_lib.cohort import validation
from analysis_lib.cohort.problems import format_problems
from analysis_lib.ledger import recipes as recipe_rules
from analysis_lib.printed import transcription as published
from analysis_lib.reconstruction import build
from tests.fuzz import inputs
from tests.fuzz.inputs import AUDIT, OnFile, as_csv, cohort_table, damaged, recipes, reconstructed, transcription, wide

SECONDS = 60
MEMORY = 6_000_000_000
# Rows of the transcription that the fuzzed copy keeps: all parts of a row are there, and it is quick.
KEPT = 40
# Of a trial, what `make test` tries.
A_FEW = 0.25


@cache
def numbers():
    return published.load()


def read_transcription(content: bytes, folder: Path) -> str:
    (folder / "numbers.csv").write_bytes(content)
    published.load(folder)
    return "accepted"


def read_recipes(content: bytes, folder: Path) -> str:
    (folder / "recipes.csv").write_bytes(content)
    recipe_rules.load(numbers(), folder / "recipes.csv")
    return "accepted"


def read_cohort(ending: str, content: bytes, folder: Path) -> str:
    file = folder / f"cohort{ending}"
    file.write_bytes(content)
    problems = validation.judge(file).problems
    lines = format_problems(problems)
    if any(not line.strip() for line in lines) or bool(lines) != bool(problems):
        raise AssertionError("a problem that is not told")
    return "refused" if problems else "accepted"


class Started(Exception):
    """A search passed all checks of its arguments and went to work."""


def run_cells(chapter: str, values: dict, out: Path) -> Path:
    """A chapter's cells one after another, as :func:`parameters.run` has them run by a kernel."""
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
    here, out, err = Path.cwd(), io.StringIO(), io.StringIO()
    os.chdir(folder)
    try:
        with ExitStack() as stack:
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            stack.enter_context(mock.patch.object(parameters, "run", run_cells))
            stack.enter_context(mock.patch.object(build, "search_missing", side_effect=Started))
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


def run_on_file(on_file: OnFile, folder: Path) -> str:
    arguments, name, content = on_file
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
        How many inputs a trial has.
    extremes
        What it is fed before, with --trials.
    """

    inputs: Callable[[], st.SearchStrategy]
    reader: Callable[[object, Path], str]
    share: int
    extremes: Callable[[], Iterator] = lambda: iter(())


def wide_audits() -> Iterator[OnFile]:
    return ((AUDIT, "numbers/x.csv", far) for far in wide(transcription()))


def wide_cohorts() -> Iterator[OnFile]:
    return ((["verify", "x.csv"], "x.csv", far) for far in wide(cohort_table()))


TARGETS = {
    "transcription": Target(
        lambda: damaged(transcription()[:KEPT]), read_transcription, 45, lambda: wide(transcription())
    ),
    "recipes": Target(lambda: damaged(recipes()[:KEPT]), read_recipes, 37, lambda: wide(recipes())),
    "cohort, CSV": Target(
        lambda: damaged(cohort_table()), partial(read_cohort, ".csv"), 45, lambda: wide(cohort_table())
    ),
    "cohort, Excel": Target(inputs.workbooks, partial(read_cohort, ".xlsx"), 10, inputs.wide_workbooks),
    "cohort, Parquet": Target(inputs.parquets, partial(read_cohort, ".parquet"), 20, inputs.wide_parquets),
    "options of commands": Target(lambda: inputs.COMMANDS, run_command, 28),
    "audit of a transcription": Target(inputs.audits, run_on_file, 7, wide_audits),
    "validate and verify": Target(inputs.on_cohorts, run_on_file, 7, wide_cohorts),
    "chapters on a cohort": Target(inputs.chapters, run_on_file, 1),
}


def late(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s for one input")


def fuzz(target: Target, trials: float, extremes: bool) -> dict[str, object]:
    """Try a target's inputs, after those that are far too large, and count how they ended.

    An input passes if the reader accepts it, or refuses it with :class:`~analysis_lib.errors.InputError`; a command
    also with the exit code and on stderr. Any other exception, or more than ``SECONDS`` for one input, ends the run
    with the smallest input that does so.

    Raises
    ------
    Exception
        Whatever an input brought about that is neither success nor a clear error.
    """
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

    @seed(2026)
    @settings(
        max_examples=math.ceil(target.share * trials),
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
        for extreme in target.extremes() if extremes else ():
            attempt(extreme)
        try_one()
    finally:
        signal.signal(signal.SIGALRM, before)
    return {
        "inputs": counts.total(),
        "accepted": counts["accepted"],
        "refused": counts["refused"],
        "failed": 0,
        "longest_s": round(longest, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def fuzz_alone(name: str, trials: int) -> dict[str, object]:
    """As :func:`fuzz` by a target's name, in a process that may take so much memory and no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    return fuzz(TARGETS[name], trials, True)


@pytest.mark.parametrize("name", TARGETS)
def test_each_input_ends_in_success_or_in_a_clear_error(name, request, table):
    trials = request.config.getoption("trials")
    if not trials:
        found = fuzz(TARGETS[name], A_FEW, False)
    else:
        failed = {"inputs": 1, "accepted": 0, "refused": 0, "failed": 1, "longest_s": 0, "peak_mb": 0}
        try:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
                found = alone.submit(fuzz_alone, name, trials).result()
        except Exception:
            table("fuzz.csv", {"target": name, **failed}, "")
            raise
        table("fuzz.csv", {"target": name, **found}, "")
    assert found["inputs"] >= TARGETS[name].share * (trials or A_FEW)


def test_what_is_far_too_large_is_fed_before_the_rest():
    fed = []
    reader = lambda content, folder: fed.append(content) or "refused"  # noqa: E731
    target = replace(TARGETS["transcription"], reader=reader, extremes=lambda: iter([b"large", b"larger"]))
    assert fuzz(target, 1, True)["inputs"] == len(fed) >= 7
    assert fed[:2] == [b"large", b"larger"]
    assert next(wide(transcription())).partition(b"\n")[0].count(b",") == 999_999


@pytest.mark.parametrize(
    ("arguments", "file", "made", "ends"),
    [
        (AUDIT, "numbers/numbers.csv", transcription, "accepted"),
        (AUDIT, "numbers/numbers.csv", lambda: transcription()[:9], "refused"),
        (["verify", "x.csv"], "x.csv", reconstructed, "accepted"),
        (["verify", "x.csv"], "x.csv", lambda: reconstructed()[:9], "refused"),
        (["chapter", "your-cohort", "-p", "cohort=x.csv"], "x.csv", lambda: cohort_table(30), "accepted"),
    ],
)
def test_a_command_is_run_to_its_end_on_the_file_that_it_is_given(arguments, file, made, ends, tmp_path):
    assert run_on_file((arguments, file, as_csv(made()).encode()), tmp_path) == ends


def test_what_a_chapter_s_cells_run_into_is_no_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis_lib.analyses.description.survival_by_group", lambda *_: 1 / 0)
    content = as_csv(cohort_table(30)).encode()
    with pytest.raises(ZeroDivisionError):
        run_on_file((["chapter", "your-cohort", "-p", "cohort=x.csv"], "x.csv", content), tmp_path)


def test_an_input_that_breaks_a_reader_is_found():
    breaks = lambda content, folder: "accepted" if b"1" not in content else 1 / 0  # noqa: E731
    with pytest.raises(ZeroDivisionError):
        fuzz(replace(TARGETS["transcription"], reader=breaks), 1, False)


def test_counts_that_are_called_something_else_are_refused_and_not_followed_for_minutes(tmp_path):
    heading, *rows = transcription()
    k = heading.index("statistic")
    table = [heading, *([*row[:k], "cited", *row[k + 1 :]] for row in rows)]
    (tmp_path / "numbers.csv").write_text(as_csv(table), encoding="utf-8")
    with pytest.raises(InputError, match=r"row \d+, column 'statistic': .* are rounded, \d+ of those that"):
        recipe_rules.load(published.load(tmp_path))
