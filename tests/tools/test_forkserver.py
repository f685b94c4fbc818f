"""What the build starts begins as a program of its own would, whatever the build itself has loaded or lacks."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import forkserver
import pytest


def program() -> int:
    """Tells what it was given."""
    loaded = [name for name in sys.modules if name.split(".")[0] in ("analysis_lib", "build_book", "execute")]
    variables = [os.environ.get(name) for name in ("OWN", "PYTHONHASHSEED")]
    print(json.dumps([sys.argv[1:], *variables, os.getcwd(), loaded]), flush=True)
    print(json.dumps([place for place in sys.path if "tools" in Path(place).parts]), file=sys.stderr)
    return 3


def tracing() -> None:
    """Reads a file."""
    Path("data/numbers.csv").read_text()


@pytest.mark.parametrize("platform", [sys.platform, "another"])
def test_a_program_has_its_arguments_environment_folder_and_file_and_nothing_of_the_build(
    tmp_path, monkeypatch, platform
):
    monkeypatch.setattr(sys, "platform", platform)
    process = forkserver.start(program, ["a", "b c"], {"OWN": "x"}, tmp_path, tmp_path / "log")
    process.join(60)
    assert process.exitcode == 3
    said, places = (tmp_path / "log").read_text().splitlines()
    assert json.loads(said) == [["a", "b c"], "x", "0", str(tmp_path), []]
    assert json.loads(places) == []


def test_what_a_program_reads_is_recorded(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.csv").write_text("1")
    added = {"BOOK_ROOT": str(tmp_path), "BOOK_RECORD": str(tmp_path / "reads")}
    process = forkserver.start(tracing, [], added, tmp_path, tmp_path / "log")
    process.join(60)
    assert (tmp_path / "reads").read_text().splitlines() == ["data/numbers.csv"]


def test_a_folder_for_temporary_files_may_have_a_long_path(tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    code = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import forkserver
if __name__ == "__main__":
    forkserver.LIBRARIES.clear()
    process = forkserver.start(sys.exit, [], {}, Path(), Path("log"))
    process.join(60)
    sys.exit(process.exitcode)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(forkserver.__file__).parent)],
        env=os.environ | {"TMPDIR": str(folder)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("home", ["/nonexistent/home", "not absolute"])
def test_without_a_home_there_is_one_for_caches_the_same_each_time(tmp_path, monkeypatch, home):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for _ in range(2):
        monkeypatch.setenv("HOME", home)
        forkserver.give_home()
        folder = Path(os.environ["HOME"])
        assert folder.parent == tmp_path and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == [folder]


def test_a_home_that_can_be_written_to_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    forkserver.give_home()
    assert os.environ["HOME"] == str(tmp_path)


def test_another_user_s_folder_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", "/nonexistent/home")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    (tmp_path / "home-of-12345").mkdir()
    forkserver.give_home()
    assert Path(os.environ["HOME"]) != tmp_path / "home-of-12345"
