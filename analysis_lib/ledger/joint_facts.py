"""Joint arithmetic: what printed numbers force when they are taken together.

Each function takes the transcription and names what it finds; the paper's ids are known here and
in the recipes, nowhere else in the library.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from analysis_lib.ledger.methods import exact_test, implied_count
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics.contingency import odds_ratio
from analysis_lib.statistics.transitions import Total, enumerate_transitions

# Severity as the schema codes it: 0 none … 6 artery and vein both beyond 180°.
TVI_CATEGORIES = (
    "none",
    "vein_le",
    "vein_gt",
    "artery_le_vein_le",
    "artery_le_vein_gt",
    "artery_gt_vein_le",
    "artery_gt_vein_gt",
)
TVI_BEYOND_180 = frozenset(i for i, name in enumerate(TVI_CATEGORIES) if "gt" in name)


def tvi_transitions(numbers: Transcription, group: str) -> np.ndarray:
    """All tables of moves between Table 4's categories that the printed totals allow.

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
    """
    stayed, fell, rose = (
        [numbers.count(f"table4.{c}_{change}.{group}.count") for c in TVI_CATEGORIES]
        for change in ("no_change", "decrease", "increase")
    )
    totals = [
        Total(frozenset({0}), numbers.count(f"results-radiology.no_tvi_after.{group}.count")),
        Total(TVI_BEYOND_180, numbers.count(f"results-radiology.over_180_after.{group}.count")),
    ]
    return _enumerated(tuple(stayed), tuple(fell), tuple(rose), tuple(totals))


@cache
def _enumerated(*margins: tuple) -> np.ndarray:
    """As :func:`enumerate_transitions`, once for the same margins; not to be written to."""
    tables = enumerate_transitions(*margins)
    tables.setflags(write=False)
    return tables


def _left_beyond_180(numbers: Transcription) -> dict[str, float]:
    """How many patients left the classes beyond 180°, at least and at most, and the exact p."""
    beyond = sorted(TVI_BEYOND_180)
    within = [i for i in range(len(TVI_CATEGORIES)) if i not in TVI_BEYOND_180]
    found: dict[str, float] = {}
    for group in ("surgery", "prrt_only"):
        left = tvi_transitions(numbers, group)[:, beyond][:, :, within].sum(axis=(1, 2))
        found[f"{group}_min"], found[f"{group}_max"] = (int(left.min()), int(left.max())) if len(left) else (0, 0)
    before = [numbers.count(f"results-radiology.over_180_before.{g}.count") for g in ("surgery", "prrt_only")]
    for end in ("min", "max"):
        left = np.array([found[f"surgery_{end}"], found["prrt_only_min"]])
        found[f"{end}_exact_p"] = exact_test(np.array([left, before - left]).astype(int))
    return found


def facts(numbers: Transcription) -> dict[str, float]:
    """Quantities that several printed numbers settle together, by name.

    Returns
    -------
    dict
        Counts of patients or events unless the name says otherwise (``_share`` in per cent,
        ``_years`` in years).
    """
    n = numbers.count
    groups = {"surgery": n("abstract.patients.surgery.n"), "prrt_only": n("table1.patients.prrt_only.n")}
    responders = {
        (kind, group): implied_count(
            numbers[{"pr": f"abstract.pr.{group}.percent", "sd": f"results-surgery.sd.{group}.percent"}[kind]].printed,
            size,
        )
        or 0
        for kind in ("pr", "sd")
        for group, size in groups.items()
    }
    progressive = n("results-response.pd.all.count")
    n1, m1a, metastatic = (
        n("table1.n1.all.count"),
        n("table1.m1a.all.count"),
        n("results-prrt.metastatic.all.count"),
    )
    tvi = sum(n(f"results-radiology.tvi_decrease.{g}.n") for g in groups)
    tabled = sum(n(f"table4.vessel_{v}.all.count") for v in ("smv", "pv", "cha", "sma", "ca"))
    others = sum(
        n(f"table4.vessel_{v}.all.count")
        for v in ("splenic_vein", "splenic_artery", "gda", "ivc", "jejunal_arteries", "jejunal_veins")
    )
    # With this median, more than half of the patients have no more than so many vessels.
    median, most = n("table4.vessels_before.all.median"), n("table4.vessels_before.all.range_hi")
    at_median = tvi // 2 + 1
    events = [n(id) for id in numbers if id.startswith("table3.complication_")]
    treatments = [n(f"table3.liver_{k}.surgery.count") for k in ("wedge", "ablation_rf", "wedges", "ablation_mw")]
    liver = n("results-radiology.liver_gone.surgery.n")
    gone, treated = n("results-radiology.liver_gone.surgery.count"), n("table3.liver_treatment.surgery.count")
    ned = n("results-surgery.ned.surgery.count")
    recurred = n("results-survival.dfs_recurrence.surgery.count")
    progressed = n("results-survival.progression.surgery.count")
    progressed_only = n("results-survival.progression.prrt_only.count") + n(
        "results-survival.progression_clinical.prrt_only.count"
    )
    graded = sum(n(f"table1.{k}.all.count") for k in ("grade_1", "grade_2", "grade_3", "nec"))
    deaths = n("results-survival.deaths.surgery.count") + n("results-survival.deaths.prrt_only.count")
    vessel_procedures = sum(n(f"results-surgery.resection_{v}.surgery.count") for v in ("smv", "pv", "ca"))
    end_of_april = 4 / 12

    def counts(*ids: str) -> list[int]:
        return [n(id.replace("*", group)) for id in ids for group in groups]

    def exact(rows: list[int]) -> float:
        return exact_test(np.array(rows).reshape(-1, 2))

    gone_by_group = counts("results-radiology.liver_gone.*.count")
    with_liver = counts("results-radiology.liver_gone.*.n")
    below = [sum(n(f"table2.class_{c}.{g}.count") for c in ("reduced", "low", "lowest")) for g in groups]
    scanned = np.array([n(f"table4.patients.{g}.n") for g in groups])
    invaded = counts("results-radiology.organ_after.*.count")
    none, beyond = (counts(f"results-radiology.{k}.*.count") for k in ("no_tvi_after", "over_180_after"))
    return {
        "organ_after_wald_p": odds_ratio([invaded, scanned - invaded]).p,
        "tvi_degree_after_exact_p": exact([*none, *(scanned - none - beyond), *beyond]),
        "pr_surgery": responders["pr", "surgery"],
        "pr_prrt_only": responders["pr", "prrt_only"],
        "sd_surgery": responders["sd", "surgery"],
        "sd_prrt_only": responders["sd", "prrt_only"],
        "evaluable": sum(responders.values()) + progressive,
        "not_evaluable": sum(groups.values()) - sum(responders.values()) - progressive,
        "liver_gone_exact_p": exact([*gone_by_group, *np.subtract(with_liver, gone_by_group)]),
        "below_exact_p": exact([*below, *np.subtract(list(groups.values()), below)]),
        "grade_known_exact_p": exact(
            counts(*(f"table1.{k}.*.count" for k in ("grade_1", "grade_2", "grade_3", "nec")))
        ),
        **{f"over_180_left_{name}": value for name, value in _left_beyond_180(numbers).items()},
        "metastases_both_min": max(0, n1 + m1a - metastatic),
        "metastases_both_max": min(n1, m1a),
        "vessels_tabled": tabled,
        "vessels_named": tabled + others,
        "vessels_most_for_median": at_median * median + (tvi - at_median) * most,
        "tvi_patients": tvi,
        "complication_events": sum(events),
        "liver_treatments": sum(treatments),
        "liver_neither": liver - gone - treated,
        "not_ned": groups["surgery"] - ned,
        "progressed_not_ned": progressed - recurred,
        "prrt_only_progressed": progressed_only,
        "prrt_only_not_progressed": groups["prrt_only"] - progressed_only,
        "size_without_tvi": n("table4.excluded.prrt_only.count") - n("table5.size_post_excluded.all.count"),
        "graded": graded,
        "ungraded": sum(groups.values()) - graded,
        "deaths": deaths,
        "vascular_procedures": vessel_procedures + n("results-surgery.thrombectomy_pv.surgery.count"),
        "longest_follow_up_years": numbers.value("methods.follow_up_to.threshold")
        + end_of_april
        - numbers.value("methods.inclusion_from.threshold"),
        "tvi_transitions_surgery": len(tvi_transitions(numbers, "surgery")),
        "tvi_transitions_prrt_only": len(tvi_transitions(numbers, "prrt_only")),
        "organ_cleared_surgery": n("results-radiology.organ_before.surgery.count")
        - n("results-radiology.organ_after.surgery.count"),
        "organ_cleared_prrt_only": n("results-radiology.organ_before.prrt_only.count")
        - n("results-radiology.organ_after.prrt_only.count"),
    }
