"""Tests of counts agree with R and PSPP, and keep the laws that hold for any table."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import contingency, freeman_halton

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "contingency.json").read_text())
PSPP = json.loads((ORACLES / "pspp.json").read_text())["crosstabs"]
TESTS = {
    "fisher": contingency.fisher_freeman_halton,
    "pearson": contingency.pearson_chi2,
    "likelihood_ratio": contingency.likelihood_ratio_chi2,
    "linear_by_linear": contingency.linear_by_linear,
    "yates": contingency.yates_chi2,
}
TWO_BY_TWO = [name for name, asked in R["tables"].items() if "yates" in asked]

few = settings(max_examples=40, deadline=None)


@st.composite
def tables(draw, rows=(2, 4), columns=(2, 3), most=4):
    r, c = draw(st.integers(*rows)), draw(st.integers(*columns))
    cells = draw(st.lists(st.integers(0, most), min_size=r * c, max_size=r * c).filter(any))
    return np.reshape(cells, (r, c))


two_by_two = tables(rows=(2, 2), columns=(2, 2), most=30)


# --- agreement


@pytest.mark.parametrize(
    ("name", "test"),
    [(name, test) for name, asked in R["tables"].items() for test in TESTS if test in asked],
)
def test_p_values_agree_with_r(name, test):
    asked = R["tables"][name]
    assert TESTS[test](asked["table"]) == pytest.approx(asked[test], rel=1e-11)


@pytest.mark.parametrize("name", TWO_BY_TWO)
def test_fisher_exact_agrees_with_r(name):
    asked = R["tables"][name]
    assert contingency.fisher_exact(asked["table"]) == pytest.approx(asked["fisher"], rel=1e-11)


@pytest.mark.parametrize("name", R["odds_ratios"])
def test_odds_ratio_is_that_of_r_logistic_regression(name):
    *_, ratio, low, high, p = R["odds_ratios"][name]
    result = contingency.odds_ratio(R["tables"][name]["table"])
    assert (result.estimate, result.ci_low, result.ci_high, result.p) == pytest.approx((ratio, low, high, p), rel=1e-9)


@pytest.mark.parametrize("asked", R["proportions"], ids=lambda a: f"{a['count']}of{a['n']}")
def test_binomial_intervals_agree_with_r(asked):
    count, n = asked["count"], asked["n"]
    for key, how in {
        "exact": {},
        "exact_90": {"confidence": 0.9},
        "wilson": {"method": "wilson"},
    }.items():
        result = contingency.binomial_interval(count, n, **how)
        assert (result.ci_low, result.ci_high) == pytest.approx(asked[key], rel=1e-10, abs=1e-15)
        assert result.estimate == count / n


@pytest.mark.parametrize("name", PSPP)
def test_chi_squared_tests_agree_with_pspp(name):
    """PSPP prints ten decimals of a statistic: its p value is good to some nine digits."""
    rows = {
        "Pearson Chi-Square": contingency.pearson_chi2,
        "Likelihood Ratio": contingency.likelihood_ratio_chi2,
        "Linear-by-Linear Association": contingency.linear_by_linear,
        "Continuity Correction": contingency.yates_chi2,
    }
    table = R["tables"][name]["table"]
    for label, test in rows.items():
        if label in PSPP[name]:
            value, df, _ = map(float, PSPP[name][label])
            assert test(table) == pytest.approx(stats.chi2.sf(value, df), rel=1e-8, abs=2e-8)


@pytest.mark.parametrize("name", ["male", "progression"])
def test_fisher_exact_agrees_with_pspp_to_its_three_decimals(name):
    printed = float(PSPP[name]["Fisher's Exact Test"][0])
    p = contingency.fisher_exact(R["tables"][name]["table"])
    assert p == pytest.approx(printed, abs=0.0005)


# --- laws


def p_by_listing_every_table(table):
    """Freeman and Halton's p by brute force, in whole numbers: no tolerance to argue about."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)

    def ways(cells):  # proportional to the table's probability
        return math.prod(
            math.factorial(int(total)) // math.prod(math.factorial(int(k)) for k in row)
            for total, row in zip(rows, cells, strict=True)
        )

    possible = [
        [row for row in itertools.product(range(total + 1), repeat=len(columns)) if sum(row) == total] for total in rows
    ]
    weights = [
        ways(cells)
        for cells in itertools.product(*possible)
        if tuple(map(sum, zip(*cells, strict=True))) == tuple(columns)
    ]
    return sum(w for w in weights if w <= ways(table)) / sum(weights)


