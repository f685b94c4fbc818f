"""A cohort is described as R describes it, endpoint by endpoint; what it lacks is a reason."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import description
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.template import EXAMPLES
from analysis_lib.statistics import binary_cox, survival

R = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())
EVERY = [(name, of) for name, found in R.items() if isinstance(found, dict) for of in found.get("endpoints", ())]
RATIO = ["hr", "ci_low", "ci_high", "p"]
every = pytest.mark.parametrize(("name", "endpoint"), EVERY)
each_tie = pytest.mark.parametrize("ties", ["breslow", "efron"])


def read(name):
    return pd.read_csv(EXAMPLES / f"{name}.csv")


def numbers(values):
    return np.array(values, float)


@every
@pytest.mark.parametrize("ci", ["plain", "log", "log-log"])
def test_medians_and_follow_up_are_rs(name, endpoint, ci):
    found = description.survival_by_group(read(name), endpoint, ci)
    followed = description.follow_up(read(name), ci)
    for group, answer in R[name]["endpoints"][endpoint]["groups"].items():
        assert found.loc[group, ["patients", "events"]].tolist() == [answer["patients"], answer["events"]]
        row = found.loc[group, ["median", "ci_low", "ci_high"]].to_numpy(float)
        assert row == pytest.approx(numbers(answer["medians"][ci]), rel=1e-9, nan_ok=True)
        if endpoint == "os":
            row = followed.loc[group, ["observed", "alive", "reverse", "ci_low", "ci_high"]].to_numpy(float)
            wanted = [answer["observed"], answer["alive"], *answer["reverse"][ci]]
            assert row == pytest.approx(numbers(wanted), rel=1e-9, nan_ok=True)


@every
def test_restricted_means_the_log_rank_test_and_that_of_proportional_hazards_are_rs(name, endpoint):
    patients, answer = read(name), R[name]["endpoints"][endpoint]
    found = description.restricted_means(patients, R[name]["horizon"], endpoint)
    for row in ("surgery", "prrt_only", "difference"):
        assert found.loc[row, ["mean", "se"]].tolist() == pytest.approx(answer["means"][row], rel=1e-9)
    assert found.loc["difference", "p"] == pytest.approx(answer["means"]["p"], rel=1e-7)
    assert description.logrank_p(patients, endpoint) == pytest.approx(answer["logrank"], rel=1e-8)
    for ties in ("breslow", "efron"):
        p = description.proportional_hazards_p(patients, endpoint, ties)
        assert p == pytest.approx(answer["zph"][ties], rel=1e-6)


@every
@each_tie
def test_the_hazard_ratios_by_all_ways_to_count_time_are_rs(name, endpoint, ties):
    found = description.hazard_ratios(read(name), R[name]["landmark"], endpoint, ties)
    answer = R[name]["endpoints"][endpoint]
    ways = {
        "from the start": "naive",
        "landmark": "landmark",
        "over time": "over_time",
        "over time, no half day": "no_half_day",
    }
    for way, key in ways.items():
        if key in answer:
            assert found.loc[way, RATIO].tolist() == pytest.approx(answer[key][ties][2:], rel=1e-7)
        else:
            assert "months_to_surgery" in found.loc[way, "reason"]
    if "landmark" in answer:
        assert found.loc["landmark", "patients"] == answer["landmark"]["patients"]


def patients(**changes):
    frame = pd.DataFrame({
        "patient": range(1, 9),
        "group": ["surgery", "prrt_only"] * 4,
        "os_years": [4.0, 1.0, 6.0, 2.0, 8.0, 7.0, 9.0, 3.0],
        "os_event": [1, 1, 0, 1, 1, 0, 1, 1],
        "months_to_surgery": [12.0, np.nan] * 4,
    })  # fmt: skip
    return frame.assign(**changes)


def test_spss_limits_are_those_of_each_group_and_of_all():
    found = description.survival_by_group(patients())
    surgery = survival.median_survival([4, 6, 8, 9], [1, 0, 1, 1])
    wanted = [4, 3, surgery.median, surgery.ci_low, surgery.ci_high, 9]
    assert found.loc["surgery"].tolist() == pytest.approx(wanted, nan_ok=True)
    assert found.loc["all", ["patients", "events", "longest"]].tolist() == [8, 6, 9]


def test_an_operation_on_the_day_of_death_moves_the_ratio_by_the_half_day_alone():
    same_day = [48.0, np.nan] + [12.0, np.nan] * 3
    long = [4.0, 1.0, 6.0, 2.0, 8.0, 9.5, 9.0, 8.5]
    found = description.hazard_ratios(patients(os_years=long, months_to_surgery=same_day), 18)
    assert found["exposed_events"].tolist()[2:] == [3, 2]
    assert found.loc["over time", "hr"] > found.loc["over time, no half day", "hr"]


@pytest.mark.parametrize(
    ("changes", "ratio", "test"),
    [
        ({"group": "prrt_only"}, "only one group", "only one group"),
        ({"os_event": 0}, binary_cox.NO_EVENTS, "no event occurred"),
        ({"os_event": [1, 0] * 4}, binary_cox.SEPARATED_ALL, ""),
        # Deaths in both groups, those of the one when all of the other have died or left.
        ({"os_years": [5, 1, 6, 2, 7, 3, 8, 4], "os_event": 1}, binary_cox.SEPARATED_NONE, ""),
        ({"os_years": 0.0, "os_event": 1, "months_to_surgery": [0.0, np.nan] * 4}, "", "no event occurred"),
    ],
    ids=["one group", "no deaths", "separated", "never overlapping", "deaths at time 0"],
)
def test_what_has_no_estimate_says_why(changes, ratio, test):
    odd = patients(**changes)
    found = description.hazard_ratios(odd, 18)
    assert ratio in found.loc["from the start", "reason"]
    assert (found["hr"].notna() | (found["reason"] != "")).all()
    assert description.survival_by_group(odd).loc["all", "patients"] == 8
    if test:
        with pytest.raises(InputError, match=test):
            description.logrank_p(odd)
    else:
        assert 0 < description.logrank_p(odd) < 1


def test_one_patient_is_described():
    one = patients().head(1)
    assert description.survival_by_group(one).index.tolist() == ["surgery", "all"]
    assert description.survival_by_group(one).loc["all", "median"] == 4
    assert np.isnan(description.follow_up(one).loc["all", ["alive", "reverse"]].to_numpy(float)).all()
    assert set(description.hazard_ratios(one, 18)["reason"]) == {description.NO_TWO_GROUPS}
    for ask in (description.restricted_means, lambda p, _: description.logrank_p(p)):
        with pytest.raises(InputError, match="only one group"):
            ask(one, 3)


def test_a_median_not_reached_is_missing_and_no_number():
    found = description.survival_by_group(patients(os_event=[0, 1] * 4))
    assert np.isnan(found.loc["surgery", "median"]) and found.loc["prrt_only", "median"] == 2


def test_a_horizon_beyond_what_a_group_was_observed_is_refused_unless_all_of_it_have_died():
    with pytest.raises(InputError, match="prrt_only group was observed for 7.00 years, and not up to 8"):
        description.restricted_means(patients(), 8)
    died = patients(os_event=[1, 1] * 4)
    assert description.restricted_means(died, 8).loc["prrt_only", "mean"] == pytest.approx(13 / 4)


def test_unknown_times_of_surgery_leave_the_naive_ratio():
    found = description.hazard_ratios(patients(months_to_surgery=np.nan), landmark_months=18)
    assert np.isfinite(found.loc["from the start", "hr"])
    assert found.loc["landmark", "reason"].startswith("column 'months_to_surgery': the time of surgery is not known")
    assert "leave these patients out" not in found.loc["landmark", "reason"]


def test_curves_begin_at_one_with_all_of_a_group_and_follow_its_kaplan_meier_estimate():
    found = description.curves(patients())
    for group, part in found.groupby("group"):
        mine = patients()[lambda p, group=group: p["group"] == group]
        curve = survival.kaplan_meier(mine["os_years"], mine["os_event"])
        assert part[["years", "at_risk", "events", "survival"]].iloc[0].tolist() == [0, 4, 0, 1]
        assert part["years"].iloc[1:].tolist() == curve.time.tolist()
        assert part["survival"].iloc[1:].tolist() == curve.survival.tolist()
        assert part["at_risk"].iloc[1:].tolist() == curve.at_risk.tolist()
        assert part["events"].iloc[1:].tolist() == curve.events.tolist()


def test_an_endpoint_that_is_not_there_has_no_curve():
    with pytest.raises(InputError, match="pfs_years"):
        description.curves(patients(), "pfs")
