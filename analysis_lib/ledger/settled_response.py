"""Conclusions on what PRRT did, and beside other studies, that published numbers settle; each gives its reason."""

from __future__ import annotations

import numpy as np
from scipy import stats

from analysis_lib.ledger.answers import (
    Answer,
    Settle,
    between,
    by_group,
    exactly,
    is_below,
    mean_interval,
    percent,
    registering,
    share,
    usual_p,
)
from analysis_lib.ledger.bounds import splits
from analysis_lib.ledger.joint_facts import GROUPS, facts, tvi_transitions
from analysis_lib.ledger.methods import exact_test
from analysis_lib.printed.names import TVI_BEYOND_180, TVI_WITHIN_180
from analysis_lib.printed.number import Interval, propagate
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics.contingency import pearson_chi2
from analysis_lib.statistics.summaries import t_test

_MOST_PATIENTS = 200
SETTLED: dict[str, Settle] = {}
_settles = registering(SETTLED)


# --- what PRRT did


@_settles("prrt.size")
def _size(numbers: Transcription) -> Answer:
    mean, sd = (numbers[f"results-response.size_change.all.{s}"] for s in ("mean", "sd"))
    # As many as had a size after PRRT at least.
    n = numbers.count("table5.patients.all.n") - numbers.count("table5.size_post_excluded.all.count")
    limits, words = mean_interval(mean, sd, n)
    return Answer(
        is_below(exactly(0), limits[0]),
        f"The mean decrease is {mean.printed}% ({words}). It was measured on the scan with the smallest tumour.",
    )


