"""Pushed cohorts of known studies keep what is printed, and the shipped table is of these studies."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.printed.number import Printed
from analysis_lib.reconstruction.studies import known_data, known_extremes
from analysis_lib.reconstruction.studies.coverage import quantities
from analysis_lib.reconstruction.studies.known_patients import printed, summaries

STUDIES = {study.name: study for study in known_data.studies()}
COHORTS = pd.read_parquet(known_extremes.SHIPPED / "cohorts.parquet")
TABLE = pd.read_csv(known_extremes.FILE)


def cohorts_of(name):
    return COHORTS[COHORTS["study"] == name]


@pytest.mark.parametrize(
    ("name", "quantity"), [("larynx, part 1", "survival_median_second"), ("stanford, part 1", "landmark_waiting")]
)
def test_a_pushed_cohort_goes_past_its_goal_with_the_same_printed_times(name, quantity):
    push = known_extremes.Push(STUDIES[name], quantity, steps=30_000)
    each = [one.reset_index(drop=True) for _, one in cohorts_of(name).groupby("cohort")]
    start = min(each, key=push.value)
    goal = push.value(start) + 0.02
    found = push.push(np.random.default_rng(1), 1.0, 0.5, start, goal)
    assert push.value(found) >= goal
    texts = push.strings
    again = summaries(found)
    for place in (*known_extremes.STATISTICS, *(known_extremes.WAITING if "wait_q1" in texts else ())):
        if texts[place] != "undefined":
            assert again[place] in Printed(texts[place]).interval, place


def test_the_shipped_table_has_the_truths_and_reaches_beyond_the_cohorts():
    assert set(TABLE["study"]) <= set(STUDIES)
    for row in TABLE.itertuples():
        study = STUDIES[row.study]
        known = quantities(study.patients, printed(study.patients)).loc[row.quantity, "value"]
        assert row.truth == pytest.approx(known)
        assert row.low <= row.cohorts_low <= row.cohorts_high <= row.high


def test_the_true_patients_lie_where_the_adversary_may_go():
    # Of all but the larynx study, whose tenths of a year are no whole days.
    for row in TABLE[TABLE["study"] != "larynx, part 1"].itertuples():
        patients = STUDIES[row.study].patients
        # No move at all: they meet every printed number as they are, and have the value.
        still = known_extremes.Push(STUDIES[row.study], row.quantity, steps=0)
        assert still.push(np.random.default_rng(1), 1.0, 0.5, patients, row.truth - 1e-6) is not None, row.study
        assert not (patients["wait"] >= patients["time"]).any()
