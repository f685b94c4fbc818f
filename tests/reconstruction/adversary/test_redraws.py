"""Covariates that are drawn anew go one way, and whole cohorts around them have what was pushed."""

from contextlib import suppress

import numpy as np
import pytest

from analysis_lib.reconstruction import verify
from analysis_lib.reconstruction.adversary import quantities, redraws
from analysis_lib.reconstruction.adversary.finished import Finished
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed


def test_draws_beyond_the_first_go_one_way_and_one_that_finds_nothing_is_passed_over():
    drawn = iter([3.0, None, 7.0, 4.0, 5.0])

    def draw():
        if (found := next(drawn)) is None:
            raise SearchFailed("nothing")
        return found

    assert redraws.push(draw, lambda x: x, 4.0, 1.0, draws=5) == [4.0, 5.0, 7.0]
    assert redraws.push(lambda: 2.0, lambda x: x, 4.0, -1.0, draws=1) == [4.0, 2.0]


def test_a_whole_cohort_around_other_grades_and_scores_has_their_ratio_and_keeps_its_times(one, targets):
    id, blocks, rng = "adjusted_hr_grade_and_kps", Blocks(targets), np.random.default_rng(3)
    finished = Finished.of(one, blocks)
    path = redraws.push(
        lambda: redraws.draw_covariates(rng, blocks, finished),
        lambda drawn: quantities.value(id, redraws.with_covariates(finished, drawn)),
        finished.covariates,
        1.0,
        draws=10,
    )
    whole = None
    for drawn in path[:0:-1]:
        pushed = quantities.value(id, redraws.with_covariates(finished, drawn))
        assert pushed > quantities.value(id, one)
        with suppress(SearchFailed):
            whole = next(redraws.complete_around(rng, blocks, finished, drawn))
            break
    assert quantities.value(id, whole) == pytest.approx(pushed)
    told = {miss.target.id for miss in verify.misses(whole, targets)}
    # What random choices decide is left to a repetition.
    assert not {id for id in told if "not_significant" not in id}
    ends = ["os_years", "os_event"]
    assert sorted(whole[ends].to_numpy().tolist()) == sorted(one[ends].to_numpy().tolist())


def test_other_columns_around_what_a_cohort_has_keep_its_times_sizes_and_metastases(one, targets):
    finished, rng = Finished.of(one, Blocks(targets)), np.random.default_rng(4)
    numbers = [
        "os_years",
        "pfs_years",
        "months_to_surgery",
        "kps",
        "tumour_size_mm",
        "tumour_size_post_mm",
        "n1",
        "m1a",
    ]
    drawn = redraws.draw_columns(rng, Blocks(targets), finished)
    before, after = (cohort[numbers].astype(float).sort_values(numbers).round(9).to_numpy() for cohort in (one, drawn))
    np.testing.assert_array_equal(before, after)
    assert sorted(one["tvi_pre"].dropna()) == sorted(drawn["tvi_pre"].dropna())
    assert one["tumour_location"].tolist() != drawn["tumour_location"].tolist()
    again = redraws.draw_columns(np.random.default_rng(4), Blocks(targets), finished)
    assert again.equals(drawn)
