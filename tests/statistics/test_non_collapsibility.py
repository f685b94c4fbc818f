"""The hazard ratio without a balanced prognostic factor agrees with R's, of patients at the quantiles."""

import json

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics.non_collapsibility import marginal_hazard_ratio

R = json.loads((ROOT / "tests" / "oracles" / "non_collapsibility.json").read_text())["cases"]


@pytest.mark.parametrize("case", R)
def test_the_marginal_ratio_agrees_with_r(case):
    asked = {name: case[name] for name in ("hr", "prognostic_hr", "share", "dead")}
    assert marginal_hazard_ratio(**asked) == pytest.approx(case["marginal"], abs=2e-4)


def test_a_factor_without_prognosis_changes_nothing():
    assert marginal_hazard_ratio(0.4, 1.0, share=0.3, dead=0.7) == pytest.approx(0.4, rel=1e-6)


@pytest.mark.parametrize("wrong", [{"hr": 0}, {"prognostic_hr": -1}, {"share": 1}, {"dead": 0}])
def test_what_is_no_ratio_or_share_is_refused(wrong):
    with pytest.raises(ValueError, match="positive|between 0 and 1"):
        marginal_hazard_ratio(**({"hr": 0.5, "prognostic_hr": 0.5, "share": 0.5, "dead": 0.5} | wrong))
