"""Tests from summaries and samples agree with R and PSPP; Wald's quantities imply each other."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import summaries

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "summaries.json").read_text())
PSPP = json.loads((ORACLES / "pspp.json").read_text())["samples"]
SAMPLES = R["two_samples"]

few = settings(max_examples=40, deadline=None)
samples = st.lists(st.integers(-50, 50), min_size=3, max_size=20)
ratios = st.floats(0.05, 20)
p_values = st.floats(1e-6, 0.99)


def exactly(value):
    return pytest.approx(value, rel=1e-10)


# --- agreement with R


@pytest.mark.parametrize("name", SAMPLES)
def test_t_tests_agree_with_r(name):
    asked = SAMPLES[name]
    assert summaries.t_test(*asked["summary"]) == exactly(asked["t_pooled"])
    welch = summaries.t_test(*asked["summary"], equal_variance=False)
    assert welch == exactly(asked["t_welch"])


@pytest.mark.parametrize("asked", R["t_from_summary"])
def test_t_tests_from_printed_summaries_agree_with_the_formulae_in_r(asked):
    assert summaries.t_test(*asked["summary"]) == exactly(asked["pooled"])
    welch = summaries.t_test(*asked["summary"], equal_variance=False)
    assert welch == exactly(asked["welch"])


@pytest.mark.parametrize("name", SAMPLES)
def test_quantiles_agree_with_r_type_6_and_hinges_with_fivenum(name):
    asked = SAMPLES[name]
    quantiles = summaries.quantile(asked["x"], R["probabilities"])
    assert quantiles == exactly(asked["quantiles_of_x"])
    assert summaries.tukey_hinges(asked["x"]) == exactly(tuple(asked["hinges_of_x"]))


@pytest.mark.parametrize("name", SAMPLES)
def test_pooled_mean_and_sd_are_those_of_the_union(name):
    asked = SAMPLES[name]
    mean1, sd1, n1, mean2, sd2, n2 = asked["summary"]
    assert summaries.pooled_mean([mean1, mean2], [n1, n2]) == exactly(asked["union"][0])
    assert summaries.pooled_sd([mean1, mean2], [sd1, sd2], [n1, n2]) == exactly(asked["union"][1])


# --- agreement with PSPP, the free relative of SPSS, to the ten decimals it prints


PSPP_SAMPLES = [("age", "ages"), ("kps", "kps")]


@pytest.mark.parametrize(("printed", "name"), PSPP_SAMPLES)
def test_percentiles_and_hinges_agree_with_pspp(printed, name):
    values = SAMPLES[name]["x"] + SAMPLES[name]["y"]
    percentiles = PSPP[printed]["Percentiles"]
    # Below rank 1 PSPP interpolates towards 0, which can be no percentile; R and NumPy stop.
    for q, percentile in zip(R["probabilities"], percentiles["Weighted Average"], strict=True):
        if (len(values) + 1) * q >= 1:
            assert summaries.quantile(values, q) == pytest.approx(float(percentile), abs=1e-9)
    low, _, high = map(float, percentiles["Tukey's Hinges"])
    assert summaries.tukey_hinges(values) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize(("printed", "name"), PSPP_SAMPLES)
def test_t_tests_agree_with_pspp(printed, name):
    pooled = PSPP[printed]["Equal variances assumed"][2:4]
    welch = PSPP[printed]["Equal variances not assumed"][:2]
    for equal, (t, df) in ((True, map(float, pooled)), (False, map(float, welch))):
        p = summaries.t_test(*SAMPLES[name]["summary"], equal_variance=equal)
        assert p == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-8)


# --- laws of samples


@given(samples, st.floats(0, 1))
@few
def test_quantiles_turn_over_with_the_sign(values, q):
    negated = [-v for v in values]
    assert summaries.quantile(negated, q) == pytest.approx(-summaries.quantile(values, 1 - q))
    low, high = summaries.tukey_hinges(values)
    assert summaries.tukey_hinges(negated) == (-high, -low)
    assert min(values) <= low <= np.median(values) <= high <= max(values)


@given(samples, samples)
@few
def test_t_test_of_summaries_is_that_of_the_data(x, y):
    assume(np.ptp(x) and np.ptp(y))  # SciPy warns of a constant sample
    summary = np.mean(x), np.std(x, ddof=1), len(x), np.mean(y), np.std(y, ddof=1), len(y)
    for equal in (True, False):
        p = stats.ttest_ind(x, y, equal_var=equal).pvalue
        assert summaries.t_test(*summary, equal_variance=equal) == pytest.approx(p, rel=1e-9)


@given(st.lists(samples, min_size=1, max_size=4))
@few
def test_pooling_summaries_is_pooling_data(groups):
    means, ns = [np.mean(g) for g in groups], [len(g) for g in groups]
    sds = [np.std(g, ddof=1) for g in groups]
    union = np.concatenate(groups)
    assert summaries.pooled_mean(means, ns) == pytest.approx(union.mean(), abs=1e-9)
    assert summaries.pooled_sd(means, sds, ns) == pytest.approx(union.std(ddof=1), abs=1e-9)


# --- laws of Wald's quantities


def test_a_wald_interval_and_p_as_r_prints_them():
    """The leukaemia model of the survival oracle: hazard ratio, limits and p of coxph."""
    model = json.loads((ORACLES / "survival.json").read_text())["cox"]["leukemia"]
    _, _, ratio, low, high, p = model["efron"]["wald"][0]
    assert summaries.wald_p(ratio, low, high) == exactly(p)
    assert summaries.wald_estimate(low, high) == exactly(ratio)
    assert summaries.wald_limit(ratio, low) == exactly(high)
    assert summaries.wald_confidence_level(ratio, low, high, p) == exactly(0.95)


@given(ratios, p_values, st.floats(0.5, 0.999))
@few
def test_interval_p_estimate_and_level_imply_each_other(ratio, p, level):
    assume(abs(np.log(ratio)) > 1e-3)
    se = abs(np.log(ratio)) / stats.norm.isf(p / 2)
    half, half_95 = stats.norm.isf((1 - level) / 2) * se, stats.norm.isf(0.025) * se
    # limits, and with them all that follows from them, may leave the range of floats
    assume(max(half, half_95) < 300)
    low, high = ratio * np.exp(-half), ratio * np.exp(half)
    assert summaries.wald_p(ratio, ratio * np.exp(-half_95), ratio * np.exp(half_95)) == pytest.approx(p, rel=1e-6)
    assert summaries.wald_confidence_level(ratio, low, high, p) == pytest.approx(level, rel=1e-6)
    assert summaries.wald_estimate(low, high) == pytest.approx(ratio)
    assert summaries.wald_limit(ratio, high) == pytest.approx(low)


@given(ratios, st.floats(1.01, 10))
@few
def test_a_limit_at_1_is_significance_at_the_level(ratio, factor):
    assume(abs(np.log(ratio) ** 2 - np.log(factor) ** 2) > 1e-9)
    p = summaries.wald_p(ratio, ratio / factor, ratio * factor)
    assert (p < 0.05) == (abs(np.log(ratio)) > np.log(factor))


def test_symmetric_midpoint_is_halfway():
    assert summaries.symmetric_midpoint(12.5, 33.5) == 23.0


def test_arrays_give_arrays_of_what_floats_give():
    low, high = np.array([0.1, 0.2])[:, np.newaxis], np.array([0.6, 0.7, 0.8])
    p = summaries.wald_p(0.3, low, high)
    assert p.shape == (2, 3)
    assert p[1, 2] == summaries.wald_p(0.3, 0.2, 0.8)
    assert type(summaries.wald_p(0.3, 0.2, 0.8)) is float
    corners = summaries.t_test(np.array([54.65, 54.75]), 9.7, 26, 57.7, 13.8, 23)
    assert corners[0] == summaries.t_test(54.65, 9.7, 26, 57.7, 13.8, 23)
    pooled = summaries.pooled_sd([[1, 1], [2, 3]], [[1, 1], [1, 1]], [5, 6])
    assert pooled[1] == summaries.pooled_sd([1, 3], [1, 1], [5, 6])


# --- mistakes


@pytest.mark.parametrize(
    "call",
    [
        lambda: summaries.t_test(1, -1, 5, 2, 1, 5),
        lambda: summaries.t_test(1, 0, 5, 2, 0, 5),
        lambda: summaries.t_test(1, 1, 1, 2, 1, 5),
        lambda: summaries.t_test(np.nan, 1, 5, 2, 1, 5),
        lambda: summaries.t_test("about 3", 1, 5, 2, 1, 5),
        lambda: summaries.pooled_mean([1, 2], [3]),
        lambda: summaries.pooled_mean([1, 2], [3, 0]),
        lambda: summaries.pooled_mean([], []),
        lambda: summaries.pooled_sd([1, 2], [1], [3, 3]),
        lambda: summaries.pooled_sd([1], [0], [1]),
        lambda: summaries.pooled_sd([1, 2], [1, -1], [3, 3]),
        lambda: summaries.quantile([], 0.5),
        lambda: summaries.quantile([1, np.nan], 0.5),
        lambda: summaries.quantile([1, 2], 50),
        lambda: summaries.tukey_hinges([[1, 2]]),
        lambda: summaries.wald_p(0.5, 0.9, 0.3),
        lambda: summaries.wald_p(0.5, 0, 0.9),
        lambda: summaries.wald_estimate(-1, 2),
        lambda: summaries.wald_limit(0.5, np.inf),
        lambda: summaries.wald_confidence_level(0.5, 0.3, 0.9, 1.2),
        lambda: summaries.symmetric_midpoint(5, 4),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(ValueError, match=r"\w{3,}"):
        call()


# --- what the mutants of `make mutants` showed to be untested


def test_two_values_are_enough_for_a_t_test():
    # R 4.2.2: t.test(c(0, 2), c(1, 5, 6)), with and without var.equal = TRUE.
    pair, three = (1.0, 2**0.5, 2), (4.0, 7**0.5, 3)
    for equal, p in ((True, 0.249895259423), (False, 0.199345230443)):
        assert summaries.t_test(*pair, *three, equal_variance=equal) == pytest.approx(p, rel=1e-10)
        assert summaries.t_test(*three, *pair, equal_variance=equal) == pytest.approx(p, rel=1e-10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: summaries.quantile([1, 2, 3], [0.5, 1.5]), "fraction lies between 0 and 1"),
        (lambda: summaries.quantile([1, 2, 3], [-0.5, 0.5]), "fraction lies between 0 and 1"),
        (lambda: summaries.quantile([1, 2, 3], 1.01), "fraction lies between 0 and 1"),
        (lambda: summaries.pooled_sd([[1, 1]], [[0, 1]], [[1, 3]]), "an SD needs two values"),
        (lambda: summaries.wald_confidence_level(2.0, [1.5, 1.5], [3.0, 3.0], [0.02, 1.0]), "p must lie between"),
        (lambda: summaries.wald_confidence_level([2.0, 1.0], 0.5, 3.0, 0.02), "a ratio of 1"),
        (lambda: summaries.t_test(1, 1, [1, 5], 2, 1, 5), "two"),
        (lambda: summaries.t_test(1, 1, 5, 2, 1, [1, 5]), "two"),
        (lambda: summaries.t_test(1, [0, 1], 5, 2, 0, 5), "both SDs 0"),
        (lambda: summaries.symmetric_midpoint([5, 1], [4, 2]), "above the upper"),
        (lambda: summaries.wald_estimate([0.9, 0.2], [0.3, 0.4]), "below the upper"),
        (lambda: summaries.wald_estimate(0.5, 0.5), "below the upper"),
        (lambda: summaries.pooled_mean(5, [1, 2]), "its own mean"),
    ],
)
def test_one_impossible_value_among_several_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_one_group_without_spread_does_not_stop_a_t_test():
    # R 4.2.2: t.test(c(3, 3, 3), c(1, 5, 6)), with and without var.equal = TRUE.
    for equal, p in ((True, 0.5484242619722), (False, 0.5799159747916)):
        found = summaries.t_test(3.0, 0.0, 3, 4.0, 7**0.5, 3, equal_variance=equal)
        assert found == pytest.approx(p, rel=1e-10)


def test_two_patients_have_a_pooled_sd_and_equal_limits_a_midpoint():
    assert summaries.pooled_sd([1, 3], [0, 0], [1, 1]) == pytest.approx(2**0.5)
    assert summaries.symmetric_midpoint(3, 3) == 3
