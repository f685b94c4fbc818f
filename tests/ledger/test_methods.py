"""The ways in which numbers follow from others, held against R and against arithmetic by hand.

Where a value comes "from R", it is what R 4.2.2 (Debian) printed with `options(digits = 12)` for
the call that stands beside it.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.ledger.bounds import Bound
from analysis_lib.ledger.methods import METHODS, MOST_PATIENTS, Derivation, Statement, exact_test, implied_count
from analysis_lib.printed.number import Interval, Printed

# However slow the machine.
at_ease = settings(deadline=None)

R = dict(rel=1e-10)

# Table 1, tumour grade, all six rows: surgery beside PRRT only.
GRADE = [20, 5, 4, 8, 1, 1, 1, 0, 0, 7, 0, 2]
# Table 1, male sex, and the women.
SEX = [12, 13, 14, 10]
# Results, radiology: liver metastases gone and not.
LIVER = [5, 0, 7, 8]


def compute(method: str, values: list[float]) -> dict[str, float]:
    """Every convention's value."""
    return {name: function(*values) for name, function in METHODS[method].named(values).items()}


def only(method: str, *values: float) -> float:
    (value,) = compute(method, list(values)).values()
    return value


def percentage(count: int, n: int, places: int, rounding: str) -> Printed:
    """Rounded from the exact fraction, so that a half is a half."""
    scaled = Fraction(100 * count, n) * 10**places
    whole, rest = divmod(scaled, 1)
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (rounding == ROUND_HALF_UP or whole % 2))
    return Printed(f"{Decimal(int(whole) + bool(up)).scaleb(-places):f}")


# --- a count from its percentage


@pytest.mark.parametrize("rounding", [ROUND_HALF_UP, ROUND_HALF_EVEN])
@pytest.mark.parametrize("places", [0, 1])
def test_up_to_49_patients_a_percentage_gives_its_count_away(places, rounding):
    for n in range(1, 50):
        for count in range(n + 1):
            assert implied_count(percentage(count, n, places, rounding), n) == count


@at_ease
@given(st.integers(0, 100), st.integers(0, 400))
def test_a_count_is_implied_where_it_is_the_only_one_that_prints_so(share, n):
    half = Fraction(1, 2)
    exact = [Fraction(100 * k, n) for k in range(n + 1)] if n else []
    # Halves are rounded up, or to even as Python's round does.
    fitting = [k for k, x in enumerate(exact) if share in (math.floor(x + half), round(x))]
    assert implied_count(Printed(str(share)), n) == (fitting[0] if len(fitting) == 1 else None)


@pytest.mark.parametrize(
    ("text", "n", "count"),
    [
        ("46", 26, 12),
        ("45", 26, None),  # no count of 26: 11 is 42%, 12 is 46%
        ("50", 200, None),  # 99, 100 and 101
        ("50.0", 200, 100),
        ("0", 26, 0),
        ("100", 26, 26),
        ("101", 26, None),
        ("-5", 26, None),
        ("<5", 26, None),  # 0 or 1
        ("<3", 26, 0),
        (">97", 26, 26),
        ("50", 0, None),
        ("50", 10**15, None),
    ],
)
def test_an_implied_count_by_hand(text, n, count):
    assert implied_count(Printed(text), n) == count


# --- plain arithmetic

ARITHMETIC = [
    ("percent", (12, 26), 46.15384615384615),
    ("count_from_percent", (12,), 12),
    ("sum", (12, 13, 1), 26),
    ("difference", (49, 26, 1), 22),
    ("product", (4, 7.4), 29.6),
    ("quotient", (29.6, 7.4), 4),
    ("equals", (5.5,), 5.5),
    ("smallest", (5, 3), 3),
    ("largest", (5, 3), 5),
]


@pytest.mark.parametrize(("method", "values", "result"), ARITHMETIC)
def test_arithmetic_by_hand(method, values, result):
    assert only(method, *values) == pytest.approx(result, rel=1e-14)


@pytest.mark.parametrize("method", ["percent", "quotient"])
def test_nothing_is_a_share_of_none(method):
    assert math.isnan(only(method, 0, 0))


def test_the_mean_and_sd_of_both_groups_together():
    # From R: x <- c(scale(rnorm(26)) * 9.7 + 54.7, scale(rnorm(23)) * 13.8 + 57.7); mean(x); sd(x)
    # Table 1 prints 56.1 (11.8).
    assert only("pooled_mean", 54.7, 57.7, 26, 23) == pytest.approx(56.108163265306, **R)
    assert only("pooled_sd", 54.7, 57.7, 9.7, 13.8, 26, 23) == pytest.approx(11.771935849275, **R)


