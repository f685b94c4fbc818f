"""Feed the readers and the commands what nobody should: each input ends in success or in a clear error.

Hypothesis makes the inputs from a well-formed file: cells replaced by what people and programs write
in them or by others of their column, rows and columns cut, doubled and moved, bytes damaged. Before them
comes what is far too large: a million columns, and small files that unpack into gigabytes. An input
passes if the reader accepts it, or refuses it with :class:`~analysis_lib.errors.InputError`; a command
also with the exit code and on stderr. Any other exception, more than ``SECONDS`` for one input or more
than ``MEMORY`` bytes ends the run of that target with the smallest input that does so. Each target has a
process of its own.
"""

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
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from manifest import Making

from analysis_lib.files import beside

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60
MEMORY = 6_000_000_000
# Rows of the transcription that the fuzzed copy keeps: all parts of a row are there, and it is quick.
KEPT = 40
MANY = 1_000_000

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


def as_csv(table: list[list[str]], delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(table)
    return stream.getvalue()


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
        encoding = draw(st.sampled_from([*["utf-8"] * 12, "utf-8-sig", "latin-1", "utf-16", "utf-7"]))
        content = as_csv(rows, draw(st.sampled_from(",,,,,,,,;\t"))).encode(encoding, errors="replace")
        if draw(st.booleans()) and draw(st.booleans()):
            at = draw(st.integers(0, len(content)))
            content = content[:at] + draw(st.binary(max_size=20)) + content[at + draw(st.integers(0, 30)) :]
        return content

    return damage()


def altered(table: list[list[str]]) -> st.SearchStrategy[list[list[str]]]:
    """A table in which cells, whole columns too, hold what others of their column do, or nothing; rows are left out.

    Most pass the reader, and what is made of them meets what it was not made for.
    """

    @st.composite
    def alter(draw) -> list[list[str]]:
        heading, *rows = [list(row) for row in table]
        for _ in range(draw(st.integers(0, 6))):
            k = draw(st.integers(0, len(heading) - 1))
            value = draw(st.sampled_from([row[k] for row in rows]) | st.sampled_from(["", "0", "1"]))
            for row in rows if draw(st.integers(0, 3)) == 0 else [draw(st.sampled_from(rows))]:
                row[k] = value
        kept = draw(st.sampled_from([len(rows)] * 3 + [1, 2, len(rows) // 2]))
        return [heading, *rows[:kept]]

    return alter()


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
def cohort_table(patients: int = 12) -> list[list[str]]:
    import pandas as pd

    frame = pd.read_csv(ROOT / "data" / "examples" / "invented.csv", dtype=str, keep_default_na=False)
    return [list(frame.columns), *frame.head(patients).values.tolist()]


@cache
def reconstructed() -> list[list[str]]:
    """The first shipped cohort: all columns of the schema, and every target met."""
    import pandas as pd

    frame = pd.read_parquet(ROOT / "data" / "ensemble" / "cohorts.parquet", filters=[("cohort", "==", 0)])
    return list(csv.reader(io.StringIO(frame.to_csv(index=False))))


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
    """A search passed all checks of its arguments and went to work."""


def run_cells(chapter: str, values: dict, out: Path) -> Path:
    """A chapter's cells one after another, as :func:`parameters.run` has them run by a kernel."""
    import matplotlib

    from analysis_lib.errors import InputError

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
    from analysis_lib import parameters
    from analysis_lib.reconstruction import ensemble

    here, out, err = Path.cwd(), io.StringIO(), io.StringIO()
    os.chdir(folder)
    try:
        with ExitStack() as stack:
            stack.enter_context(redirect_stdout(out))
            stack.enter_context(redirect_stderr(err))
            stack.enter_context(mock.patch.object(parameters, "run", run_cells))
            stack.enter_context(mock.patch.object(ensemble, "_search_starts", side_effect=Started))
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


# A command, and the file that it reads.
OnFile = tuple[list[str], str, bytes]


def run_on_file(given_: OnFile, folder: Path) -> str:
    arguments, name, content = given_
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return run_command(arguments, folder)


AUDIT = ["audit", "--numbers", "numbers", "--json", "verdicts.json"]


def file_of(table: list[list[str]], ending: str) -> bytes:
    """A table as a program would write it that knows numbers from text."""
    import pandas as pd

    if ending == ".csv":
        return as_csv(table).encode()
    frame, stream = pd.read_csv(io.StringIO(as_csv(table))), io.BytesIO()
    frame.to_parquet(stream) if ending == ".parquet" else frame.to_excel(stream, index=False)
    return stream.getvalue()


@st.composite
def audits(draw) -> OnFile:
    if draw(st.booleans()):
        return AUDIT, "numbers/numbers.csv", draw(damaged(transcription()))
    return AUDIT, "numbers/numbers.csv", as_csv(draw(altered(transcription()))).encode()


@st.composite
def on_cohorts(draw) -> OnFile:
    command = draw(st.sampled_from(["validate", "verify", "verify"]))
    if draw(st.booleans()):
        return [command, "x.csv"], "x.csv", draw(damaged(reconstructed()))
    ending = draw(st.sampled_from([".csv", ".csv", ".parquet", ".xlsx"]))
    return [command, f"x{ending}"], f"x{ending}", file_of(draw(altered(reconstructed())), ending)


@st.composite
def chapters(draw) -> OnFile:
    name = draw(st.sampled_from(["your-cohort", "methods", "toxicity", "response", "surgery", "tvi", "survival"]))
    table = draw(st.sampled_from([cohort_table(60), reconstructed()]))
    ending = draw(st.sampled_from([".csv", ".csv", ".parquet", ".xlsx"]))
    arguments = ["chapter", name, "-p", f"cohort=x{ending}"]
    return arguments, f"x{ending}", file_of(draw(altered(table)), ending)


# --- what is far too large


def wide(table: list[list[str]]) -> Iterator[bytes]:
    """CSV of very many columns: from the first row on, or in one row only."""
    yield as_csv([["x"] * MANY] * 2).encode()
    yield as_csv([*table[:2], table[1] + ["1"] * MANY]).encode()
    yield as_csv([[*row, *[""] * 20_000] for row in table[:3]]).encode()
    yield as_csv(table[:1]).encode() + b"\n" * 30_000_000
    yield as_csv(table[:1]).encode() + b'"' + b"x" * 30_000_000


def wide_workbooks() -> Iterator[bytes]:
    """As many columns as Excel has, and rows, cells and tags that only a damaged or a made-up workbook has."""
    heading, first = cohort_table()[:2]
    yield workbook_bytes([heading, first, ["1"] * 16_384])
    yield workbook_bytes([heading, *[first + [""] * 9_000] * 3])
    whole = workbook_bytes([heading, first])
    for old, new in ((b'<row r="2"', b'<row r="900000000"'), (b"</row>", b"<c/>" * 6_000_000 + b"</row>")):
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as parts, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
            for part in parts.namelist():
                out.writestr(part, parts.read(part).replace(old, new))
        yield stream.getvalue()


def wide_parquets() -> Iterator[bytes]:
    """Very many columns, and what many rows share: a long text, short ones, lists, a value that is wrong throughout."""
    import pyarrow as pa
    from pyarrow import parquet

    def written(table: dict[str, pa.Array]) -> bytes:
        stream = io.BytesIO()
        parquet.write_table(pa.table(table), stream, store_schema=False, compression="zstd")
        return stream.getvalue()

    def repeated(value: object, times: int) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array([value]))

    yield written({f"x{k}": pa.array([1]) for k in range(20_000)})
    yield written({"patient": pa.array(range(12_000)), "sex": repeated("x" * 100_000, 12_000)})
    yield written({f"x{k}": repeated("x" * 900, 100_000) for k in range(8)})
    yield written({"patient": pa.array([[7] * 2_000_000])})
    yield written({name: pa.array([7] * 40_000) for name in cohort_table()[0]})


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

    Raises
    ------
    Exception
        Whatever an input brought about that is neither success nor a clear error.
    """
    from analysis_lib.errors import InputError

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=12_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, help="write a table here")
    given_ = parser.parse_args()
    making = Making(f"tools/fuzz.py --inputs {given_.inputs}")
    parts = sum(target.share for target in TARGETS.values())
    rows = []
    for name, target in TARGETS.items():
        row, failure = apart(name, -(-given_.inputs * target.share // parts), given_.seed)
        rows.append(row)
        print(*filter(None, [failure]), row, sep="\n", flush=True)
        if given_.out:
            given_.out.parent.mkdir(parents=True, exist_ok=True)
            with beside(given_.out) as path, path.open("w", encoding="utf-8", newline="") as stream:
                heading = ["target", "inputs", "accepted", "refused", "failed", "longest_s", "peak_mb"]
                writer = csv.DictWriter(stream, heading, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            making.note(given_.out)
    sys.exit(any(row["failed"] for row in rows))


if __name__ == "__main__":
    main()
