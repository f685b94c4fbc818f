"""What the discussion speaks of, on a cohort small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import discussion
from analysis_lib.base.errors import InputError
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.statistics import contingency, survival


def patients(**columns):
    frame = pd.DataFrame({
        "cohort": 4,
        "patient": range(1, 9),
        "group": ["surgery"] * 5 + ["prrt_only"] * 3,
        "tvi_pre": [6.0, 4, 1, 0, 2, 6, 2, np.nan],
        "tvi_post": [3.0, 4, 0, 0, 1, 6, 4, np.nan],
        "best_response": ["PR", "SD", "SD", "SD", "PR", "SD", "PD", "NE"],
        "organ_invasion_pre": [0.0, 1, 1, 0, 1, 1, 1, np.nan],
        "organ_invasion_post": [0.0, 1, 0, 0, 0, 1, 1, np.nan],
        "liver_metastases_gone": [0.0, 0, 0, 0, 1, 0, 0, 0],
        "dfs_years": [1.0, 2, 3, 4, np.nan, np.nan, np.nan, np.nan],
        "dfs_event": [1.0, 1, 0, 1, np.nan, np.nan, np.nan, np.nan],
    })  # fmt: skip
    return frame.assign(**columns)


def test_who_left_contact_beyond_180_degrees():
    found = discussion.contact_reduced_to_180(patients()).loc[4]
    assert found[["surgery", "surgery_n", "prrt_only", "prrt_only_n"]].tolist() == [2, 3, 0, 2]
    assert found["p"] == pytest.approx(contingency.fisher_exact([[2, 1], [0, 2]]))


def test_a_group_without_such_contact_leaves_nothing_to_test():
    found = discussion.contact_reduced_to_180(patients(group="surgery")).loc[4]
    assert (found["prrt_only_n"], found["p"]) == (0, 1)


def test_unimproved_are_those_without_any_gain_and_lie_between_the_limits_of_the_counts():
    found = discussion.without_improvement(patients()).loc[4]
    # Gains: response 2, vessels 3, organs 2, liver 1 of 5 patients.
    assert found.tolist() == [2, 0, 2]
    everywhere = discussion.without_improvement(ensembles.load().patients)
    assert ((everywhere["least"] <= everywhere["patients"]) & (everywhere["patients"] <= everywhere["most"])).all()


def test_relapses_are_those_of_patients_who_were_clear():
    found = discussion.recurrences(patients()).loc[4]
    curve = survival.median_survival([1, 2, 3, 4], [1, 1, 0, 1]).median
    assert found[["recurred", "median", "earlier", "curve"]].tolist() == [3, 2.0, 1, curve]


def test_relapses_come_before_a_median_that_is_not_reached():
    frame = pd.DataFrame({"cohort": 0, "dfs_years": [1.0, 2, 3, 4, 5], "dfs_event": [1, 1, 0, 0, 0]})
    found = discussion.recurrences(frame).loc[0]
    assert np.isnan(found["curve"]) and found["earlier"] == 2


def test_medians_are_those_of_each_cohort_by_itself():
    ensemble = ensembles.load(columns=["group", "os_years", "os_event"])
    found = discussion.medians(ensemble.patients, "os", "surgery", "log")
    assert found.index.tolist() == ensemble.origin.index.tolist()
    cohort = ensemble.one(7)
    mine = cohort[cohort["group"] == "surgery"]
    alone = survival.median_survival(mine["os_years"], mine["os_event"], ci="log")
    assert found.loc[7, ["median", "ci_low"]].tolist() == [alone.median, alone.ci_low]
    assert np.isnan(found.loc[7, "ci_high"]) == np.isnan(alone.ci_high)


@pytest.mark.parametrize(
    ("ask", "column"),
    [
        (discussion.contact_reduced_to_180, "tvi_pre"),
        (discussion.without_improvement, "organ_invasion_post"),
        (discussion.recurrences, "dfs_event"),
        (lambda frame: discussion.medians(frame, "dfs", "surgery", "spss"), "dfs_years"),
    ],
)
@pytest.mark.parametrize("how", ["missing", "blank"])
def test_what_is_not_known_is_named(ask, column, how):
    frame = patients().drop(columns=column) if how == "missing" else patients(**{column: np.nan})
    with pytest.raises(InputError, match=column):
        ask(frame)


def test_a_group_without_patients_is_named():
    with pytest.raises(InputError, match="blank for all patients of surgery"):
        discussion.require_columns(patients(group="prrt_only"), "dfs_years", group="surgery")


def test_patients_without_a_number_of_their_cohort_are_one_cohort():
    frame = patients().drop(columns="cohort")
    assert discussion.recurrences(frame).index.tolist() == [0]


def test_without_a_recurrence_their_median_is_not_defined():
    found = discussion.recurrences(patients(dfs_event=[0.0] * 4 + [np.nan] * 4)).loc[4]
    assert found[["recurred", "earlier"]].tolist() == [0, 0]
    assert np.isnan(found["median"]) and np.isnan(found["curve"])


def test_cohorts_in_any_order_come_out_by_their_numbers():
    mixed = pd.concat([patients(), patients(cohort=2, dfs_event=[0.0, 0, 0, 1] + [np.nan] * 4)]).sample(
        frac=1, random_state=1
    )
    found = discussion.recurrences(mixed)
    assert found.index.tolist() == [2, 4]
    assert found["recurred"].tolist() == [1, 3]
    assert discussion.contact_reduced_to_180(mixed).index.tolist() == [2, 4]
