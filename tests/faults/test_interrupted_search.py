"""Trials of searches tell one that keeps what it has from one that forgets."""

from __future__ import annotations

import random
import textwrap

import pandas as pd
import pytest

from tests.faults import interrupted_search
from tests.faults.sandbox import Trial


def test_cohorts_are_known_by_their_patients_whatever_their_numbers(tmp_path):
    kept, out = tmp_path / ".cohorts.abc", tmp_path / "cohorts.parquet"
    kept.mkdir()
    rows = [(k, k % 3, k / 7) for k in range(12)]
    frame = pd.DataFrame(rows, columns=["patient", "cohort", "os_years"])
    for number in (0, 2):
        part = frame[frame["cohort"] == number].drop(columns="cohort")
        part.to_parquet(kept / f"cohort-{number:05}.parquet")
    (kept / "cohort-00001.parquet").write_bytes(b"PAR1 half of it")
    frame.to_parquet(out)
    found = interrupted_search.kept_cohorts(tmp_path)
    assert sorted(found) == [0, 2]
    assert found.items() <= interrupted_search.cohorts_in(out).items()
    frame.assign(os_years=frame["os_years"] + 1e-12).to_parquet(out)
    assert not found.items() <= interrupted_search.cohorts_in(out).items()


SEARCH = """
    import fcntl, os, shutil, sys, time
    from pathlib import Path
    import pandas as pd
    out = Path(sys.argv[1])
    folder = out.with_name(".cohorts.plan")
    folder.mkdir(exist_ok=True)
    try:
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another search is under way", file=sys.stderr)
        sys.exit(2)
    def write(frame, file):
        frame.to_parquet(file.with_name("." + file.name))
        file.with_name("." + file.name).rename(file)
    for k in range(6):
        file = folder / f"cohort-{k:05}.parquet"
        if not file.exists():
            time.sleep(0.3)
            write(pd.DataFrame({"patient": [1], "os_years": [{value}]}), file)
    found = [pd.read_parquet(file) for file in sorted(folder.glob("cohort-*"))]
    write(pd.concat([one.assign(cohort=k) for k, one in enumerate(found)]), out)
    shutil.rmtree(folder)
"""


@pytest.fixture
def searched(tmp_path, monkeypatch):
    def searched(program: str) -> list[Trial]:
        (tmp_path / "here" / "analysis_lib").mkdir(parents=True)
        (tmp_path / "here" / "data").mkdir()
        monkeypatch.setattr(interrupted_search, "ROOT", tmp_path / "here")
        monkeypatch.setattr(interrupted_search, "SEARCH", ["-c", textwrap.dedent(program)])
        return list(interrupted_search.trials(2, random.Random(4), tmp_path / "searches"))

    return searched


@pytest.mark.trial
def test_a_search_that_keeps_what_it_has_passes_and_each_kill_struck_it_at_work(searched):
    trials = searched(SEARCH.replace("{value}", "k / 7"))
    assert [trial.fault for trial in trials] == ["two at once", "killed", "killed", "taken up after the kills"]
    assert all(trial.passed for trial in trials)
    assert [trial.ended for trial in trials[1:3]] == ["signal 9"] * 2


@pytest.mark.trial
def test_a_search_that_ends_with_other_cohorts_after_a_kill_is_caught(searched):
    *_, last = searched(SEARCH.replace("{value}", "float(os.getpid())"))
    assert (last.ended, last.passed) == ("exit 0", False)
