"""Feed the readers and the commands what nobody should: each input ends in success or in a clear error.

Hypothesis makes the inputs from a well-formed file: cells replaced by what people and programs write
in them, rows and columns cut, doubled and moved, bytes damaged. An input passes if the reader accepts
it, or refuses it with :class:`~analysis_lib.errors.InputError`; a command also with the exit code and
on stderr. Any other exception, more than ``SECONDS`` for one input or more than ``MEMORY`` bytes ends
the run with the smallest input that does so.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from analysis_lib.files import beside

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60
MEMORY = 6_000_000_000
# Rows of the transcription that the fuzzed copy keeps: all parts of a row are there, and it is quick.
KEPT = 40

CELLS = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                " ",
                "0",
                "-0",
                "1",
                "-1",
                "1e400",
                "-1e400",
                "nan",
                "inf",
                "9" * 400,
                "9" * 5000,
                "0." + "0" * 400 + "1",
            ),
            *("1_000", "1,5", "1.5.5", "٣", "½", "①", "0x1F", "1e5", "+3", "<0.0001", "≤", "<", "<<1", "--1", "TRUE"),
            *(
                "=1+1",
                "=cmd|' /C calc'!A0",
                "@SUM(A1)",
                "<script>alert(1)</script>",
                "<b>x</b>",
                "&lt;",
                "'; DROP TABLE",
            ),
            *(
                "2019-03-04",
                "04/03/19",
                "43528",
                "\x00",
                "\ufeff",
                "\u2028",
                "\x0b",
                "\x1b[31m",
                '"',
                '""',
                "a\nb",
                "a\rb",
            ),
            *(
                "surgery",
                "PRRT",
                "%",
                "+",
                "a + ",
                "% %",
                ";",
                "|",
                "../../etc/passwd",
                "{0}",
                "%s",
                "!!python/object:os",
            ),
        ]
    ),
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
)


def damaged(table: list[list[str]]) -> st.SearchStrategy[bytes]:
    """The bytes of a CSV file that was well formed until somebody touched it."""

    @st.composite
    def damage(draw) -> bytes:
        rows = [list(row) for row in table]
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, len(rows) - 1))
            kind = draw(st.sampled_from(["cell", "cell", "cell", "row", "column", "drop", "double", "swap"]))
            if kind == "cell" and rows[at]:
                rows[at][draw(st.integers(0, len(rows[at]) - 1))] = draw(CELLS)
            elif kind == "row":
                rows.insert(at, draw(st.lists(CELLS, max_size=12)))
            elif kind == "column":
                rows[at].append(draw(CELLS))
            elif kind == "drop":
                rows[at] = rows[at][: draw(st.integers(0, len(rows[at])))]
            elif kind == "double":
                rows.append(list(rows[at]))
            else:
                rows[0], rows[at] = rows[at], rows[0]
        stream = io.StringIO()
        csv.writer(stream, delimiter=draw(st.sampled_from(",,,,,,,,;\t")), lineterminator="\n").writerows(rows)
        encoding = draw(st.sampled_from([*["utf-8"] * 12, "utf-8-sig", "latin-1", "utf-16", "utf-7"]))
        content = stream.getvalue().encode(encoding, errors="replace")
        if draw(st.booleans()) and draw(st.booleans()):
            at = draw(st.integers(0, len(content)))
            content = content[:at] + draw(st.binary(max_size=20)) + content[at + draw(st.integers(0, 30)) :]
        return content

    return damage()


@cache
def transcription() -> list[list[str]]:
    with (ROOT / "data" / "published" / "numbers.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@cache
def recipes() -> list[list[str]]:
    with (ROOT / "data" / "recipes.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@cache
def numbers():
    from analysis_lib import published

    return published.load()


@cache
def cohort_table() -> list[list[str]]:
    import pandas as pd

    frame = pd.read_csv(ROOT / "data" / "examples" / "invented.csv", dtype=str, keep_default_na=False)
    return [list(frame.columns), *frame.head(12).values.tolist()]


def as_workbook(table: list[list[object]], file: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = Workbook()
    for row in table:
        try:
            book.active.append(row)
        except IllegalCharacterError:
            continue
    book.save(file)


def read_transcription(content: bytes, folder: Path) -> str:
    from analysis_lib import published

    (folder / "numbers.csv").write_bytes(content)
    published.load(folder)
    return "accepted"


def read_recipes(content: bytes, folder: Path) -> str:
    from analysis_lib import recipes as module

    (folder / "recipes.csv").write_bytes(content)
    module.load(numbers(), folder / "recipes.csv")
    return "accepted"


def read_cohort(ending: str, content: bytes, folder: Path) -> str:
    from analysis_lib import cohort

    file = folder / f"cohort{ending}"
    file.write_bytes(content)
    problems = cohort.validate(file)
    told = cohort.told(problems)
    if any(not str(line).strip() for line in told) or bool(told) != bool(problems):
        raise AssertionError("a problem that is not told")
    return "refused" if problems else "accepted"


def workbook_bytes(table: list[list[object]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        as_workbook(table, Path(folder) / "x.xlsx")
        return (Path(folder) / "x.xlsx").read_bytes()


def parquet_bytes(table: dict[str, list]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    stream = io.BytesIO()
    parquet.write_table(pa.table({name: pa.array(values) for name, values in table.items()}), stream)
    return stream.getvalue()


VALUES = st.one_of(
    CELLS, st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.none()
)


@st.composite
def workbooks(draw) -> bytes:
    table: list[list[object]] = [list(row) for row in cohort_table()]
    for _ in range(draw(st.integers(0, 5))):
        row = draw(st.sampled_from(table))
        row[draw(st.integers(0, len(row) - 1))] = draw(VALUES)
    return spoilt(draw, workbook_bytes(table))


@st.composite
def parquets(draw) -> bytes:
    heading, *body = cohort_table()
    table: dict[str, list] = {name: [row[k] or None for row in body] for k, name in enumerate(heading)}
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from([st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(), st.dates(), CELLS]))
        kind = draw(
            st.sampled_from([kind, st.none() | kind, st.lists(st.integers(0, 9), max_size=2), st.binary(max_size=4)])
        )
        name = draw(st.sampled_from(heading) | st.text(max_size=8))
        table[name] = draw(st.lists(kind, min_size=len(body), max_size=len(body)))
    try:
        content = parquet_bytes(table)
    except UnicodeEncodeError:
        content = b"PAR1"
    return spoilt(draw, content)


def spoilt(draw, content: bytes) -> bytes:
    if draw(st.integers(0, 3)) == 0:
        # As a share: a workbook holds the time, so that its length is not always the same.
        at = draw(st.integers(0, 1000)) * len(content) // 1000
        content = content[:at] + draw(st.binary(max_size=20)) + content[at + draw(st.integers(0, 300)) :]
    return content


WORDS = st.sampled_from(
    [
        *(
            "audit",
            "chapter",
            "reconstruct",
            "verify",
            "validate",
            "survival",
            "discussion",
            "your-cohort",
            "-p",
            "--out",
        ),
        *(
            "--cohorts",
            "--seed",
            "--jobs",
            "--assume",
            "--numbers",
            "--json",
            "follow_up=survivors",
            "age_test=student",
        ),
        *(
            "landmark_months=18",
            "landmark_months=",
            "seed=1e99",
            "cohort=nowhere.csv",
            "confidence=nan",
            "=",
            "a=b=c",
            "..",
        ),
        *("1", "0", "-1", "x.parquet", "nowhere/x.parquet", ".", "/dev/null", "--help", "--", "-h", "x.csv"),
    ]
) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
COMMANDS = st.one_of(
    st.lists(WORDS, max_size=6),
    st.tuples(st.just("chapter"), WORDS, st.just("-p"), WORDS).map(list),
    st.tuples(st.just("chapter"), st.sampled_from(["survival", "discussion"]), st.just("-p"), st.text(max_size=20)).map(
        list
    ),
    st.builds(
        lambda a, b, c, d: [
            "reconstruct",
            "--cohorts",
            a,
            "--seed",
            b,
            "--jobs",
            c,
            "--out",
            "x.parquet",
            "--assume",
            d,
        ],
        *[CELLS.filter(lambda text: "\0" not in text)] * 4,
    ),
)


class Started(Exception):
    """A command passed all checks of its arguments and went to work."""


def run_command(arguments: list[str], folder: Path) -> str:
    """A command up to where its work would begin; the folder is its own."""
    from unittest import mock

    from analysis_lib import __main__ as commands
    from analysis_lib import ledger, parameters
    from analysis_lib.reconstruction import ensemble

    here, out, err = Path.cwd(), io.StringIO(), io.StringIO()
    starts = mock.Mock(side_effect=Started)
    os.chdir(folder)
    try:
        with redirect_stdout(out), redirect_stderr(err), mock.patch.object(parameters, "run", starts):
            with mock.patch.object(ensemble, "_search_starts", starts), mock.patch.object(ledger, "audit", starts):
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


TARGETS: dict[str, tuple[Callable[[], st.SearchStrategy], Callable, int]] = {
    # What is fuzzed: its inputs, its reader, and its share of all inputs in parts of 20.
    "transcription": (lambda: damaged(transcription()[:KEPT]), read_transcription, 5),
    "recipes": (lambda: damaged(recipes()[:KEPT]), read_recipes, 4),
    "cohort, CSV": (lambda: damaged(cohort_table()), lambda c, f: read_cohort(".csv", c, f), 5),
    "cohort, Excel": (workbooks, lambda c, f: read_cohort(".xlsx", c, f), 1),
    "cohort, Parquet": (parquets, lambda c, f: read_cohort(".parquet", c, f), 2),
    "commands": (lambda: COMMANDS, run_command, 3),
}


def late(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s for one input")


def fuzz(name: str, inputs: int, start: int) -> dict[str, object]:
    """Try so many inputs on one target, and count how they ended.

    Raises
    ------
    Exception
        Whatever an input brought about that is neither success nor a clear error.
    """
    from analysis_lib.errors import InputError

    strategy, reader, _ = TARGETS[name]
    counts: Counter[str] = Counter()
    longest = 0.0

    @seed(start)
    @settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy())
    def try_one(content) -> None:
        nonlocal longest
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            signal.alarm(SECONDS)
            try:
                counts[reader(content, Path(folder))] += 1
            except InputError as error:
                if not str(error).strip():
                    raise AssertionError("an error that says nothing") from error
                counts["refused"] += 1
            finally:
                signal.alarm(0)
        longest = max(longest, time.monotonic() - began)

    before = signal.signal(signal.SIGALRM, late)
    try:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=12_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, help="write a table here")
    given_ = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    parts = sum(share for *_, share in TARGETS.values())
    rows, failed = [], 0
    for name, (*_, share) in TARGETS.items():
        try:
            rows.append(fuzz(name, given_.inputs * share // parts, given_.seed))
        except Exception as error:
            failed += 1
            rows.append({"target": name, "failed": 1})
            print(f"{name}: {type(error).__name__}: {error}", *getattr(error, "__notes__", []), sep="\n", flush=True)
        print(rows[-1], flush=True)
        if given_.out:
            given_.out.parent.mkdir(parents=True, exist_ok=True)
            with beside(given_.out) as path, path.open("w", encoding="utf-8", newline="") as stream:
                heading = ["target", "inputs", "accepted", "refused", "failed", "longest_s", "peak_mb"]
                writer = csv.DictWriter(stream, heading, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
