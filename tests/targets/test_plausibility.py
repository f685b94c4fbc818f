"""The account of the paper: each rule is broken by the patient who breaks it, and by nobody at its edge."""

from __future__ import annotations

import pytest

from analysis_lib.targets import plausibility

DAY = 1 / 365.25


def whose(condition: str):
    """The first patient of whom a condition holds."""
    return lambda c: c.query(condition).index[0]


SEPSIS = whose("cause_of_death == 'sepsis'")
HAEMATOLOGICAL = whose("cause_of_death == 'haematological'")
SURGERY = whose("group == 'surgery' and dfs_years.notna()")
RECURRENCE = whose("dfs_event == 1")
CENSORED = whose("os_event == 0 and group == 'prrt_only' and pfs_event == 0")
PROGRESSED = whose("pfs_event == 1 and pfs_years < os_years and group == 'prrt_only'")
VEINS, ARTERIES = ["vessel_smv", "vessel_pv"], ["vessel_cha", "vessel_sma", "vessel_ca"]


def graded(low: int, high: int):
    return whose(f"tvi_pre >= {low} and tvi_pre <= {high}")


# Who is changed, what to, and what is then told; None where it is still allowed.
CASES = {
    "two cycles before sepsis": (SEPSIS, {"prrt_cycles": 2}, "death of sepsis after more than one cycle"),
    "complete response": (SEPSIS, {"best_response": "CR"}, "a complete response, of which the paper has none"),
    "sepsis on day 70": (SEPSIS, {"os_years": 70 / 365, "pfs_years": 70 / 365}, None),
    "sepsis later": (SEPSIS, {"os_years": 71 / 365, "pfs_years": 71 / 365}, "death of sepsis later than ten weeks"),
    "death without a cause": (HAEMATOLOGICAL, {"cause_of_death": None}, "a cause of death without death, or none"),
    "a cause without death": (CENSORED, {"cause_of_death": "other"}, "a cause of death without death, or none"),
    "onset after death": (
        HAEMATOLOGICAL,
        {"years_prrt_end_to_haematological": 19.0},
        "a haematological death before its onset",
    ),
    "no onset": (
        HAEMATOLOGICAL,
        {"years_prrt_end_to_haematological": float("nan")},
        "a haematological death before its onset",
    ),
    "onset at death": (
        HAEMATOLOGICAL,
        lambda p: {"prrt_months": 12.0, "years_prrt_end_to_haematological": p["os_years"] - 1},
        None,
    ),
    "onset four days after death": (
        HAEMATOLOGICAL,
        lambda p: {"prrt_months": 12.0, "years_prrt_end_to_haematological": p["os_years"] - 1 + 4 * DAY},
        "a haematological death before its onset",
    ),
    "surgery with the last cycle": (
        SURGERY,
        lambda p: {"prrt_months": p["months_to_surgery"]},
        "surgery before the last cycle",
    ),
    "surgery after death": (SURGERY, {"months_to_surgery": 239.0}, "surgery after death or last follow-up"),
    "progression a day after death": (
        PROGRESSED,
        lambda p: {"pfs_years": p["os_years"] + DAY},
        "progression after death or last follow-up",
    ),
    "no time of progression": (PROGRESSED, {"pfs_years": float("nan")}, "progression after death or last follow-up"),
    "no kind of progression": (PROGRESSED, {"progression": None}, "a progression without its kind, or none for a kind"),
    "a kind without progression": (CENSORED, {"progression": "liver"}, "a progression without its kind, or none"),
    "recurrence later": (RECURRENCE, lambda p: {"dfs_years": p["dfs_years"] + 3 * DAY}, "a recurrence that is not"),
    "recurrence earlier": (RECURRENCE, lambda p: {"dfs_years": p["dfs_years"] - 3 * DAY}, "a recurrence that is not"),
    "recurrence without a time": (RECURRENCE, {"dfs_years": float("nan")}, "a recurrence that is not the progression"),
    "evidence of disease": (SURGERY, {"no_evidence_of_disease": 0.0}, "no disease-free follow-up without evidence"),
    "no disease-free time": (SURGERY, {"dfs_years": float("nan")}, "no disease-free follow-up without evidence"),
    "disease-free too long": (SURGERY, {"dfs_years": 19.0}, "disease-free follow-up beyond the last"),
    "veins at grade 0": (graded(0, 0), {"vessel_pv": 1.0}, "veins that contradict the category"),
    "no veins at grade 1": (graded(1, 1), dict.fromkeys(VEINS, 0.0), "veins that contradict the category"),
    "an artery but no veins at grade 3": (
        graded(3, 6),
        dict.fromkeys(VEINS, 0.0) | {"vessel_cha": 1.0},
        "veins that contradict the category",
    ),
    "arteries at grade 2": (graded(2, 2), {"vessel_ca": 1.0}, "arteries that contradict the category"),
    "no arteries at grade 3": (graded(3, 3), dict.fromkeys(ARTERIES, 0.0), "arteries that contradict the category"),
    "followed until April 2020": (CENSORED, {"os_years": 20 + 4 / 12, "pfs_years": 20 + 4 / 12}, None),
    "followed for longer": (CENSORED, {"os_years": 20.34, "pfs_years": 20.34}, "follow-up beyond April 2020"),
    "all that a cycle gives": (CENSORED, lambda p: {"prrt_activity_gbq": 7.71 * p["prrt_cycles"]}, None),
    "more than that": (CENSORED, lambda p: {"prrt_activity_gbq": 7.72 * p["prrt_cycles"]}, "more activity than"),
    "Ki-67 of 3 at G1": (CENSORED, {"grade": "G1", "ki67_percent": 3.0}, "a Ki-67 index too high for the grade"),
    "Ki-67 of 2.9 at G1": (CENSORED, {"grade": "G1", "ki67_percent": 2.9}, None),
    "Ki-67 of 21 at G2": (CENSORED, {"grade": "G2", "ki67_percent": 20.1}, "a Ki-67 index too high for the grade"),
    "Ki-67 of 20 at G2": (CENSORED, {"grade": "G2", "ki67_percent": 20.0}, None),
    "Ki-67 of 3 at G2": (CENSORED, {"grade": "G2", "ki67_percent": 3.0}, None),
    "Ki-67 of 2.9 at G2": (CENSORED, {"grade": "G2", "ki67_percent": 2.9}, "a Ki-67 index too low for the grade"),
    "Ki-67 of 20 at G3": (CENSORED, {"grade": "G3", "ki67_percent": 20.0}, "a Ki-67 index too low for the grade"),
    "Ki-67 of 20.1 at G3": (CENSORED, {"grade": "G3", "ki67_percent": 20.1}, None),
    "Ki-67 of 20 of a carcinoma": (CENSORED, {"grade": "NEC", "ki67_percent": 20.0}, "a Ki-67 index too low"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_patient_who_contradicts_the_account_is_told_and_no_other(case, one):
    who, change, says = CASES[case]
    row = who(one)
    for name, value in (change(one.loc[row]) if callable(change) else change).items():
        one.loc[row, name] = value
    told = plausibility.logic_misses(one)
    if says is None:
        assert told == []
    else:
        assert any(line.startswith(f"patient {one['patient'][row]}: {says}") for line in told), told
        assert {line.partition(":")[0] for line in told} == {f"patient {one['patient'][row]}"}


@pytest.mark.parametrize("name", plausibility.OF_THE_OPERATED)
def test_what_the_paper_has_of_all_operated_may_be_blank_only_in_others(name, one):
    row = SURGERY(one)
    one[name] = one[name].astype(float)
    one.loc[row, name] = float("nan")
    lines = [line for line in plausibility.logic_misses(one) if "of all operated" in line]
    assert lines == [f"patient {one['patient'][row]}: no {name}, which the paper has of all operated"]


def test_whole_months_are_asked_of_each_time_where_months_are_assumed(one):
    times = ["os_years", "pfs_years", "dfs_years"]
    assert [line for line in plausibility.logic_misses(one) if "whole months" in line] == []
    one[times] = (one[times] * 12).round() / 12
    assert [line for line in plausibility.logic_misses(one, "months") if "whole months" in line] == []
    for row, name in enumerate(times):
        changed = one.copy()
        row = changed.index[changed[name].notna()][row]
        changed.loc[row, name] += DAY
        told = [line for line in plausibility.logic_misses(changed, "months") if "whole months" in line]
        assert told == [f"patient {one['patient'][row]}: a time that is not of whole months"]


def test_parts_of_a_follow_up_in_months_may_miss_the_whole_by_a_month(one):
    row = RECURRENCE(one)
    one.loc[row, "dfs_years"] += 20 * DAY
    for unit, contradicted in (("days/365.25", True), ("months", False)):
        told = [line for line in plausibility.logic_misses(one, unit) if "recurrence that is not" in line]
        assert bool(told) is contradicted
