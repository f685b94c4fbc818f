"""The search for one cohort: from random times through all stages to a whole cohort that is verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis_lib.reconstruction.base_measure import BaseMeasure
from analysis_lib.reconstruction.stages.builder import Builder
from analysis_lib.reconstruction.stages.columns import complete
from analysis_lib.reconstruction.stages.covariates import find_activity, find_covariates, find_response
from analysis_lib.reconstruction.stages.metastases import find_metastases
from analysis_lib.reconstruction.stages.progression import find_progression
from analysis_lib.reconstruction.stages.sizes import find_sizes, tumour_decides
from analysis_lib.reconstruction.stages.state import Blocks, Covariates, Progression, SearchFailed, Survival, Treatment
from analysis_lib.reconstruction.stages.survival import find_survival
from analysis_lib.reconstruction.stages.treatment import find_treatment
from analysis_lib.reconstruction.verify import wrong
from analysis_lib.targets.catalogue import Targets

# Sets of times before a cohort is given up, and base measures tried for each; courses tried around a set, scores and
# grades tried with sizes, and whole cohorts made of a course.
_STARTS, _TRIES, _COVARIATES, _COMPLETED = 200, 4, 12, 4
#: The stage of a failure where whole cohorts were found, and none of them could be verified.
VERIFICATION = "verification"


@dataclass
class Course:
    """Treatment and progression around times of death.

    Attributes
    ----------
    build : Builder
        Holds the best responses.
    activity : numpy.ndarray
        Cumulative, shape (n,).
    scanned : numpy.ndarray
        Who has a tumour size after PRRT, shape (n,).
    """

    build: Builder
    activity: np.ndarray
    treatment: Treatment
    progression: Progression
    scanned: np.ndarray


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
        measure, survival = find_start(rng, blocks)
        try:
            response = find_response(rng, blocks, survival)
        except SearchFailed as error:
            failures.append(error)
            continue
        for _ in range(_TRIES):
            try:
                for cohort in cohorts_around(rng, blocks, measure, survival, response):
                    if not (told := wrong(cohort, targets)):
                        return cohort, measure
                    last = f"the last: {told[0]}"
                    failures.append(SearchFailed("no whole cohort could be verified", VERIFICATION, last))
            except SearchFailed as error:
                failures.append(error)
    raise _commonest(failures)


def find_start(rng: np.random.Generator, blocks: Blocks) -> tuple[BaseMeasure, Survival]:
    """Times of death that meet their targets, under the first random base measure that has any.

    Raises
    ------
    SearchFailed
        If none has.
    """
    for _ in range(_STARTS):
        measure = BaseMeasure.draw(rng)
        try:
            return measure, find_survival(rng, blocks, measure)
        except SearchFailed as error:
            failure = error
    raise failure


def cohorts_around(
    rng: np.random.Generator,
    blocks: Blocks,
    measure: BaseMeasure,
    survival: Survival,
    partial: np.ndarray,
    activity: np.ndarray | None = None,
) -> Iterator[pd.DataFrame]:
    """Whole cohorts around times of death and partial responses, which share all that is hard to find.

    Raises
    ------
    SearchFailed
        If a stage found nothing.
    """
    course = find_course(rng, blocks, measure, survival, partial, activity)
    covariates = find_measured(rng, blocks, survival, course)
    for _ in range(_COMPLETED):
        yield complete(course.build, covariates, course.treatment, course.progression)


def find_course(
    rng: np.random.Generator,
    blocks: Blocks,
    measure: BaseMeasure,
    survival: Survival,
    partial: np.ndarray,
    activity: np.ndarray | None = None,
) -> Course:
    """Treatment, best response and progression around times of death and partial responses, and activities if known.

    Raises
    ------
    SearchFailed
        If a stage found nothing.
    """
    activity = find_activity(rng, blocks, survival) if activity is None else activity
    treatment = find_treatment(rng, blocks, measure, survival, activity)
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
    return Course(build, activity, treatment, progression, scanned)


def find_measured(rng: np.random.Generator, blocks: Blocks, survival: Survival, course: Course) -> Covariates:
    """Covariates; metastases and tumour sizes, in keeping with them and with the responses, go to ``course.build``.

    Raises
    ------
    SearchFailed
        If a stage found nothing.
    """
    build = course.build
    response = build.columns["best_response"]
    find_metastases(build, course.progression)
    decides = tumour_decides(build.columns)
    for attempt in range(_COVARIATES):
        covariates = find_covariates(rng, blocks, survival, course.activity)
        try:
            sizes = find_sizes(rng, blocks, survival, covariates, response, course.scanned, decides)
        except SearchFailed:
            if attempt == _COVARIATES - 1:
                raise
        else:
            break
    build.columns["tumour_size_mm"], build.columns["tumour_size_post_mm"] = sizes
    return covariates


def _commonest(failures: list[SearchFailed]) -> SearchFailed:
    """The last of the kind of failure that came up most."""
    kinds = [failure.stage or str(failure) for failure in failures]
    kind = Counter(kinds).most_common(1)[0][0]
    return failures[max(k for k, one in enumerate(kinds) if one == kind)]
