"""The columns that survival does not touch: counts by random allocation, single columns by search.

What is summarised by quartiles, means and a p value is found by :func:`anneal_column.anneal_column`;
what must agree with another column (times with survival, sizes with responses, Ki-67 with grade)
gets its limits from it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.reconstruction._numba.anneal_progression import FREE_R0, FREE_R1, NOT_FREE
from analysis_lib.reconstruction.stages import clinical
from analysis_lib.reconstruction.stages.builder import TRIES, Builder, limits
from analysis_lib.reconstruction.stages.column_spec import ColumnSpec
from analysis_lib.reconstruction.stages.state import Blocks, Covariates, Progression, SearchFailed, Survival
from analysis_lib.targets.catalogue import GROUPS

# id stem, column, step, lowest, highest, logarithmic
_SUMMARISED = (
    ("table1.age", "age_years", 0.1, 22, 84, False),
    ("table1.bmi", "bmi_kg_m2", 0.1, 16, 40, False),
    ("table1.since_diagnosis", "months_since_diagnosis", 0.1, 0.5, 60, True),
    ("table1.cga", "chromogranin_a_ug_l", 1.0, 20, 6000, True),
)
# Columns that counts alone hold; several values of one column exclude each other.
_COUNTED = {
    "functional": {1: "table1.functional"},
    "progression_before": {1: "table1.progression_before"},
    "tumour_location": {v: f"table1.{v}" for v in ("head", "body", "tail", "multiple")},
    "prior_ssa": {1: "table1.prior_ssa"},
    "prior_chemotherapy": {1: "table1.prior_chemotherapy"},
    "prior_embolisation": {1: "table1.prior_embolisation"},
    "no_surgery_reason": {
        v: f"table1.no_surgery_{s}"
        for v, s in (
            ("unresectable", "unresectable"),
            ("high_risk", "high_risk"),
            ("progression_or_death", "progression_death"),
            ("request", "request"),
            ("unknown", "unknown"),
        )
    },
    "surgery_type": {"whipple": "table3.whipple", "distal": "table3.distal", "pylorus_preserving": "table3.pppd"},
    "vascular_resection": {v: f"results-surgery.resection_{v}" for v in ("smv", "pv", "ca")},
    "lymphovascular_invasion": {0: "table3.lymphovascular_negative", 1: "table3.lymphovascular_positive"},
    "perineural_invasion": {0: "table3.perineural_negative", 1: "table3.perineural_positive"},
}
_YES_NO = {"functional", "progression_before", "prior_ssa", "prior_chemotherapy", "prior_embolisation"}


def complete(
    rng: np.random.Generator, blocks: Blocks, state: Survival, covariates: Covariates, progression: Progression
) -> pd.DataFrame:
    """A whole cohort around its survival times, covariates and progressions.

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
    build = Builder(rng, blocks, state)
    columns = build.columns
    columns["group"] = np.where(state.operated, "surgery", "prrt_only").astype(object)
    times(build, state, progression)
    # First what most often comes to a dead end.
    clinical.sizes(build, state, covariates)
    clinical.prrt(build, state, covariates, progression)
    _summarised(build, state)
    for column, stems in _COUNTED.items():
        build.allocate(column, stems, 0 if column in _YES_NO else None)
    build.until_not_significant(state, lambda: build.allocate("sex", {"male": "table1.sex_male"}, "female") == "male")
    _grade(build, covariates)
    build.until_not_significant(state, lambda: _metastases(build))
    clinical.response(build, state, covariates, progression)
    clinical.vessels(build, state)
    clinical.surgery(build, state)
    clinical.pathology(build)
    order = np.concatenate([rng.permutation(build.members[g]) for g in GROUPS[1:]])
    frame = pd.DataFrame({name: values[order] for name, values in columns.items()})
    frame.insert(0, "patient", np.arange(1, build.n + 1))
    return frame


def times(build: Builder, state: Survival, progression: Progression) -> None:
    """Survival, surgery, progression and recurrence, with margins and kinds of progression."""
    c, rng = build.columns, build.rng
    progressed, operated = progression.progressed, state.operated
    end = np.where(progressed, progression.day, state.day)
    c["os_years"], c["os_event"] = state.years, state.event
    c["pfs_years"], c["pfs_event"] = state.clock.years[end], np.where(progressed, 1, state.event)
    free = progression.role != NOT_FREE
    c["dfs_years"] = np.where(free, state.clock.years[end - progression.surgery_day], np.nan)
    c["dfs_event"] = np.where(free, progressed, np.nan)
    c["no_evidence_of_disease"] = np.where(operated, free, np.nan)
    c["months_to_surgery"] = np.where(operated, progression.surgery_day / DAYS_PER_MONTH, np.nan)
    margin = np.full(build.n, None, dtype=object)
    margin[progression.role == FREE_R0], margin[progression.role == FREE_R1] = "R0", "R1"
    left = rng.permutation(np.flatnonzero(operated & ~free))
    more_r1 = build.count("table3.r1.surgery.count") - int((margin == "R1").sum())
    margin[left[:more_r1]], margin[left[more_r1:]] = "R1", "R0"
    c["resection_margin"] = margin
    kind = np.full(build.n, None, dtype=object)
    place = "results-survival.progression"
    for g in GROUPS[1:]:
        names = ("liver", "local", "bone", "bone_liver", "pancreas", "pancreas_liver", "clinical")
        kinds = [k for k in names for _ in range(_printed(build, f"{place}_{k}.{g}.count"))]
        who = build.members[g][progressed[build.members[g]]]
        if len(kinds) != who.size:
            raise InputError(f"kinds of progression of {g} sum up to {len(kinds)}, not {who.size}")
        kind[who] = rng.permutation(np.array(kinds, dtype=object))
    c["progression"] = kind


