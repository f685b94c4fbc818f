"""Work in several processes, here or on a Dask cluster: whole, the same, and clear where it cannot be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from pieces_of_work import drawn, dying, refusing, slowly

from analysis_lib.base import parallel
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.reconstruction import build, ensemble
from analysis_lib.reconstruction.base_measure import BaseMeasure

ITEMS = list(range(12))


def sorted_results(*arguments, **options):
    return sorted(parallel.each(*arguments, **options))


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_number_of_processes_does_not_change_what_comes_out(jobs):
    assert sorted_results(drawn, ITEMS, jobs=jobs) == [(k, drawn(k)) for k in ITEMS]


def test_a_cluster_gives_the_same_as_this_machine(cluster):
    assert sorted_results(drawn, ITEMS, scheduler=cluster.scheduler_address) == sorted_results(drawn, ITEMS)


def test_a_worker_that_is_killed_midway_loses_nothing(cluster, tmp_path):
    found = parallel.each(partial(slowly, tmp_path), ITEMS, scheduler=cluster.scheduler_address)
    first = next(found)
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        (one, _) = client.run(os.getpid).values()
    os.kill(one, signal.SIGKILL)
    assert sorted([first, *found]) == [(k, drawn(k)) for k in ITEMS]
    done_by = {int(path.name.partition("-")[2]) for path in tmp_path.iterdir()}
    assert one in done_by and len(done_by) >= 2


def test_a_chapter_is_asked_by_its_command_and_else_by_the_environment(monkeypatch):
    assert parallel.from_environment() == {"jobs": 1, "scheduler": ""}
    monkeypatch.setenv("BOOK_JOBS", "2")
    with parallel.environment(None, "tcp://host:8786"):
        assert parallel.from_environment() == {"jobs": 2, "scheduler": "tcp://host:8786"}
    with parallel.environment(3, ""):
        assert parallel.from_environment() == {"jobs": 3, "scheduler": ""}
    assert parallel.from_environment() == {"jobs": 2, "scheduler": ""}


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_no_number_of_processes_is_refused(jobs, monkeypatch):
    monkeypatch.setenv("BOOK_JOBS", jobs)
    with pytest.raises(InputError, match=rf"{jobs} jobs were asked for \(at least 1\)"):
        parallel.from_environment()


@pytest.mark.long
def test_an_ensemble_from_a_cluster_is_the_ensemble_from_here_to_the_byte(cluster, tmp_path, monkeypatch):
    some = ensemble.load().patients.drop(columns="cohort").head(10 * 49)

    def find_cohort(targets, seed, number):
        rng = np.random.default_rng([seed, number])
        first = 49 * int(rng.integers(10))
        return some.iloc[first : first + 49].reset_index(drop=True), BaseMeasure.draw(rng)

    monkeypatch.setattr(build, "find_cohort", find_cohort)
    search = build._search
    # Sent by value, so that the workers have this search too.
    monkeypatch.setattr(build, "_search", lambda *asked: search(*asked))
    for name, scheduler in (("here", ""), ("there", cluster.scheduler_address)):
        build.build(6, 1, tmp_path / name / "some.parquet", scheduler=scheduler)
    here, there = (tmp_path / name / "some.parquet" for name in ("here", "there"))
    assert here.read_bytes() == there.read_bytes()


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_the_work_is_the_error_that_one_sees(jobs):
    with pytest.raises(InputError, match="is refused"):
        list(parallel.each(refusing, ITEMS, jobs=jobs))


def test_a_process_that_is_killed_is_told_in_a_line():
    with pytest.raises(InputError, match="was killed"):
        list(parallel.each(dying, ITEMS, jobs=2))


def test_where_no_scheduler_answers_it_is_said(monkeypatch):
    monkeypatch.setattr(parallel, "_CONNECT_SECONDS", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        list(parallel.each(drawn, ITEMS, scheduler=address))


@pytest.mark.parametrize("address", ["tcp://host", "host:port", "nowhere://host:8786", "tcp://no.such.host.invalid:1"])
def test_an_address_that_is_none_is_told_in_a_line_at_once_and_leaves_no_thread(address):
    before = set(threading.enumerate())
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        list(parallel.each(drawn, ITEMS, scheduler=address))
    assert set(threading.enumerate()) <= before


def test_workers_end_with_a_process_that_was_killed(tmp_path):
    script = f"""
import sys, time
from functools import partial
from pathlib import Path
sys.path.insert(0, {str(ROOT / "tests")!r})
from pieces_of_work import slowly
from analysis_lib.base import parallel
if __name__ == "__main__":
    list(parallel.each(partial(slowly, Path({str(tmp_path)!r})), range(400), jobs=2))
"""
    running = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    until = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 4 and time.monotonic() < until:
        time.sleep(0.1)
    running.kill()
    running.wait()
    by = {int(path.name.partition("-")[2]) for path in tmp_path.iterdir()}
    assert by
    while any(Path(f"/proc/{one}").exists() for one in by) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{one}").exists() for one in by)
