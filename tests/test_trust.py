"""The table of all trials is what their own tables add up to."""

from __future__ import annotations

import csv
import shutil

import pytest
import trust


def on_file(folder) -> list[tuple[str, int, int]]:
    return [(row["what"], int(row["tried"]), int(row["held"])) for row in trust.rows_of(folder / "trust.csv")]


def test_the_table_on_file_is_that_of_the_trials_on_file():
    assert on_file(trust.FOLDER) == trust.summary(), "run `make trust`"


def test_as_many_were_tried_as_the_book_promises():
    tried = {what.partition(":")[0]: (n, held) for what, n, held in on_file(trust.FOLDER)}
    n, held = tried["a digit of a number with a recipe changed"]
    assert held >= 0.99 * n
    n, held = tried["a line of the code changed"]
    assert held >= 0.9 * n
    assert tried["a build disturbed"][0] >= 50
    assert tried["bad input"][0] >= 10_000
    for what in ("a build disturbed", "a search disturbed", "bad input", "files of two builds, and verdicts"):
        assert tried[what][0] == tried[what][1], what


@pytest.mark.parametrize(
    ("file", "change", "what"),
    [
        ("faults.csv", {"left": "1"}, "a build disturbed"),
        ("faults.csv", {"kept": "no"}, "a build disturbed"),
        ("fuzz.csv", {"failed": "2"}, "bad input"),
        ("reproduce.csv", {"differing": "1"}, "files of two builds"),
    ],
)
def test_one_trial_that_fails_is_counted(tmp_path, file, change, what):
    for path in trust.FOLDER.glob("*.csv"):
        shutil.copy(path, tmp_path)
    rows = trust.rows_of(tmp_path / file)
    rows[0] |= change
    with (tmp_path / file).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    before = {name: held for name, _, held in trust.summary()}
    after = {name: held for name, _, held in trust.summary(tmp_path)}
    assert {name.startswith(what) for name in before if before[name] != after[name]} == {True}
    trust.write(tmp_path / "trust.csv")
    assert on_file(tmp_path) == trust.summary(tmp_path)
