"""Posteriors are what R's numerical integration gives."""

import json

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import sceptical_prior

R = json.loads((ROOT / "tests" / "oracles" / "small_numbers.json").read_text())


@pytest.mark.parametrize("asked", R["posteriors"], ids=lambda x: f"{x['asked']}")
def test_a_posterior_is_rs_integral_of_likelihood_and_prior(asked):
    found = sceptical_prior.posterior(*asked["asked"])
    assert [found.ratio, found.low, found.high, found.below_one] == pytest.approx(asked["answer"], rel=1e-7)


@pytest.mark.parametrize("asked", R["limits"], ids=lambda x: f"{x['asked']}")
def test_under_the_scepticism_limit_rs_posterior_reaches_one(asked):
    assert sceptical_prior.scepticism_limit(*asked["asked"]) == pytest.approx(asked["answer"], rel=1e-7)


def test_a_harmful_ratio_has_its_limit_above_one():
    low, high = 1 / 0.678, 1 / 0.103
    limit = sceptical_prior.scepticism_limit(low, high)
    assert limit == pytest.approx(1 / sceptical_prior.scepticism_limit(0.103, 0.678))


@pytest.mark.parametrize(
    ("low", "high", "says"), [(0.19, 2.086, "holds 1"), (0.7, 0.2, "between"), (-1, 2, "positive")]
)
def test_an_interval_without_a_limit_is_refused(low, high, says):
    with pytest.raises(ValueError, match=says):
        sceptical_prior.scepticism_limit(low, high)
