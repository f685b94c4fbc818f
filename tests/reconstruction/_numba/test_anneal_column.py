"""The statistics that compiled searches keep up to date move by move are those of a fresh computation."""

import threading

import numpy as np
import pytest

from analysis_lib.reconstruction._numba import anneal_survival
from analysis_lib.reconstruction._numba.anneal_column import anneal_column
from analysis_lib.reconstruction._numba.annealing import misfit
from analysis_lib.reconstruction._numba.column_statistics import (
    COLUMN_STATISTICS,
    DECREASE_MEAN,
    MEAN,
    Column,
    column_statistics,
)
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.reconstruction.search import find_start
from analysis_lib.reconstruction.stages.column_spec import NO_LATER
from analysis_lib.reconstruction.stages.state import Blocks
from analysis_lib.targets.catalogue import load_targets


@pytest.fixture(scope="module")
def blocks():
    return Blocks(load_targets())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("comparisons", [(True, False, False), (True, True, True)])
@pytest.mark.parametrize("rule", QUANTILE_RULES.values())
def test_a_column_found_meets_its_box_when_computed_afresh(seed, comparisons, rule):
    rng = np.random.default_rng(seed)
    low, high = np.full(40, 5), np.full(40, 100)
    box = np.zeros((3, COLUMN_STATISTICS))
    column = Column(low, high, 0.5, np.arange(40) < 22, np.array(comparisons), NO_LATER, rule, box)
    hidden = rng.integers(10, 90, 40)
    # What a hidden column would print, in digits coarse enough to be met by others.
    statistics = np.zeros(COLUMN_STATISTICS)
    column_statistics(hidden * 0.5, column, statistics)
    box[:] = statistics - 0.5, statistics + 0.5, np.full(statistics.size, 0.5)
    box[:, DECREASE_MEAN:] = [[-np.inf], [np.inf], [1.0]]
    k = rng.integers(low, high + 1)
    assert anneal_column(rng, k, column, 40_000) == 0.0
    found = np.zeros(COLUMN_STATISTICS)
    column_statistics(k * 0.5, column, found)
    assert misfit(found, box, 0, COLUMN_STATISTICS) == 0.0
    assert ((low <= k) & (k <= high)).all()
    assert (k != hidden).any()


@pytest.mark.parametrize("start", range(2))
def test_survival_found_meets_its_box_when_computed_afresh(blocks, start):
    _, state = find_start(np.random.default_rng([7, start]), blocks)
    found = np.zeros(anneal_survival.SURVIVAL_STATISTICS)
    anneal_survival.survival_statistics(
        state.years, state.event, state.operated, blocks.follow_up, blocks.quantile, found
    )
    assert misfit(found, blocks.survival, 0, found.size) == 0.0


def test_another_thread_runs_while_a_search_is_at_work():
    # As the one does that ends a worker when nobody waits for it any more.
    box = np.tile([[-np.inf], [np.inf], [1.0]], COLUMN_STATISTICS)
    # A mean that no column has.
    box[:2, MEAN] = -2.0, -1.0
    low, high, none = np.full(40, 5), np.full(40, 100), np.zeros(3, dtype=bool)
    column = Column(low, high, 1.0, np.arange(40) < 22, none, NO_LATER, 0.0, box)
    turns, ended = [], threading.Event()

    def count() -> None:
        while not ended.wait(0.001):
            turns.append(None)

    def search(steps: int) -> float:
        k, rng = np.full(40, 50), np.random.default_rng(0)
        return anneal_column(rng, k, column, steps)

    search(1)  # compiles
    other = threading.Thread(target=count)
    other.start()
    before = len(turns)
    assert search(500_000) > 0
    during = len(turns) - before
    ended.set()
    other.join()
    assert during > 2
