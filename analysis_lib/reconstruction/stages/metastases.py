"""Stage of the search: who has which metastases, what became of those in the liver, and operations before PRRT."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis_lib.reconstruction._numba.anneal_progression import FREE_R1, NOT_FREE
from analysis_lib.reconstruction.stages.builder import Builder
from analysis_lib.reconstruction.stages.state import Progression, SearchFailed
from analysis_lib.targets.catalogue import GROUPS

_TRIES = 200
# Liver metastases of one patient were resected months after the tumour, which the first imaging then shows as gone.
LATE_RESECTIONS = 1
_TREATMENTS = ("wedge", "wedges", "ablation_rf", "ablation_mw")


def find_metastases(build: Builder, progression: Progression) -> None:
    """Metastases by their counts, in keeping with who had no evidence of disease after surgery.

    Raises
    ------
    SearchFailed
        If random choices left no room.
    """
    build.until_not_significant(lambda: _metastases(build, progression))


def _metastases(build: Builder, progression: Progression) -> np.ndarray:
    """Returns who has any."""
    c, rng = build.columns, build.rng
    left = build.operated & (progression.role == NOT_FREE)
    free = build.operated & ~left
    metastatic = build.count("results-prrt.metastatic.all.count")
    gone = build.count("results-radiology.liver_gone.surgery.count")
    treated = build.count("table3.liver_treatment.surgery.count")
    untreated = build.count("table1.m1a.surgery.count") - gone - treated
    r1_left = build.count("table3.r1.surgery.count") - int((progression.role == FREE_R1).sum())
    for _ in range(_TRIES):
        nodes = build.allocate("n1", {1: "table1.n1"}, 0) == 1
        liver = build.allocate("m1a", {1: "table1.m1a"}, 0) == 1
        more = metastatic - int((nodes | liver).sum())
        elsewhere = np.flatnonzero(~(nodes | liver) & ~free)
        # Those with untreated metastases have disease left, but for the late resection.
        if not 0 <= more <= elsewhere.size or int((liver & left).sum()) < untreated - LATE_RESECTIONS:
            continue
        other = np.zeros(build.n, dtype=object)
        other[rng.choice(elsewhere, more, replace=False)] = 1
        able_left, able_free = np.flatnonzero(liver & left), np.flatnonzero(liver & free)
        late = int(
            rng.integers(max(0, untreated - able_left.size), min(LATE_RESECTIONS, untreated, able_free.size) + 1)
        )
        without = np.concatenate(
            [rng.choice(able_left, untreated - late, replace=False), rng.choice(able_free, late, replace=False)]
        )
        cared = rng.permutation(np.setdiff1d(np.flatnonzero(liver & build.operated), without))
        disappeared = np.full(build.n, None, dtype=object)
        disappeared[liver] = 0
        disappeared[cared[:gone]] = 1
        c["other_metastases"], c["liver_metastases_gone"] = other, disappeared
        # Others in whom disease was left, and who did not die of the operation, have a margin that is not clear.
        if int((left & ~remaining(c) & (np.arange(build.n) != build.state.postoperative)).sum()) <= r1_left:
            break
    else:
        raise SearchFailed("metastases leave no room for those without evidence of disease after surgery")
    build.allocate("liver_metastases_3", {1: "table1.liver_3"}, 0, able=liver)
    # A single wedge is not several.
    several = np.arange(build.n) == cared[gone]
    able = {"wedges": several, "wedge": ~several}
    build.events("liver_", {k: f"table3.liver_{k}" for k in _TREATMENTS}, cared[gone:], able)
    return nodes | liver | (other == 1)


def anywhere(c: Mapping[str, np.ndarray]) -> np.ndarray:
    """Who had metastases before PRRT, shape (n,), by a cohort's columns."""
    return (c["n1"] == 1) | (c["m1a"] == 1) | (c["other_metastases"] == 1)


def remaining(c: Mapping[str, np.ndarray]) -> np.ndarray:
    """Who still had metastases after PRRT that an operation of the pancreas leaves, shape (n,)."""
    return ((c["m1a"] == 1) & (c["liver_metastases_gone"] != 1)) | (c["other_metastases"] == 1)


def before_prrt(build: Builder) -> None:
    """Operations and embolisation before PRRT, where they belong."""
    c = build.columns
    build.allocate("prior_embolisation", {1: "table1.prior_embolisation"}, 0, able=c["m1a"] == 1)
    prior = np.full(build.n, None, dtype=object)
    able = {
        # A tumour that obstructs the stomach lies beside it; who has ovaries is a woman.
        "gastroenterostomy": np.isin(c["tumour_location"], ("head", "multiple")),
        "ovariectomy": c["sex"] == "female",
        "other": np.ones(build.n, dtype=bool),
    }
    numbers = {kind: build.count(f"table1.prior_{kind}.all.count") for kind in ("gastroenterostomy", "ovariectomy")}
    for g in GROUPS[1:]:
        wanted = build.count(f"table1.prior_surgery.{g}.count")
        kinds = [kind for kind, number in numbers.items() for _ in range(number)][:wanted]
        for kind in kinds + ["other"] * (wanted - len(kinds)):
            free = build.members[g][(able[kind] & (prior == None))[build.members[g]]]  # noqa: E711
            prior[build.choose(free, 1, f"prior {kind}")] = kind
    build.columns["prior_surgery"] = prior
