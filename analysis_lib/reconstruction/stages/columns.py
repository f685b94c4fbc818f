"""A whole cohort around its survival: all columns, each in keeping with those before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.reconstruction._numba.anneal_progression import FREE_R0, FREE_R1, NOT_FREE
from analysis_lib.reconstruction.stages import anatomy, clinical, metastases
from analysis_lib.reconstruction.stages.builder import Builder, limits
from analysis_lib.reconstruction.stages.clinical import KI67
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.state import Covariates, Progression, SearchFailed, Treatment
from analysis_lib.targets.catalogue import GROUPS

# id stem, column, step, lowest, highest, logarithmic
_SUMMARISED = (
    ("table1.bmi", "bmi_kg_m2", 0.1, 16, 40, False),
    ("table1.since_diagnosis", "months_since_diagnosis", 0.1, 0.5, 60, True),
    ("table1.cga", "chromogranin_a_ug_l", 1.0, 20, 6000, True),
)
# Columns that counts alone hold.
_COUNTED = ("functional", "progression_before", "prior_ssa", "prior_chemotherapy")
AGE_YEARS, OLDEST_YEARS = (22, 84), 95
# 68Ga-DOTATATE came into use in the middle of the 2000s.
PET_YEARS = 15
_KI67_TRIES, _AGE_TRIES = 6, 200


def complete(build: Builder, covariates: Covariates, treatment: Treatment, progression: Progression) -> pd.DataFrame:
    """A whole cohort around what the stages before have found; responses, metastases and sizes are in ``build``.

    Returns
    -------
    pandas.DataFrame
        One row a patient in the schema's columns, in random order within the groups.

    Raises
    ------
    SearchFailed
        If a column was not found, or random choices left no room for a count.
    InputError
        If printed counts contradict each other.
    """
    c, rng = build.columns, build.rng
    times(build, treatment, progression)
    settle_places(c, progression.day, treatment.surgery_day)
    c["kps"], c["prrt_activity_gbq"], c["prrt_cycles"] = covariates.kps, covariates.activity, treatment.cycles
    clinical.response_times(build, treatment, progression)
    _grade(build, covariates)
    build.until_not_significant(lambda: build.allocate("sex", {"male": "table1.sex_male"}, "female") == "male")
    _summarised(build)
    for column in _COUNTED:
        build.allocate(column, {1: f"table1.{column}"}, 0)
    anatomy.find_anatomy(build)
    metastases.before_prrt(build)
    _uptake(build)
    _reasons(build)
    clinical.toxicity(build, treatment)
    clinical.nodes(build)
    clinical.pathology(build)
    order = np.concatenate([rng.permutation(build.members[g]) for g in GROUPS[1:]])
    frame = pd.DataFrame({name: values[order] for name, values in c.items()})
    frame.insert(0, "patient", np.arange(1, build.n + 1))
    return frame


def times(build: Builder, treatment: Treatment, progression: Progression) -> None:
    """Survival, treatment, progression and recurrence, with margins and kinds of progression."""
    c, rng, state = build.columns, build.rng, build.state
    progressed, operated, surgery_day = progression.progressed, state.operated, treatment.surgery_day
    end = np.where(progressed, progression.day, state.day)
    c["os_years"], c["os_event"] = state.years, state.event
    c["pfs_years"], c["pfs_event"] = state.clock.years[end], np.where(progressed, 1, state.event)
    free = progression.role != NOT_FREE
    c["dfs_years"] = np.where(free, state.clock.years[np.maximum(end - surgery_day, 0)], np.nan)
    c["dfs_event"] = np.where(free, progressed, np.nan)
    c["no_evidence_of_disease"] = np.where(operated, free, np.nan)
    c["prrt_months"] = treatment.last_cycle_day / DAYS_PER_MONTH
    c["months_to_surgery"] = np.where(operated, surgery_day / DAYS_PER_MONTH, np.nan)
    c["months_prrt_end_to_surgery"] = np.where(
        operated, (surgery_day - treatment.last_cycle_day) / DAYS_PER_MONTH, np.nan
    )
    margin = np.full(build.n, None, dtype=object)
    margin[progression.role == FREE_R0], margin[progression.role == FREE_R1] = "R0", "R1"
    left = rng.permutation(np.flatnonzero(operated & ~free))
    # Disease left means a margin that is not clear, but for metastases and the death of the operation.
    elsewhere = np.arange(build.n) == state.postoperative
    # Where a number is withheld, times are all that is drawn.
    if "m1a" in c:
        elsewhere |= metastases.remaining(c)
    left = left[np.argsort(elsewhere[left], kind="stable")]
    more_r1 = build.count("table3.r1.surgery.count") - int((margin == "R1").sum())
    margin[left[:more_r1]], margin[left[more_r1:]] = "R1", "R0"
    c["resection_margin"] = margin
    c["progression"] = _kinds(build, progressed)


def _kinds(build: Builder, progressed: np.ndarray) -> np.ndarray:
    """Kinds of progression as often as printed; a best response of progressive disease was seen on a scan."""
    c, rng = build.columns, build.rng
    kind = np.full(build.n, None, dtype=object)
    place = "results-survival.progression"
    for g in GROUPS[1:]:
        names = ("liver", "local", "bone", "bone_liver", "pancreas", "pancreas_liver", "clinical")
        kinds = [k for k in names for _ in range(_printed(build, f"{place}_{k}.{g}.count"))]
        who = build.members[g][progressed[build.members[g]]]
        if len(kinds) != who.size:
            raise InputError(f"kinds of progression of {g} sum up to {len(kinds)}, not {who.size}")
        kind[who] = rng.permutation(np.array(kinds, dtype=object))
        # Where the tumour has grown, and is all there is, it is what has progressed.
        for patient in who[c["best_response"][who] == "PD"]:
            grown = who[(kind[who] == "pancreas") & (c["best_response"][who] != "PD")]
            other = build.choose(grown, 1, "progression of the pancreatic tumour")[0]
            kind[patient], kind[other] = kind[other], kind[patient]
    return kind


def settle_places(c: Mapping[str, np.ndarray], progressed_on: np.ndarray, operated_on: np.ndarray) -> None:
    """Exchange kinds of progression within a group, so that each goes with tumour size and operation.

    A pancreatic tumour that shrank has not progressed, and nothing recurs where nothing was taken out. Who takes the
    other's kind is no random choice: all that comes later keeps its random numbers.

    Parameters
    ----------
    c
        Columns of a cohort; ``progression`` is changed.
    progressed_on, operated_on
        Days of the end of progression-free survival and of the operation, shape (n,).

    Raises
    ------
    SearchFailed
        If too few can take the other's kind.
    """
    kind, operated = c["progression"], c["group"] == "surgery"
    ratio = np.nan_to_num(c["tumour_size_post_mm"] / c["tumour_size_mm"])
    as_response = c["best_response"] == "PD"
    shrank = ~operated & as_response & np.isin(kind, ("pancreas", "pancreas_liver")) & (ratio < 1)
    _exchange(kind, shrank, ~operated & ~as_response & (kind == "liver"), (progressed_on, -ratio))
    since = progressed_on - operated_on
    early = operated & (kind == "local") & (since < 0)
    later = operated & np.isin(kind, ("liver", "bone", "bone_liver")) & (since > 0)
    _exchange(kind, early, later, (progressed_on, since))


def _exchange(kind: np.ndarray, giving: np.ndarray, taking: np.ndarray, order: tuple[np.ndarray, np.ndarray]) -> None:
    """Those ``giving`` exchange kinds with as many of those ``taking``, the least in the last of ``order`` first."""
    givers, takers = ((by := np.lexsort(order))[who[by]] for who in (giving, taking))
    if givers.size > takers.size:
        raise SearchFailed("too few patients can take another's kind of progression", "kinds of progression")
    takers = takers[: givers.size]
    kind[givers], kind[takers] = kind[takers], kind[givers]


def _printed(build: Builder, id: str) -> int:
    return build.count(id) if id in build.numbers else 0


def _summarised(build: Builder) -> None:
    rng, everyone = build.rng, build.members["all"]
    for stem, column, step, lowest, highest, logarithmic in _SUMMARISED:
        low, high = limits(build.n, lowest, highest, step)

        def draw(low=low, high=high, logarithmic=logarithmic):
            if logarithmic:
                return low * (high / low) ** rng.random(low.size)
            return rng.integers(low, high + 1)

        build.columns[column] = build.search_column(ColumnSpec.by_group(stem, step), low, high, draw, everyone)
    low, high = limits(build.n, *AGE_YEARS, 0.1)
    spec = ColumnSpec.by_group("table1.age", 0.1, build.targets.assumptions.age_test)
    age = build.search_column(spec, low, high, lambda: rng.integers(low, high + 1), everyone)
    build.until_not_significant(lambda: _shuffled_age(build, age))


def _shuffled_age(build: Builder, age: np.ndarray) -> np.ndarray:
    """Ages exchanged within the groups, which leaves their summaries alone, until nobody grows too old."""
    for _ in range(_AGE_TRIES):
        for group in GROUPS[1:]:
            age[build.members[group]] = build.rng.permutation(age[build.members[group]])
        if (age + build.columns["os_years"] <= OLDEST_YEARS).all():
            build.columns["age_years"] = age
            return age
    raise SearchFailed("somebody would grow too old")


def _grade(build: Builder, covariates: Covariates) -> None:
    names = {"G2": "grade_2", "G3": "grade_3", "NEC": "nec", "no_grade": "no_grade", "no_diagnosis": "no_diagnosis"}
    able = covariates.grade_1 == 0
    grade = build.allocate("grade", {v: f"table1.{s}" for v, s in names.items()}, "G1", able)
    graded = np.flatnonzero(np.isin(grade, tuple(KI67)))
    unknown = graded.size - build.count("table1.ki67.all.n")
    for _ in range(_KI67_TRIES):
        who = np.sort(build.rng.choice(graded, graded.size - unknown, replace=False))
        low, high = np.array([KI67[g] for g in grade[who]]).T
        try:
            build.columns["ki67_percent"] = build.search_column(
                ColumnSpec.by_group("table1.ki67"), low, high, partial(build.rng.integers, low, high + 1), who
            )
        except SearchFailed as error:
            failure = error
            continue
        return
    raise failure


def _uptake(build: Builder) -> None:
    """Uptake on the octreotide scan, the highest in the carcinoma, as the text says; or a PET-CT in its place."""
    c = build.columns
    carcinoma = c["grade"] == "NEC"
    pet = build.allocate("ga68_pet", {1: "table1.pet"}, 0, able=~carcinoma & (c["os_years"] <= PET_YEARS)) == 1
    names = {"equal_to_liver": "equal", "higher_than_liver": "liver", "higher_than_kidneys": "kidney"}
    uptake = build.allocate("uptake", {v: f"table1.uptake_{s}" for v, s in names.items()}, None, able=~pet)
    for patient in np.flatnonzero(carcinoma & (uptake != "higher_than_kidneys")):
        same = np.flatnonzero((c["group"] == c["group"][patient]) & (uptake == "higher_than_kidneys"))
        other = build.choose(same, 1, "the highest uptake")[0]
        uptake[patient], uptake[other] = uptake[other], uptake[patient]


def _reasons(build: Builder) -> None:
    """Why no operation followed: the death of sepsis and the earliest progression first, then by what is in the way."""
    c, rng, sepsis = build.columns, build.rng, build.state.sepsis
    who = build.members["prrt_only"]
    number = build.count("table1.no_surgery_progression_death.prrt_only.count")
    ill = who[(c["pfs_event"][who] == 1) & (who != sepsis)]
    ill = ill[np.argsort(c["pfs_years"][ill], kind="stable")][: number - 1]
    reasons = np.full(build.n, None, dtype=object)
    reasons[[sepsis, *ill]] = "progression_or_death"
    kinds = [
        kind
        for kind in ("unresectable", "high_risk", "request", "unknown")
        for _ in range(build.count(f"table1.no_surgery_{kind}.prrt_only.count"))
    ]
    rest = rng.permutation(who[reasons[who] == None])  # noqa: E711
    if len(kinds) != rest.size:
        raise InputError(f"reasons for no surgery sum up to {len(kinds)}, not {rest.size}")
    # Last those in whom nothing stands in the way of an operation any more.
    free = (c["tvi_post"] == 0) & (c["organ_invasion_post"] != 1) & (c["n1"] != 1) & ~metastases.remaining(c)
    reasons[rest[np.argsort(free[rest], kind="stable")]] = kinds
    c["no_surgery_reason"] = reasons
