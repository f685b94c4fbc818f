"""Landmark and time-dependent analyses agree with R on the Stanford heart transplants."""

import json

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxTimeVaryingFitter
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.analyses import immortal_time
from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.statistics import binary_cox

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "immortal.json").read_text())
COLUMNS = ["coef", "se", "hr", "ci_low", "ci_high", "p"]
DAYS_PER_YEAR = 365.25


def stanford(first_day=0):
    """The transplant programme in the schema's columns, its days counted from ``first_day``."""
    table = pd.read_csv(ORACLES / "data" / "stanford.csv")
    return pd.DataFrame({
        "cohort": 0,
        "patient": table["patient"],
        "group": np.where(table["transplant"] == 1, "surgery", "prrt_only"),
        "os_years": (table["days"] + first_day) / DAYS_PER_YEAR,
        "os_event": table["died"],
        "months_to_surgery": (table["days_to_transplant"] + first_day) / DAYS_PER_YEAR * 12,
    })  # fmt: skip


def small(**changes):
    frame = pd.DataFrame({
        "cohort": 0,
        "patient": range(1, 7),
        "group": ["surgery"] * 3 + ["prrt_only"] * 3,
        "os_years": [4.0, 6.0, 8.0, 1.0, 2.0, 7.0],
        "os_event": [1, 0, 1, 1, 1, 0],
        "pfs_years": [3.0, 5.0, 0.5, 1.0, 2.0, 6.0],
        "pfs_event": 1,
        "months_to_surgery": [12.0, 15.0, 20.0, np.nan, np.nan, np.nan],
    })  # fmt: skip
    return frame.assign(**changes)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
class TestStanford:
    def test_naive(self, ties):
        assert immortal_time.naive(stanford(), ties=ties)[COLUMNS].iloc[0].tolist() == pytest.approx(
            R["naive"][ties][0], rel=1e-8
        )

    def test_time_dependent(self, ties):
        found = immortal_time.time_dependent(stanford(first_day=1), ties=ties)  # as R's `heart` counts
        assert found[COLUMNS].iloc[0].tolist() == pytest.approx(R["time_dependent"][ties][0], rel=1e-8)

    @pytest.mark.parametrize("days", R["landmarks"])
    def test_landmark(self, ties, days):
        wanted = R["landmarks"][days]
        found = immortal_time.landmark(stanford(), int(days) / DAYS_PER_YEAR * 12, ties=ties).iloc[0]
        assert found[COLUMNS].tolist() == pytest.approx(wanted[ties][0], rel=1e-8)
        assert found[["patients", "operated", "events"]].tolist() == [
            wanted[k] for k in ("patients", "operated", "deaths")
        ]


def test_the_rows_of_the_stanford_patients_are_those_that_r_ships():
    rows = immortal_time.counting_process(stanford(first_day=1))
    heart = pd.DataFrame(R["heart"])
    days = rows[["start_years", "stop_years"]].to_numpy() * DAYS_PER_YEAR
    assert np.allclose(days, heart[["start", "stop"]], atol=1e-9)
    assert (rows["patient"] == heart["id"]).all()
    assert (rows["event"] == heart["event"]).all() and (rows["operated"] == heart["transplant"]).all()


@pytest.mark.parametrize("endpoint", ["os", "pfs"])
def test_a_reconstructed_cohort_agrees_with_statsmodels_and_lifelines(endpoint):
    frame = ensembles.load().one(3)
    rows = immortal_time.counting_process(frame, endpoint)
    # R and lifelines have nobody at risk at the very time of entry, statsmodels has: enter just after.
    entry = rows["start_years"].where(rows["start_years"] == 0, rows["start_years"] + 1e-9)
    breslow = PHReg(rows["stop_years"], rows[["operated"]], rows["event"], entry=entry, ties="breslow").fit(tol=1e-14)
    found = immortal_time.time_dependent(frame, endpoint)
    assert found[["coef", "se"]].iloc[0].tolist() == pytest.approx([breslow.params[0], breslow.bse[0]], rel=1e-8)
    efron = CoxTimeVaryingFitter()
    efron.fit(rows.drop(columns="cohort"), id_col="patient", start_col="start_years", stop_col="stop_years",
              event_col="event", fit_options={"precision": 1e-14})  # fmt: skip
    found = immortal_time.time_dependent(frame, endpoint, ties="efron")
    assert found[["coef", "se"]].iloc[0].tolist() == pytest.approx(
        [efron.params_["operated"], efron.standard_errors_["operated"]], rel=1e-6
    )


