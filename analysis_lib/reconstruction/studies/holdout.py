"""Predictive checks: printed numbers withheld from the search, and what the others then say of them.

A number that every cohort was built to meet tests nothing. Withheld, it does: the search goes on
without it, alone or with others of its fact, and the statistic is read off from what comes out. Only the
stages of the search that bear on the withheld numbers are run, so a draw is not a whole cohort:
times of death, then responses, progression and covariates around them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base import manifest as manifests
from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.ledger.predictions import COLUMNS
from analysis_lib.reconstruction.base_measure import DESCRIPTIONS, BaseMeasure
from analysis_lib.reconstruction.search import Course, find_course, find_measured, find_start
from analysis_lib.reconstruction.stages.column_spec import ratio_ids
from analysis_lib.reconstruction.stages.columns import times
from analysis_lib.reconstruction.stages.covariates import find_response
from analysis_lib.reconstruction.stages.state import Blocks, SearchFailed, Survival
from analysis_lib.reconstruction.working_folder import search_missing, working_folder
from analysis_lib.targets.catalogue import GROUPS, Targets, load_targets
from analysis_lib.targets.recompute import Recomputed

# Draws of each set; times of death for each, and tries around them.
DRAWS = 40
_STARTS, _TRIES = 12, 4
_PLACE = "results-survival"


@dataclass(frozen=True)
class Withheld:
    """Targets withheld together.

    Parameters
    ----------
    name, title
        For files, and for a reader.
    stage
        Which part of the search answers: ``survival``, ``progression``, ``response`` or ``covariates``.
    ids
        Of the targets.
    """

    name: str
    title: str
    stage: str
    ids: tuple[str, ...]


def _curve(name: str, group: str) -> tuple[str, ...]:
    return tuple(f"{_PLACE}.{name}.{group}.{s}" for s in ("median", "ci_lo", "ci_hi"))


_OS = {group: _curve("os", group) for group in GROUPS}
_COX = ratio_ids(f"{_PLACE}.cox_surgery", "hr")
_LOG_RANK = (f"{_PLACE}.os.p",)
_PFS = {group: _curve("pfs", group) for group in GROUPS[1:]}
_PFS_P = (f"{_PLACE}.pfs.p",)
_DFS = {
    "dfs": _curve("dfs", "surgery"),
    "dfs_r0": (f"{_PLACE}.dfs_r0.surgery.median", f"{_PLACE}.dfs_r0.ci_undefined"),
    "dfs_r1": _curve("dfs_r1", "surgery"),
    "dfs_p": (f"{_PLACE}.dfs_margin.surgery.p",),
}
_ADJUSTED = ratio_ids(f"{_PLACE}.cox_surgery_adjusted", "hr")
_SCORE = ratio_ids(f"{_PLACE}.cox_score", "hr")


def _joined(*parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(id for part in parts for id in part)


# A number's own set goes before the larger ones that hold it.
SETS = (
    Withheld("os_all", "overall survival of all", "survival", _OS["all"]),
    Withheld("os_surgery", "overall survival after surgery", "survival", _OS["surgery"]),
    Withheld("os_prrt_only", "overall survival with PRRT only", "survival", _OS["prrt_only"]),
    Withheld("os_curves", "all medians of overall survival", "survival", _joined(*_OS.values())),
    Withheld("os_p", "the log-rank test of overall survival", "survival", _LOG_RANK),
    Withheld("os_cox", "the Cox regression of surgery", "survival", _COX),
    Withheld("os_comparison", "log-rank test and Cox regression of surgery", "survival", _joined(_LOG_RANK, _COX)),
    Withheld(
        "follow_up", "follow-up", "survival", tuple(f"{_PLACE}.follow_up.all.{s}" for s in ("median", "q1", "q3"))
    ),
    Withheld("pfs_surgery", "progression-free survival after surgery", "progression", _PFS["surgery"]),
    Withheld("pfs_prrt_only", "progression-free survival with PRRT only", "progression", _PFS["prrt_only"]),
    Withheld("pfs_p", "the log-rank test of progression-free survival", "progression", _PFS_P),
    Withheld("pfs", "all of progression-free survival", "progression", _joined(*_PFS.values(), _PFS_P)),
    Withheld("dfs_all", "disease-free survival of all", "progression", _DFS["dfs"]),
    Withheld("dfs_r0", "disease-free survival after R0", "progression", _DFS["dfs_r0"]),
    Withheld("dfs_r1", "disease-free survival after R1", "progression", _DFS["dfs_r1"]),
    Withheld("dfs_p", "the log-rank test of R0 against R1", "progression", _DFS["dfs_p"]),
    Withheld("dfs", "all of disease-free survival", "progression", _joined(*_DFS.values())),
    Withheld("pr_death", "hazard ratio of partial response", "response", ratio_ids("table5.pr_death", "hr")),
    Withheld("adjusted_model", "the whole adjusted model", "covariates", _joined(_ADJUSTED, _SCORE)),
    *(
        Withheld(f"{name}_death", f"hazard ratio of {words}", "covariates", ratio_ids(f"table5.{name}_death", "hr"))
        for name, words in (
            ("kps", "the Karnofsky score"),
            ("grade_1", "grade 1"),
            ("activity", "cumulative activity"),
            ("size_post", "tumour size after PRRT"),
        )
    ),
)  # fmt: skip


def constraining(withheld: Withheld, blocks: Blocks) -> tuple[str, ...]:
    """Ids of the targets that a draw meets while ``withheld`` are left out."""
    covariate = blocks.covariate_ids
    course = (*covariate["pr"], *covariate["activity"], *blocks.progression_ids)
    of_stage = {
        "survival": (),
        "response": covariate["pr"],
        "progression": course,
        "covariates": (*course, *covariate["kps"], *covariate["grade_1"], *blocks.size_ids),
    }
    ids = dict.fromkeys((*blocks.survival_ids, *of_stage[withheld.stage]))
    return tuple(id for id in ids if id in blocks.targets and id not in withheld.ids)


class Draw:
    """Draw ``k`` of a seed, and the times of death that its sets of the later stages share."""

    def __init__(self, targets: Targets, seed: int, k: int) -> None:
        self.targets, self.seed, self.k = targets, seed, k
        self._starts: list[tuple[BaseMeasure, Survival]] = []

    def starts(self) -> Iterator[tuple[BaseMeasure, Survival]]:
        """Times of death that meet all targets, each as often as is tried around them."""
        for k in range(_STARTS):
            if k == len(self._starts):
                rng = np.random.default_rng([self.seed, self.k, len(SETS) + k])
                self._starts.append(find_start(rng, Blocks(self.targets)))
            yield from [self._starts[k]] * _TRIES

    def of(self, withheld: Withheld) -> tuple[str, dict[str, float]]:
        """The name of the base measure, and the withheld statistics as they come out; NaN where one is not defined.

        Raises
        ------
        SearchFailed
            If the search finds nothing although numbers were withheld.
        AssertionError
            If independent recomputation finds a kept target missed.
        """
        rng = np.random.default_rng([self.seed, self.k, SETS.index(withheld)])
        blocks = Blocks(self.targets.without(set(withheld.ids)))
        measure, frame = self._found(rng, blocks, withheld.stage)
        recomputed = Recomputed(frame, self.targets)
        for id in constraining(withheld, blocks):
            value = recomputed.value(self.targets[id])
            assert value in self.targets[id].interval, f"{withheld.name}, draw {self.k}: {id} is {value}"
        return measure.name, {id: recomputed.value(self.targets[id]) for id in withheld.ids}

    def _found(self, rng: np.random.Generator, blocks: Blocks, stage: str) -> tuple[BaseMeasure, pd.DataFrame]:
        if stage == "survival":
            measure, survival = find_start(rng, blocks)
            return measure, _frame(survival)
        for measure, survival in self.starts():
            try:
                return measure, _frame(survival).assign(**_STAGES[stage](rng, blocks, measure, survival))
            except SearchFailed as error:
                failure = error
        raise failure


def _response(rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, survival: Survival) -> dict:
    return {"best_response": np.where(find_response(rng, blocks, survival) == 1, "PR", "other")}


def _course(rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, survival: Survival) -> Course:
    course = find_course(rng, blocks, measure, survival, find_response(rng, blocks, survival))
    times(course.build, course.treatment, course.progression)
    course.build.columns["prrt_activity_gbq"] = course.activity
    return course


def _progression(rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, survival: Survival) -> dict:
    return _course(rng, blocks, measure, survival).build.columns


def _covariates(rng: np.random.Generator, blocks: Blocks, measure: BaseMeasure, survival: Survival) -> dict:
    course = _course(rng, blocks, measure, survival)
    found = find_measured(rng, blocks, survival, course)
    return course.build.columns | {"kps": found.kps, "grade": np.where(found.grade_1 == 1, "G1", "other")}


_STAGES = {"response": _response, "progression": _progression, "covariates": _covariates}


def _frame(state: Survival) -> pd.DataFrame:
    group = np.where(state.operated, "surgery", "prrt_only")
    return pd.DataFrame({"group": group, "os_years": state.years, "os_event": state.event})


def build(seed: int, out: Path, jobs: int = 1, scheduler: str = "") -> dict:
    """Every set's draws as CSV in ``out``, one row a withheld target and base measure, with a manifest beside it.

    Finished draws lie in a folder beside ``out`` while the rest is under way; a second call with
    the same seed goes on from there. ``jobs`` and ``scheduler`` are those of :func:`parallel.each`.

    Raises
    ------
    InputError
        If the place cannot be written to.
    SearchFailed
        If a search finds nothing; finished draws are kept.
    """
    targets = load_targets()
    folder = out.with_name(f".{out.stem}.{seed}.{targets.digest[:12]}")
    with working_folder(folder):
        search_missing(
            partial(_draw, targets, seed),
            range(DRAWS),
            partial(_part, folder),
            lambda found, file: write_beside_then_rename(file, json.dumps(found)),
            lambda k, _: f"draw {k}",
            jobs,
            scheduler,
        )
        return _merge(targets, seed, folder, out)


def _part(folder: Path, k: int) -> Path:
    return folder / f"{k}.json"


def _draw(targets: Targets, seed: int, k: int) -> dict:
    draw = Draw(targets, seed, k)
    return {withheld.name: draw.of(withheld) for withheld in SETS}


def _merge(targets: Targets, seed: int, folder: Path, out: Path) -> dict:
    draws = [json.loads(_part(folder, k).read_text(encoding="utf-8")) for k in range(DRAWS)]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for withheld in SETS:
        for id in withheld.ids:
            for name in DESCRIPTIONS:
                values = [found[id] for scheme, found in (draw[withheld.name] for draw in draws) if scheme == name]
                rows.writerow([withheld.name, id, name, " ".join(f"{value:.6g}" for value in values)])
    write_beside_then_rename(out, text.getvalue())
    printed = targets.printed
    sets = {
        withheld.name: {
            "title": withheld.title,
            "draws": DRAWS,
            "withheld": [id for id in withheld.ids if id in printed],
            "kept": [id for id in constraining(withheld, Blocks(targets)) if id in printed],
        }
        for withheld in SETS
    }
    used = dict.fromkeys(id for one in sets.values() for id in (*one["withheld"], *one["kept"]))
    manifest = {
        "file": out.name,
        "seed": seed,
        "targets_sha256": targets.digest,
        "file_sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "schemes": DESCRIPTIONS,
        "printed": {id: printed[id] for id in used},
        "sets": sets,
    }
    manifests.write(manifest, out.with_suffix(".json"))
    return manifest
