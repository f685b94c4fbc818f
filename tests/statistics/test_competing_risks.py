"""Cumulative incidence is that of R's multi-state survfit."""

import json

import numpy as np
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import competing_risks, survival

R = json.loads((ROOT / "tests" / "oracles" / "small_numbers.json").read_text())


@pytest.mark.parametrize("asked", R["incidences"])
def test_cumulative_incidence_is_rs(asked):
    kind = np.array(asked["kind"])
    for at, wanted in zip(asked["at"], asked["answer"], strict=True):
        found = competing_risks.cumulative_incidence(asked["time"], kind == 1, kind == 2, at)
        assert found == pytest.approx(wanted, rel=1e-12)


def test_without_competing_events_it_is_one_minus_survival():
    time, event = [1, 2, 3, 4, 5], [1, 0, 1, 1, 0]
    found = competing_risks.cumulative_incidence(time, event, [0] * 5, at=4)
    assert found == pytest.approx(1 - survival.survival_at(time, event, 4)[0])


def test_beyond_the_last_patient_it_is_unknown_unless_all_had_an_event():
    assert np.isnan(competing_risks.cumulative_incidence([1, 2], [1, 0], [0, 0], at=3))
    assert competing_risks.cumulative_incidence([1, 2], [1, 0], [0, 1], at=3) == 0.5


def test_a_patient_has_one_kind_of_event():
    with pytest.raises(ValueError, match="one event or the other"):
        competing_risks.cumulative_incidence([1, 2], [1, 0], [1, 0], at=1)
