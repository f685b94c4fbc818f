"""Two builds are compared to the byte: what is changed, missing or added is told by name and place."""

from __future__ import annotations

import pytest

from tools.checks import reproducible_build

FILES = {
    "executed/toxicity.ipynb": '{\n "cells": []\n}\n',
    "executed/toxicity.json": "a record, which is not part of the book",
    "html/index.html": "<p>one</p>\n<p>made at noon</p>\n",
    "html/library/index.html": "<p>deeper</p>\n",
    "html/_images/curve.svg": "<svg/>",
    "html/searchindex.js": "Search.setIndex()",
}


@pytest.fixture
def two(tmp_path):
    for side in ("first", "second"):
        for name, text in FILES.items():
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return tmp_path / "first", tmp_path / "second"


def differing(two) -> list[str]:
    return [line for one in reproducible_build.compare(*two) for line in one.differing]


def test_builds_that_are_alike_have_all_their_files_counted_once(two):
    found = reproducible_build.compare(*two)
    assert {one.what: one.files for one in found} == {
        "executed chapters": 1,
        "pages, with their figures": 2,
        "other files of the book": 2,
    }
    assert differing(two) == []


def test_one_other_byte_is_told_with_its_line(two):
    (two[1] / "html" / "index.html").write_text("<p>one</p>\n<p>made at nine</p>\n")
    (line,) = differing(two)
    assert line.startswith("html/index.html, line 2: ") and "noon" in line and "nine" in line


@pytest.mark.parametrize(("side", "place"), [(0, "second"), (1, "first")])
def test_a_file_that_only_one_has_is_told(two, side, place):
    (two[side] / "html" / "_images" / "curve.svg").unlink()
    assert differing(two) == [f"html/_images/curve.svg: only in the {place}"]


def test_a_line_more_at_the_end_is_a_difference(two):
    (two[0] / "html" / "searchindex.js").write_text("Search.setIndex()\nmore")
    assert differing(two) == ["html/searchindex.js: one has more lines"]


def test_the_table_has_a_row_for_each_kind(two):
    (two[0] / "html" / "index.html").unlink()
    rows = reproducible_build.table(reproducible_build.compare(*two)).set_index("what")
    assert tuple(rows.loc["pages, with their figures"]) == (2, 1)
