"""Predictive checks: printed numbers withheld from the search, and what the others then say of them.

A number that every cohort was built to meet tests nothing. Withheld, it does: the search goes on
without it, alone or with others of its fact, and the statistic is read off from what comes out. Only the
stages of the search that bear on the withheld numbers are run, so a draw is not a whole cohort:
times of death, then progression or covariates around them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.ledger.predictions import COLUMNS
from analysis_lib.reconstruction.chain import find_progression, kps_choices
from analysis_lib.reconstruction.stages import covariates
from analysis_lib.reconstruction.stages import survival as survival_stage
from analysis_lib.reconstruction.stages.builder import Builder
from analysis_lib.reconstruction.stages.column_spec import ratio_ids
from analysis_lib.reconstruction.stages.columns import times
from analysis_lib.reconstruction.stages.state import SCHEMES, Blocks, SearchFailed, Survival, scheme_of
from analysis_lib.reconstruction.working_folder import search_missing, working_folder
from analysis_lib.targets.catalogue import GROUPS, Targets, load_targets
from analysis_lib.targets.recompute import Recomputed

# Draws of each set; fewer where a draw takes the propensity model, some ten seconds.
DRAWS = 40
SLOW_DRAWS = 16
_TRIES = 12
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

    @property
    def is_slow(self) -> bool:
        return self.stage == "covariates"

    @property
    def draws(self) -> int:
        return SLOW_DRAWS if self.is_slow else DRAWS


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
    of_stage = {
        "survival": (),
        "progression": blocks.progression_ids,
        "response": (),
        "covariates": (*blocks.joint_ids, *ratio_ids("table5.pr_death", "hr")),
    }
    ids = dict.fromkeys((*blocks.survival_ids, *of_stage[withheld.stage]))
    return tuple(id for id in ids if id in blocks.targets and id not in withheld.ids)


class Draw:
    """Draw ``k`` of a seed, and the times of death that its sets of progression and covariates share."""

    def __init__(self, targets: Targets, seed: int, k: int) -> None:
        self.targets, self.seed, self.k, self.scheme = targets, seed, k, scheme_of(k)
        self._survival: dict[int, Survival] = {}

    def survival(self, attempt: int) -> Survival:
        """Times of death that meet all targets."""
        if attempt not in self._survival:
            rng = np.random.default_rng([self.seed, self.k, len(SETS) + attempt])
            self._survival[attempt] = survival_stage.find_survival(rng, Blocks(self.targets), self.scheme)
        return self._survival[attempt]

    def of(self, withheld: Withheld) -> dict[str, float]:
        """The withheld statistics as they come out; NaN where one is not defined.

        Raises
        ------
        SearchFailed
            If the search finds nothing although numbers were withheld.
        AssertionError
            If independent recomputation finds a kept target missed.
        """
        rng = np.random.default_rng([self.seed, self.k, SETS.index(withheld)])
        blocks = Blocks(self.targets.without(set(withheld.ids)))
        recomputed = Recomputed(_STAGES[withheld.stage](rng, blocks, self), self.targets)
        for id in constraining(withheld, blocks):
            value = recomputed.value(self.targets[id])
            assert value in self.targets[id].interval, f"{withheld.name}, draw {self.k}: {id} is {value}"
        return {id: recomputed.value(self.targets[id]) for id in withheld.ids}


def _times_of_death(rng: np.random.Generator, blocks: Blocks, draw: Draw) -> pd.DataFrame:
    return _frame(survival_stage.find_survival(rng, blocks, draw.scheme))


def _progressions(rng: np.random.Generator, blocks: Blocks, draw: Draw) -> pd.DataFrame:
    for attempt in range(_TRIES):
        survival = draw.survival(attempt)
        found = find_progression(rng, blocks, draw.scheme, survival)
        if found is not None:
            build = Builder(rng, blocks, survival)
            times(build, survival, found)
            return _frame(survival).assign(**build.columns)
    raise SearchFailed(f"no progressions were found around {_TRIES} sets of times of death")


def _responses(rng: np.random.Generator, blocks: Blocks, draw: Draw) -> pd.DataFrame:
    for attempt in range(_TRIES):
        found = covariates.find_response(rng, blocks, draw.survival(attempt))
        if found is not None:
            return _frame(draw.survival(attempt)).assign(best_response=np.where(found == 1, "PR", "other"))
    raise SearchFailed(f"no responses were found around {_TRIES} sets of times of death")


def _regressions(rng: np.random.Generator, blocks: Blocks, draw: Draw) -> pd.DataFrame:
    # Nothing withheld here bears on who has which score: the groups' quartiles and the odds of surgery do.
    kps = kps_choices(Blocks(draw.targets))
    for attempt in range(_TRIES):
        survival = draw.survival(attempt)
        activity = covariates.find_activity(rng, blocks, survival.sepsis)
        found = covariates.find_covariates(rng, blocks, survival, kps, activity)
        if found is not None:
            return _frame(survival).assign(
                kps=found.kps,
                grade=np.where(found.grade_1 == 1, "G1", "other"),
                prrt_activity_gbq=found.activity,
                best_response=np.where(found.partial_response == 1, "PR", "other"),
                tumour_size_post_mm=found.size_post,
            )
    raise SearchFailed(f"no covariates were found around {_TRIES} sets of times of death")


_STAGES = {
    "survival": _times_of_death,
    "progression": _progressions,
    "response": _responses,
    "covariates": _regressions,
}


def _frame(state: Survival) -> pd.DataFrame:
    group = np.where(state.operated, "surgery", "prrt_only")
    return pd.DataFrame({"group": group, "os_years": state.years, "os_event": state.event})


def build(seed: int, out: Path, jobs: int = 1, scheduler: str = "") -> dict:
    """Every set's draws as CSV in ``out``, one row a withheld target and scheme, with a manifest beside it.

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
    parts = [(k, slow) for slow in (False, True) for k in range(SLOW_DRAWS if slow else DRAWS)]
    with working_folder(folder):
        search_missing(
            partial(_draw, targets, seed),
            parts,
            lambda part: _part(folder, *part).exists(),
            lambda part, found: write_beside_then_rename(_part(folder, *part), json.dumps(found)),
            lambda part, _: f"draw {part[0]}",
            jobs,
            scheduler,
        )
        return _merge(targets, seed, folder, out)


