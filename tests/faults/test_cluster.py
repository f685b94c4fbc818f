"""A worker of a Dask cluster is killed while it searches: the cohorts stay the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from distributed import Client

from analysis_lib.base.paths import ROOT


@pytest.mark.trial
def test_a_search_on_a_cluster_one_of_whose_workers_is_killed_gives_the_cohorts_of_a_search_from_here(
    cluster, tmp_path
):
    def search(name: str, *options: str) -> subprocess.Popen:
        command = ["reconstruct", "--cohorts", "2", "--seed", "2", "--out", str(tmp_path / name / "found.parquet")]
        return subprocess.Popen([sys.executable, "-m", "analysis_lib", *command, *options], cwd=ROOT)

    address = cluster.scheduler_address
    with Client(address, set_as_default=False) as client:
        of_workers = client.run(os.getpid)
        there = search("there", "--scheduler", address)
        until = time.monotonic() + 120
        while not all((busy := client.processing()).get(worker) for worker in of_workers):
            assert there.poll() is None and time.monotonic() < until, f"only {busy} are at work"
            time.sleep(0.1)
        os.kill(next(iter(of_workers.values())), signal.SIGKILL)
        assert there.wait() == 0
    assert search("here", "--jobs", "2").wait() == 0
    here, there = (
        [(tmp_path / name / f"found.{kind}").read_bytes() for kind in ("parquet", "json")] for name in ("here", "there")
    )
    assert here == there
