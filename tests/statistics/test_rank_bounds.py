"""Bounds of rank tests hold for all values with the printed quantiles; tables are those that statsmodels fits."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from analysis_lib.printed.number import Interval, Printed
from analysis_lib.statistics.rank_bounds import mann_whitney_bounds, score_tables_p

FRACTIONS = {"quartiles": (0.25, 0.5, 0.75), "ranges": (0.0, 0.5, 1.0)}


def p_of(x, y) -> float:
    return float(mannwhitneyu(x, y, use_continuity=False, method="asymptotic").pvalue)


def quantiles(values, fractions) -> dict[float, Interval]:
    """As printed to whole numbers."""
    found = np.percentile(values, [100 * f for f in fractions], method="weibull")
    return {f: Printed(f"{v:.0f}").interval for f, v in zip(fractions, found, strict=True)}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FRACTIONS)), st.integers(4, 30), st.integers(4, 30), st.integers(0, 10**6))
def test_the_bounds_hold_whatever_the_values(kind, n1, n2, seed):
    rng = np.random.default_rng(seed)
    shift, spread = rng.integers(0, 30), rng.integers(2, 40)
    x, y = rng.integers(0, spread, size=n1) + shift, rng.integers(0, spread, size=n2)
    if np.unique(np.concatenate([x, y])).size > 1:
        found = mann_whitney_bounds((n1, n2), *(quantiles(v, FRACTIONS[kind]) for v in (x, y)))
        assert p_of(x, y) in found


def test_groups_whose_quartiles_overlap_may_be_alike():
    same = {0.25: Interval(1, 1), 0.5: Interval(2, 2), 0.75: Interval(3, 3)}
    assert mann_whitney_bounds((20, 20), same, same).high == 1


def test_groups_that_lie_apart_have_the_p_value_of_that():
    first, second = ({0.0: Interval(a, a), 1.0: Interval(b, b)} for a, b in ((0, 3), (5, 9)))
    assert mann_whitney_bounds((6, 7), first, second).high == pytest.approx(p_of(range(6), range(6, 13)))


def test_quantiles_out_of_order_are_refused():
    with pytest.raises(ValueError, match="no values"):
        mann_whitney_bounds((9, 9), {0.25: Interval(5, 5), 0.5: Interval(4, 4)}, {0.5: Interval(1, 1)})


@pytest.mark.filterwarnings("ignore")  # statsmodels, of tables whose groups do not overlap
def test_score_tables_are_all_that_fit_and_no_others():
    # Eight and six patients on three levels; each table fitted by statsmodels and tested by SciPy.
    levels, sizes = (70, 80, 90), (8, 6)
    printed = [Printed(text).interval for text in ("0.88", "0.75", "1.03", "0.12")]
    upper_half = [Interval(75, 90), Interval(70, 90), Interval(85, 90)]
    anything = [Interval(0, 100)] * 3
    expected = []
    for a in combinations_with_replacement(levels, sizes[0]):
        for b in combinations_with_replacement(levels, sizes[1]):
            quartiles = np.percentile(b, (50, 25, 75), method="weibull")
            if not all(v in limit for v, limit in zip(quartiles, upper_half, strict=True)) or a[0] == a[-1]:
                continue
            outcome = np.repeat([1, 0], sizes)
            fit = sm.Logit(outcome, sm.add_constant(np.array(a + b, dtype=float))).fit(disp=0, maxiter=100)
            values = (*np.exp([fit.params[1], *fit.conf_int()[1]]), fit.pvalues[1])
            if all(v in limit for v, limit in zip(values, printed, strict=True)):
                expected.append(p_of(a, b))
    assert len(expected) >= 3
    found = score_tables_p(levels, sizes, [anything, anything, upper_half], *printed)
    assert sorted(found) == pytest.approx(sorted(expected))


def test_where_no_table_fits_there_is_no_p_value_and_where_too_many_do_none_is_given():
    anything = [Interval(0, 100)] * 3
    ratio = Interval(1.0, 1.1), Interval(0, 2), Interval(0, 9), Interval(0, 1)
    nowhere = [Interval(1, 2)] * 3
    assert score_tables_p((70, 80), (4, 4), [anything, nowhere, anything], *ratio).size == 0
    assert score_tables_p(range(50, 101, 10), (26, 23), [anything] * 3, *ratio) is None
    with pytest.raises(ValueError, match="must be positive"):
        score_tables_p((70, 80), (4, 4), [anything] * 3, Interval(-1, 1), *ratio[1:])
