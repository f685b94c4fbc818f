"""The trials of broken-off builds notice a builder that leaves half a book, and what it leaves lying about."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import islice

import faults
import pytest
import trust
import workplace

WHOLE = """
    import pathlib, shutil, time
    out, text = pathlib.Path("_build"), pathlib.Path("source").read_text()
    (out / "scratch-1").mkdir(parents=True, exist_ok=True)
    (out / "scratch-1" / "index.html").write_text(text)
    time.sleep(0.3)
    new, old = out / "scratch-1", out / "html"
    shutil.rmtree(old, ignore_errors=True) or new.rename(old)
"""
HALF = """
    import pathlib, time
    page = pathlib.Path("_build/html/index.html")
    page.parent.mkdir(parents=True, exist_ok=True)
    text = pathlib.Path("source").read_text()
    page.write_text(text[:2])
    time.sleep(0.6)
    page.write_text(text)
"""
LITTER = (
    WHOLE
    + """
    (out / "html.part").write_text("forgotten")
"""
)
DEAF = """
    raise SystemExit(1)
"""


@pytest.fixture
def trial(tmp_path, monkeypatch):
    def with_builder(text: str, fault: str, moment: float = 0.35) -> workplace.Trial:
        root = tmp_path / "built"
        (root / "tools" / "build").mkdir(parents=True)
        (root / "tools" / "build" / "build_book.py").write_text(textwrap.dedent(WHOLE))
        (root / "source").write_text("the old book")
        subprocess.run([sys.executable, "tools/build/build_book.py"], cwd=root, check=True)
        book = faults.Book("a book", root, lambda root: (root / "source").write_text("the new book"))
        book.measure(tmp_path / "measured")
        (root / "tools" / "build" / "build_book.py").write_text(textwrap.dedent(text))
        monkeypatch.setattr(random.Random, "uniform", lambda self, low, high: moment)
        return faults.attempt(book, fault, random.Random(1), tmp_path / "trial")

    return with_builder


def test_a_builder_that_writes_in_place_is_caught_when_killed(trial):
    found = trial(HALF, "killed")
    assert (found.kept, found.recovered) == (False, True)
    assert not found.passed


def test_a_builder_that_puts_the_whole_in_place_passes(trial):
    # It is killed after it has ended.
    assert trial(WHOLE, "killed", moment=1.0).passed


def test_what_is_left_lying_about_is_counted(trial):
    found = trial(LITTER, "killed", moment=1.0)
    assert (found.kept, found.recovered, found.left) == (True, True, 1)
    assert not found.passed


def test_a_builder_that_never_recovers_is_caught(trial):
    found = trial(DEAF, "killed")
    assert (found.kept, found.recovered) == (True, False)


def test_a_trial_passes_only_if_all_is_well():
    well = workplace.Trial("a book", "killed", "", "signal 9", 1.0, True, True, True, 0)
    assert well.passed
    for change in ({"kept": False}, {"clear": False}, {"recovered": False}, {"left": 1}):
        assert not replace(well, **change).passed


def test_a_digest_sees_every_byte_and_name(tmp_path):
    folder = tmp_path / "html"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "page").write_text("one")
    seen = {workplace.digest(folder), workplace.digest(tmp_path / "nowhere")}
    (folder / "deep" / "page").write_text("two")
    seen.add(workplace.digest(folder))
    (folder / "deep" / "page").rename(folder / "page")
    seen.add(workplace.digest(folder))
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("said", "clear"),
    [("book: not built\n", True), ("Traceback (most recent call last):\n", False), ("    Traceback of a cell\n", True)],
)
def test_a_traceback_of_the_builds_own_is_no_clear_answer(tmp_path, said, clear):
    (tmp_path / "log").write_text(said)
    assert workplace.tell_clearly(tmp_path / "log") is clear


def test_each_kind_of_fault_comes_once_before_any_comes_again():
    names = list(faults.FAULTS)
    first = list(islice(faults.in_turn(names, random.Random(3)), 3 * len(names) + 3))
    assert sorted(first[: len(names)]) == sorted(names)
    assert first[len(names) :].count("killed") > first[len(names) :].count("file missing")


def test_the_short_trials_are_one_of_each_kind_and_a_kill_of_a_search():
    (short,) = [words for words in trust.SHORT if "--searches" in words]
    assert short[1:] == ("--small", str(len(faults.FAULTS)), "--whole", "0", "--searches", "1")


def test_trials_take_the_place_of_those_of_the_same_subject(tmp_path):
    trial = workplace.Trial("search", "killed", "", "signal 9", 1.0, True, True, True, 0)
    other = replace(trial, subject="small book")
    faults.write([trial, trial, other], tmp_path / "faults.csv")
    faults.write([replace(trial, kept=False)], tmp_path / "faults.csv")
    with (tmp_path / "faults.csv").open() as stream:
        rows = [(row["subject"], row["kept"]) for row in csv.DictReader(stream)]
    assert rows == [("small book", "yes"), ("search", "no")]
