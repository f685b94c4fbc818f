"""Numbers that cannot hold together: the smallest set, and what a reader is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib import __main__ as commands
from analysis_lib.cohort import plausibility
from analysis_lib.printed.number import Interval
from analysis_lib.reconstruction import build, search
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed
from analysis_lib.reconstruction.studies import infeasible_subset
from analysis_lib.targets.catalogue import Targets

PLACE = "results-survival"


def with_interval(targets: Targets, id: str, low: float, high: float) -> Targets:
    changed = {**targets, id: replace(targets[id], interval=Interval(low, high))}
    return Targets(list(changed.values()), targets.numbers, targets.assumptions)


@settings(deadline=None)
@given(st.data())
def test_the_filter_finds_exactly_one_of_the_smallest_conflicts(targets, data):
    ids = list(targets)[:12]
    conflicts = data.draw(st.lists(st.sets(st.sampled_from(ids), min_size=1, max_size=4), min_size=1, max_size=3))

    def meets(left: Targets) -> bool:
        return not any(conflict.issubset(left) for conflict in conflicts)

    found = set(infeasible_subset.smallest(meets, targets, ids))
    assert any(found == one for one in conflicts)
    assert not any(one < found for one in conflicts)


def test_targets_that_can_be_met_have_no_conflict(targets):
    assert infeasible_subset.smallest(lambda left: True, targets, list(targets)[:3]) == ()


@pytest.mark.long
def test_a_median_above_its_own_interval_is_named_with_its_limits(targets, monkeypatch):
    monkeypatch.setattr(infeasible_subset, "_STATES", 3)
    monkeypatch.setattr(infeasible_subset, "_TRIES", 1)
    monkeypatch.setattr(infeasible_subset, "_AGAIN", 2)
    id = f"{PLACE}.os.prrt_only.median"
    found = infeasible_subset.find(with_interval(targets, id, 9.95, 10.05), 1, SearchFailed("none", "survival"))
    # The limits lie evenly about the median, so that either of them contradicts it.
    assert id in found.ids
    assert set(found.ids) <= {f"{PLACE}.os.prrt_only.{s}" for s in ("median", "ci_lo", "ci_hi")}
    assert len(found.ids) == 2
    assert "is printed" in found.nearest
    assert all(id in str(found) for id in found.ids)


def test_a_failure_of_no_stage_has_no_conflict(targets):
    assert infeasible_subset.find(targets, 1, SearchFailed("no places are left for liver toxicity")) is None


def test_the_command_names_the_conflict_and_writes_nothing(targets, tmp_path, monkeypatch, capsys):
    def fail(*arguments: object, **named: object) -> None:
        raise SearchFailed("no cohort", "survival", "the nearest found has x = 1 where 2 is printed")

    found = infeasible_subset.Conflict("survival", ("a.b", "c.d"), 7)
    monkeypatch.setattr(build, "build", fail)
    monkeypatch.setattr(infeasible_subset, "find", lambda *arguments: found)
    arguments = ["reconstruct", "--cohorts", "1", "--seed", "1", "--out", str(tmp_path / "x.parquet")]
    assert commands.main(arguments) == commands.BAD_INPUT
    told = capsys.readouterr().err
    assert "the nearest found has x = 1" in told
    assert "7 searches failed to meet these together, and met them without any one of them: a.b, c.d" in told
    assert list(tmp_path.iterdir()) == []


def test_a_search_that_completes_no_cohort_ends_and_says_which_column(targets, monkeypatch):
    def fail(*arguments: object) -> None:
        raise SearchFailed("no column meets what is printed under table1.size", "table1.size", "near")

    monkeypatch.setattr(search, "_STARTS", 1)
    monkeypatch.setattr(search, "find_start", lambda *arguments: (None, None))
    monkeypatch.setattr(search, "find_response", lambda *arguments: None)
    monkeypatch.setattr(search, "cohorts_around", fail)
    with pytest.raises(SearchFailed, match=r"table1\.size; near") as caught:
        search.find_cohort(targets, 1, 0)
    assert caught.value.stage == "table1.size"


def test_a_rule_that_whole_cohorts_break_is_named_with_the_number_that_makes_them(targets, monkeypatch):
    (rule,) = (rule for rule in plausibility.rules() if rule.id == "too_frail_for_prrt")
    id = "table1.kps.all.q1"

    def around(rng: object, blocks: Blocks, *found: object) -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"patient": [1, 2], "kps": [40 if id in blocks.targets else 60, 90]})

    monkeypatch.setattr(plausibility, "rules", lambda: (rule,))
    monkeypatch.setattr(infeasible_subset, "find_start", lambda *arguments: (None, None))
    monkeypatch.setattr(infeasible_subset, "find_response", lambda *arguments: None)
    monkeypatch.setattr(infeasible_subset, "cohorts_around", around)
    found = infeasible_subset.find(targets, 1, SearchFailed("none", search.VERIFICATION))
    assert (found.rule, found.ids) == (rule.id, (id,))
    assert f"the rule {rule.id} of plausibility.csv, {id}" in str(found)


def test_a_rule_that_is_broken_whatever_number_is_left_out_is_named_alone(targets, monkeypatch):
    (rule,) = (rule for rule in plausibility.rules() if rule.id == "too_frail_for_prrt")
    monkeypatch.setattr(plausibility, "rules", lambda: (rule,))
    monkeypatch.setattr(infeasible_subset, "find_start", lambda *arguments: (None, None))
    monkeypatch.setattr(infeasible_subset, "find_response", lambda *arguments: None)
    frail = pd.DataFrame({"patient": [1], "kps": [40]})
    monkeypatch.setattr(infeasible_subset, "cohorts_around", lambda *arguments: iter([frail]))
    found = infeasible_subset.find(targets, 1, SearchFailed("none", search.VERIFICATION))
    assert (found.rule, found.ids) == (rule.id, ())
    assert f"broke the rule {rule.id} of plausibility.csv, whichever printed number was left out" in str(found)


def test_a_search_whose_cohorts_cannot_be_verified_says_so(targets, monkeypatch):
    monkeypatch.setattr(search, "_STARTS", 1)
    monkeypatch.setattr(search, "find_response", lambda *arguments: None)
    monkeypatch.setattr(search, "cohorts_around", lambda *arguments: [None])
    monkeypatch.setattr(search, "find_start", lambda *arguments: (None, None))
    monkeypatch.setattr(search, "wrong", lambda *arguments: ["cohort 0: kps is below 50"])
    with pytest.raises(SearchFailed, match="verified; the last: cohort 0: kps is below 50") as caught:
        search.find_cohort(targets, 1, 0)
    assert caught.value.stage == search.VERIFICATION
