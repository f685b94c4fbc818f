"""Trials of searches tell one that keeps what it has from one that forgets."""

from __future__ import annotations

import json
import random
import textwrap

import pandas as pd
import pytest

from tests.faults import interrupted_search
from tests.faults.sandbox import Trial


def test_a_search_goes_on_if_each_start_begins_with_the_cohorts_that_it_had():
    before = {0: ["a", "b"], 3: ["c"]}
    assert interrupted_search.goes_on_from(before, {0: ["a", "b"], 1: ["x"], 3: ["c", "d"]})
    for after in ({0: ["a"], 3: ["c"]}, {0: ["a", "x"], 3: ["c"]}, {0: ["a", "b"]}):
        assert not interrupted_search.goes_on_from(before, after)


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
    found = interrupted_search.kept_cohorts(tmp_path)
    assert {start: len(known) for start, known in found.items()} == {0: 2, 1: 1}
    assert found == interrupted_search.cohorts_by_start(out)
    frame.assign(os_years=frame["os_years"] + 1e-12).to_parquet(out)
    assert not interrupted_search.goes_on_from(found, interrupted_search.cohorts_by_start(out))


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
    def searched(program: str) -> list[Trial]:
        (tmp_path / "here" / "analysis_lib").mkdir(parents=True)
        (tmp_path / "here" / "data").mkdir()
        monkeypatch.setattr(interrupted_search, "ROOT", tmp_path / "here")
        monkeypatch.setattr(interrupted_search, "SEARCH", textwrap.dedent(program))
        return list(interrupted_search.trials(2, random.Random(4), tmp_path / "searches"))

    return searched


@pytest.mark.trial
def test_a_search_that_keeps_what_it_has_passes_and_each_kill_struck_it_at_work(searched):
    trials = searched(SEARCH.replace("{value}", "start + k / 7"))
    assert [trial.fault for trial in trials] == ["two at once", "killed", "killed", "taken up after the kills"]
    assert all(trial.passed for trial in trials)
    assert [trial.ended for trial in trials[1:3]] == ["signal 9"] * 2


@pytest.mark.trial
def test_a_search_that_ends_with_other_cohorts_after_a_kill_is_caught(searched):
    *_, last = searched(SEARCH.replace("{value}", "float(os.getpid())"))
    assert (last.ended, last.passed) == ("exit 0", False)
