"""The reader of the transcription: what is as described is read as it stands, all else is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.base.errors import InputError
from analysis_lib.printed import csv_table
from analysis_lib.printed.number import Interval
from analysis_lib.printed.transcription import COLUMNS, GROUPS, PLACES, STATISTICS, Transcription, load

SHARED_FOLDER = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROW = ("a.n", "abstract", "all patients", "all", "n", "49", "patients", "", "yes")


def table(*rows: tuple[str, ...], heading: tuple[str, ...] = COLUMNS) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([heading, *rows])
    return stream.getvalue()


def row(**changes: str) -> tuple[str, ...]:
    return tuple((dict(zip(COLUMNS, ROW, strict=True)) | changes).values())


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str | bytes], Transcription]:
    """Load what stands in one file of a folder."""

    def read(content: str | bytes) -> Transcription:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "numbers.csv").write_bytes(data)
        return load(tmp_path)

    return read


# --- the paper


def test_the_transcription_of_the_paper_keeps_the_contract(paper):
    assert len(paper) > 880
    assert {n.where for n in paper.values()} == set(PLACES)
    for id, number in paper.items():
        assert id == number.id
        assert id.startswith(f"{number.where}.")
        assert number.item.strip() == number.item != ""
        assert number.own or number.statistic in ("cited", "threshold", "n", "count", "percent", "median")


def test_a_repeat_names_the_first_printing_of_the_same_fact(paper):
    repeats = [n for n in paper.values() if n.same_as]
    assert len(repeats) > 50
    for number in repeats:
        first = paper[number.same_as]
        assert not first.same_as
        assert number.id in paper.repeats(first.id)
        assert number.interval.meets(first.interval)
        assert number.own is first.own


def test_numbers_of_the_paper_read_off_the_page(paper):
    # Abstract; Table 1, male sex and tumour grade; Table 5, partial response.
    printed = {
        "abstract.os.surgery.ci_hi": "23.6",
        "abstract.pfs.prrt_only.median": "3.0",
        "table1.sex_male.prrt_only.percent": "57",
        "table1.grade.p": "<0.0001",
        "table5.pr_surgery.ci_hi": "15.368",
    }
    assert {id: paper[id].printed.text for id in printed} == printed


# --- what is read


@given(st.data())
@settings(SHARED_FOLDER, max_examples=40)
def test_what_is_written_is_what_is_read(read, data):
    # Any text in a cell: commas, quotation marks, line breaks, U+2028, other scripts.
    names = st.text("abyz09_.-", min_size=1, max_size=8).filter(lambda id: id[0] not in ".-")
    words = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12)
    ids = data.draw(st.lists(names, unique=True, min_size=1, max_size=4))
    rows = [
        row(
            id=id,
            where=data.draw(st.sampled_from(PLACES)),
            item=data.draw(words),
            group=data.draw(st.sampled_from(GROUPS)),
            statistic=data.draw(st.sampled_from([s for s in STATISTICS if s not in ("count", "n")])),
            printed=data.draw(st.sampled_from(["0.020", "<0.0001", "≤180", "49", "-1.5"])),
            unit=data.draw(words),
            own=data.draw(st.sampled_from(["yes", "no"])),
        )
        for id in ids
    ]
    found = read(table(*rows))
    assert list(found) == ids
    for number, cells in zip(found.values(), rows, strict=True):
        own = "yes" if number.own else "no"
        again = (number.id, number.where, number.item, number.group, number.statistic)
        assert (*again, number.printed.text, number.unit, number.same_as, own) == cells


def test_files_of_a_folder_are_read_in_order_and_may_refer_to_each_other(tmp_path):
    (tmp_path / "b.csv").write_text(table(row(id="b.n")))
    (tmp_path / "a.csv").write_text(table(row(id="a.n", same_as="b.n")))
    (tmp_path / "notes.txt").write_text("not a table")
    found = load(str(tmp_path))
    assert list(found) == ["a.n", "b.n"]
    assert found["b.n"].file == tmp_path / "b.csv"
    assert found.repeats("b.n") == ["a.n"]
    assert found.repeats("a.n") == []


def test_columns_may_stand_in_any_order_with_others_a_byte_order_mark_and_blank_lines(read):
    heading = (*reversed(COLUMNS), "page")
    content = "\ufeff" + table((*reversed(ROW), "3"), heading=heading).replace("\n", "\r\n\r\n")
    assert read(content)["a.n"].item == "all patients"


def test_a_row_is_named_by_its_line_in_the_file(read):
    found = read(table(row(), row(id="b.n", item="two\nlines"), row(id="c.n")))
    assert [n.row for n in found.values()] == [2, 4, 5]


@pytest.mark.parametrize(
    ("statistic", "printed", "interval"),
    [
        ("count", "12", Interval(12, 12)),
        ("n", "49", Interval(49, 49)),
        ("threshold", "7.4", Interval(7.4, 7.4)),
        ("threshold", ">180", Interval(180, float("inf"))),
        ("percent", "46", Interval(45.5, 46.5)),
        ("range_hi", "5", Interval(4.5, 5.5)),
    ],
)
def test_counts_and_limits_are_exact_and_the_rest_is_rounded(read, statistic, printed, interval):
    number = read(table(row(statistic=statistic, printed=printed)))["a.n"]
    assert number.interval == interval
    assert number.exact is (interval.low == interval.high)


def test_a_count_is_a_whole_number_or_is_refused_with_its_row(read):
    found = read(table(row(), row(id="b", statistic="median", printed="2.0"), row(id="c", printed=">3")))
    assert found.count("a.n") == 49
    assert isinstance(found.count("a.n"), int)
    assert found.value("b") == 2.0
    for id, line in (("b", 3), ("c", 4)):
        with pytest.raises(InputError, match=f"row {line}, column 'printed': {id} prints .* whole number"):
            found.count(id)


# --- what is refused: one line, with file, row, column and remedy

BAD_CELLS = [
    *(("printed", text, "is not a printed number") for text in ("", "6,2", "62%", "1.2.3", "<", "O.5", "1e3")),
    *(("printed", text, "cannot be a n") for text in ("2.5", "-3")),
    *(("id", id, "cannot be an id") for id in ("", " a", "a b", "a+b", "a;b", "a%b", "a\u00a0b", "-", "é", "<b>")),
    ("where", "table6", "'table6' is not known"),
    ("where", "", "'' is not known"),
    ("group", "both", "one of all, surgery, prrt_only, blank"),
    ("statistic", "average", "'average' is not known"),
    ("own", "Yes", "one of yes, no"),
    ("same_as", "z.n", "'z.n' is not an id"),
    ("same_as", "b.n", "'b.n' is itself a repeat"),
]


@pytest.mark.parametrize(("column", "cell", "words"), BAD_CELLS)
def test_a_cell_that_is_not_as_described(read, column, cell, words):
    bad = row(**{"id": "b.n"} | {column: cell})
    with pytest.raises(InputError) as caught:
        read(table(row(), bad))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(caught.value.file))
    assert f"numbers.csv, row 3, column {column!r}: " in message
    assert words in message
    assert caught.value.remedy


def test_an_id_that_stands_twice_even_in_another_file(tmp_path):
    (tmp_path / "a.csv").write_text(table(row(), row(id="b.n")))
    (tmp_path / "c.csv").write_text(table(row(id="c.n"), row(id="b.n")))
    with pytest.raises(InputError, match=r"c\.csv, row 3, column 'id': .*'b\.n' stands already in a\.csv, row 3"):
        load(tmp_path)


BAD_FILES = [
    ("", "row 1: lacks the column 'id'"),
    (table(heading=COLUMNS[:-1]), "row 1: lacks the column 'own' (needs id,where,"),
    (table(heading=(*COLUMNS, "id")), "row 1: names a column twice"),
    (table(row(), ROW[:-1]), "row 3: has 8 cells where the heading has 9 (a cell with a comma"),
    (table(row(), (*ROW, "x")), "row 3: has 10 cells where the heading has 9"),
    (table(row()) + '"b.n,abstract\n', "row 3: is not CSV"),
    (table(row()) + '"b"x,' * 9 + "\n", "row 3: is not CSV"),
    (table(row(), row(item="a\0b")), "row 3: holds a NUL byte"),
    (table(row(), row(item="x" * 20_000)), "row 3: has a line of 20"),
    (table(row(), row(item="x\n" * 20_000)), "has a cell of 40000 characters"),
    (table(row(unit="µg/L")).encode("latin-1"), "cannot be read as UTF-8 text"),
    (table(row()).encode("utf-16"), "cannot be read as UTF-8 text"),
    (b"PK\x03\x04\xff\xfe\x00", "cannot be read as UTF-8 text"),
]


@pytest.mark.parametrize(("content", "words"), BAD_FILES, ids=[words for _, words in BAD_FILES])
def test_a_file_that_is_not_as_described(read, content, words):
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read(content)
    assert "numbers.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_missing_empty_or_a_file(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.csv").write_text(table(row()))
    for name in ("missing", "empty", "file.csv"):
        with pytest.raises(InputError, match=f"{name}: no .csv file of printed numbers here"):
            load(tmp_path / name)


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / "numbers.csv").mkdir()
    with pytest.raises(InputError, match=r"numbers\.csv: cannot be read"):
        load(tmp_path)


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        list(csv_table.read_rows(tmp_path / "none.csv", ("id",)))


cells = st.one_of(st.sampled_from([*ROW, *STATISTICS, *PLACES, '"', "<0.05", "b.n"]), st.text(max_size=5))
nearly = st.lists(st.lists(cells, min_size=8, max_size=10).map(tuple), max_size=4).map(lambda rows: table(*rows))


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300), nearly))
@SHARED_FOLDER
def test_no_content_whatever_gets_past_the_reader_but_as_numbers_or_as_bad_input(read, content):
    try:
        found = read(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert all(number.where in PLACES for number in found.values())


def test_the_words_of_an_error_say_where_and_what_would_be_right():
    error = InputError("is odd", file="x.csv", row=3, column="id", remedy="make it even")
    assert str(error) == "x.csv, row 3, column 'id': is odd (make it even)"
    assert str(InputError("is odd")) == "is odd"
    assert isinstance(error, ValueError)


def test_what_is_far_too_large_is_refused_before_it_is_read(read, monkeypatch):
    monkeypatch.setattr(csv_table, "_MOST_BYTES", 100)
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(InputError, match=r"numbers\.csv: has \d{3} bytes \(at most 100\)"):
        read(table(row()))


def test_what_has_no_end_is_not_read(tmp_path):
    (tmp_path / "numbers.csv").symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"numbers\.csv: cannot be read: it is not a file \(a CSV file\)"):
        load(tmp_path)
