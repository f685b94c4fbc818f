"""Schoenfeld's formula gives the published numbers and the power of R's simulated trials."""

import json
import math

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import logrank_power

R = json.loads((ROOT / "tests" / "oracles" / "small_numbers.json").read_text())


def test_events_needed_are_those_of_a_published_example():
    # MRC Cognition and Brain Sciences Unit, statistics wiki, powsurv: survival of 75% against 37%, 20.39 events.
    ratio = math.log(0.75) / math.log(0.37)
    assert logrank_power.events_needed(ratio, share=0.5) == 21
    assert logrank_power.detectable_ratio(20.39, share=0.5) == pytest.approx(ratio, rel=1e-3)


@pytest.mark.parametrize("asked", R["powers"], ids=lambda x: f"{x['ratio']}")
def test_power_is_that_of_simulated_trials(asked):
    # The formula is asymptotic; 10,000 trials have a standard error of 0.004.
    found = logrank_power.power(asked["events"], asked["ratio"], asked["share"])
    assert found == pytest.approx(asked["power"], abs=0.03)


def test_power_at_the_detectable_ratio_is_what_was_asked_for():
    ratio = logrank_power.detectable_ratio(23, share=26 / 49, power=0.9)
    assert logrank_power.power(23, ratio, share=26 / 49) == pytest.approx(0.9)
    with pytest.raises(ValueError, match="share"):
        logrank_power.power(23, 0.5, share=1)