def test_all_cohorts_together_are_each_by_itself():
    ensemble = ensembles.load()
    numbers = [0, 1, 2, 3]
    frame = ensemble.patients[ensemble.patients["cohort"].isin(numbers)]
    for analysis in (immortal_time.naive, immortal_time.time_dependent, lambda f: immortal_time.landmark(f, 18)):
        together = analysis(frame)
        apart = pd.concat([analysis(ensemble.one(k)) for k in numbers])
        pd.testing.assert_frame_equal(together, apart, check_exact=False, rtol=1e-12)


def test_who_progressed_before_the_operation_was_never_operated_on_in_that_analysis():
    rows = immortal_time.counting_process(small(), "pfs")
    assert rows.loc[rows["patient"] == 3, ["start_years", "stop_years", "event", "operated"]].values.tolist() == [
        [0.0, 0.5, 1, 0]
    ]
    assert rows["event"].sum() == 6


def test_rows_keep_each_patients_time_and_events():
    ensemble = ensembles.load()
    rows = immortal_time.counting_process(ensemble.patients)
    by_patient = rows.assign(length=rows["stop_years"] - rows["start_years"]).groupby(["cohort", "patient"])
    patients = ensemble.patients.set_index(["cohort", "patient"])
    assert np.allclose(by_patient["length"].sum(), patients["os_years"])
    assert (by_patient["event"].sum() == patients["os_event"]).all()
    assert (by_patient["operated"].max() == (patients["group"] == "surgery")).all()


def test_an_operation_on_the_day_of_death_counts_as_one():
    rows = immortal_time.counting_process(small(months_to_surgery=[48.0, 15.0, 20.0] + [np.nan] * 3))
    assert rows.loc[rows["patient"] == 1, ["event", "operated"]].values.tolist() == [[0, 0], [1, 1]]


def test_a_later_operation_never_makes_surgery_look_better():
    frame = small(os_event=[1, 0, 1, 1, 1, 1])
    ratios = [
        immortal_time.time_dependent(frame.assign(months_to_surgery=frame["months_to_surgery"] + wait))["hr"].iat[0]
        for wait in (0, 2, 6, 12)
    ]
    assert ratios == sorted(ratios)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"months_to_surgery": np.nan}, "not known of 3 of 3 operated"),
        ({"months_to_surgery": [12.0, np.nan, 20.0, np.nan, np.nan, np.nan]}, "not known of 1 of 3"),
        ({"group": "prrt_only"}, binary_cox.NO_CONTRAST),
        ({"os_event": 0}, binary_cox.NO_EVENTS),
        ({"os_event": [0, 0, 0, 1, 1, 0]}, binary_cox.SEPARATED_NONE),
        ({"os_years": np.nan}, "column 'os_years': is not known, and overall survival needs it"),
    ],
)
@pytest.mark.parametrize("analysis", [immortal_time.time_dependent, lambda frame: immortal_time.landmark(frame, 18)])
def test_what_cannot_be_computed_says_why(analysis, changes, says):
    frame = small(**changes)
    if says == binary_cox.SEPARATED_NONE:
        frame["os_years"] = [4.0, 6.0, 8.0, 2.5, 3.0, 7.0]
    if says == binary_cox.NO_CONTRAST:
        frame["months_to_surgery"] = np.nan
    with pytest.raises(InputError) as error:
        analysis(frame)
    assert says in str(error.value)


def test_a_landmark_beyond_all_follow_up_says_so():
    with pytest.raises(InputError, match="nobody is under observation"):
        immortal_time.landmark(small(), 1200)


