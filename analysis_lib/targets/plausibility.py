"""Plausibility: what no simulated cohort may contradict of the paper's own account of its patients."""

from __future__ import annotations

import pandas as pd

from analysis_lib.printed.names import VESSELS
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.catalogue import LONGEST_FOLLOW_UP_YEARS
from analysis_lib.targets.time_unit import slack

# What the paper tabulates without leaving anyone out: of all patients, and of those operated on.
OF_ALL = (
    *("age_years", "sex", "bmi_kg_m2", "kps", "months_since_diagnosis", "grade", "tumour_size_mm", "n1", "m1a"),
    *("other_metastases", "chromogranin_a_ug_l", "prrt_activity_gbq", "prrt_cycles", "best_response", "pfs_years"),
)
OF_THE_OPERATED = (
    "months_to_surgery",
    "months_prrt_end_to_surgery",
    "no_evidence_of_disease",
    "specimen_ki67_percent",
)


def logic_misses(frame: pd.DataFrame, time_unit: str = Assumptions.time_unit) -> list[str]:
    """What in a cohort contradicts the paper's own account of its patients, whatever its numbers; one line each.

    The early death of sepsis after one cycle, the late haematological ones, surgery after PRRT
    and before death, recurrence as progression, more than the categories of vessels allow,
    complete responses, follow-up beyond April 2020, and blanks where the paper leaves no patient out. ``time_unit`` is
    that of the cohort's years, as :class:`~analysis_lib.targets.assumptions.Assumptions` has it.
    """
    c = frame
    operated, dead = c["group"] == "surgery", c["os_event"] == 1
    sepsis, late = (c["cause_of_death"] == cause for cause in ("sepsis", "haematological"))
    onset = c["prrt_months"] / 12 + c["years_prrt_end_to_haematological"]
    veins, arteries = (c[[f"vessel_{v}" for v in names]].sum(axis=1) for names in (VESSELS[:2], VESSELS[2:]))
    graded = c["tvi_pre"].notna()
    surgery = c["months_to_surgery"] / 12
    recurrence = surgery + c["dfs_years"]
    progressed = (c["pfs_event"] == 1) & (c["pfs_years"] < c["os_years"])
    ki67 = c["ki67_percent"]
    grade_1, grade_2, high_grade = c["grade"] == "G1", c["grade"] == "G2", c["grade"].isin(("G3", "NEC"))
    apart = slack(time_unit)
    rules = {
        "death of sepsis after more than one cycle": sepsis & (c["prrt_cycles"] > 1),
        "death of sepsis later than ten weeks": sepsis & (c["os_years"] > 70 / 365),
        "a cause of death without death, or none for it": c["cause_of_death"].notna() != dead,
        "a haematological death before its onset": late & ~(onset <= c["os_years"]),
        "surgery before the last cycle": operated & ~(c["months_to_surgery"] > c["prrt_months"]),
        "surgery after death or last follow-up": operated & ~(surgery < c["os_years"] + apart),
        "progression after death or last follow-up": ~(c["pfs_years"] <= c["os_years"] + 1e-12),
        "a progression without its kind, or none for a kind": c["progression"].notna() != progressed,
        "a recurrence that is not the progression": (c["dfs_event"] == 1)
        & ~((recurrence - c["pfs_years"]).abs() < apart),
        "no disease-free follow-up without evidence of disease, or some with it": c["dfs_years"].notna()
        != (c["no_evidence_of_disease"] == 1),
        "disease-free follow-up beyond the last": c["dfs_years"].notna() & ~(recurrence <= c["os_years"] + apart),
        "veins that contradict the category": graded & ((c["tvi_pre"] >= 1) != (veins > 0)),
        "arteries that contradict the category": graded & ((c["tvi_pre"] >= 3) != (arteries > 0)),
        "a complete response, of which the paper has none": c["best_response"] == "CR",
        "follow-up beyond April 2020": c["os_years"] > LONGEST_FOLLOW_UP_YEARS,
        "more activity than the cycles can have given": c["prrt_activity_gbq"] > 7.71 * c["prrt_cycles"],
        "a Ki-67 index too high for the grade": (grade_1 & (ki67 >= 3)) | (grade_2 & (ki67 > 20)),
        "a Ki-67 index too low for the grade": (grade_2 & (ki67 < 3)) | (high_grade & (ki67 <= 20)),
    }
    if time_unit == "months":
        times = c[["os_years", "pfs_years", "dfs_years"]] * 12
        rules["a time that is not of whole months"] = ((times - times.round()).abs() > 1e-9).any(axis=1)
    rules |= {f"no {name}, which the paper has of all patients": c[name].isna() for name in OF_ALL}
    rules |= {f"no {name}, which the paper has of all operated": operated & c[name].isna() for name in OF_THE_OPERATED}
    return [
        f"patient {int(c.loc[row, 'patient'])}: {what}"
        for what, broken in rules.items()
        for row in c.index[broken.to_numpy(dtype=bool)]
    ]
