"""Base measures: the family holds what it claims, and its densities are densities."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from analysis_lib.reconstruction.base_measure import DESCRIPTIONS, BaseMeasure
from analysis_lib.targets.catalogue import LONGEST_FOLLOW_UP_YEARS

DRAWN = [BaseMeasure.draw(np.random.default_rng(seed)) for seed in range(400)]
MIDDLE = replace(DRAWN[0], accrual=1.0, dropout_rate=0.05, death_shape=1.0, median_survival=8.0)


def test_each_density_is_finite_for_every_year_of_follow_up():
    for measure in DRAWN:
        found = measure.log_density()
        assert found.shape == (2, int(np.ceil(LONGEST_FOLLOW_UP_YEARS)) + 1)
        assert found.dtype == np.float64
        assert found.flags["C_CONTIGUOUS"]
        assert np.isfinite(found).all()


def test_both_censoring_assumptions_are_drawn_often():
    share = np.mean([measure.name == "A" for measure in DRAWN])
    assert 0.4 < share < 0.7
    assert {measure.name for measure in DRAWN} == set(DESCRIPTIONS)


def test_the_same_seed_draws_the_same_measure_and_the_same_bytes():
    again = BaseMeasure.draw(np.random.default_rng(7))
    assert asdict(again) == asdict(DRAWN[7]) != asdict(DRAWN[8])
    assert again.log_density().tobytes() == DRAWN[7].log_density().tobytes()


def test_limits_that_were_not_printed_vary_within_what_the_treatment_allows():
    first = [measure.earliest_day for measure in DRAWN]
    surgery = [(measure.earliest_surgery_day, measure.latest_surgery_day) for measure in DRAWN]
    assert min(first) >= 168
    assert max(first) <= 365
    assert all(168 <= soonest <= 240 and 800 <= last <= 3000 for soonest, last in surgery)
    assert {measure.progression_before_surgery for measure in DRAWN} == {False, True}


def test_hazard_of_death_falls_below_shape_one_and_rises_above_it():
    def hazard(measure):
        # A density without anything but the hazard: the censored share of the same year cancels out.
        censored, dead = measure.log_density()
        return (dead - censored)[:10] + np.log(
            measure.dropout_rate + 1 / (LONGEST_FOLLOW_UP_YEARS - np.arange(10) - 0.5)
        )

    assert (np.diff(hazard(replace(MIDDLE, death_shape=0.5))) < 0).all()
    assert hazard(MIDDLE) == pytest.approx(np.log(np.log(2) / 8))
    assert (np.diff(hazard(replace(MIDDLE, death_shape=2.0))) > 0).all()


def test_dropout_and_late_accrual_shorten_follow_up_and_a_long_median_survival_puts_deaths_late():
    def mean_year(measure, row):
        weight = np.exp(measure.log_density()[row])
        return np.average(np.arange(weight.size) + 0.5, weights=weight)

    assert mean_year(replace(MIDDLE, dropout_rate=1 / 3), 0) < mean_year(MIDDLE, 0)
    assert (
        mean_year(replace(MIDDLE, accrual=2.0), 0) < mean_year(MIDDLE, 0) < mean_year(replace(MIDDLE, accrual=0.5), 0)
    )
    assert mean_year(replace(MIDDLE, median_survival=2.0), 1) < mean_year(MIDDLE, 1)
