"""Fragility indices are the least over every table and every set of patients, as R's tests find them."""

import json

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import fragility

R = json.loads((ROOT / "tests" / "oracles" / "small_numbers.json").read_text())


@pytest.mark.parametrize("asked", R["tables"], ids=lambda t: f"{t['events']} of {t['sizes']}")
def test_no_nearer_table_crosses_the_limit_by_rs_fisher_test(asked):
    events, sizes = asked["events"], asked["sizes"]
    table = [events, [n - k for k, n in zip(events, sizes, strict=True)]]
    assert fragility.fragility_index(table) == asked["flips"]


def test_an_index_needs_two_groups_and_two_outcomes():
    with pytest.raises(ValueError, match="2×2"):
        fragility.fragility_index([[1, 2, 3], [4, 5, 6]])


DISTINCT = [t for t in R["trials"] if len(set(t["time"])) == len(t["time"])]
TIED = [t for t in R["trials"] if t not in DISTINCT]


@pytest.mark.parametrize("asked", DISTINCT, ids=lambda t: f"{t['added']}")
def test_no_smaller_set_of_events_undoes_a_log_rank_test_by_rs_search(asked):
    found = fragility.logrank_fragility(asked["time"], asked["event"], asked["exposed"])
    assert found == asked["added"]


@pytest.mark.parametrize("asked", TIED, ids=lambda t: f"{t['added']}")
def test_with_ties_the_events_suffice_and_are_never_fewer_than_rs(asked):
    found = fragility.logrank_fragility(asked["time"], asked["event"], asked["exposed"])
    assert (found is None) == (asked["added"] is None)
    assert found is None or found >= asked["added"]
