"""The bootstrap: the same numbers wherever its pieces are done, and those of a plain loop."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from analysis_lib.analyses import bootstrap, propensity_weighting
from analysis_lib.base import parallel

SEED, TIMES = 11, 50


@pytest.fixture(scope="module")
def patients(shipped):
    chosen = shipped.patients["cohort"].isin(shipped.origin.index[:3])
    return shipped.patients[chosen].dropna(subset=["tumour_size_post_mm"])


@pytest.fixture(scope="module")
def sample(patients):
    return propensity_weighting.stack(patients)


@pytest.fixture
def short_pieces(monkeypatch):
    monkeypatch.setattr(bootstrap, "PIECE", 20)


@pytest.fixture(scope="module")
def here(sample):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "PIECE", 20)
        return bootstrap.log_hazard_ratios(sample, TIMES, SEED)


def test_redrawn_ratios_and_limits_are_those_of_a_plain_loop(patients, here, short_pieces):
    rows, looked_at = [], []
    for row, (_, one) in enumerate(patients.groupby("cohort")):
        for first, last in ((0, 20), (20, 40), (40, 50)):
            rng = np.random.default_rng([SEED, row, first])
            drawn = rng.multinomial(len(one), np.full(len(one), 1 / len(one)), last - first)
            # Of each piece the first and the last sample: the loop takes as long as all the other tests here.
            for k in (0, last - first - 1):
                again = one.loc[one.index.repeat(drawn[k])]
                rows.append(propensity_weighting.log_hazard_ratios(propensity_weighting.stack(again)))
                looked_at.append(row * TIMES + first + k)
    assert_frame_equal(here.iloc[looked_at], pd.concat(rows), rtol=1e-6, atol=1e-9)
    low, high = bootstrap.percentile_limits(here)
    for number, one in here.groupby(level=0):
        for method in propensity_weighting.METHODS:
            wanted = np.percentile(one[method].dropna(), (2.5, 97.5))
            assert (low.loc[number, method], high.loc[number, method]) == pytest.approx(wanted, rel=1e-6)


def test_the_number_of_processes_does_not_change_what_is_redrawn(sample, here, short_pieces):
    assert_frame_equal(bootstrap.log_hazard_ratios(sample, TIMES, SEED, jobs=2), here, check_exact=True)


def test_pieces_that_a_cluster_finishes_in_any_order_are_put_in_their_places(sample, here, short_pieces, monkeypatch):
    each, asked = parallel.each, []

    def backwards(work, pieces, jobs, scheduler):
        asked.append(scheduler)
        return reversed(list(each(work, pieces)))

    monkeypatch.setattr(parallel, "each", backwards)
    there = bootstrap.log_hazard_ratios(sample, TIMES, SEED, scheduler="tcp://host:8786")
    assert asked == ["tcp://host:8786"]
    assert_frame_equal(there, here, check_exact=True)


def test_no_piece_grows_with_the_samples_or_the_cohorts(sample, monkeypatch):
    seen = []

    def looking(work, pieces, *where):
        seen.extend(pieces)
        for piece in pieces:
            yield piece, pd.DataFrame({"crude": np.zeros(piece.times)})

    monkeypatch.setattr(parallel, "each", looking)
    assert len(bootstrap.log_hazard_ratios(sample, 1999, SEED)) == 3 * 1999
    assert {len(piece.sample.labels) for piece in seen} == {1}
    assert max(piece.times for piece in seen) == bootstrap.PIECE
    assert len({piece.seeds for piece in seen}) == len(seen) == 3 * 8


def test_a_cohorts_draws_stay_when_more_cohorts_or_samples_are_asked_for(sample, here, short_pieces):
    alone = bootstrap.log_hazard_ratios(sample.rows([0]), 2 * TIMES, SEED)
    assert_frame_equal(alone.head(40), here.head(40), check_exact=True)


def test_another_seed_draws_other_samples(sample, here, short_pieces):
    other = bootstrap.log_hazard_ratios(sample, TIMES, SEED + 1)
    assert (other["crude"].to_numpy() != here["crude"].to_numpy()).mean() > 0.9


def test_a_redrawn_sample_is_the_cohort_with_patients_written_down_again(sample):
    drawn = bootstrap.resample(sample, 4, np.random.default_rng(5))
    assert drawn.labels.tolist() == np.repeat(sample.labels, 4).tolist()
    assert (drawn.counts.sum(axis=1) == np.repeat(sample.counts.sum(axis=1), 4)).all()
    assert (drawn.counts == drawn.counts.round()).all() and not (drawn.counts > 0).all()
    assert (drawn.time == np.repeat(sample.time, 4, axis=0)).all()


def test_limits_leave_out_samples_without_an_estimate():
    drawn = pd.DataFrame({"crude": [np.nan, *range(41)], "strata": np.nan}, pd.Index([7] * 42, name="cohort"))
    low, high = bootstrap.percentile_limits(drawn)
    assert (low.loc[7, "crude"], high.loc[7, "crude"]) == (1, 39)
    assert np.isnan(low.loc[7, "strata"])
    low, high = bootstrap.percentile_limits(drawn, confidence=0.9)
    assert (low.loc[7, "crude"], high.loc[7, "crude"]) == (2, 38)


def test_a_few_cohorts_are_taken_from_first_to_last(sample):
    many = sample.rows(np.repeat([0, 1, 2], 40))
    many = replace(many, labels=np.arange(120))
    assert bootstrap.select_cohorts(many).labels.tolist() == [0, 17, 34, 51, 68, 85, 102, 119]
    assert bootstrap.select_cohorts(sample).labels.tolist() == sample.labels.tolist()
