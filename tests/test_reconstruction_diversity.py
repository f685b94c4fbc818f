"""Measures of how much cohorts differ, on cases with known answers."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.reconstruction import diversity


def cohort(number, shift=0.0):
    n = 6
    return pd.DataFrame({
        "cohort": number,
        "patient": range(1, n + 1),
        "group": ["surgery"] * 3 + ["prrt_only"] * 3,
        "os_years": np.array([4.0, 6, 8, 1, 2, 7]) + shift,
        "os_event": [1, 0, 1, 1, 1, 0],
        "pfs_years": np.array([3.0, 5, 7, 1, 2, 6]) + shift,
        "pfs_event": 1,
        "tumour_size_post_mm": [30.0, 40, 50, 60, 70, np.nan],
        "months_to_surgery": [12.0, 15, 20, np.nan, np.nan, np.nan],
    })  # fmt: skip


def test_survival_at_is_the_product_of_the_risks():
    frame = cohort(0)
    assert diversity.survival_at(frame, 5) == pytest.approx(5 / 6 * 4 / 5 * 3 / 4)
    assert diversity.survival_at(frame, 0.5) == 1.0
    assert np.isnan(diversity.survival_at(frame, 30))


def test_a_landmark_without_contrast_has_no_hazard_ratio():
    assert np.isnan(diversity.landmark_hazard_ratio(cohort(0), months=1))


def test_spread_separates_starts_that_agree_from_starts_that_do_not():
    start = pd.Series(np.repeat(np.arange(30), 10))
    rng = np.random.default_rng(1)
    noise = pd.Series(rng.normal(size=300))
    alike = diversity.spread(noise, start)
    apart = diversity.spread(noise * 0.01 + 3.0 * start, start)
    assert alike["effective"] > 150
    assert apart["effective"] == pytest.approx(30, rel=0.01)
    assert apart["correlation"] == pytest.approx(1, abs=0.01)


def test_distances_ignore_the_order_of_patients():
    first, shuffled, moved = cohort(0), cohort(1).sample(frac=1, random_state=2), cohort(2, shift=1.0)
    found = diversity.distances(pd.concat([first, shuffled, moved], ignore_index=True))
    assert found[0, 1] == 0
    assert found[0, 2] > 0.1
    assert np.allclose(found, found.T)


def test_quantities_name_start_and_scheme():
    frame = pd.concat([cohort(k) for k in range(3)], ignore_index=True)
    starts = [
        {"start": 0, "scheme": "accrual", "first_cohort": 0, "cohorts": 2},
        {"start": 1, "scheme": "losses", "first_cohort": 2, "cohorts": 1},
    ]
    table = diversity.quantities(frame, starts)
    assert table["start"].tolist() == [0, 0, 1]
    assert set(diversity.UNPRINTED) <= set(table)