@given(tables(rows=(2, 3), most=2))
@few
def test_freeman_halton_equals_listing_every_table(table):
    p = contingency.fisher_freeman_halton(table)
    assert p == pytest.approx(p_by_listing_every_table(table), rel=1e-12)


@pytest.mark.parametrize(
    "table",
    [
        [[0, 1, 3], [0, 1, 1], [2, 0, 0], [0, 1, 1]],
        [[1, 1, 0], [1, 0, 2], [1, 2, 1], [0, 0, 2]],
        [[0, 1, 1], [3, 1, 1], [0, 1, 0], [1, 1, 1], [1, 0, 1]],
    ],
)
def test_freeman_halton_of_four_and_more_rows_equals_listing_every_table(table):
    """What the rest of a table can reach at most is a sum over rows, and matters from four on."""
    p = contingency.fisher_freeman_halton(table)
    assert p == pytest.approx(p_by_listing_every_table(np.array(table)), rel=1e-12)


def test_paths_that_meet_with_the_same_value_go_on_as_one():
    key, value, number = freeman_halton._merge(
        np.array([2, 1, 2, 1]), np.array([0.5, 0.25, 0.5 + 1e-13, 0.75]), np.array([1.0, 2.0, 4.0, 8.0])
    )
    assert (key.tolist(), value.tolist(), number.tolist()) == ([1, 1, 2], [0.25, 0.75, 0.5], [2, 8, 5])


@given(two_by_two)
@few
def test_freeman_halton_is_fisher_exact_on_2x2(table):
    p = contingency.fisher_freeman_halton(table)
    assert p == pytest.approx(contingency.fisher_exact(table), rel=1e-10)


@given(two_by_two)
@few
def test_the_tests_of_a_2x2_table_are_those_of_scipy(table):
    table = np.asarray(table)
    assume(table.any(axis=0).all() and table.any(axis=1).all())
    assert contingency.fisher_exact(table) == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-12)
    for test, options in (
        (contingency.pearson_chi2, {"correction": False}),
        (contingency.yates_chi2, {"correction": True}),
        (contingency.likelihood_ratio_chi2, {"correction": False, "lambda_": "log-likelihood"}),
    ):
        assert test(table) == pytest.approx(stats.chi2_contingency(table, **options).pvalue, rel=1e-12)


@given(tables(), st.randoms(use_true_random=False))
@few
def test_order_and_orientation_do_not_matter(table, random):
    rows, columns = (random.sample(range(k), k) for k in table.shape)
    for test in ("fisher", "pearson", "likelihood_ratio"):
        p = TESTS[test](table)
        assert TESTS[test](table[rows][:, columns]) == pytest.approx(p, rel=1e-10)
        assert TESTS[test](table.T) == pytest.approx(p, rel=1e-10)


@given(tables())
@few
def test_linear_by_linear_reads_either_way_round(table):
    p = contingency.linear_by_linear(table)
    for other in (table.T, table[::-1], table[:, ::-1]):
        assert contingency.linear_by_linear(other) == pytest.approx(p, rel=1e-9)


@given(tables())
@few
def test_p_values_are_probabilities_and_empty_categories_change_none(table):
    wider = np.zeros((table.shape[0] + 1, table.shape[1] + 1), dtype=int)
    wider[:-1, :-1] = table
    for name in ("fisher", "pearson", "likelihood_ratio", "linear_by_linear"):
        p = TESTS[name](table)
        assert 0 <= p <= 1
        assert TESTS[name](wider) == pytest.approx(p, rel=1e-12)


