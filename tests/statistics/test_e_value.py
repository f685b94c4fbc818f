"""E-values agree with those that VanderWeele and Ding print, and with the formulas of R's EValue."""

import pytest

from analysis_lib.statistics.e_value import EValue, e_value, e_value_of_hazard_ratio, risk_ratio


@pytest.mark.parametrize(
    ("ratio", "printed"),
    # VanderWeele and Ding 2017: breastfeeding and infant death; and the leukaemia example of R's EValue.
    [((3.9, 1.8, 8.7), (7.26, 3.00)), ((0.80, 0.71, 0.91), (1.81, 1.43))],
)
def test_published_examples(ratio, printed):
    found = e_value(*ratio)

    assert (round(found.estimate, 2), round(found.limit, 2)) == printed


def test_a_hazard_ratio_of_a_common_outcome():
    # evalues.HR(0.56, 0.46, 0.69, rare = FALSE) of R's EValue 4.1.3, its formula evaluated in R 4.2.2.
    ratios = [risk_ratio(x) for x in (0.56, 0.46, 0.69)]

    assert ratios == pytest.approx([0.6700839516630157, 0.5859349865613132, 0.7735267391370902], rel=1e-12)
    found = e_value(*ratios)
    assert found.estimate == pytest.approx(2.349531257322429, rel=1e-12)
    assert found.limit == pytest.approx(1.9080039432744402, rel=1e-12)
    assert e_value_of_hazard_ratio(0.56, 0.46, 0.69, common=True) == found
    assert e_value_of_hazard_ratio(0.56, 0.46, 0.69, common=False) == e_value(0.56, 0.46, 0.69)


def test_risk_ratio_and_its_reciprocal_mirror_each_other():
    assert risk_ratio(1) == 1
    assert risk_ratio(0.4) * risk_ratio(2.5) == pytest.approx(1)


def test_an_interval_that_holds_one_needs_no_confounding():
    assert e_value(0.7, 0.4, 1.2).limit == 1
    assert e_value(1.0, 0.5, 2.0) == EValue(1.0, 1.0)


def test_ratio_and_reciprocal_have_one_e_value():
    down, up = e_value(0.5, 0.25, 0.8), e_value(2.0, 1.25, 4.0)

    assert (down.estimate, down.limit) == pytest.approx((up.estimate, up.limit))


@pytest.mark.parametrize("ratio", [(0.5, 0.6, 0.8), (0.0, 0.1, 0.2), (-1, 0.5, 2)])
def test_what_is_no_ratio_with_its_interval_is_refused(ratio):
    with pytest.raises(ValueError, match="ratio"):
        e_value(*ratio)