# --- tests of counts


def test_every_test_that_spss_prints_of_a_2x2_table():
    # From R: chisq.test(s, correct = FALSE), chisq.test(s), fisher.test(s), and G from its formula.
    assert compute("categorical_p", SEX) == pytest.approx(
        {
            "pearson": 0.468733106478,
            "fisher": 0.570915971189,
            "yates": 0.661218842496,
            "likelihood_ratio": 0.468289108449,
        },
        **R,
    )
    assert compute("categorical_p", LIVER) == pytest.approx(
        {
            "pearson": 0.0350149810197,
            "fisher": 0.0546955624355,
            "yates": 0.113846298007,
            "likelihood_ratio": 0.0128273440885,
        },
        **R,
    )


def test_every_test_that_spss_prints_of_a_longer_table():
    # From R: fisher.test(g), chisq.test(g, correct = FALSE), G, and (n - 1) r^2 of the scores.
    assert compute("categorical_p", GRADE) == pytest.approx(
        {
            "pearson": 0.00113363131657,
            "fisher": 8.30694931416e-05,
            "likelihood_ratio": 0.000160934298071,
            "linear_by_linear": 0.000161221316522,
        },
        **R,
    )


def test_an_empty_category_is_none_but_keeps_its_place_in_an_order():
    table = [9, 3, 4, 4, 2, 7]
    with_gap = [9, 3, 4, 4, 0, 0, 2, 7]
    dense, gappy = compute("categorical_p", table), compute("categorical_p", with_gap)
    # From R: pchisq((n - 1) * cor(row, column)^2, 1, lower.tail = FALSE), the rows 1, 2, 4 or 1, 2, 3.
    assert gappy.pop("linear_by_linear") == pytest.approx(0.0197915617261, **R)
    assert dense.pop("linear_by_linear") == pytest.approx(0.0185065149044, **R)
    assert gappy == dense


def test_two_rows_with_patients_are_a_2x2_table_whatever_stands_empty_between():
    assert compute("categorical_p", [12, 13, 0, 0, 14, 10]) == compute("categorical_p", SEX)


@pytest.mark.parametrize("counts", [[3, 0, 4, 0], [-1, 5, 4, 3], [0, 0, 0, 0]])
def test_an_empty_group_or_a_negative_count_has_no_test(counts):
    assert all(math.isnan(p) for p in compute("categorical_p", counts).values())


def test_the_smallest_exact_p_of_several_tables_in_any_order():
    # From R: fisher.test of Table 4's row (artery ≤ 180°, vein > 180°) and of its totals.
    row, total, empty = [2, 3, 3, 1, 0, 1], [16, 11, 10, 5, 0, 3], [1, 0, 0, 0, 0, 0]
    assert only("smallest_exact_p", *row) == pytest.approx(0.52380952381, **R)
    assert only("smallest_exact_p", *row, *total) == pytest.approx(0.123391922082, **R)
    for tables in ((empty, row, total), (total, empty, row), (row, total, empty)):
        assert only("smallest_exact_p", *np.ravel(tables)) == pytest.approx(0.123391922082, **R)
    assert math.isnan(only("smallest_exact_p", *empty))


def test_the_exact_test_is_fishers_for_2x2_and_freeman_and_haltons_beyond():
    assert exact_test(np.array(LIVER).reshape(2, 2)) == pytest.approx(0.0546955624355, **R)
    assert exact_test(np.array(GRADE).reshape(6, 2)) == pytest.approx(8.30694931416e-05, **R)


def test_no_table_is_enumerated_that_a_mistyped_count_made_huge():
    half = MOST_PATIENTS // 2
    assert exact_test(np.array([[half, 0], [0, half]])) < 1e-100
    with pytest.raises(ValueError, match="up to 2000 patients"):
        exact_test(np.array([[half, 0], [1, half]]))


def test_the_sd_of_both_groups_is_the_same_to_its_digits_for_every_split():
    # From numpy: samples scaled to 59 ± 25 and 41 ± 21, put together. Table 3 prints 25.
    found = compute("pooled_sd_split", [59, 25, 41, 21, 24, 52, 16, 10])
    rng, expected = np.random.default_rng(3), {}
    for n1, n2 in ((14, 10), (15, 9), (16, 8)):
        parts = []
        for mean, sd, n in ((59, 25, n1), (41, 21, n2)):
            x = rng.normal(size=n)
            parts.append(mean + sd * (x - x.mean()) / x.std(ddof=1))
        expected[f"{n1} and {n2} patients"] = np.concatenate(parts).std(ddof=1)
    assert found == pytest.approx(expected, **R)
    assert {round(sd) for sd in found.values()} == {25}


