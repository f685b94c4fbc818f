"""The paper's conclusions, and those on survival, that published numbers settle; each calculation gives its reason."""

from __future__ import annotations

import math

from scipy import stats

from analysis_lib.ledger.answers import (
    Answer,
    Settle,
    all_of,
    between,
    by_group,
    exactly,
    is_below,
    opposite,
    registering,
    share,
    significant,
)
from analysis_lib.ledger.joint_facts import GROUPS, facts
from analysis_lib.printed.transcription import Transcription

CRUDE, ADJUSTED = "results-survival.cox_surgery", "results-survival.cox_surgery_adjusted"
# Power and level for which trials are planned.
_POWER, _LEVEL = 0.8, 0.05
# Per cent of patients that may die of an operation, at most, before it would hardly be called safe.
_ACCEPTABLE = 10
SETTLED: dict[str, Settle] = {}
_settles = registering(SETTLED)


# --- the paper's conclusions


@_settles("conclusion.association")
def _association(numbers: Transcription) -> Answer:
    pfs, os = ([numbers[f"abstract.{e}.{g}.median"] for g in GROUPS] for e in ("pfs", "os"))
    longer = [is_below(without.interval, with_.interval) for with_, without in (pfs, os)]
    small = [significant(numbers, f"abstract.{e}.p") for e in ("pfs", "os")]
    words = [f"{with_.printed} against {without.printed} years" for with_, without in (os, pfs)]
    return Answer(
        all_of(*longer, *small),
        f"Median survival was {words[0]}, and median survival without progression {words[1]}. Both differ by more "
        "than chance. An association says nothing of causes.",
    )


@_settles("conclusion.feasible")
def _feasible(numbers: Transcription) -> Answer:
    limits, words = share(numbers.count("table3.r0.surgery.count"), numbers.count("abstract.patients.surgery.n"))
    return Answer(is_below(exactly(50), exactly(limits.low)), f"The margins were free of tumour in {words}.")


@_settles("conclusion.safe")
def _safe(numbers: Transcription) -> Answer:
    limits, words = share(
        numbers.count("table3.complication_v_haemorrhage.surgery.count"), numbers.count("abstract.patients.surgery.n")
    )
    return Answer(
        is_below(exactly(limits.high), exactly(_ACCEPTABLE)),
        f"{words} died of a complication. So few patients do not rule out one in ten, a mark that we set.",
    )


@_settles("conclusion.induction")
def _induction(numbers: Transcription) -> Answer:
    limits, words = share(numbers.count("abstract.patients.surgery.n"), numbers.count("abstract.patients.all.n"))
    return Answer(50 in limits, f"Surgery followed in {words}. How many could have had it without PRRT is unknown.")


def _had_no_prrt(numbers: Transcription) -> tuple[bool, int, int]:
    """Whether any patient had no PRRT; all patients, and those with surgery after it."""
    everyone = numbers.count("abstract.patients.all.n")
    surgery, without = (numbers.count(id_) for id_ in ("abstract.patients.surgery.n", "table1.patients.prrt_only.n"))
    return surgery + without < everyone, everyone, surgery


@_settles("conclusion.procures")
def _procures(numbers: Transcription) -> Answer:
    untreated, everyone, _ = _had_no_prrt(numbers)
    return Answer(
        untreated,
        f"The title says so. All {everyone} patients had PRRT, and nobody shows how long they would have lived without "
        "it. Nor is it ruled out.",
    )


@_settles("conclusion.neoadjuvant")
def _neoadjuvant(numbers: Transcription) -> Answer:
    untreated, everyone, surgery = _had_no_prrt(numbers)
    return Answer(
        untreated,
        f"The authors suggest one. All {everyone} patients had PRRT, {surgery} of them before surgery, and nobody "
        "shows what surgery does alone, as the authors say. Nor is an effect ruled out.",
    )


@_settles("conclusion.selection")
def _selection(numbers: Transcription) -> Answer:
    score = {s: numbers[f"results-survival.cox_score.{s}"] for s in ("hr", "ci_lo", "ci_hi")}
    return Answer(
        is_below(score["ci_hi"].interval, exactly(1)),
        "The propensity score, which tells who was chosen, goes with survival in its own right (hazard ratio "
        f"{score['hr'].printed}, 95% interval {score['ci_lo'].printed} to {score['ci_hi'].printed}). Its variables "
        "were picked for that, and two of them are results of PRRT.",
    )


# --- survival


