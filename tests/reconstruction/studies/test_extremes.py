"""Pushed cohorts meet every target and go to the side that they were pushed to."""

import numpy as np
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.reconstruction import ensemble, verify
from analysis_lib.reconstruction.stages.state import SearchFailed
from analysis_lib.reconstruction.studies import extremes


@pytest.fixture(scope="module")
def pushed():
    return ensemble.load(ROOT / "data" / "pushed" / "cohorts.parquet")


def decrease(cohort):
    return 100 * (1 - cohort["tumour_size_post_mm"] / cohort["tumour_size_mm"])


def apart(cohort):
    means = decrease(cohort).groupby(cohort["group"]).mean()
    return means["surgery"] - means["prrt_only"]


def test_the_pushed_cohorts_that_went_farthest_meet_all_targets(pushed, targets):
    assert pushed.manifest["targets_sha256"] == targets.digest
    found = pushed.origin.assign(apart=[apart(pushed.one(number)) for number in pushed.origin.index])
    for _, rows in found.groupby("scheme"):
        for number in {rows["apart"].idxmin(), rows["apart"].idxmax()}:
            one = pushed.one(int(number))
            assert verify.wrong(one, targets) == []


def test_every_push_went_to_its_own_side(pushed):
    found = {number: apart(pushed.one(number)) for number in pushed.origin.index}
    by_aim = {aim: [found[n] for n in rows.index] for aim, rows in pushed.origin.groupby("scheme")}
    assert max(by_aim["smaller"]) < min(by_aim["larger"])


def test_a_push_keeps_the_targets_changes_only_sizes_and_repeats_from_its_seed(pushed, targets):
    start = pushed.one(int(pushed.origin.index[pushed.origin["scheme"] == "smaller"][0]))

    def push():
        rng = np.random.default_rng(3)
        return extremes.push(rng, start, targets, larger=True, steps=200_000)

    first, again = push(), push()
    assert first.equals(again)
    assert apart(first) > apart(start)
    assert verify.wrong(first, targets) == []
    changed = [name for name in start if not first[name].equals(start[name].astype(first[name].dtype))]
    assert changed == ["tumour_size_mm"]


def test_a_response_that_no_size_before_can_give_is_refused(pushed, targets):
    start = pushed.one(0)
    partial = start.index[start["best_response"] == "PR"][0]
    start.loc[partial, "tumour_size_post_mm"] = 150
    with pytest.raises(SearchFailed, match="does not go with the size"):
        extremes.push(np.random.default_rng(0), start, targets, larger=True, steps=10)
