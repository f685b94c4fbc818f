"""Covariates of the search: what print leaves no choice of."""

import numpy as np

from analysis_lib.reconstruction import ensemble
from analysis_lib.reconstruction.stages import covariates
from analysis_lib.reconstruction.stages.state import Blocks
from analysis_lib.targets.catalogue import load_targets


def test_the_karnofsky_scores_can_be_counted_in_one_way_only_and_all_cohorts_have_it():
    (table,) = covariates.kps_tables(Blocks(load_targets()))
    shipped = ensemble.load(columns=["group", "kps"])
    operated = shipped.patients["group"] == "surgery"
    expected = [np.sort(part) for part in np.split(table, [operated.groupby(shipped.patients["cohort"]).sum().iat[0]])]
    for found, where in zip(expected, (operated, ~operated), strict=True):
        scores = np.sort(shipped.array("kps", where), axis=1)[:, : found.size]
        assert (scores == found).all()
