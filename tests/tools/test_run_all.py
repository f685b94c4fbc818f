"""The table of all trials is what their own tables add up to."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from tools.checks.provenance import FOLDER, read
from tools.checks.run_all import summary


def test_the_table_on_file_is_that_of_the_trials_on_file():
    assert (FOLDER / "trust.csv").read_text() == summary().to_csv(index=False), "run `make trust`"


def test_as_many_were_tried_as_the_book_promises():
    tried = {what.partition(":")[0]: (n, held) for what, n, held in summary().itertuples(index=False)}
    n, held = tried["an error on which a printed number depends"]
    assert held >= 0.8 * n
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
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    rows = read(tmp_path / file)
    rows.loc[0, list(change)] = list(change.values())
    rows.to_csv(tmp_path / file, index=False)
    changed: pd.DataFrame = summary()[summary()["held"] != summary(tmp_path)["held"]]
    assert [name.startswith(what) for name in changed["what"]] == [True]
