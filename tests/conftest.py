"""What several test modules draw on."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def cluster():
    """A Dask scheduler with two workers, each a process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as running:
        yield running


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