@given(two_by_two)
@few
def test_yates_never_gives_the_smaller_p(table):
    assert contingency.yates_chi2(table) >= contingency.pearson_chi2(table) * (1 - 1e-12)


@pytest.mark.parametrize("table", [[[3, 0], [5, 0]], [[2, 7]], [[4], [1]], [[6]]])
def test_a_table_with_one_row_or_column_has_p_1(table):
    for name in ("fisher", "pearson", "likelihood_ratio", "linear_by_linear"):
        assert TESTS[name](table) == 1.0


def test_an_empty_category_keeps_its_score():
    apart, together = [[5, 2], [0, 0], [1, 6], [3, 3]], [[5, 2], [1, 6], [3, 3]]
    assert contingency.linear_by_linear(apart) != contingency.linear_by_linear(together)


def test_equally_probable_tables_count_in_spite_of_rounding():
    # Either end of [[10-k, k], [k, 10-k]] is as probable as the other: twice one end.
    assert contingency.fisher_freeman_halton([[9, 1], [1, 9]]) == pytest.approx(
        2 * (1 + 100) / math.comb(20, 10), rel=1e-12
    )


@given(two_by_two.filter(np.all))
@few
def test_odds_ratio_interval_and_p_agree_and_turn_over_with_the_rows(table):
    result, turned = contingency.odds_ratio(table), contingency.odds_ratio(table[::-1])
    assert turned.estimate == pytest.approx(1 / result.estimate)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((1 / result.ci_high, 1 / result.ci_low))
    assert (result.p < 0.05) == (not result.ci_low <= 1 <= result.ci_high)


@pytest.mark.parametrize(
    ("table", "estimate"),
    [
        ([[0, 3], [4, 5]], 0.0),
        ([[3, 0], [4, 5]], math.inf),
        ([[0, 3], [0, 5]], math.nan),
        ([[0, 3], [4, 0]], 0.0),
    ],
)
def test_odds_ratio_with_an_empty_cell_has_neither_interval_nor_p(table, estimate):
    result = contingency.odds_ratio(table)
    assert result.estimate == pytest.approx(estimate, nan_ok=True)
    assert np.isnan([result.ci_low, result.ci_high, result.p]).all()


# --- mistakes


@pytest.mark.parametrize(
    "table",
    [
        [],
        [1, 2],
        [[1, 2], [3]],
        [[1, -2], [3, 4]],
        [[1.5, 2], [3, 4]],
        [[1, np.nan], [3, 4]],
        [[1, np.inf], [3, 4]],
        [["a", 2], [3, 4]],
        [[0, 0], [0, 0]],
        [[1, 2, 3], [4, 5, 6]],
    ],
)
def test_what_is_no_2x2_table_is_refused(table):
    for test in (contingency.yates_chi2, contingency.fisher_exact, contingency.odds_ratio):
        with pytest.raises(ValueError, match="table"):
            test(table)


@pytest.mark.parametrize(
    ("count", "n", "how"),
    [
        (5, 4, {}),
        (-1, 4, {}),
        (0, 0, {}),
        (1.5, 4, {}),
        (math.nan, 4, {}),
        (1, 4, {"confidence": 95}),
        (1, 4, {"method": "agresti"}),
    ],
)
def test_what_is_no_proportion_is_refused(count, n, how):
    with pytest.raises(ValueError, match=r"whole numbers|confidence|method"):
        contingency.binomial_interval(count, n, **how)


def test_odds_of_0_to_0_have_no_ratio():
    assert math.isnan(contingency.odds_ratio([[3, 0], [2, 0]]).estimate)


def test_an_interval_that_scipy_alone_knows_is_refused():
    with pytest.raises(ValueError, match="method must be"):
        contingency.binomial_interval(1, 4, method="wilsoncc")


def test_one_patient_is_enough_for_an_interval():
    found = contingency.binomial_interval(1, 1)
    # Clopper and Pearson's lower limit of n of n is the n-th root of half of what the level leaves.
    assert (found.ci_low, found.ci_high) == pytest.approx((0.025, 1.0))