def test_on_the_day_of_the_landmark_an_operation_counts_and_a_death_ends_observation():
    found = immortal_time.landmark(small(), 12).iloc[0]
    assert found[["patients", "operated", "events"]].tolist() == [5, 1, 3]
    assert immortal_time.landmark(small(), 12)[["patients", "operated"]].dtypes.eq(np.int64).all()


@pytest.mark.parametrize("analysis", [immortal_time.naive, immortal_time.time_dependent])
def test_overall_survival_with_breslows_ties_is_what_is_meant_where_nothing_is_said(analysis):
    frame = small(os_years=[4.0, 6.0, 4.0, 4.0, 2.0, 7.0])
    usual = analysis(frame)
    pd.testing.assert_frame_equal(usual, analysis(frame, endpoint="os", ties="breslow"))
    assert usual["hr"].iat[0] != pytest.approx(analysis(frame, ties="efron")["hr"].iat[0])
    assert usual["hr"].iat[0] != pytest.approx(analysis(frame, "pfs")["hr"].iat[0])


def test_without_a_column_of_surgery_times_the_naive_analysis_goes_on():
    frame = small().drop(columns=["months_to_surgery", "cohort"])
    assert np.isfinite(immortal_time.naive(frame)["hr"].iat[0])
    with pytest.raises(InputError, match="not known of 3 of 3"):
        immortal_time.time_dependent(frame)


def test_an_unknown_endpoint_is_refused():
    with pytest.raises(ValueError, match="os, pfs"):
        immortal_time.naive(small(), "dfs")


def test_the_share_explained_is_all_at_one_and_none_at_the_naive_ratio():
    assert immortal_time.share_explained(0.25, 1.0) == 1
    assert immortal_time.share_explained(0.25, 0.25) == 0
    assert immortal_time.share_explained(0.25, 0.5) == pytest.approx(0.5)


@pytest.mark.parametrize("late", [False, True])
def test_operations_moved_as_far_as_quartiles_let_them_keep_the_quartiles(late):
    rng = np.random.default_rng(2)
    n = 26
    frame = pd.DataFrame({
        "cohort": np.repeat([0, 1], n),
        "patient": np.tile(np.arange(n), 2),
        "group": "surgery",
        "os_years": 15.0,
        "os_event": 1,
        "months_to_surgery": rng.uniform(7, 40, 2 * n),
    })  # fmt: skip
    quartiles = (12.2, 14.8, 18.3)
    moved = immortal_time.shift_surgery(frame, quartiles, (6.6, 43.0), late)
    for _, months in moved.groupby("cohort")["months_to_surgery"]:
        assert np.percentile(months, [25, 50, 75], method="weibull") == pytest.approx(quartiles)
        assert (months.min(), months.max()) == ((12.2, 43.0) if late else (6.6, 18.3))
    both = pd.DataFrame({"before": frame["months_to_surgery"], "after": moved["months_to_surgery"]})
    for _, part in both.groupby(frame["cohort"]):
        assert part.sort_values("before")["after"].is_monotonic_increasing


def test_nobody_is_moved_beyond_his_last_day():
    frame = small(os_years=[1.1, 6.0, 8.0, 1.0, 2.0, 7.0])
    moved = immortal_time.shift_surgery(frame, (12.0, 15.0, 20.0), (6.0, 60.0), late=True)
    assert (moved["months_to_surgery"].dropna() <= 12 * frame["os_years"][:3]).all()
    assert moved["months_to_surgery"].isna().sum() == 3
    # Half a day before it, as in the counting process; the others stand at their quartiles.
    assert moved["months_to_surgery"][:3].tolist() == pytest.approx([12.0, 15.0, 20.0])
    late = immortal_time.shift_surgery(frame, (14.0, 15.0, 20.0), (6.0, 60.0), late=True)
    assert late["months_to_surgery"].iat[0] == pytest.approx(12 * (1.1 - 0.5 / DAYS_PER_YEAR))
