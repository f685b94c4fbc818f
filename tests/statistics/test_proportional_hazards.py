"""The test of proportional hazards is R's cox.zph, cohort by cohort."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import proportional_hazards

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "confounding.json").read_text())
TREATED = {"veteran": lambda d: d["trt"] - 1, "ovarian": lambda d: d["rx"] - 1}
TRANSFORMS = {"identity": lambda t: t, "log": np.log}


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_cohorts_side_by_side_agree_with_r(transform):
    tables = [pd.read_csv(ORACLES / "data" / f"{name}.csv").assign(x=TREATED[name], cohort=name) for name in TREATED]
    both = pd.concat([t[["cohort", "time", "event", "x"]] for t in tables])
    found = proportional_hazards.test(both["cohort"], both["time"], both["event"], both["x"], TRANSFORMS[transform])
    for name in TREATED:
        wanted = R[name]["zph"][R[name]["zph_columns"].index(transform)]
        assert found.loc[name, ["chi2", "p"]].tolist() == pytest.approx(wanted, rel=1e-6)


def test_a_ratio_that_grows_has_a_slope_above_zero():
    rng = np.random.default_rng(2)
    n = 4000
    x = np.arange(n) % 2
    # Weibull shapes 1 and 2: the log hazard ratio of x rises with the log of time by 1.
    time = np.where(x == 1, rng.weibull(2, n), rng.weibull(1, n)) + 1e-6
    found = proportional_hazards.test(np.zeros(n), time, np.ones(n), x).iloc[0]
    assert found["slope"] == pytest.approx(1, abs=0.25)
    assert found["p"] < 1e-10


def test_without_events_there_is_nothing_to_test():
    with pytest.raises(InputError, match="nobody had an event"):
        proportional_hazards.test([0, 0, 0, 0], [1, 2, 3, 4], [0, 0, 0, 0], [0, 1, 0, 1])
