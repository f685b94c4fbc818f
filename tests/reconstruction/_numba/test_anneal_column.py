"""What the compiled searches keep up to date move by move is what a fresh computation gives."""

import threading

import numpy as np
import pytest

from analysis_lib.reconstruction._numba import anneal_column, anneal_times
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.reconstruction.stages.state import NO_LATER, SCHEMES, Blocks
from analysis_lib.reconstruction.stages.survival import find_surgery_days, find_survival
from analysis_lib.targets.catalogue import load_targets


@pytest.fixture(scope="module")
def blocks():
    return Blocks(load_targets())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("need", [(True, False, False), (True, True, True)])
@pytest.mark.parametrize("rule", QUANTILE_RULES.values())
def test_a_column_found_meets_its_box_when_computed_afresh(seed, need, rule):
    rng = np.random.default_rng(seed)
    first, need = np.arange(40) < 22, np.array(need)
    hidden = rng.integers(10, 90, 40)
    # What a hidden column would print, in digits coarse enough to be met by others.
    statistics = np.zeros(anneal_column.COLUMN_STATISTICS)
    anneal_column.column_statistics(hidden * 0.5, first, need, NO_LATER, rule, statistics)
    box = np.vstack([statistics - 0.5, statistics + 0.5, np.full(statistics.size, 0.5)])
    box[:, 28:] = [[-np.inf], [np.inf], [1.0]]
    low, high = np.full(40, 5), np.full(40, 100)
    k = rng.integers(low, high + 1)
    assert anneal_column.anneal_column(rng, k, low, high, 0.5, first, need, NO_LATER, rule, box, 40_000) == 0.0
    found = np.zeros(anneal_column.COLUMN_STATISTICS)
    anneal_column.column_statistics(k * 0.5, first, need, NO_LATER, rule, found)
    assert anneal_column.misfit(found, box, 0, anneal_column.COLUMN_STATISTICS) == 0.0
    assert ((low <= k) & (k <= high)).all()
    assert (k != hidden).any()


@pytest.mark.parametrize("start", range(2))
def test_survival_found_meets_its_box_when_computed_afresh(blocks, start):
    rng = np.random.default_rng([7, start])
    state = find_survival(rng, blocks, SCHEMES[start])
    found = np.zeros(anneal_times.SURVIVAL_STATISTICS)
    anneal_times.survival_statistics(state.years, state.event, state.operated, blocks.follow_up, blocks.quantile, found)
    assert anneal_column.misfit(found, blocks.survival, 0, found.size) == 0.0
    assert find_surgery_days(rng, blocks, state) is not None


def test_another_thread_runs_while_a_search_is_at_work():
    # As the one does that ends a worker when nobody waits for it any more.
    first, need = np.arange(40) < 22, np.zeros(3, dtype=bool)
    low, high = np.full(40, 5), np.full(40, 100)
    box = np.tile([[-np.inf], [np.inf], [1.0]], anneal_column.COLUMN_STATISTICS)
    # A mean that no column has.
    box[:2, 9] = -2.0, -1.0
    turns, ended = [], threading.Event()

    def count() -> None:
        while not ended.wait(0.001):
            turns.append(None)

    def search(steps: int) -> float:
        k, rng = np.full(40, 50), np.random.default_rng(0)
        return anneal_column.anneal_column(rng, k, low, high, 1.0, first, need, NO_LATER, 0.0, box, steps)

    search(1)  # compiles
    other = threading.Thread(target=count)
    other.start()
    before = len(turns)
    assert search(500_000) > 0
    during = len(turns) - before
    ended.set()
    other.join()
    assert during > 2
