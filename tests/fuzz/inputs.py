"""Bad input: tables and command lines as hypothesis damages them, and files that are far too large."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from functools import cache
from itertools import chain

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError
from pyarrow import parquet

from analysis_lib.base.paths import ROOT

MANY = 1_000_000

# What people and programs write in cells.
NUMBERS = (
    "0 -0 1 -1 1e400 -1e400 nan inf 1_000 1,5 1.5.5 ٣ ½ ① 0x1F 1e5 +3 <0.0001 ≤ < <<1 --1 2019-03-04 04/03/19 43528"
)
WORDS = "TRUE surgery PRRT % + ; | {0} %s ../../etc/passwd @SUM(A1) =1+1 <b>x</b> &lt; !!python/object:os"
TEXTS = ["", " ", "a + ", "% %", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "'; DROP TABLE", '"', '""']
CONTROLS = ["\x00", "\ufeff", "\u2028", "\x0b", "\x1b[31m", "a\nb", "a\rb"]
LONG = ["9" * 400, "9" * 5000, "0." + "0" * 400 + "1"]
CELLS = st.one_of(
    st.sampled_from([*NUMBERS.split(), *WORDS.split(), *TEXTS, *CONTROLS, *LONG]),
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
)


def as_csv(table: list[list[str]], delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(table)
    return stream.getvalue()


def damaged(table: list[list[str]]) -> st.SearchStrategy[bytes]:
    """The bytes of a CSV file that was well formed until somebody touched it.

    Cells are replaced, rows and columns cut, doubled and moved, bytes damaged.
    """

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


def _rows(frame: pd.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO(frame.to_csv(index=False))))


@cache
def transcription() -> list[list[str]]:
    return _rows(pd.read_csv(ROOT / "data" / "published" / "numbers.csv", dtype=str, keep_default_na=False))


@cache
def recipes() -> list[list[str]]:
    return _rows(pd.read_csv(ROOT / "data" / "recipes.csv", dtype=str, keep_default_na=False))


@cache
def cohort_table(patients: int = 12) -> list[list[str]]:
    return _rows(
        pd.read_csv(ROOT / "data" / "examples" / "invented.csv", dtype=str, keep_default_na=False).head(patients)
    )


@cache
def reconstructed() -> list[list[str]]:
    """The first shipped cohort: all columns of the schema, and every target met."""
    return _rows(pd.read_parquet(ROOT / "data" / "ensemble" / "cohorts.parquet", filters=[("cohort", "==", 0)]))


def workbook_bytes(table: list[list[object]]) -> bytes:
    book, stream = Workbook(), io.BytesIO()
    for row in table:
        try:
            book.active.append(row)
        except IllegalCharacterError:
            continue
    book.save(stream)
    return stream.getvalue()


def parquet_bytes(table: dict[str, list]) -> bytes:
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


COMMAND_WORDS = """
    audit chapter reconstruct verify validate survival comparisons your-cohort -p --out --cohorts --seed --jobs --assume
    --numbers --json --help -- -h follow_up=survivors age_test=student landmark_months=18 landmark_months= seed=1e99
    cohort=nowhere.csv confidence=nan a=b=c = .. . 1 0 -1 x.parquet nowhere/x.parquet /dev/null x.csv
"""
SEARCH = ("--cohorts", "--seed", "--jobs", "--assume")
ARGUMENTS = st.sampled_from(COMMAND_WORDS.split()) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10
)
COMMANDS = st.one_of(
    st.lists(ARGUMENTS, max_size=6),
    st.tuples(st.just("chapter"), ARGUMENTS, st.just("-p"), ARGUMENTS).map(list),
    st.builds(
        lambda name, text: ["chapter", name, "-p", text],
        st.sampled_from(["survival", "comparisons"]),
        st.text(max_size=20),
    ),
    st.builds(
        lambda *values: ["reconstruct", "--out", "x.parquet", *chain(*zip(SEARCH, values, strict=True))],
        *[CELLS.filter(lambda text: "\0" not in text)] * 4,
    ),
)

# A command, and the file that it reads.
OnFile = tuple[list[str], str, bytes]
AUDIT = ["audit", "--numbers", "numbers", "--json", "verdicts.json"]


def file_of(table: list[list[str]], ending: str) -> bytes:
    """A table as a program would write it that knows numbers from text."""
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
    command = draw(st.sampled_from([["validate"], ["validate", "--map"], ["verify"], ["verify"]]))
    if draw(st.booleans()):
        return [*command, "x.csv"], "x.csv", draw(damaged(reconstructed()))
    ending = draw(st.sampled_from([".csv", ".csv", ".parquet", ".xlsx"]))
    return [*command, f"x{ending}"], f"x{ending}", file_of(draw(altered(reconstructed())), ending)


@st.composite
def chapters(draw) -> OnFile:
    table = draw(st.sampled_from([cohort_table(60), reconstructed()]))
    ending = draw(st.sampled_from([".csv", ".csv", ".parquet", ".xlsx"]))
    arguments = ["chapter", "your-cohort", "-p", f"cohort=x{ending}"]
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
