"""Curves of many cohorts at once are those of each cohort by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from analysis_lib.statistics import survival_batch

GRID = np.arange(0, 12, 0.5)


@st.composite
def cohorts(draw):
    """Times on a coarse scale, so that events and censorings tie; some blank."""
    shape = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    size = shape[0] * shape[1]
    time = np.array(draw(st.lists(st.integers(1, 20), min_size=size, max_size=size)), float).reshape(shape) / 2
    blank = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))).reshape(shape)
    event = np.array(draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)), float).reshape(shape)
    blank[:, 0] = False
    return np.where(blank, np.nan, time), event


@settings(max_examples=30, deadline=None)
@given(cohorts())
def test_curves_are_those_of_lifelines(drawn):
    time, event = drawn
    found = survival_batch.curves(time, event, GRID)
    for row in range(len(time)):
        known = ~np.isnan(time[row])
        curve = KaplanMeierFitter().fit(time[row, known], event[row, known]).predict(GRID).to_numpy()
        seen = (GRID <= time[row, known].max()) | (curve < 1e-12)
        np.testing.assert_allclose(found[row, seen], curve[seen], atol=1e-12)
        assert np.isnan(found[row, ~seen]).all()


@settings(max_examples=30, deadline=None)
@given(cohorts())
def test_numbers_at_risk_are_those_of_lifelines(drawn):
    time, event = drawn
    for row, found in enumerate(survival_batch.at_risk(time, (0, 2, 5))):
        known = ~np.isnan(time[row])
        table = KaplanMeierFitter().fit(time[row, known], event[row, known]).event_table["at_risk"]
        # Whoever leaves at a time was at risk just before it.
        expected = [table[table.index >= year].max() if (table.index >= year).any() else 0 for year in (0, 2, 5)]
        assert found.tolist() == expected


def test_the_order_of_patients_and_blanks_do_not_matter():
    rng = np.random.default_rng(3)
    time, event = rng.integers(1, 20, (5, 12)) / 2, rng.integers(0, 2, (5, 12)).astype(float)
    shuffled = rng.permuted(np.arange(12)[None].repeat(5, 0), axis=1)
    with_blanks = np.hstack([np.take_along_axis(time, shuffled, 1), np.full((5, 3), np.nan)])
    events = np.hstack([np.take_along_axis(event, shuffled, 1), np.ones((5, 3))])
    np.testing.assert_array_equal(
        survival_batch.curves(time, event, GRID), survival_batch.curves(with_blanks, events, GRID)
    )


def test_an_envelope_is_blank_where_most_cohorts_are():
    values = np.array([[1.0, 0.5, 0.4], [0.8, 0.3, np.nan], [0.6, np.nan, np.nan]])
    found = survival_batch.envelope(values)
    assert found.loc[0, ["lowest", "median", "highest"]].tolist() == [0.6, 0.8, 1.0]
    assert found.loc[1, "median"] == pytest.approx(0.4)
    assert found.loc[2].isna().all()
