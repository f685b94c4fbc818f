"""Conclusions that published numbers settle: each a calculation over all roundings, with its reason in a sentence.

No simulated cohort is needed for any of them. What a calculation reads is what ``data/conclusions.csv`` names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats

from analysis_lib.ledger.bounds import splits
from analysis_lib.ledger.joint_facts import GROUPS, facts, tvi_transitions
from analysis_lib.ledger.methods import exact_test, usual_test
from analysis_lib.printed.names import TVI_BEYOND_180, TVI_WITHIN_180
from analysis_lib.printed.number import Interval, propagate
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics.contingency import binomial_interval, pearson_chi2
from analysis_lib.statistics.summaries import t_test

CRUDE, ADJUSTED = "results-survival.cox_surgery", "results-survival.cox_surgery_adjusted"
# Power and level for which trials are planned.
_POWER, _LEVEL = 0.8, 0.05
_MOST_PATIENTS = 200


class Answer(NamedTuple):
    """Whether a conclusion holds, None where the roundings decide, and why in a plain sentence."""

    holds: bool | None
    why: str


Settle = Callable[[Transcription], Answer]
SETTLED: dict[str, Settle] = {}


def _settles(id_: str) -> Callable[[Settle], Settle]:
    """Register a function as the calculation that settles a conclusion."""

    def register(function: Settle) -> Settle:
        SETTLED[id_] = function
        return function

    return register


def all_of(*parts: bool | None) -> bool | None:
    """Whether all hold; None if none fails and the roundings decide one.

    Examples
    --------
    >>> all_of(True, None), all_of(False, None), all_of(True, True)
    (None, False, True)
    """
    return False if False in parts else None if None in parts else True


def opposite(holds: bool | None) -> bool | None:
    """Whether it fails; None if the roundings decide."""
    return None if holds is None else not holds


def is_below(found: Interval, limit: Interval) -> bool | None:
    """Whether the one is below the other over all roundings; None where they decide.

    Examples
    --------
    >>> is_below(Interval(0.02, 0.03), Interval(0.05, 0.05)), is_below(Interval(0.04, 0.06), Interval(0.05, 0.05))
    (True, None)
    """
    return True if found.high < limit.low else False if found.low >= limit.high else None


def _exactly(value: float) -> Interval:
    return Interval(value, value)


def _between(low: Interval, value: Interval, high: Interval) -> bool | None:
    return all_of(is_below(low, value), is_below(value, high))


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _share(k: int, n: int) -> tuple[Interval, str]:
    """The exact 95% interval of a share, in per cent, and the share with it in words."""
    found = binomial_interval(k, n)
    limits = Interval(100 * found.ci_low, 100 * found.ci_high)
    return limits, f"{k} of {n} ({_percent(k / n)}, 95% interval {limits.low:.0f} to {limits.high:.0f}%)"


def _test(numbers: Transcription, table: list[list[int]]) -> tuple[bool, str]:
    """Whether the test that the paper's rule calls for is significant, and its p in words."""
    counts = np.array(table)
    p = (pearson_chi2 if usual_test(counts) == "pearson" else exact_test)(counts)
    return bool(p < numbers.value("methods.alpha.threshold")), f"p = {p:.2g}"


def _significant(numbers: Transcription, id_: str) -> bool | None:
    return is_below(numbers[id_].interval, numbers["methods.alpha.threshold"].interval)


def _by_group(numbers: Transcription, ids: str) -> list[int]:
    return [numbers.count(ids.replace("*", group)) for group in GROUPS]


# --- the paper's conclusions


@_settles("conclusion.association")
def _association(numbers: Transcription) -> Answer:
    pfs, os = ([numbers[f"abstract.{e}.{g}.median"] for g in GROUPS] for e in ("pfs", "os"))
    longer = [is_below(without.interval, with_.interval) for with_, without in (pfs, os)]
    small = [_significant(numbers, f"abstract.{e}.p") for e in ("pfs", "os")]
    words = [f"{with_.printed} against {without.printed} years" for with_, without in (os, pfs)]
    return Answer(
        all_of(*longer, *small),
        f"Median survival was {words[0]}, and median survival without progression {words[1]}. Both differ by more "
        "than chance. An association says nothing of causes.",
    )


