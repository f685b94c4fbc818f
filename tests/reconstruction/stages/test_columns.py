"""Kinds of progression that go with tumour size and operation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.reconstruction.stages.columns import settle_places
from analysis_lib.reconstruction.stages.state import SearchFailed

SURGERY, REST = "surgery", "prrt_only"
ROWS = st.lists(
    st.tuples(
        st.sampled_from([SURGERY, REST]),
        st.sampled_from(["PD", "PR", "SD"]),
        st.sampled_from(["liver", "local", "bone", "pancreas", "pancreas_liver", None]),
        st.sampled_from([20.0, 30.0, 40.0, np.nan]),
        st.integers(1, 60),
        st.integers(1, 60),
    ),
    min_size=1,
    max_size=12,
)


def settled(rows):
    """Kinds of progression after the exchange; a row is group, response, kind, size after 30 mm, and two days."""
    group, response, kind, after, progressed_on, operated_on = (np.array(c) for c in zip(*rows, strict=True))
    columns = {"group": group, "best_response": response, "progression": np.array(kind, dtype=object)}
    columns |= {"tumour_size_mm": np.full(len(rows), 30.0), "tumour_size_post_mm": after.astype(float)}
    settle_places(columns, progressed_on.astype(int), operated_on.astype(int))
    return columns["progression"].tolist()


def test_a_shrunken_tumour_gives_its_progression_to_the_one_that_shrank_least():
    rows = [(REST, "PD", "pancreas", 29.0, 5, 0), (REST, "SD", "liver", 20.0, 9, 0), (REST, "SD", "liver", 28.0, 9, 0)]
    assert settled(rows) == ["liver", "liver", "pancreas"]


def test_a_tumour_that_grew_keeps_its_progression():
    rows = [(REST, "PD", "pancreas", 30.0, 5, 0), (REST, "SD", "liver", 28.0, 9, 0)]
    assert settled(rows) == ["pancreas", "liver"]


def test_a_local_recurrence_before_the_operation_goes_to_the_first_after_one():
    rows = [
        (SURGERY, "PR", "local", 20.0, 4, 9),
        (SURGERY, "PR", "liver", 20.0, 30, 9),
        (SURGERY, "PR", "bone", 20.0, 20, 9),
    ]
    assert settled(rows) == ["bone", "liver", "local"]


def test_without_anybody_to_take_the_kind_the_stage_fails():
    with pytest.raises(SearchFailed, match="kind of progression"):
        settled([(REST, "PD", "pancreas", 20.0, 5, 0)])


@given(ROWS)
def test_counts_of_both_groups_stay_and_no_contradiction_is_left(rows):
    try:
        kinds = settled(rows)
    except SearchFailed:
        return
    for group in (SURGERY, REST):
        members = [k for k, row in enumerate(rows) if row[0] == group]
        assert sorted(str(kinds[k]) for k in members) == sorted(str(rows[k][2]) for k in members)
    for kind, (group, response, _, after, progressed_on, operated_on) in zip(kinds, rows, strict=True):
        assert not (group == SURGERY and kind == "local" and progressed_on < operated_on)
        if group == REST:
            assert not (response == "PD" and kind in ("pancreas", "pancreas_liver") and after < 30)
