"""The trials of broken-off builds notice a builder that leaves half a book, and what it leaves lying about."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import islice

import faults
import pandas as pd
import pytest
import trust

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
    def with_builder(text: str, fault: str, moment: float = 0.35) -> faults.Trial:
        root = tmp_path / "built"
        (root / "tools").mkdir(parents=True)
        (root / "tools" / "build_book.py").write_text(textwrap.dedent(WHOLE))
        (root / "source").write_text("the old book")
        subprocess.run([sys.executable, "tools/build_book.py"], cwd=root, check=True)
        book = faults.Book("a book", root, lambda root: (root / "source").write_text("the new book"))
        book.measure(tmp_path / "measured")
        (root / "tools" / "build_book.py").write_text(textwrap.dedent(text))
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
    well = faults.Trial("a book", "killed", "", "signal 9", 1.0, True, True, True, 0)
    assert well.passed
    for change in ({"kept": False}, {"clear": False}, {"recovered": False}, {"left": 1}):
        assert not replace(well, **change).passed


def test_a_digest_sees_every_byte_and_name(tmp_path):
    folder = tmp_path / "html"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "page").write_text("one")
    seen = {faults.digest(folder), faults.digest(tmp_path / "nowhere")}
    (folder / "deep" / "page").write_text("two")
    seen.add(faults.digest(folder))
    (folder / "deep" / "page").rename(folder / "page")
    seen.add(faults.digest(folder))
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("said", "clear"),
    [("book: not built\n", True), ("Traceback (most recent call last):\n", False), ("    Traceback of a cell\n", True)],
)
def test_a_traceback_of_the_builds_own_is_no_clear_answer(tmp_path, said, clear):
    (tmp_path / "log").write_text(said)
    assert faults.tell_clearly(tmp_path / "log") is clear


def test_each_kind_of_fault_comes_once_before_any_comes_again():
    names = list(faults.FAULTS)
    first = list(islice(faults.in_turn(names, random.Random(3)), 3 * len(names) + 3))
    assert sorted(first[: len(names)]) == sorted(names)
    assert first[len(names) :].count("killed") > first[len(names) :].count("file missing")


def test_the_short_trials_are_one_of_each_kind_and_a_kill_of_a_search():
    (short,) = [words for words in trust.SHORT if "--searches" in words]
    assert short[1:] == ("--small", str(len(faults.FAULTS)), "--whole", "0", "--searches", "1")


def test_a_search_goes_on_if_each_start_begins_with_the_cohorts_that_it_had():
    before = {0: ["a", "b"], 3: ["c"]}
    assert faults.goes_on_from(before, {0: ["a", "b"], 1: ["x"], 3: ["c", "d"]})
    for after in ({0: ["a"], 3: ["c"]}, {0: ["a", "x"], 3: ["c"]}, {0: ["a", "b"]}):
        assert not faults.goes_on_from(before, after)


def test_cohorts_are_known_by_their_patients_whatever_their_numbers(tmp_path):
    kept, out = tmp_path / ".cohorts.abc", tmp_path / "cohorts.parquet"
    kept.mkdir()
    rows = [(k, k % 3, k / 7) for k in range(12)]
    frame = pd.DataFrame(rows, columns=["patient", "cohort", "os_years"])
    for start, numbers in enumerate(([0, 1], [2])):
        part = frame[frame["cohort"].isin(numbers)]
        part.assign(cohort=part["cohort"] - min(numbers)).to_parquet(kept / f"start-{start:04}.parquet")
    (kept / "start-0002.parquet").write_bytes(b"PAR1 half of it")
    frame.to_parquet(out)
    starts = [{"start": 0, "first_cohort": 0, "cohorts": 2}, {"start": 1, "first_cohort": 2, "cohorts": 1}]
    out.with_suffix(".json").write_text(json.dumps({"starts": starts}))
    found = faults.kept_cohorts(tmp_path)
    assert {start: len(known) for start, known in found.items()} == {0: 2, 1: 1}
    assert found == faults.cohorts_by_start(out)
    frame.assign(os_years=frame["os_years"] + 1e-12).to_parquet(out)
    assert not faults.goes_on_from(found, faults.cohorts_by_start(out))


def test_trials_take_the_place_of_those_of_the_same_subject(tmp_path):
    trial = faults.Trial("search", "killed", "", "signal 9", 1.0, True, True, True, 0)
    other = replace(trial, subject="small book")
    faults.write([trial, trial, other], tmp_path / "faults.csv")
    faults.write([replace(trial, kept=False)], tmp_path / "faults.csv")
    with (tmp_path / "faults.csv").open() as stream:
        rows = [(row["subject"], row["kept"]) for row in csv.DictReader(stream)]
    assert rows == [("small book", "yes"), ("search", "no")]


SEARCH = """
    import fcntl, json, os, shutil, sys, time
    from pathlib import Path
    import pandas as pd
    out = Path(sys.argv[1])
    folder = out.with_name(".cohorts.plan")
    folder.mkdir(exist_ok=True)
    try:
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another search is under way")
    def write(frame, file):
        frame.to_parquet(file.with_name("." + file.name))
        file.with_name("." + file.name).rename(file)
    for start in range(3):
        for k in range(2):
            file = folder / f"start-{start:04}.parquet"
            kept = pd.read_parquet(file) if file.exists() else pd.DataFrame()
            if k < len(kept):
                continue
            time.sleep(0.3)
            found = pd.DataFrame({"cohort": [k], "patient": [1], "os_years": [{value}]})
            write(pd.concat([kept, found]), file)
    whole = pd.concat([pd.read_parquet(file) for file in sorted(folder.glob("start-*"))])
    write(whole.assign(cohort=range(6)), out)
    starts = [{"start": k, "first_cohort": 2 * k, "cohorts": 2} for k in range(3)]
    out.with_suffix(".json").write_text(json.dumps({"starts": starts}))
    shutil.rmtree(folder)
"""


@pytest.fixture
def searched(tmp_path, monkeypatch):
    def searched(program: str) -> list[faults.Trial]:
        (tmp_path / "here" / "analysis_lib").mkdir(parents=True)
        (tmp_path / "here" / "data").mkdir()
        monkeypatch.setattr(faults, "ROOT", tmp_path / "here")
        monkeypatch.setattr(faults, "SEARCH", textwrap.dedent(program))
        return list(faults.searches(2, random.Random(4), tmp_path / "searches"))

    return searched


def test_a_search_that_keeps_what_it_has_passes_and_each_kill_struck_it_at_work(searched):
    trials = searched(SEARCH.replace("{value}", "start + k / 7"))
    assert [trial.fault for trial in trials] == ["two at once", "killed", "killed", "taken up after the kills"]
    assert all(trial.passed for trial in trials)
    assert [trial.ended for trial in trials[1:3]] == ["signal 9"] * 2


def test_a_search_that_ends_with_other_cohorts_after_a_kill_is_caught(searched):
    *_, last = searched(SEARCH.replace("{value}", "float(os.getpid())"))
    assert (last.ended, last.passed) == ("exit 0", False)
