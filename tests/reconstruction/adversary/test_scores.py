"""Sizes after PRRT walk to an extreme of a ratio by the propensity score, with all four regressions as printed."""

import numpy as np
import pytest

from analysis_lib.reconstruction import verify
from analysis_lib.reconstruction.adversary import quantities, scores
from analysis_lib.reconstruction.adversary.finished import Finished
from analysis_lib.reconstruction.stages.state import Blocks


@pytest.fixture
def finished(one, targets):
    return Finished.of(one, Blocks(targets))


@pytest.mark.parametrize(("id", "sign"), [("weighted_hr", -1.0), ("weighted_hr", 1.0), ("stratified_hr", 1.0)])
def test_a_walk_goes_one_way_and_its_end_is_a_cohort_that_meets_every_number(finished, targets, id, sign):
    blocks = Blocks(targets)
    start = scores.Walk(blocks, finished, quantities.SCORES[id])
    paths = [scores.walk(np.random.default_rng(5), start, sign, steps=12) for _ in range(2)]
    assert all((one == other).all() for one, other in zip(*paths, strict=True))
    path = paths[0]
    values = [start.value(size) for size in path]
    assert len(path) > 1 and (np.diff(sign * np.array(values)) > 0).all()
    assert np.exp(values[0]) == pytest.approx(quantities.value(id, finished.cohort))
    rng = np.random.default_rng(6)
    found = next(scores.complete_around(rng, blocks, finished, start.order, path[-1]))
    told = {miss.target.id for miss in verify.misses(found, targets)}
    # What random choices decide is left to a repetition.
    assert not {id for id in told if "not_significant" not in id}
    assert quantities.value(id, found) == pytest.approx(np.exp(values[-1]))


def test_where_the_regressions_leave_no_way_none_is_followed(finished, targets):
    """The ratio beside the whole score is printed, so that its gradient lies among the directions that are held."""
    start = scores.Walk(Blocks(targets), finished, quantities.SCORES["weighted_hr"])
    start.steered_by = "covariate"
    assert start.step(np.random.default_rng(5), start.size, 1.0, 4.0) is None