# --- t tests, ratios and their intervals


def test_both_t_tests_from_summaries():
    # From R: t.test(x, y, var.equal = TRUE) and t.test(x, y) of samples with Table 1's ages.
    assert compute("t_test", [54.7, 9.7, 26, 57.7, 13.8, 23]) == pytest.approx(
        {"pooled": 0.378892058604, "welch": 0.389800748381}, **R
    )


def splits_of(*values: float) -> set[int]:
    """Sizes of the first group for which there are t tests."""
    return {int(name.split()[1]) for name in METHODS["t_test_split"].named(values)}


def test_t_tests_for_every_split_that_an_overall_mean_allows():
    # Fibrosis: 59 ± 25 against 41 ± 21 in 24 specimens with mean 52; PR at most 16, SD at most 10.
    found = compute("t_test_split", [59, 25, 41, 21, 24, 52, 16, 10])
    # (59 n + 41 (24 - n)) / 24 lies within 1 of 52 for n = 14, 15 and 16: 51.5, 52.25 and 53.
    splits = ("14 and 10", "15 and 9", "16 and 8")
    assert list(found) == [f"{t}, {s} patients" for s in splits for t in ("pooled", "welch")]
    # From R, t.test as above, with 14 and 10.
    assert found["pooled, 14 and 10 patients"] == pytest.approx(0.0771654628492, **R)
    assert found["welch, 14 and 10 patients"] == pytest.approx(0.0695764750257, **R)


def test_a_split_must_give_the_overall_mean_within_the_rounding_of_the_groups_means():
    # 41 + 0.75 n: 13 would give 50.75, and 17 would give 53.75.
    assert splits_of(59, 25, 41, 21, 24, 52, 24, 24) == {14, 15, 16}


def test_a_split_respects_how_many_there_are_in_each_group():
    assert splits_of(59, 25, 41, 21, 24, 52, 14, 10) == {14}
    assert splits_of(59, 25, 41, 21, 24, 52, 24, 9) == {15, 16}
    assert splits_of(59, 25, 41, 21, 24, 52, 13, 10) == set()
    assert splits_of(59, 25, 41, 21, 24, 90, 16, 10) == set()
    assert splits_of(59, 25, 41, 21, 10**15, 52, 10**15, 10**15) == set()


def test_an_odds_ratio_with_its_wald_interval_and_p():
    # From R: glm(y ~ x, binomial) of grade 1 in 20 of 26 and 5 of 23 read the other way round, as
    # Table 5 has it: 20 of 25 patients with grade 1 were operated on, 6 of 24 others.
    ratio = ("odds_ratio", "odds_ratio_low", "odds_ratio_high", "odds_ratio_p")
    found = [only(part, 20, 25, 6, 24) for part in ratio]
    assert found == pytest.approx([12, 3.120677819329, 46.143821418567, 0.000299109148412], **R)


def test_a_ratio_its_interval_and_its_p_tell_on_each_other():
    # From R: 2 * pnorm(-abs(log(hr) / (log(hi / lo) / (2 * qnorm(.975))))), and its inverse.
    assert only("wald_p", 0.264, 0.103, 0.678) == pytest.approx(0.00559882353844, **R)
    assert only("wald_level", 0.264, 0.103, 0.678, 0.006) == pytest.approx(94.8100343553, **R)


# --- the list of methods as a whole


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_how_many_inputs_it_takes(name):
    method = METHODS[name]
    least, more = method.takes
    if isinstance(method, Statement):
        assert (least, more) == (0, 0)
        return
    assert least >= 1
    for count in {least, least + more, least + 2 * more}:
        # Whatever the values, that many inputs do not fail for their number.
        values = [3.0 + i for i in range(count)]
        if isinstance(method, Bound):
            try:
                method.limits([Interval(v, v) for v in values])
            except ValueError as error:
                assert "unpack" not in str(error)
            continue
        for function in method.named(values).values():
            try:
                function(*values)
            except ValueError:
                pass
        assert method.words.format(*map(str, values))


@pytest.mark.parametrize("name", [n for n, m in METHODS.items() if isinstance(m, Derivation)])
def test_every_convention_that_a_method_can_offer_can_be_stated(name):
    method = METHODS[name]
    split = [[59, 25, 41, 21, 24, 52, 16, 10]]
    if name == "pooled_sd_split":  # its conventions are the splits, of which the paper names none
        return
    examples = {"categorical_p": [SEX, GRADE], "t_test_split": split}
    offered = {c.partition(",")[0] for values in examples.get(name, [[1] * 12]) for c in method.named(values)}
    assert offered == set(method.convention_names)