def _printed(build: Builder, id: str) -> int:
    return build.count(id) if id in build.numbers else 0


def _summarised(build: Builder, state: Survival) -> None:
    rng, everyone = build.rng, build.members["all"]
    for stem, column, step, lowest, highest, logarithmic in _SUMMARISED:
        low, high = limits(build.n, lowest, highest, step)

        def start(low=low, high=high, logarithmic=logarithmic):
            if logarithmic:
                return np.exp(rng.uniform(np.log(low), np.log(high)))
            return rng.integers(low, high + 1)

        test = build.targets.assumptions.age_test if column == "age_years" else "mann_whitney"
        build.columns[column] = build.search_column(ColumnSpec.by_group(stem, step, test), low, high, start, everyone)
    build.until_not_significant(state, lambda: build.shuffled("age_years"))


def _grade(build: Builder, covariates: Covariates) -> None:
    names = {"G2": "grade_2", "G3": "grade_3", "NEC": "nec", "no_grade": "no_grade", "no_diagnosis": "no_diagnosis"}
    able = covariates.grade_1 == 0
    grade = build.allocate("grade", {v: f"table1.{s}" for v, s in names.items()}, "G1", able)
    build.columns["kps"] = covariates.kps
    graded = np.flatnonzero(~np.isin(grade, ("no_grade", "no_diagnosis")))
    unknown = graded.size - build.count("table1.ki67.all.n")
    # WHO 2019: G1 below 3%, G2 to 20%, G3 and carcinomas above.
    lowest = {"G1": 0, "G2": 3, "G3": 21, "NEC": 21}
    highest = {"G1": 2, "G2": 20, "G3": 70, "NEC": 95}
    for _ in range(TRIES):
        who = np.sort(build.rng.choice(graded, graded.size - unknown, replace=False))
        low, high = (np.array([limits[g] for g in grade[who]]) for limits in (lowest, highest))
        try:
            build.columns["ki67_percent"] = build.search_column(
                ColumnSpec.by_group("table1.ki67"), low, high, partial(build.rng.integers, low, high + 1), who
            )
        except SearchFailed:
            continue
        return
    raise SearchFailed("no Ki-67 indices meet what is printed under table1.ki67")


def _metastases(build: Builder) -> np.ndarray:
    """Metastases and prior surgery, by their counts; returns who has any metastases."""
    c = build.columns
    metastatic = build.count("results-prrt.metastatic.all.count")
    liver = build.allocate("m1a", {1: "table1.m1a"}, 0) == 1
    build.allocate("liver_metastases_3", {1: "table1.liver_3"}, 0, able=liver)
    for _ in range(1000):
        nodes = build.allocate("n1", {1: "table1.n1"}, 0) == 1
        if (nodes | liver).sum() <= metastatic:
            break
    else:
        raise SearchFailed("lymph node and liver metastases exceed the patients with metastases")
    other = np.zeros(build.n, dtype=object)
    more = metastatic - int((nodes | liver).sum())
    other[build.choose(np.flatnonzero(~(nodes | liver)), more, "other metastases")] = 1
    c["other_metastases"] = other
    gone = build.allocate("liver_metastases_gone", {1: "results-radiology.liver_gone"}, 0, able=liver)
    gone[~liver] = None
    pet = build.allocate("ga68_pet", {1: "table1.pet"}, 0) == 1
    names = {"equal_to_liver": "equal", "higher_than_liver": "liver", "higher_than_kidneys": "kidney"}
    build.allocate("uptake", {v: f"table1.uptake_{s}" for v, s in names.items()}, None, able=~pet)
    prior = np.full(build.n, None, dtype=object)
    for g in GROUPS[1:]:
        who = build.choose(build.members[g], build.count(f"table1.prior_surgery.{g}.count"), "prior surgery")
        kinds = ["gastroenterostomy"] * build.count("table1.prior_gastroenterostomy.all.count")
        kinds += ["ovariectomy"] * build.count("table1.prior_ovariectomy.all.count")
        prior[who] = (kinds + ["other"] * who.size)[: who.size]
    # A bilateral ovariectomy: whoever had it is a woman.
    women, had = c["sex"] == "female", prior == "ovariectomy"
    for patient in np.flatnonzero(had & ~women):
        same = (c["group"] == c["group"][patient]) & women & (prior == None)  # noqa: E711
        other_patient = build.rng.choice(np.flatnonzero(same))
        prior[patient], prior[other_patient] = None, prior[patient]
    c["prior_surgery"] = prior
    return nodes | liver | (other == 1)
