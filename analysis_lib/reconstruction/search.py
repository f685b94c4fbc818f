"""The search for one cohort: from random times through all stages to a whole cohort that is verified."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.builder import Builder
from analysis_lib.reconstruction.stages.columns import complete
from analysis_lib.reconstruction.stages.covariates import find_covariates, find_response
from analysis_lib.reconstruction.stages.metastases import find_metastases
from analysis_lib.reconstruction.stages.progression import find_progression
from analysis_lib.reconstruction.stages.sizes import find_sizes
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed, Survival
from analysis_lib.reconstruction.stages.survival import find_survival
from analysis_lib.reconstruction.stages.treatment import find_treatment
from analysis_lib.reconstruction.verify import wrong
from analysis_lib.targets.catalogue import Targets

# Sets of times before a cohort is given up, and whole cohorts tried around each.
_STARTS, _TRIES = 200, 4


def find_cohort(targets: Targets, seed: int, number: int) -> tuple[pd.DataFrame, BaseMeasure]:
    """Cohort ``number`` of a seed, and the base measure that it was searched under.

    Each cohort has random numbers of its own, so that any can be had without the others.

    Raises
    ------
    SearchFailed
        If a stage found nothing.
    InputError
        If printed numbers contradict each other.
    """
    rng = np.random.default_rng([seed, number])
    blocks = Blocks(targets)
    failures: list[SearchFailed] = []
    for _ in range(_STARTS):
        measure = BaseMeasure.draw(rng)
        try:
            survival = find_survival(rng, blocks, measure)
            response = find_response(rng, blocks, survival)
        except SearchFailed as error:
            failures.append(error)
            continue
        if response is None:
            failures.append(SearchFailed("no responses meet their hazard ratio of death", "response"))
            continue
        for _ in range(_TRIES):
            try:
                cohort = _around(rng, blocks, measure, survival, response)
            except SearchFailed as error:
                failures.append(error)
                continue
            if not wrong(cohort, targets):
                return cohort, measure
    raise _commonest(failures)


def _around(
    rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, survival: Survival, partial: np.ndarray
) -> pd.DataFrame:
    """A whole cohort around times of death and partial responses."""
    covariates = find_covariates(rng, blocks, survival)
    treatment = find_treatment(rng, blocks, measure, survival, covariates.activity)
    build = Builder(rng, blocks, survival)
    response = np.where(partial == 1, "PR", "SD").astype(object)
    response[survival.sepsis] = "NE"
    # Progressive disease as best response, and no scan after PRRT, fell to those without surgery.
    able = np.flatnonzero(~survival.operated & (response == "SD") & (treatment.first_scan_day < survival.day - 1))
    progressive = build.count("results-response.pd.all.count")
    unscanned = build.count("table5.size_post_excluded.all.count") - 1
    chosen = build.choose(able, progressive + unscanned, "progressive disease")
    response[chosen[:progressive]] = "PD"
    scanned = response != "NE"
    scanned[chosen[progressive:]] = False
    build.columns["best_response"] = response
    progression = find_progression(rng, blocks, measure, survival, treatment, response)
    find_metastases(build, progression)
    lesions = np.stack([build.columns[name] == 1 for name in ("n1", "m1a", "other_metastases")])
    before, after = find_sizes(rng, blocks, survival, covariates, response, scanned, ~lesions.any(axis=0))
    build.columns["tumour_size_mm"], build.columns["tumour_size_post_mm"] = before, after
    return complete(build, covariates, treatment, progression)


def _commonest(failures: list[SearchFailed]) -> SearchFailed:
    """The last of the kind of failure that came up most."""
    kinds = [failure.stage or str(failure) for failure in failures]
    kind = Counter(kinds).most_common(1)[0][0]
    return failures[max(k for k, one in enumerate(kinds) if one == kind)]