@_settles("conclusion.feasible")
def _feasible(numbers: Transcription) -> Answer:
    limits, words = _share(numbers.count("table3.r0.surgery.count"), numbers.count("abstract.patients.surgery.n"))
    return Answer(is_below(_exactly(50), _exactly(limits.low)), f"The margins were free of tumour in {words}.")


@_settles("conclusion.induction")
def _induction(numbers: Transcription) -> Answer:
    limits, words = _share(numbers.count("abstract.patients.surgery.n"), numbers.count("abstract.patients.all.n"))
    return Answer(50 in limits, f"Surgery followed in {words}. How many could have had it without PRRT is unknown.")


@_settles("conclusion.neoadjuvant")
def _neoadjuvant(numbers: Transcription) -> Answer:
    all_patients = numbers.count("abstract.patients.all.n")
    surgery, without = (numbers.count(id_) for id_ in ("abstract.patients.surgery.n", "table1.patients.prrt_only.n"))
    return Answer(
        surgery + without < all_patients,
        f"All {all_patients} patients had PRRT, {surgery} of them before surgery. Nobody shows what surgery does "
        "alone, as the authors say.",
    )


@_settles("conclusion.selection")
def _selection(numbers: Transcription) -> Answer:
    score = {s: numbers[f"results-survival.cox_score.{s}"] for s in ("hr", "ci_lo", "ci_hi")}
    return Answer(
        is_below(score["ci_hi"].interval, _exactly(1)),
        "The propensity score, which tells who was chosen, goes with survival in its own right (hazard ratio "
        f"{score['hr'].printed}, 95% interval {score['ci_lo'].printed} to {score['ci_hi'].printed}).",
    )


# --- survival


@_settles("survival.os")
def _os(numbers: Transcription) -> Answer:
    hr, low, high = (numbers[f"{CRUDE}.{s}"] for s in ("hr", "ci_lo", "ci_hi"))
    return Answer(
        all_of(is_below(high.interval, _exactly(1)), _significant(numbers, "abstract.os.p")),
        f"The hazard ratio of death is {hr.printed}, with a 95% interval from {low.printed} to {high.printed}.",
    )


@_settles("survival.pfs")
def _pfs(numbers: Transcription) -> Answer:
    surgery, without, p = (numbers[f"abstract.pfs.{s}"] for s in ("surgery.median", "prrt_only.median", "p"))
    return Answer(
        all_of(is_below(without.interval, surgery.interval), _significant(numbers, "abstract.pfs.p")),
        f"The medians are {surgery.printed} and {without.printed} years (p = {p.printed}).",
    )


@_settles("survival.ten_years")
def _ten_years(numbers: Transcription) -> Answer:
    median, low = (numbers[f"abstract.os.surgery.{s}"] for s in ("median", "ci_lo"))
    return Answer(
        is_below(_exactly(10), median.interval),
        f"The median is {median.printed} years. Its interval begins at {low.printed}, and nobody can have been "
        f"followed for more than {math.floor(facts(numbers)['longest_follow_up_years'])}.",
    )


