"""A cohort is described by the library's own functions, group by group; what it lacks is a reason."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import description, immortal_time
from analysis_lib.base.errors import InputError
from analysis_lib.statistics import survival


def patients(**changes):
    frame = pd.DataFrame({
        "cohort": 0,
        "patient": range(1, 9),
        "group": ["surgery", "prrt_only"] * 4,
        "os_years": [4.0, 1.0, 6.0, 2.0, 8.0, 7.0, 9.0, 3.0],
        "os_event": [1, 1, 0, 1, 1, 0, 1, 1],
        "months_to_surgery": [12.0, np.nan] * 4,
    })  # fmt: skip
    return frame.assign(**changes)


@pytest.mark.parametrize("ci", ["spss", "log"])
def test_survival_by_group_is_that_of_each_group_and_of_all(ci):
    found = description.survival_by_group(patients(), ci)
    assert found.index.tolist() == ["surgery", "prrt_only", "all"]
    surgery = survival.median_survival([4, 6, 8, 9], [1, 0, 1, 1], ci)
    wanted = [4, 3, surgery.median, surgery.ci_low, surgery.ci_high, 9]
    assert found.loc["surgery"].tolist() == pytest.approx(wanted, nan_ok=True)
    assert found.loc["all", ["patients", "deaths", "longest"]].tolist() == [8, 6, 9]


def test_a_group_that_is_not_there_has_no_row():
    assert description.survival_by_group(patients(group="surgery")).index.tolist() == ["surgery", "all"]


def test_the_log_rank_test_is_between_the_groups():
    wanted = survival.logrank([4, 6, 8, 9, 1, 2, 7, 3], [1, 0, 1, 1, 1, 1, 0, 1], [1] * 4 + [0] * 4).p
    assert description.logrank_p(patients()) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"group": "prrt_only"}, "only one group"), ({"os_event": 0}, "no death occurred while patients of both")],
)
def test_a_log_rank_test_that_compares_nothing_says_why(changes, reason):
    with pytest.raises(InputError, match=reason):
        description.logrank_p(patients(**changes))


def test_hazard_ratios_are_those_of_the_three_analyses():
    found = description.hazard_ratios(patients(), landmark_months=18)
    for name, analysis in (
        ("from the start", immortal_time.naive(patients())),
        ("landmark", immortal_time.landmark(patients(), 18)),
        ("over time", immortal_time.time_dependent(patients())),
    ):
        columns = ["hr", "ci_low", "ci_high", "p"]
        assert found.loc[name, columns].tolist() == pytest.approx(analysis[columns].iloc[0].tolist())
        assert found.loc[name, "reason"] == ""


def test_hazard_ratios_that_do_not_exist_leave_the_others_and_say_why():
    found = description.hazard_ratios(patients(months_to_surgery=np.nan), landmark_months=18)
    assert np.isfinite(found.loc["from the start", "hr"])
    assert found.loc[["landmark", "over time"], "hr"].isna().all()
    assert found.loc["landmark", "reason"].startswith("column 'months_to_surgery': the time of surgery is not known")
    assert "remedy" not in found.columns and "leave these patients out" not in found.loc["landmark", "reason"]
    assert set(description.hazard_ratios(patients(group="surgery"), 18)["reason"]) == {description.NO_TWO_GROUPS}


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
