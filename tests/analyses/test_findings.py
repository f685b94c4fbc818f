"""Findings: shares by scheme and assumption, the least favourable of which decides."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.analyses import findings

N = 200
SCHEME = pd.Series(["even", "odd"] * (N // 2), index=range(1000, 1000 + N))


def judged(**columns):
    return pd.DataFrame({k: pd.Series(v, SCHEME.index, dtype=object) for k, v in columns.items()})


def mostly(exceptions, value=True):
    """All of one kind but the first few."""
    return [not value] * exceptions + [value] * (N - exceptions)


@pytest.mark.parametrize(
    ("exceptions", "kind"),
    [(0, "determined"), (2, "determined"), (4, "favoured"), (50, "favoured"), (54, "undetermined")],
)
@pytest.mark.parametrize("value", [True, False])
def test_the_share_decides_and_both_sides_are_treated_alike(exceptions, kind, value):
    found = findings.finding(judged(a=mostly(exceptions, value)), SCHEME)
    assert found.kind == kind
    assert found.holds == (None if kind == "undetermined" else value)


def test_one_scheme_can_undo_a_determination():
    values = [scheme == "even" for scheme in SCHEME]
    found = findings.finding(judged(a=values), SCHEME)
    assert (found.kind, found.low, found.high) == ("undetermined", 0, 1)


def test_one_assumption_can_undo_a_determination_and_gives_the_counterexample():
    found = findings.finding(judged(a=mostly(0), b=mostly(0, False)), SCHEME)
    assert (found.kind, found.low, found.high) == ("undetermined", 0, 1)
    assert found.example == found.counterexample == 1000
    assert found.decides == ("a", "b")
    assert findings.finding(judged(a=mostly(0), b=mostly(50, False)), SCHEME).decides == ()


def test_examples_are_cohorts_of_their_kind():
    found = findings.finding(judged(a=mostly(5)), SCHEME)
    assert (found.example, found.counterexample) == (1005, 1000)
    assert findings.finding(judged(a=mostly(0)), SCHEME).counterexample is None


def test_what_has_no_result_counts_for_neither_side():
    values = [None] * 60 + [True] * (N - 60)
    found = findings.finding(judged(a=values), SCHEME)
    assert (found.kind, found.counterexample) == ("undetermined", None)
    assert found.low == pytest.approx(0.7)


def test_a_judgement_without_its_scheme_is_refused():
    with pytest.raises(ValueError, match="each cohort"):
        findings.finding(judged(a=mostly(0)), SCHEME.iloc[:-1])
    with pytest.raises(ValueError, match="each cohort"):
        findings.finding(pd.DataFrame(index=SCHEME.index), SCHEME)


def test_below_keeps_what_is_missing_missing():
    found = findings.is_below(pd.Series([0.5, 2.0, float("nan")]), 1)
    assert found[0].tolist() == [True, False, None]


@given(st.integers(0, 1000))
def test_only_all_or_none_reads_as_such(count):
    text = findings.format_share(count / 1000, count / 1000)
    assert (text == "100%") == (count == 1000)
    assert (text == "0%") == (count == 0)


@pytest.mark.parametrize(
    ("share", "text"), [(0.009, "<1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (0.991, ">99%")]
)
def test_a_share_beside_none_or_all_says_on_which_side_it_lies(share, text):
    assert findings.format_share(share, share) == text


def test_a_range_of_shares_reads_from_low_to_high():
    assert findings.format_share(0.123, 0.456) == "12–46%"
    assert findings.format_share(0.123, 0.121) == "12%"
