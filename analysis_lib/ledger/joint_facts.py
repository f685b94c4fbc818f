"""Joint arithmetic: what printed numbers force when they are taken together.

Each fact is a sum of printed counts or another function of the transcription. The paper's ids are known
here, in the recipes and in the targets, nowhere else in the library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from analysis_lib.ledger.methods import exact_test, usual_test_p
from analysis_lib.ledger.recipes import parse_term
from analysis_lib.printed.names import OTHER_VESSELS, TVI_BEYOND_180, TVI_CATEGORIES, TVI_WITHIN_180, VESSELS
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics.contingency import odds_ratio
from analysis_lib.statistics.transitions import Total, enumerate_transitions

GROUPS = ("surgery", "prrt_only")
GRADES = ("grade_1", "grade_2", "grade_3", "nec")

Fact = Callable[[Transcription], float]


def facts(numbers: Transcription) -> dict[str, float]:
    """Quantities that several printed numbers settle together, by name.

    Parameters
    ----------
    numbers
        The transcription.

    Returns
    -------
    dict
        A value for each of :data:`FACTS`: counts of patients or events unless the name says otherwise
        (``_p`` for p values, ``_years`` in years).

    Raises
    ------
    InputError
        If what should be a count is not printed as one.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> facts(transcription.load())["deaths"]
    23
    """
    return {name: compute(numbers) for name, compute in FACTS.items()}


def group_sizes(numbers: Transcription, key: str) -> tuple[int, ...]:
    """Denominators: how many patients of each group a characteristic is known of.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> group_sizes(transcription.load(), "results-radiology.over_180_before")
    (26, 19)
    """
    # Contact and organs were read from scans, which Table 4 counts.
    table = "table4" if key.startswith("results-radiology") else "table1"
    return tuple(numbers.count(f"{table}.patients.{group}.n") for group in GROUPS)


# --- sums of counts, in the language of recipes

_SUMS = {
    "pr_surgery": "abstract.pr.surgery.percent % abstract.patients.surgery.n",
    "pr_prrt_only": "abstract.pr.prrt_only.percent % table1.patients.prrt_only.n",
    "sd_surgery": "results-surgery.sd.surgery.percent % abstract.patients.surgery.n",
    "sd_prrt_only": "results-surgery.sd.prrt_only.percent % table1.patients.prrt_only.n",
    "tvi_patients": " + ".join(f"results-radiology.tvi_decrease.{g}.n" for g in GROUPS),
    "vessels_tabled": " + ".join(f"table4.vessel_{v}.all.count" for v in VESSELS),
    "vessels_named": " + ".join(f"table4.vessel_{v}.all.count" for v in (*VESSELS, *OTHER_VESSELS)),
    "liver_treatments": "table3.liver_wedge.surgery.count + table3.liver_wedges.surgery.count"
    " + table3.liver_ablation_rf.surgery.count + table3.liver_ablation_mw.surgery.count",
    "liver_neither": "results-radiology.liver_gone.surgery.n - results-radiology.liver_gone.surgery.count"
    " - table3.liver_treatment.surgery.count",
    "not_ned": "abstract.patients.surgery.n - results-surgery.ned.surgery.count",
    "specimens_missing": "abstract.patients.surgery.n - results-surgery.specimens.surgery.n",
    "progressed_not_ned": "results-survival.progression.surgery.count - results-survival.dfs_recurrence.surgery.count",
    "size_without_tvi": "table4.excluded.prrt_only.count - table5.size_post_excluded.all.count",
    "graded": " + ".join(f"table1.{grade}.all.count" for grade in GRADES),
    "ungraded": "abstract.patients.surgery.n + table1.patients.prrt_only.n"
    + "".join(f" - table1.{grade}.all.count" for grade in GRADES),
    "scored": "table5.patients.all.n - table5.size_post_excluded.all.count",
    "deaths": " + ".join(f"results-survival.deaths.{g}.count" for g in GROUPS),
    **{
        f"organ_cleared_{g}": f"results-radiology.organ_before.{g}.count - results-radiology.organ_after.{g}.count"
        for g in GROUPS
    },
}


FACTS: dict[str, Fact] = {name: parse_term(text).count for name, text in _SUMS.items()}


def _fact(function: Fact) -> Fact:
    """Register a function as the fact of its name."""
    FACTS[function.__name__] = function
    return function


# --- other facts


@_fact
def not_evaluable(numbers: Transcription) -> int:
    """Patients without a response: neither partial, nor stable, nor progressive disease."""
    evaluable = sum(FACTS[f"{kind}_{g}"](numbers) for kind in ("pr", "sd") for g in GROUPS)
    return int(_sizes(numbers).sum() - evaluable) - numbers.count("results-response.pd.all.count")


@_fact
def complication_events(numbers: Transcription) -> int:
    """Complications of surgery, counted one by one."""
    return sum(numbers.count(id_) for id_ in numbers if id_.startswith("table3.complication_"))


@_fact
def metastases_both_min(numbers: Transcription) -> int:
    """Patients with metastases in both lymph nodes and liver, at least."""
    return max(0, sum(_nodes_and_liver(numbers)) - numbers.count("results-prrt.metastatic.all.count"))


@_fact
def metastases_both_max(numbers: Transcription) -> int:
    """Patients with metastases in both lymph nodes and liver, at most."""
    return min(_nodes_and_liver(numbers))


@_fact
def vessels_most_for_median(numbers: Transcription) -> int:
    """Most vessels that the patients can have together, given the median and the maximum of a patient."""
    patients = int(FACTS["tvi_patients"](numbers))
    median, most = (numbers.count(f"table4.vessels_before.all.{s}") for s in ("median", "range_hi"))
    # More than half of the patients have no more vessels than the median.
    at_median = patients // 2 + 1
    return at_median * median + (patients - at_median) * most


@_fact
def specimens_below_third_quartile(numbers: Transcription) -> int:
    """Specimens whose Ki-67 index is below the third quartile, at most, where that is no specimen's own value.

    SPSS takes the third quartile of n values at place 3 (n + 1) / 4, between two of them.
    """
    return 3 * (numbers.count("results-surgery.specimens.surgery.n") + 1) // 4


@_fact
def longest_follow_up_years(numbers: Transcription) -> float:
    """From the first inclusion to the end of follow-up, at the end of April."""
    years = numbers.value("methods.follow_up_to.threshold") + 4 / 12
    return years - numbers.value("methods.inclusion_from.threshold")


@_fact
def organ_after_wald_p(numbers: Transcription) -> float:
    """Wald p of the odds ratio of surgery by invasion of organs after PRRT."""
    invaded = _by_group(numbers, "results-radiology.organ_after.*.count")
    return odds_ratio([invaded, _scanned(numbers) - invaded]).p


@_fact
def tvi_degree_after_exact_p(numbers: Transcription) -> float:
    """Exact p of the degree of contact with vessels after PRRT (none, up to 180°, more) between the groups."""
    none, beyond = (_by_group(numbers, f"results-radiology.{k}.*.count") for k in ("no_tvi_after", "over_180_after"))
    return exact_test(np.array([none, _scanned(numbers) - none - beyond, beyond]))


@_fact
def liver_gone_exact_p(numbers: Transcription) -> float:
    """Exact p of the disappearance of liver metastases between the groups."""
    gone = _by_group(numbers, "results-radiology.liver_gone.*.count")
    return exact_test(np.array([gone, _by_group(numbers, "results-radiology.liver_gone.*.n") - gone]))


@_fact
def pr_alone_p(numbers: Transcription) -> float:
    """P of partial response against all others between the groups, by the test that the expected counts call for."""
    pr = np.array([FACTS[f"pr_{g}"](numbers) for g in GROUPS])
    return usual_test_p(np.array([pr, _sizes(numbers) - pr]))


@_fact
def tvi_decrease_of_all_percent(numbers: Transcription) -> float:
    """Share of all patients, those without contact or scans included, whose contact with vessels decreased."""
    decreased = _by_group(numbers, "results-radiology.tvi_decrease.*.count")
    return float(100 * decreased.sum() / _sizes(numbers).sum())


@_fact
def cleared_prrt_only(numbers: Transcription) -> int:
    """Patients without surgery who went from an artery and a vein, this beyond 180°, to no contact, at least."""
    both = [TVI_CATEGORIES.index(name) for name in ("artery_le_vein_gt", "artery_gt_vein_gt")]
    tables = tvi_transitions(numbers, "prrt_only")
    return int(tables[:, both, 0].sum(axis=1).min()) if len(tables) else 0


@_fact
def below_exact_p(numbers: Transcription) -> float:
    """Exact p of an activity below the full class between the groups."""
    below = sum(_by_group(numbers, f"table2.class_{c}.*.count") for c in ("reduced", "low", "lowest"))
    return exact_test(np.array([below, _sizes(numbers) - below]))


@_fact
def grade_known_exact_p(numbers: Transcription) -> float:
    """Exact p of the grade between the groups, of the patients with a grade."""
    return exact_test(np.array([_by_group(numbers, f"table1.{grade}.*.count") for grade in GRADES]))


def _by_group(numbers: Transcription, ids: str) -> np.ndarray:
    """The counts of both groups, whose name stands for ``*`` in ``ids``."""
    return np.array([numbers.count(ids.replace("*", group)) for group in GROUPS])


def _sizes(numbers: Transcription) -> np.ndarray:
    return np.array([numbers.count("abstract.patients.surgery.n"), numbers.count("table1.patients.prrt_only.n")])


def _scanned(numbers: Transcription) -> np.ndarray:
    return _by_group(numbers, "table4.patients.*.n")


def _nodes_and_liver(numbers: Transcription) -> tuple[int, int]:
    return numbers.count("table1.n1.all.count"), numbers.count("table1.m1a.all.count")


# --- moves between the categories of contact with vessels


def tvi_transitions(numbers: Transcription, group: str) -> np.ndarray:
    """All tables of moves between Table 4's categories of vascular contact that the printed totals allow.

    Parameters
    ----------
    numbers
        The transcription.
    group
        ``"surgery"`` or ``"prrt_only"``.

    Returns
    -------
    numpy.ndarray
        Shape (m, 7, 7), from category before to category after PRRT; not to be written to.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> tvi_transitions(transcription.load(), "prrt_only").shape
    (192, 7, 7)
    """
    stayed, fell, rose = (
        [numbers.count(f"table4.{c}_{change}.{group}.count") for c in TVI_CATEGORIES]
        for change in ("no_change", "decrease", "increase")
    )
    totals = [
        Total(frozenset({0}), numbers.count(f"results-radiology.no_tvi_after.{group}.count")),
        Total(frozenset(TVI_BEYOND_180), numbers.count(f"results-radiology.over_180_after.{group}.count")),
    ]
    return _enumerated(tuple(stayed), tuple(fell), tuple(rose), tuple(totals))


@cache
def _enumerated(*margins: tuple) -> np.ndarray:
    """As :func:`enumerate_transitions`, once for the same margins; not to be written to."""
    tables = enumerate_transitions(*margins)
    tables.setflags(write=False)
    return tables


def _left_beyond_180(group: str, end: int, numbers: Transcription) -> int:
    """How many patients of a group left the classes beyond 180°, at least (end 0) or at most (end -1)."""
    moved = tvi_transitions(numbers, group)[:, TVI_BEYOND_180][:, :, [0, *TVI_WITHIN_180]].sum(axis=(1, 2))
    return int(np.sort(moved)[end]) if len(moved) else 0


def _left_beyond_180_exact_p(end: int, numbers: Transcription) -> float:
    """Exact p between the groups if so many of the surgery group left the classes beyond 180°."""
    left = np.array([_left_beyond_180("surgery", end, numbers), _left_beyond_180("prrt_only", 0, numbers)])
    return exact_test(np.array([left, _by_group(numbers, "results-radiology.over_180_before.*.count") - left]))


for _name, _end in (("min", 0), ("max", -1)):
    FACTS |= {f"over_180_left_{group}_{_name}": partial(_left_beyond_180, group, _end) for group in GROUPS}
    FACTS[f"over_180_left_{_name}_exact_p"] = partial(_left_beyond_180_exact_p, _end)
