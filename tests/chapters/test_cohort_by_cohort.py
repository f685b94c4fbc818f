"""The figure that steps through simulated cohorts shows each as it is, and what all share comes out as printed."""

import re

import numpy as np
import pytest

from analysis_lib.analyses import immortal_time
from analysis_lib.chapters import cohort_by_cohort
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.statistics import survival


@pytest.fixture(scope="module")
def ensemble():
    return ensembles.load(columns=cohort_by_cohort.COLUMNS)


@pytest.fixture(scope="module")
def figure(ensemble, claims):
    return cohort_by_cohort.figure(ensemble, claims)


def test_what_is_printed_comes_out_as_printed_in_each_cohort_that_is_shown(figure, claims):
    for part, (_, id, _) in cohort_by_cohort._PRINTED.items():
        texts = [step[part] for step in figure.steps]
        assert all(float(text) in claims[id].number.interval for text in texts), part
    assert len({step["median_surgery"] for step in figure.steps}) > 1


def test_a_step_is_its_cohort(figure, ensemble):
    last = figure.steps[-1]
    one = ensemble.one(ensemble.origin.index[-1])
    assert last["step"] == f"{cohort_by_cohort.SHOWN} of {cohort_by_cohort.SHOWN}"
    alone = one[one["group"] == "prrt_only"]
    alive = survival.survival_at(alone["os_years"], alone["os_event"], 5)[0]
    assert f"{alive:.0%} of the no-surgery group" in last["sentence"]
    assert f"hazard ratio is {immortal_time.time_dependent(one)['hr'].item():.2f}." in last["sentence"]
    assert [last[f"at_risk_prrt_only_{t}"] for t in (0, 5)] == ["23", str((alone["os_years"] >= 5).sum())]


def test_a_curve_goes_down_once_for_each_day_with_deaths_and_has_a_tick_for_each_last_day_alive(figure, ensemble):
    one = ensemble.one(ensemble.origin.index[0])
    for group, part in one.groupby("group"):
        drawn = "".join(figure.steps[0][f"{name}_{group}"]["d"] for name in ("curve", "few"))
        died = part["os_event"] == 1
        ticks = re.findall(r"M\d+ -?\d+V\d+(?=M|$)", drawn)
        assert len(ticks) == part.loc[~died, "os_years"].nunique()
        steps = drawn.count("V") - len(ticks)
        assert steps == part.loc[died, "os_years"].nunique()


def test_the_range_over_all_cohorts_holds_every_step(figure, ensemble):
    varies = cohort_by_cohort.not_printed(ensemble)
    ranges = re.findall(r"<td>([\d.]+)%? to ([\d.]+)%?</td>", figure.beneath)
    assert len(ranges) == varies.shape[1]
    for k, (low, high) in enumerate(ranges):
        values = np.array([float(step[f"varies_{k}"].rstrip("%")) for step in figure.steps])
        assert (float(low) <= values).all() and (values <= float(high)).all() and np.ptp(values) > 0