@_settles("prrt.vessels")
def _vessels(numbers: Transcription) -> Answer:
    fell, rose, touched = (
        sum(by_group(numbers, ids))
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
    before, after = (sum(by_group(numbers, f"results-radiology.organ_{when}.*.count")) for when in ("before", "after"))
    return Answer(
        3 * (before - after) >= before,
        f"It went from {before} patients to {after}. That is a net fall: how many patients changed is unpublished.",
    )


@_settles("prrt.response")
def _response(numbers: Transcription) -> Answer:
    known, sizes = facts(numbers), [numbers.count(f"table2.patients.{g}.n") for g in GROUPS]
    pr = [int(known[f"pr_{group}"]) for group in GROUPS]
    small, p = usual_p(numbers, [pr, [n - k for k, n in zip(pr, sizes, strict=True)]])
    more = pr[0] / sizes[0] > pr[1] / sizes[1]
    return Answer(
        small and more, f"{pr[0]} of {sizes[0]} patients responded, and {pr[1]} of {sizes[1]} without surgery ({p})."
    )


@_settles("prrt.liver")
def _liver(numbers: Transcription) -> Answer:
    gone, of = (by_group(numbers, f"results-radiology.liver_gone.*.{s}") for s in ("count", "n"))
    table = [gone, [n - k for k, n in zip(gone, of, strict=True)]]
    small, p = usual_p(numbers, table)
    return Answer(
        small and gone[0] / of[0] > gone[1] / of[1],
        f"They disappeared in {gone[0]} of {of[0]} patients with surgery and in {gone[1]} of {of[1]} without ({p}). "
        f"Pearson's test, for which these are too few, gives {pearson_chi2(np.array(table)):.2g}. So a difference is "
        "not shown, and not ruled out.",
    )


@_settles("prrt.allowed_surgery")
def _allowed_surgery(numbers: Transcription) -> Answer:
    same, operated, untouched = (
        numbers.count(id_)
        for id_ in ("table4.total_no_change.surgery.count", "table4.total.surgery.n", "table4.none.surgery.count")
    )
    return Answer(
        same < operated / 2,
        f"{same} of {operated} patients had surgery in the category of contact in which they began, {untouched} of "
        "them with none. Within a category contact may have fallen.",
    )


@_settles("prrt.beyond_180")
def _beyond_180(numbers: Transcription) -> Answer:
    before = by_group(numbers, "results-radiology.over_180_before.*.count")
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
    n = by_group(numbers, "table4.patients.*.n")
    after, before = (by_group(numbers, f"results-radiology.organ_{when}.*.count") for when in ("after", "before"))
    table = [after, [size - k for k, size in zip(after, n, strict=True)]]
    _, p = usual_p(numbers, table)
    return Answer(
        after[0] / n[0] < after[1] / n[1],
        f"{after[0]} of {n[0]} against {after[1]} of {n[1]}. Whether by more than chance depends on the test (χ², {p}; "
        f"exact, p = {exact_test(np.array(table)):.2g}). Before PRRT it was {before[0]} and {before[1]}.",
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
        f"Specimens held {groups[0][0].printed}% of fibrosis after partial response and {groups[1][0].printed}% with "
        f"stable disease. The p value is {found.low:.3f} to {found.high:.3f}, by either t test and all roundings. So a "
        "difference is not shown, and not ruled out.",
    )


@_settles("prrt.fibrosis_half")
def _fibrosis_half(numbers: Transcription) -> Answer:
    mean, sd = (numbers[f"table3.fibrosis.surgery.{s}"] for s in ("mean", "sd"))
    specimens = numbers.count("results-surgery.specimens.surgery.n")
    limits, words = mean_interval(mean, sd, specimens)
    return Answer(
        between(limits[0], exactly(50), limits[1]), f"The mean of {specimens} specimens is {mean.printed}% ({words})."
    )


@_settles("prrt.pet")
def _pet(numbers: Transcription) -> Answer:
    pet, everyone = numbers.count("table1.pet.all.count"), numbers.count("abstract.patients.all.n")
    return Answer(pet < everyone / 2, f"{pet} of {everyone} patients had one.")


# --- beside other studies


@_settles("elsewhere.captem")
def _captem(numbers: Transcription) -> Answer:
    limits, words = share(numbers.count("results-response.pr.all.count"), numbers.count("abstract.patients.all.n"))
    there = numbers["discussion.captem_pr.cited"]
    return Answer(
        between(exactly(limits.low), there.interval, exactly(limits.high)),
        f"The response rate here is {words}. The interval holds the {there.printed}% cited.",
    )


@_settles("elsewhere.fas")
def _fas(numbers: Transcription) -> Answer:
    limits, words = share(numbers.count("results-response.pr.all.count"), numbers.count("abstract.patients.all.n"))
    there = numbers["discussion.fas_pr.cited"]
    return Answer(
        is_below(there.interval, exactly(limits.low)),
        f"The response rate here is {words}. The interval lies above the {there.printed}% cited.",
    )


@_settles("elsewhere.fas_vessels")
def _fas_vessels(numbers: Transcription) -> Answer:
    fell, touched = (sum(by_group(numbers, f"results-radiology.tvi_decrease.*.{s}")) for s in ("count", "n"))
    limits, words = share(fell, touched)
    there = numbers["discussion.fas_tvi.cited"]
    return Answer(
        is_below(there.interval, exactly(limits.low)),
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
    words = " and ".join(f"{k} of {n} ({percent(k / n)})" for k, n in series)
    return Answer(
        all(here[0] / here[1] < share for share in shares),
        f"Here {here[0]} of {here[1]} ({percent(here[0] / here[1])}), there {words}.",
    )


@_settles("elsewhere.partelli")
def _partelli(numbers: Transcription) -> Answer:
    there, low, high = (
        numbers[id_]
        for id_ in ("discussion.partelli_pfs_prrt.cited", "abstract.pfs.surgery.ci_lo", "abstract.pfs.surgery.ci_hi")
    )
    return Answer(
        between(low.interval, there.interval, high.interval),
        f"The 95% interval here is {low.printed} to {high.printed} years, and the median there {there.printed}. "
        "The clocks may not have started at the same point.",
    )


@_settles("elsewhere.partelli_contact")
def _partelli_contact(numbers: Transcription) -> Answer:
    n, none = (sum(by_group(numbers, f"table4.{row}")) for row in ("patients.*.n", "none.*.count"))
    there = numbers["discussion.partelli_vein_before.cited"]
    # By Table 4, whoever has contact has it with the portal or the superior mesenteric vein.
    limits, words = share(n - none, n)
    return Answer(
        is_below(there.interval, exactly(limits.low)),
        f"Here the tumour touched the portal or the superior mesenteric vein in {words}. The interval lies above the "
        f"{there.printed}% cited.",
    )


@_settles("elsewhere.largest")
def _largest(numbers: Transcription) -> Answer:
    here, there = (numbers.count(id_) for id_ in ("abstract.patients.all.n", "discussion.partelli_prrt_n.cited"))
    return Answer(
        here > there,
        f"It has {here} patients, and the other has {there}. Whether it is the largest in the literature, as the "
        "authors believe, only a search of the literature could tell.",
    )
