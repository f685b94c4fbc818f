"""Pushed sizes before PRRT meet every target and go to the side that they were pushed to."""

import numpy as np
import pytest

from analysis_lib.reconstruction import verify
from analysis_lib.reconstruction.adversary import quantities, sizes
from analysis_lib.reconstruction.stages.state import SearchFailed


def apart(cohort):
    return quantities.value("shrinkage_difference", cohort)


@pytest.mark.parametrize("larger", [False, True])
def test_a_push_keeps_the_targets_changes_only_sizes_and_repeats_from_its_seed(one, targets, larger):
    first, again = (sizes.push(np.random.default_rng(3), one, targets, larger=larger, steps=200_000) for _ in range(2))
    assert first.equals(again)
    assert (apart(first) > apart(one)) is larger
    assert verify.misses(first, targets) == []
    changed = [name for name in one if not first[name].equals(one[name].astype(first[name].dtype))]
    assert changed == ["tumour_size_mm"]


def test_a_response_that_no_size_before_can_give_is_refused(one, targets):
    partial = one.index[one["best_response"] == "PR"][0]
    one.loc[partial, "tumour_size_post_mm"] = 1_000
    with pytest.raises(SearchFailed, match="does not go with the size"):
        sizes.push(np.random.default_rng(0), one, targets, larger=True, steps=10)