@_settles("survival.os")
def _os(numbers: Transcription) -> Answer:
    hr, low, high = (numbers[f"{CRUDE}.{s}"] for s in ("hr", "ci_lo", "ci_hi"))
    return Answer(
        all_of(is_below(high.interval, exactly(1)), significant(numbers, "abstract.os.p")),
        f"The hazard ratio of death is {hr.printed}, with a 95% interval from {low.printed} to {high.printed}.",
    )


@_settles("survival.pfs")
def _pfs(numbers: Transcription) -> Answer:
    surgery, without, p = (numbers[f"abstract.pfs.{s}"] for s in ("surgery.median", "prrt_only.median", "p"))
    return Answer(
        all_of(is_below(without.interval, surgery.interval), significant(numbers, "abstract.pfs.p")),
        f"The medians are {surgery.printed} and {without.printed} years (p = {p.printed}).",
    )


@_settles("survival.ten_years")
def _ten_years(numbers: Transcription) -> Answer:
    median, low = (numbers[f"abstract.os.surgery.{s}"] for s in ("median", "ci_lo"))
    return Answer(
        is_below(exactly(10), median.interval),
        f"The estimate is {median.printed} years, and a rough one: its interval begins at {low.printed}. Nobody can "
        f"have been followed for more than {facts(numbers)['longest_follow_up_years']:.1f}.",
    )


@_settles("survival.adjusted")
def _adjusted(numbers: Transcription) -> Answer:
    hr, low, high = (numbers[f"{ADJUSTED}.{s}"] for s in ("hr", "ci_lo", "ci_hi"))
    return Answer(
        all_of(
            between(low.interval, exactly(1), high.interval),
            opposite(significant(numbers, f"{ADJUSTED}.p")),
        ),
        f"The hazard ratio is then {hr.printed}, and its 95% interval from {low.printed} to {high.printed} holds 1.",
    )


@_settles("survival.small")
def _small(numbers: Transcription) -> Answer:
    low, high = (numbers[f"{ADJUSTED}.{s}"] for s in ("ci_lo", "ci_hi"))
    surgery, everyone = (numbers.count(f"abstract.patients.{g}.n") for g in ("surgery", "all"))
    deaths, q = int(facts(numbers)["deaths"]), surgery / everyone
    # Schoenfeld's formula.
    least = math.exp(-(stats.norm.isf(_LEVEL / 2) + stats.norm.isf(1 - _POWER)) / math.sqrt(deaths * q * (1 - q)))
    return Answer(
        all_of(is_below(low.interval, exactly(0.5)), is_below(exactly(1), high.interval)),
        f"The adjusted interval from {low.printed} to {high.printed} holds a halved hazard as well as no effect. "
        f"With {deaths} deaths, a study finds a true ratio of {least:.2f} four times of five.",
    )


@_settles("survival.elsewhere")
def _elsewhere(numbers: Transcription) -> Answer:
    there, low, metastatic = (
        numbers[id_]
        for id_ in ("discussion.os_regional.cited", "abstract.os.surgery.ci_lo", "results-prrt.metastatic.all.percent")
    )
    return Answer(
        is_below(there.interval, low.interval),
        f"The 95% interval of the surgery group's median begins at {low.printed} years and so holds the cited "
        f"{there.printed}. Those are patients with regionally advanced tumours. Here {metastatic.printed}% had "
        "metastases.",
    )


@_settles("survival.recurrence")
def _recurrence(numbers: Transcription) -> Answer:
    recurred, free = (numbers.count(f"results-survival.dfs_recurrence.surgery.{s}") for s in ("count", "n"))
    median = numbers["discussion.dfs.surgery.median"].printed
    # Fewest recurrences by the median: as if all who stay free had left observation before the first.
    by_median = math.ceil(recurred / 2)
    return Answer(
        recurred - by_median > recurred / 2,
        f"The median of {median} years is that of all {free} patients who were free of disease. At least {by_median} "
        f"of the {recurred} recurrences had come by then.",
    )


@_settles("survival.baseline")
def _baseline(numbers: Transcription) -> Answer:
    ids = ("table1.ki67.p", "results-radiology.over_180_before.p")
    before = by_group(numbers, "results-radiology.over_180_before.*.percent")
    return Answer(
        opposite(significant(numbers, ids[0])) or opposite(significant(numbers, ids[1])),
        f"The groups also differed in contact with vessels beyond 180° ({before[0]}% against {before[1]}%, p = "
        f"{numbers[ids[1]].printed}), and in Ki-67, on which grade rests (p = {numbers[ids[0]].printed}).",
    )
