"""Each table of trials says what it was made with."""

from __future__ import annotations

import csv
import json

import manifest
import pytest

# Written by hand.
WITHOUT = {"equivalents.csv"}
# Tables whose parts are made apart, and the column that names the part.
PARTS = {"faults.csv": "subject", "mutants.csv": "module"}


@pytest.fixture
def made():
    return manifest.load()


def test_each_table_on_file_says_what_it_was_made_with(made):
    expected = set()
    for file in manifest.FOLDER.glob("*.csv"):
        if file.name in PARTS:
            with file.open(encoding="utf-8", newline="") as stream:
                expected |= {f"{file.name}, {row[PARTS[file.name]]}" for row in csv.DictReader(stream)}
        elif file.name not in WITHOUT:
            expected.add(file.name)
    assert set(made) == expected


def test_each_entry_has_revision_date_and_command(made):
    for name, entry in made.items():
        assert set(entry) == {"revision", "date", "machine", "seconds", "command"}, name
        assert entry["revision"] and entry["date"] and entry["command"], name


def test_a_tool_writes_its_own_entry_and_leaves_the_others(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"other.csv": {"revision": "abc"}}))
    making = manifest.Making("make this")
    making.note(tmp_path / "this.csv")
    making.note(tmp_path / "parts.csv", ["first", "second"])
    found = manifest.load(tmp_path)
    assert list(found) == ["other.csv", "parts.csv, first", "parts.csv, second", "this.csv"]
    assert found["other.csv"] == {"revision": "abc"}
    assert found["this.csv"]["command"] == "make this" and found["this.csv"]["machine"]["cores"] >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_table_that_is_made_anew_is_no_local_change_and_anything_else_is(tmp_path):
    def git(*words: str) -> None:
        manifest.subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    for name in ("data/trust/a.csv", "code.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    git("init")
    git("add", ".")
    git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-m", "all")
    commit = manifest.revision(tmp_path)
    assert len(commit) == 12
    (tmp_path / "data" / "trust" / "a.csv").write_text("2")
    assert manifest.revision(tmp_path) == commit
    (tmp_path / "code.py").write_text("2")
    assert manifest.revision(tmp_path) == f"{commit} with local changes"
