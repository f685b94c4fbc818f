"""What several test modules draw on."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis_lib.ledger import audit
from analysis_lib.printed import transcription
from analysis_lib.reconstruction import ensemble
from analysis_lib.targets.catalogue import load_targets
from tools.checks.provenance import Making

# Scripts that ask other programs, not tests.
collect_ignore = ["oracles", "browser"]


def pytest_addoption(parser):
    parser.addoption("--trials", type=int, default=0, help="so many trials of each kind in tests/faults and tests/fuzz")
    parser.addoption("--tables", type=Path, help="folder for the tables of trials")


def pytest_collection_modifyitems(config, items):
    """Leave out what takes minutes, unless trials are asked for, and then all but the trials."""
    if config.getoption("trials"):
        others = [item for item in items if not (item.get_closest_marker("trial") or "table" in item.fixturenames)]
    else:
        others = [item for item in items if item.get_closest_marker("trial")]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]


@pytest.fixture(scope="session")
def table(request):
    """Collects the rows of tables of trials, and writes them if a folder is asked for: ``table(name, row, part)``."""
    rows, parts, folder = {}, {}, request.config.getoption("tables")
    making = Making("make trust") if folder else None

    def add(name: str, row: dict, part: str) -> None:
        rows.setdefault(name, []).append(row)
        parts[name] = part

    yield add
    if folder:
        for name, of_table in rows.items():
            making.write(folder / name, pd.DataFrame(of_table), parts[name])


@pytest.fixture(scope="module")
def cluster():
    """A Dask scheduler with two workers, each a process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as running:
        yield running


# What ships, read once a process; no test changes it.


@pytest.fixture(scope="session")
def paper():
    """The transcription."""
    return transcription.load()


@pytest.fixture(scope="session")
def claims():
    """The verdict on each printed number."""
    return audit.audit()


@pytest.fixture(scope="session")
def targets():
    return load_targets()


@pytest.fixture(scope="session")
def shipped():
    """The shipped ensemble."""
    return ensemble.load()


@pytest.fixture
def one(shipped):
    """The first shipped cohort, which a test may change."""
    return shipped.one(0)


@pytest.fixture(params=range(12))
def small_cohort(request):
    """Random survival with many ties and a covariate that matters: time, event, covariate, group, order."""
    rng = np.random.default_rng(request.param)
    n = 40
    x = rng.normal(size=n).round(1)
    time = np.ceil(rng.exponential(np.exp(-0.5 * x)) * 8)
    event = (rng.random(n) < 0.6).astype(np.int64)
    first = rng.random(n) < 0.5
    return time, event, x, first, np.argsort(time)
