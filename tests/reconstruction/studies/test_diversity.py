"""Measures of how much cohorts differ, on cases with known answers."""

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from analysis_lib.analyses import immortal_time
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.reconstruction.studies import diversity


def cohort(number, shift=0.0):
    n = 6
    return pd.DataFrame({
        "cohort": number,
        "patient": range(1, n + 1),
        "group": ["surgery"] * 3 + ["prrt_only"] * 3,
        "os_years": np.array([4.0, 6, 11, 1, 2, 12]) + shift,
        "os_event": [1, 0, 1, 1, 1, 0],
        "pfs_years": np.array([3.0, 5, 7, 1, 2, 6]) + shift,
        "pfs_event": 1,
        "tumour_size_post_mm": [30.0, 40, 50, 60, 70, np.nan],
        "months_to_surgery": [12.0, 15, 20, np.nan, np.nan, np.nan],
    })  # fmt: skip


def test_a_walk_is_worth_fewer_cohorts_than_it_has_and_independent_ones_as_many():
    rng = np.random.default_rng(1)
    alone, walk = rng.normal(size=2000), np.zeros(2000)
    for k in range(1, 2000):
        walk[k] = 0.9 * walk[k - 1] + rng.normal()
    assert diversity.effective_number(pd.Series(alone)) > 1800
    assert diversity.effective_number(pd.Series(walk)) == pytest.approx(2000 * 0.1 / 1.9, rel=0.3)


def test_the_shipped_cohorts_are_worth_at_least_four_fifths_of_their_number(shipped):
    assert diversity.unprinted(shipped).apply(diversity.effective_number).min() >= 0.8 * len(shipped)


def test_what_is_not_printed_is_that_of_each_cohort_by_itself():
    frames = [cohort(0), cohort(1, shift=1.0)]
    origin = pd.DataFrame({"scheme": ["A", "B"]}, index=pd.Index([0, 1], name="cohort"))
    table = diversity.unprinted(Ensemble(pd.concat(frames, ignore_index=True), origin, {}))
    for number, frame in enumerate(frames):
        for name, years in (("os", 5), ("os", 10), ("pfs", 3)):
            for group, words in (("surgery", "surgery"), ("prrt_only", "PRRT only")):
                part = frame[frame["group"] == group]
                fitted = KaplanMeierFitter().fit(part[f"{name}_years"], part[f"{name}_event"])
                found = table.loc[number, f"{years}-year {name.upper()}, {words}"]
                assert found == pytest.approx(fitted.predict(years))
        expected = immortal_time.landmark(frame, diversity.LANDMARK_MONTHS)["hr"].iat[0]
        assert table.loc[number, f"landmark HR of surgery, {diversity.LANDMARK_MONTHS} months"] == expected
        assert table.loc[number, "HR from the day of surgery"] == immortal_time.time_dependent(frame)["hr"].iat[0]