def _part(folder: Path, k: int, slow: bool) -> Path:
    return folder / f"{k}{'-slow' * slow}.json"


def _draw(targets: Targets, seed: int, part: tuple[int, bool]) -> dict:
    k, slow = part
    draw = Draw(targets, seed, k)
    return {withheld.name: draw.of(withheld) for withheld in SETS if withheld.is_slow is slow}


def _merge(targets: Targets, seed: int, folder: Path, out: Path) -> dict:
    draws = [json.loads(_part(folder, k, False).read_text(encoding="utf-8")) for k in range(DRAWS)]
    for k in range(SLOW_DRAWS):
        draws[k] |= json.loads(_part(folder, k, True).read_text(encoding="utf-8"))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for withheld in SETS:
        for id in withheld.ids:
            for first, scheme in enumerate(SCHEMES):
                values = [draws[k][withheld.name][id] for k in range(first, withheld.draws, len(SCHEMES))]
                rows.writerow([withheld.name, id, scheme.name, " ".join(f"{value:.6g}" for value in values)])
    write_beside_then_rename(out, text.getvalue())
    printed = targets.printed
    sets = {
        withheld.name: {
            "title": withheld.title,
            "draws": withheld.draws,
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
        "schemes": {scheme.name: scheme.description for scheme in SCHEMES},
        "printed": {id: printed[id] for id in used},
        "sets": sets,
    }
    write_beside_then_rename(out.with_suffix(".json"), json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest
