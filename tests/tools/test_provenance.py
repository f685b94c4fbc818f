"""Each table of trials says what it was made with."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tools.checks import provenance

# Written by hand.
WITHOUT = {"equivalents.csv"}
# Tables whose parts are made apart, and the column that names the part.
PARTS = {"faults.csv": "subject", "mutants.csv": "module"}


@pytest.fixture
def made():
    return provenance.load()


def test_each_table_on_file_says_what_it_was_made_with(made):
    expected = set()
    for file in provenance.FOLDER.glob("*.csv"):
        if file.name in PARTS:
            expected |= {f"{file.name}, {part}" for part in provenance.read(file)[PARTS[file.name]]}
        elif file.name not in WITHOUT:
            expected.add(file.name)
    assert set(made) == expected


def test_each_entry_has_revision_date_and_command(made):
    for name, entry in made.items():
        assert set(entry) == {"revision", "date", "machine", "seconds", "command"}, name
        assert entry["revision"] and entry["date"] and entry["command"], name


def test_a_tool_writes_its_own_entry_and_leaves_the_others(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"other.csv": {"revision": "abc"}}))
    rows = pd.DataFrame({"part": ["first", "second", "second"], "value": [1, 2, 3]})
    making = provenance.Making("make this")
    making.write(tmp_path / "this.csv", rows)
    making.write(tmp_path / "parts.csv", rows, "part")
    found = provenance.load(tmp_path)
    assert list(found) == ["other.csv", "parts.csv, first", "parts.csv, second", "this.csv"]
    assert found["other.csv"] == {"revision": "abc"}
    assert found["this.csv"]["command"] == "make this" and found["this.csv"]["machine"]["cores"] >= 1
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.json", "this.csv", "parts.csv"}


def test_rows_take_the_place_of_those_of_the_same_part(tmp_path):
    file = tmp_path / "parts.csv"
    making = provenance.Making("make this")
    making.write(file, pd.DataFrame({"part": ["first", "second", "second"], "value": [1, 2, 3]}), "part")
    making.write(file, pd.DataFrame({"part": ["second"], "value": [4]}), "part")
    assert file.read_text() == "part,value\nfirst,1\nsecond,4\n"


def test_a_table_that_is_made_anew_is_no_local_change_and_anything_else_is(tmp_path):
    def git(*words: str) -> None:
        provenance.subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    for name in ("data/trust/a.csv", "code.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    git("init")
    git("add", ".")
    git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-m", "all")
    commit = provenance.revision(tmp_path)
    assert len(commit) == 12
    (tmp_path / "data" / "trust" / "a.csv").write_text("2")
    assert provenance.revision(tmp_path) == commit
    (tmp_path / "code.py").write_text("2")
    assert provenance.revision(tmp_path) == f"{commit} with local changes"
