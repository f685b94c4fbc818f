"""Cox models of many cohorts at once are those of statsmodels and R, one by one."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import binary_cox

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "survival.json").read_text())
ZPH = json.loads((ORACLES / "confounding.json").read_text())
few = settings(max_examples=40, deadline=None)
rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 15), st.integers(0, 14), st.booleans(), st.booleans()),
    min_size=1,
    max_size=60,
)


def one(stop, event, exposed, **options):
    return binary_cox.cox(np.zeros(len(stop)), stop, event, exposed, **options).iloc[0]


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize(("name", "covariate"), [("leukemia", "maintained"), ("freireich", "treated")])
def test_one_cohort_agrees_with_r(name, covariate, ties):
    table = np.genfromtxt(ORACLES / "data" / f"{name}.csv", delimiter=",", names=True)
    found = one(table["time"], table["event"], table[covariate], ties=ties)
    wanted = R["cox"][name][ties]["wald"][0]
    assert found[["coef", "se", "hr", "ci_low", "ci_high", "p"]].tolist() == pytest.approx(wanted, rel=1e-8)


def test_cohorts_side_by_side_do_not_touch_each_other():
    rng = np.random.default_rng(3)
    n, cohorts = 40, 25
    cohort = rng.permutation(np.repeat(np.arange(cohorts) * 7, n))
    time, event, exposed = (
        rng.integers(1, 30, n * cohorts),
        rng.random(n * cohorts) < 0.6,
        rng.random(n * cohorts) < 0.5,
    )
    found = binary_cox.cox(cohort, time, event, exposed)
    for number in np.unique(cohort):
        mine = cohort == number
        x, died = exposed[mine][:, None].astype(float), event[mine].astype(int)
        model = PHReg(time[mine], x, died, ties="breslow").fit(tol=1e-14)
        assert found.loc[number, ["coef", "se", "p"]].tolist() == pytest.approx(
            [model.params[0], model.bse[0], model.pvalues[0]], rel=1e-8
        )
        assert found.loc[number, ["events", "events_exposed"]].tolist() == [
            event[mine].sum(),
            (event & exposed)[mine].sum(),
        ]


def test_late_entries_agree_with_statsmodels():
    rng = np.random.default_rng(8)
    # No entry at the time of an event: statsmodels would count it as at risk, R and we do not.
    start = rng.integers(0, 10, 80) + 0.5
    stop = np.ceil(start) + rng.integers(0, 12, 80)
    event, exposed = rng.random(80) < 0.7, rng.random(80) < 0.5
    found = one(stop, event, exposed, start=start)
    model = PHReg(stop, exposed[:, None].astype(float), event.astype(int), entry=start, ties="breslow").fit(tol=1e-14)
    assert [found["coef"], found["se"]] == pytest.approx([model.params[0], model.bse[0]], rel=1e-8)


@few
@given(rows)
def test_an_estimate_solves_the_score_equation_and_a_reason_stands_where_none_exists(rows):
    cohort, stop, wait, event, exposed = map(np.array, zip(*rows, strict=True))
    start = np.minimum(wait, stop - 1)
    found = binary_cox.cox(cohort, stop, event, exposed, start)
    for number, row in found.iterrows():
        mine = cohort == number
        deaths = np.flatnonzero(mine & event)
        assert (row["reason"] == binary_cox.NO_EVENTS) == (deaths.size == 0)

        def score(log_ratio, mine=mine, deaths=deaths):
            total = 0.0
            for i in deaths:
                risk = mine & (start < stop[i]) & (stop >= stop[i])
                weight = np.exp(log_ratio * exposed[risk])
                total += exposed[i] - (weight * exposed[risk]).sum() / weight.sum()
            return total

        if row["reason"] == "":
            assert score(row["coef"]) == pytest.approx(0, abs=1e-7)
        elif row["reason"] == binary_cox.SEPARATED_ALL:
            assert score(8) > 0
        elif row["reason"] == binary_cox.SEPARATED_NONE:
            assert score(-8) < 0
        else:
            assert score(-3) == score(3) == pytest.approx(0)
        assert np.isfinite(row["hr"]) == (row["reason"] == "")


@pytest.mark.parametrize(
    ("event", "exposed", "reason"),
    [
        ([0, 0, 0, 0], [1, 1, 0, 0], binary_cox.NO_EVENTS),
        ([1, 1, 1, 1], [1, 1, 1, 1], binary_cox.NO_CONTRAST),
        ([1, 1, 0, 0], [0, 0, 1, 1], binary_cox.SEPARATED_NONE),
        ([1, 1, 0, 0], [1, 1, 0, 0], binary_cox.SEPARATED_ALL),
    ],
)
def test_what_has_no_estimate_says_why(event, exposed, reason):
    found = one([1.0, 2.0, 3.0, 4.0], event, exposed)
    assert found["reason"] == reason
    assert np.isnan(found[["coef", "se", "hr", "ci_low", "ci_high", "p"]].to_numpy(float)).all()


def test_twenty_thousand_patients_are_one_cohort_like_any_other():
    rng = np.random.default_rng(5)
    n = 20_000
    exposed = rng.random(n) < 0.5
    died, left = rng.exponential(np.where(exposed, 2.0, 1.0)), rng.exponential(1.5, n)
    found = one(np.minimum(died, left), died < left, exposed)
    assert found["ci_low"] < 0.5 < found["ci_high"]


def test_an_unknown_way_with_ties_is_refused():
    with pytest.raises(ValueError, match="breslow"):
        one([1.0], [1], [1], ties="exact")


TREATED = {"veteran": lambda d: d["trt"] - 1, "ovarian": lambda d: d["rx"] - 1}
TRANSFORMS = {"identity": lambda t: t, "log": np.log}


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_test_of_proportional_hazards_is_rs_cox_zph(transform):
    tables = [pd.read_csv(ORACLES / "data" / f"{name}.csv").assign(x=TREATED[name], cohort=name) for name in TREATED]
    both = pd.concat([t[["cohort", "time", "event", "x"]] for t in tables])
    found = binary_cox.proportional_hazards(
        both["cohort"], both["time"], both["event"], both["x"], TRANSFORMS[transform]
    )
    for name in TREATED:
        wanted = ZPH[name]["zph"][ZPH[name]["zph_columns"].index(transform)]
        assert found.loc[name, ["chi2", "p"]].tolist() == pytest.approx(wanted, rel=1e-6)


def test_without_events_there_are_no_proportional_hazards_to_test():
    with pytest.raises(InputError, match="nobody had an event"):
        binary_cox.proportional_hazards([0, 0, 0, 0], [1, 2, 3, 4], [0, 0, 0, 0], [0, 1, 0, 1])
