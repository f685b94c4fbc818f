"""A ratchet only goes forward, and nears its goals after a failure."""

import numpy as np
import pytest

from analysis_lib.reconstruction.adversary.ratchet import ratchet


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_each_state_is_more_extreme_than_those_before(sign):
    rng = np.random.default_rng(1)

    def push(state, goal):
        return None if rng.random() < 0.5 or sign * goal > 3 else goal

    path = ratchet(0.0, push, lambda state: state, sign, 0.5, 30)
    assert path[0] == 0.0
    assert (np.diff(sign * np.array(path)) > 0).all()
    assert 2.5 < sign * path[-1] <= 3


def test_without_any_success_the_start_is_all_there_is_and_goals_come_nearer():
    goals = []
    assert ratchet(1.0, lambda _, goal: goals.append(goal), lambda state: state, 1.0, 1.0, 4) == [1.0]
    assert goals == pytest.approx([2.0, 1.6, 1.36, 1.216])