@_settles("survival.adjusted")
def _adjusted(numbers: Transcription) -> Answer:
    hr, low, high = (numbers[f"{ADJUSTED}.{s}"] for s in ("hr", "ci_lo", "ci_hi"))
    return Answer(
        all_of(
            _between(low.interval, _exactly(1), high.interval),
            opposite(_significant(numbers, f"{ADJUSTED}.p")),
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
        all_of(is_below(low.interval, _exactly(0.5)), is_below(_exactly(1), high.interval)),
        f"The adjusted interval from {low.printed} to {high.printed} holds both a halved hazard and none saved. "
        f"With {deaths} deaths, a study finds a true ratio of {least:.2f} four times of five, and milder ones less.",
    )


@_settles("survival.elsewhere")
def _elsewhere(numbers: Transcription) -> Answer:
    there, low, everyone = (
        numbers[id_]
        for id_ in ("discussion.os_regional.cited", "abstract.os.surgery.ci_lo", "results-survival.os.all.median")
    )
    return Answer(
        is_below(there.interval, low.interval),
        f"The 95% interval of the surgery group's median begins at {low.printed} years and so holds the cited "
        f"{there.printed}. The fairer comparison is that of all patients here, whose median is {everyone.printed}.",
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
    before = _by_group(numbers, "results-radiology.over_180_before.*.percent")
    return Answer(
        opposite(_significant(numbers, ids[0])) or opposite(_significant(numbers, ids[1])),
        f"The groups also differed in Ki-67 (p = {numbers[ids[0]].printed}) and in contact with vessels beyond 180° "
        f"({before[0]}% against {before[1]}%, p = {numbers[ids[1]].printed}).",
    )


# --- what PRRT did


@_settles("prrt.size")
def _size(numbers: Transcription) -> Answer:
    mean, sd = (numbers[f"results-response.size_change.all.{s}"] for s in ("mean", "sd"))
    # As many as had a size after PRRT at least.
    n = numbers.count("table5.patients.all.n") - numbers.count("table5.size_post_excluded.all.count")
    half = stats.t.isf(0.025, n - 1) / math.sqrt(n)
    lower = propagate(lambda m, s: m - half * s, [mean.interval, sd.interval])
    ends = [mean.printed.value + sign * half * sd.printed.value for sign in (-1, 1)]
    return Answer(
        is_below(_exactly(0), lower),
        f"The mean decrease is {mean.printed}% (95% interval {ends[0]:.0f} to {ends[1]:.0f}%). It was measured on "
        "the scan with the smallest tumour.",
    )


@_settles("prrt.vessels")
def _vessels(numbers: Transcription) -> Answer:
    fell, rose, touched = (
        sum(_by_group(numbers, ids))
        for ids in (
            "table4.total_decrease.*.count",
            "table4.total_increase.*.count",
            "results-radiology.tvi_decrease.*.n",
        )
    )
    p = float(stats.binomtest(rose, fell + rose).pvalue)
    return Answer(
        p < numbers.value("methods.alpha.threshold") and fell > rose,
        f"Contact fell by a category in {fell} of the {touched} patients who had any, and rose in {rose} "
        f"(sign test, p = {p:.1g}).",
    )


@_settles("prrt.organs")
def _organs(numbers: Transcription) -> Answer:
    before, after = (sum(_by_group(numbers, f"results-radiology.organ_{when}.*.count")) for when in ("before", "after"))
    return Answer(
        3 * (before - after) >= before,
        f"It went from {before} patients to {after}. That is a net fall: how many patients changed is unpublished.",
    )


@_settles("prrt.response")
def _response(numbers: Transcription) -> Answer:
    known, sizes = facts(numbers), [numbers.count(f"table2.patients.{g}.n") for g in GROUPS]
    pr = [int(known[f"pr_{group}"]) for group in GROUPS]
    small, p = _test(numbers, [pr, [n - k for k, n in zip(pr, sizes, strict=True)]])
    more = pr[0] / sizes[0] > pr[1] / sizes[1]
    return Answer(
        small and more, f"{pr[0]} of {sizes[0]} patients responded, and {pr[1]} of {sizes[1]} without surgery ({p})."
    )


@_settles("prrt.allowed_surgery")
def _allowed_surgery(numbers: Transcription) -> Answer:
    same, operated, untouched = (
        numbers.count(id_)
        for id_ in ("table4.total_no_change.surgery.count", "table4.total.surgery.n", "table4.none.surgery.count")
    )
    return Answer(
        same < operated / 2,
        f"{same} of {operated} patients had surgery with their contact unchanged, {untouched} of them with none.",
    )


@_settles("prrt.beyond_180")
def _beyond_180(numbers: Transcription) -> Answer:
    before = _by_group(numbers, "results-radiology.over_180_before.*.count")
    left = [
        tvi_transitions(numbers, group)[:, TVI_BEYOND_180][:, :, [0, *TVI_WITHIN_180]].sum(axis=(1, 2))
        for group in GROUPS
    ]
    shares = [Interval(moved.min() / n, moved.max() / n) for moved, n in zip(left, before, strict=True)]
    words = [f"{moved.min()} to {moved.max()}" if np.ptp(moved) else f"{moved.min()}" for moved in left]
    return Answer(
        is_below(shares[1], shares[0]),
        f"Table 4 allows {words[0]} of {before[0]} patients with surgery to have left it, and {words[1]} of "
        f"{before[1]} without.",
    )


@_settles("prrt.organs_groups")
def _organs_groups(numbers: Transcription) -> Answer:
    n = _by_group(numbers, "table4.patients.*.n")
    after, before = (_by_group(numbers, f"results-radiology.organ_{when}.*.count") for when in ("after", "before"))
    table = [after, [size - k for k, size in zip(after, n, strict=True)]]
    small, p = _test(numbers, table)
    return Answer(
        small and after[0] / n[0] < after[1] / n[1],
        f"{after[0]} of {n[0]} against {after[1]} of {n[1]} (χ² test, {p}; exact test, p = "
        f"{exact_test(np.array(table)):.2g}). Before PRRT it was {before[0]} and {before[1]}.",
    )


@_settles("prrt.fibrosis")
def _fibrosis(numbers: Transcription) -> Answer:
    groups = [[numbers[f"results-surgery.fibrosis_{g}.surgery.{s}"] for s in ("mean", "sd")] for g in ("pr", "sd")]
    known = facts(numbers)
    specimens = numbers.count("results-surgery.specimens.surgery.n")
    ranges = [
        propagate(lambda m1, s1, m2, s2: t_test(m1, s1, n1, m2, s2, n2, equal), [x.interval for g in groups for x in g])  # noqa: B023
        for n1, n2 in splits(specimens, known["pr_surgery"], known["sd_surgery"], _MOST_PATIENTS)
        for equal in (True, False)
    ]
    found = Interval(min(r.low for r in ranges), max(r.high for r in ranges))
    return Answer(
        is_below(found, numbers["methods.alpha.threshold"].interval),
        f"Specimens held {groups[0][0].printed}% and {groups[1][0].printed}% of fibrosis. The p value is "
        f"{found.low:.3f} to {found.high:.3f}, by either t test and whatever the rounding.",
    )


# --- beside other studies


@_settles("elsewhere.captem")
def _captem(numbers: Transcription) -> Answer:
    limits, words = _share(numbers.count("results-response.pr.all.count"), numbers.count("abstract.patients.all.n"))
    there = numbers["discussion.captem_pr.cited"]
    return Answer(
        _between(_exactly(limits.low), there.interval, _exactly(limits.high)),
        f"The response rate here is {words}. The interval holds the {there.printed}% cited.",
    )


@_settles("elsewhere.fas")
def _fas(numbers: Transcription) -> Answer:
    limits, words = _share(numbers.count("results-response.pr.all.count"), numbers.count("abstract.patients.all.n"))
    there = numbers["discussion.fas_pr.cited"]
    return Answer(
        is_below(there.interval, _exactly(limits.low)),
        f"The response rate here is {words}. The interval lies above the {there.printed}% cited.",
    )


@_settles("elsewhere.fas_vessels")
def _fas_vessels(numbers: Transcription) -> Answer:
    fell, touched = (sum(_by_group(numbers, f"results-radiology.tvi_decrease.*.{s}")) for s in ("count", "n"))
    limits, words = _share(fell, touched)
    there = numbers["discussion.fas_tvi.cited"]
    return Answer(
        is_below(there.interval, _exactly(limits.low)),
        f"Contact fell in {words}. The interval holds the {there.printed}% cited.",
    )


@_settles("elsewhere.vascular")
def _vascular(numbers: Transcription) -> Answer:
    here = numbers.count("discussion.vascular.surgery.count"), numbers.count("abstract.patients.surgery.n")
    series = [
        tuple(numbers.count(f"discussion.series{k}_{s}.cited") for s in ("reconstructed", of))
        for k, of in ((1, "n"), (2, "involved"))
    ]
    shares = [k / n for k, n in series]
    words = " and ".join(f"{k} of {n} ({_percent(k / n)})" for k, n in series)
    return Answer(
        all(here[0] / here[1] < share for share in shares),
        f"Here {here[0]} of {here[1]} ({_percent(here[0] / here[1])}), there {words}.",
    )


@_settles("elsewhere.partelli")
def _partelli(numbers: Transcription) -> Answer:
    there, low, high = (
        numbers[id_]
        for id_ in ("discussion.partelli_pfs_prrt.cited", "abstract.pfs.surgery.ci_lo", "abstract.pfs.surgery.ci_hi")
    )
    return Answer(
        _between(low.interval, there.interval, high.interval),
        f"The 95% interval here is {low.printed} to {high.printed} years, and the median there {there.printed}. "
        "The clocks may not have started at the same point.",
    )


@_settles("elsewhere.largest")
def _largest(numbers: Transcription) -> Answer:
    here, there = (numbers.count(id_) for id_ in ("abstract.patients.all.n", "discussion.partelli_prrt_n.cited"))
    return Answer(here > there, f"It has {here} patients, and the one other with a number has {there}.")
