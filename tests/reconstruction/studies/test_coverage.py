"""Unprinted quantities, their ranges over cohorts, and by what factor ranges must grow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import CoxPHFitter, CoxTimeVaryingFitter, KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.tools import add_constant

from analysis_lib.reconstruction.studies.coverage import (
    central_range,
    factors,
    quantities,
    stretch,
    widened,
)
from analysis_lib.reconstruction.studies.known_data import TRAITS, patients_table, studies
from analysis_lib.reconstruction.studies.known_patients import printed

BY_NAME = {study.name: study.patients for study in studies()}


def breslow(time, first, event):
    fit = PHReg(time, np.asarray(first, float), event, ties="breslow").fit()
    return fit.params[0], fit.bse[0]


def test_survival_and_hazard_ratios_are_those_of_lifelines_and_statsmodels():
    patients = BY_NAME["lung, part 1"]
    strings = printed(patients)
    found = quantities(patients, strings)
    moments = {at: float(strings[f"follow_up_{at}"]) for at in ("q1", "median", "q3")}
    for who, members in (("first", patients["first"]), ("second", ~patients["first"])):
        curve = KaplanMeierFitter().fit(patients["time"][members], patients["event"][members])
        for at, moment in moments.items():
            assert found.loc[f"survival_{at}_{who}", "value"] == pytest.approx(curve.predict(moment))
        mean = restricted_mean_survival_time(curve, t=moments["q3"])
        assert found.loc[f"mean_{who}", "value"] == pytest.approx(mean, rel=1e-6)
    later = patients[patients["time"] > moments["q1"]]
    wanted = breslow(later["time"], later["first"], later["event"])
    assert found.loc["landmark"].tolist() == pytest.approx(wanted, rel=1e-6)
    assert found.loc[["landmark_waiting", "time_dependent", "pfs_median_first"], "value"].isna().all()


def test_after_waiting_the_landmark_asks_who_was_operated_on_by_then_and_the_operation_changes_with_time():
    patients = BY_NAME["stanford, part 1"]
    strings = printed(patients)
    found = quantities(patients, strings)
    at = float(strings["wait_q3"])
    later = patients[patients["time"] > at]
    wanted = breslow(later["time"], later["wait"] <= at, later["event"])
    assert found.loc["landmark_waiting"].tolist() == pytest.approx(wanted, rel=1e-6)
    assert np.isnan(found.loc["landmark", "value"])
    rows = []
    for i, one in patients.iterrows():
        if one["wait"] < one["time"]:
            rows.append((i, 0.0, one["wait"], 0, 0))
            rows.append((i, one["wait"], one["time"], one["event"], 1))
        else:
            rows.append((i, 0.0, one["time"], one["event"], 0))
    spells = pd.DataFrame(rows, columns=["id", "start", "stop", "event", "operated"])
    fit = CoxTimeVaryingFitter().fit(spells, id_col="id", event_col="event", start_col="start", stop_col="stop")
    # lifelines has Efron's ties.
    assert found.loc["time_dependent", "value"] == pytest.approx(fit.params_["operated"], abs=0.02)


def test_weighted_ratios_are_those_of_statsmodels_and_lifelines():
    patients = BY_NAME["lung, part 2"]
    found = quantities(patients, printed(patients))["value"]
    first, traits = patients["first"].to_numpy(float), patients[list(TRAITS)]
    score = Logit(first, add_constant(traits)).fit(disp=False).predict()
    share = first.mean()
    by_method = {
        "iptw": np.where(first == 1, share / score, (1 - share) / (1 - score)),
        "overlap": np.where(first == 1, 1 - score, score),
    }
    table = pd.DataFrame({"time": patients["time"], "event": patients["event"], "first": first})
    for method, weights in by_method.items():
        fit = CoxPHFitter().fit(table.assign(w=weights), "time", "event", weights_col="w", robust=True)
        # lifelines has Efron's ties.
        assert found[f"score_{method}"] == pytest.approx(fit.params_["first"], abs=0.02)
    fit = CoxPHFitter().fit(table.assign(score=score), "time", "event")
    assert found["score_covariate"] == pytest.approx(fit.params_["first"], abs=0.02)


def test_progression_free_survival_is_that_of_lifelines():
    patients = BY_NAME["myeloid, part 4"]
    strings = printed(patients)
    found = quantities(patients, strings)
    first = patients[patients["first"]]
    curve = KaplanMeierFitter().fit(first["end"], first["seen"])
    assert found.loc["pfs_median_first", "value"] == pytest.approx(curve.predict(float(strings["follow_up_median"])))


def test_disease_free_survival_is_that_of_lifelines_by_the_result_of_the_operation():
    patients = BY_NAME["colon, part 1"]
    strings = printed(patients)
    found = quantities(patients, strings)["value"]
    free = patients[patients["first"]].assign(recurred=lambda of: of["end"] < of["time"])
    for who, of in (("clear", free[free["clear"] == 1]), ("rest", free[free["clear"] == 0])):
        curve = KaplanMeierFitter().fit(of["end"], of["recurred"])
        assert found[f"dfs_median_{who}"] == pytest.approx(curve.predict(float(strings["follow_up_median"])))
    curve = KaplanMeierFitter().fit(free["end"], free["recurred"])
    mean = restricted_mean_survival_time(curve, t=float(strings["follow_up_q3"]))
    assert found["dfs_mean"] == pytest.approx(mean, rel=1e-6)


def test_a_ratio_without_a_finite_estimate_is_set_to_its_limit():
    time, first = np.arange(1.0, 9.0), np.array([False, True] * 4)
    strings = {"follow_up_q1": "0.5", "follow_up_median": "4.5", "follow_up_q3": "6.5"}
    assert quantities(patients_table(time, ~first, first), strings)["value"]["landmark"] == -np.log(100)
    assert np.isnan(quantities(patients_table(time, first & False, first), strings)["value"]["landmark"])


@given(st.lists(st.floats(-1e6, 1e6), min_size=19, max_size=19))
def test_nineteen_values_give_their_ends_so_that_a_twentieth_falls_between_with_probability_nine_tenths(values):
    low, middle, high = central_range(np.array([*values, np.nan]))
    assert (low, middle, high) == (min(values), sorted(values)[9], max(values))


def test_stretch_is_what_puts_nine_truths_of_ten_inside():
    table = pd.DataFrame({"truth": np.arange(1.0, 11.0), "low": -2.0, "high": 2.0})
    assert stretch(table) == pytest.approx(4.5)
    assert stretch(pd.DataFrame({"truth": [1.0], "low": [0.0], "high": [0.0]})) == np.inf


def test_factors_come_from_studies_that_are_not_held_out_and_never_narrow():
    truths = {"quantity": "a", "low": -1.0, "high": 1.0}
    table = pd.DataFrame([truths | {"truth": 3.0, "held_out": False}, truths | {"truth": 9.0, "held_out": True}])
    assert factors(table)["factor"].tolist() == [3.0]
    assert factors(table.assign(truth=0.1))["factor"].tolist() == [1.0]
    assert widened(table, pd.Series({"a": 3.0}))["high"].tolist() == [3.0, 3.0]
