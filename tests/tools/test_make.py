"""What is given to `make` is a value and never a command, and .venv is set up again when it cannot serve."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = sys.version.split()[0]
# Each would leave a file behind if it were expanded.
NASTY = "it's a \"$(shell touch make)$(touch shell)`touch backtick`$HOME ${OUT}"
SHOW = '#!/bin/sh\n[ "$1" = -c ] && exec {python} "$@"\nprintf "%s\\n" "$@"\n'


@pytest.fixture
def folder(tmp_path):
    """A copy of the Makefile beside a Python that prints what it is asked to run, and a finished set-up."""
    folder = tmp_path / "copy"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / "tools" / "setup").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.lock", "tools/setup/bootstrap.lock", "tools/setup/set_up.py"):
        (folder / name).write_text("print('set-up')\n")
    (folder / ".venv" / "bin" / "python").write_text(SHOW.format(python=sys.executable))
    (folder / ".venv" / "bin" / "python").chmod(0o755)
    (folder / ".venv" / "pyvenv.cfg").write_text(f"version = {VERSION}\n")
    (folder / ".venv" / ".ready").touch()
    return folder


# What a make that runs these tests hands down.
_OF_A_MAKE_ABOVE = {"PYTHON", "OUT", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}


def make(folder: Path, *words: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_MAKE_ABOVE}
    command = ["make", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("goal", "name", "before"),
    [
        ("book", "OUT", "--out"),
        ("book", "LIMIT", "--limit"),
        ("predictions", "SCHEDULER", "--scheduler"),
    ],
)
def test_a_value_arrives_as_it_was_given(folder, goal, name, before):
    files = sorted(folder.rglob("*"))
    said = make(folder, goal, f"{name}={NASTY}")
    assert said[said.index(before) + 1] == NASTY
    assert sorted(folder.rglob("*")) == files


def test_a_file_of_patients_arrives_as_it_was_given_and_must_be_named(folder):
    files = sorted(folder.rglob("*"))
    said = make(folder, "report", f"COHORT={NASTY}", f"OUT={NASTY}")
    assert f"cohort={NASTY}" in said and said[said.index("--out") + 1] == NASTY
    assert make(folder, "report") == []
    assert sorted(folder.rglob("*")) == files


@pytest.mark.parametrize(("goal", "name"), [("bench", "PART"), ("reproduce", "PYTHONS"), ("trust", "SHORT")])
def test_words_arrive_and_are_not_commands(folder, goal, name):
    files = sorted(folder.rglob("*"))
    said = make(folder, goal, f"{name}=one $(shell touch make) `touch backtick`")
    assert "--short" in said if name == "SHORT" else said[said.index("one") :][:2] == ["one", "$(shell"]
    assert sorted(folder.rglob("*")) == files


def test_a_venv_that_serves_is_left_alone(folder):
    assert "set-up" not in make(folder, "book", f"PYTHON={sys.executable}")
    assert "set-up" not in make(folder, "book")


def test_a_venv_without_its_python_is_set_up_again(folder):
    (folder / ".venv" / "bin" / "python").unlink()
    (folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    assert make(folder, "setup", f"PYTHON={sys.executable}") == ["set-up"]
    assert make(folder, "setup") == ["set-up"]


def test_a_venv_of_another_python_than_is_asked_for_is_set_up_again(folder):
    other = folder / "python"
    other.write_text(
        f'#!/bin/sh\ncase "$2" in *"version ="*) echo version = 3.99.0;; *) exec {sys.executable} "$@";; esac\n'
    )
    other.chmod(0o755)
    assert make(folder, "setup", f"PYTHON={other}") == ["set-up"]
    assert make(folder, "setup") == []


def test_a_lock_that_has_changed_is_set_up(folder):
    os.utime(folder / ".venv" / ".ready", (0, 0))
    assert make(folder, "setup", f"PYTHON={sys.executable}") == ["set-up"]


def test_a_python_that_there_is_not_is_told(folder):
    done = subprocess.run(["make", "setup", "PYTHON=/no/`python`"], cwd=folder, capture_output=True, text=True)
    assert done.returncode and "'/no/`python`' is not Python 3.11 or newer" in done.stderr
