"""Weights change a robust Cox model as R has it (see tests/analyses/test_confounding.py), and by these laws."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.statistics import robust_cox, weighted_regression

VETERAN = pd.read_csv(ROOT / "tests" / "oracles" / "data" / "veteran.csv")
X = VETERAN[["trt", "karno", "age"]].to_numpy(float)
TIMES = VETERAN["time"], VETERAN["event"]


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_all_weights_times_a_number_change_no_estimate_and_no_robust_limit(ties):
    one, ten = (robust_cox.cox(*TIMES, X, np.full(len(X), w), ties) for w in (1, 10))
    assert ten.coef == pytest.approx(one.coef, rel=1e-9)
    assert ten.robust == pytest.approx(one.robust, rel=1e-8)
    assert ten.covariance == pytest.approx(one.covariance / 10, rel=1e-8)


def test_several_covariates_with_weights_are_those_of_the_models_of_many_samples():
    w = 0.5 + np.arange(len(X)) % 3
    many = weighted_regression.cox(*(a.to_numpy(float)[None] for a in TIMES), X[None], w[None])
    found = robust_cox.cox(*TIMES, X, w)
    assert found.coef == pytest.approx(many.coef[0], rel=1e-8)
    assert found.covariance == pytest.approx(many.covariance[0], rel=1e-7)


def test_units_of_a_covariate_change_its_coefficient_only():
    scale = np.array([1.0, 100, 0.01])
    one, other = robust_cox.cox(*TIMES, X), robust_cox.cox(*TIMES, X * scale + 3)
    assert other.coef * scale == pytest.approx(one.coef, rel=1e-7)
    assert other.robust * scale * scale[:, None] == pytest.approx(one.robust, rel=1e-6)


def test_without_an_estimate_all_is_missing():
    found = robust_cox.cox([1, 2, 3, 4], [1, 1, 0, 0], [[1.0], [1], [0], [0]])
    assert np.isnan([found.coef[0], found.covariance[0, 0], found.robust[0, 0]]).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"weights": [1, 1, 0, 1]}, "weights: must be positive"), ({"ties": "exact"}, "ties must be")],
)
def test_bad_requests_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        robust_cox.cox([1, 2, 3, 4], [1, 1, 0, 0], [[1.0], [0], [1], [0]], **change)
