"""Plausibility: each rule is broken by one edit of one patient, and not by its neighbour on the other side."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import plausibility, schema

DAY, DAY_IN_MONTHS = 1 / 365.25, 1 / 30.4375
RULES = plausibility.rules()
OPERATED, UNOPERATED = "group == 'surgery'", "group == 'prrt_only'"
SEPSIS, HAEMATOLOGICAL, POSTOPERATIVE = (
    f"cause_of_death == '{cause}'" for cause in ("sepsis", "haematological", "postoperative")
)
ONE_LESION = "n1 == 0 and m1a == 0 and other_metastases == 0 and tumour_size_post_mm > 0"
ANY = "any value that the column has"
TREATED = ("liver_wedge", "liver_wedges", "liver_ablation_rf", "liver_ablation_mw")


def sizes(response, before, after):
    return {"best_response": response, "tumour_size_mm": before, "tumour_size_post_mm": after}


def after_prrt(column, days):
    return lambda p: {column: p["prrt_months"] + days * DAY_IN_MONTHS}


def resected(vessel, operation, category, involved=1):
    return {
        "vascular_resection": vessel,
        "surgery_type": operation,
        "tvi_post": category,
        f"vessel_{vessel}": involved,
    }


def cycles(number, days, reason):
    return {"prrt_cycles": number, "prrt_months": days * DAY_IN_MONTHS, "dose_adjustment": reason}


def left(**treated):
    return {"no_evidence_of_disease": 1, "m1a": 1, "liver_metastases_gone": 0, **dict.fromkeys(TREATED, 0), **treated}


def gone(liver, after, **others):
    return sizes("SD", 100, after) | {"liver_metastases_gone": liver, "n1": 0, "other_metastases": 0} | others


def nowhere(**there):
    return {
        **{"tvi_pre": 0, "organ_invasion_pre": 0, "n1": 0, "m1a": 0, "other_metastases": 0},
        **there,
    }


def cleared(**still):
    """Nothing is in the way of an operation any more."""
    after = {"tvi_post": 0, "organ_invasion_post": 0, "n1": 0, "m1a": 1, "liver_metastases_gone": 1}
    return {"no_surgery_reason": "unresectable", "other_metastases": 0} | after | still


def clear(category, **why):
    return {"resection_margin": "R0", "tvi_post": category, "vascular_resection": None} | why


def not_free(**why):
    free = {"no_evidence_of_disease": 0, "resection_margin": "R0", "m1a": 1, "liver_metastases_gone": 1}
    return free | {"other_metastases": 0} | why


def splenic(place, vein, artery):
    return {"tumour_location": place, "vessel_splenic_vein": vein, "vessel_splenic_artery": artery}


def vessels(*touched):
    return {f"vessel_{name}": int(name in touched) for name in ("smv", "pv", "cha", "sma", "ca")}


def contact(after, number, **touched):
    return {"tvi_pre": 3, "tvi_post": after, "vessels_post": number} | touched


def late(response, after, days):
    return lambda p: sizes(response, 100, after) | after_prrt("months_to_smallest_size", days)(p)


# By rule: of whom, what breaks it, and what next to that does not (as the cohort has it, if left out).
EDITS = {
    "only_operated": [(UNOPERATED, {"each": ANY})],
    "only_unoperated": [(OPERATED, {"no_surgery_reason": "request"})],
    "pfs_together": [("pfs_years > 0", {"pfs_event": None}), ("pfs_years > 0", {"pfs_years": None})],
    "dfs_together": [("dfs_years > 0", {"dfs_event": None}), ("dfs_years > 0", {"dfs_years": None})],
    "pfs_censored_at_death": [
        (
            "os_event == 1",
            lambda p: {"pfs_event": 0, "pfs_years": p["os_years"]},
            lambda p: {"pfs_event": 0, "pfs_years": p["os_years"] - DAY},
        )
    ],
    "years_after_follow_up": [
        ("dfs_years > 0", lambda p: {"each": p["os_years"] + DAY}, lambda p: {"each": p["os_years"]})
    ],
    "months_after_follow_up": [
        (OPERATED, lambda p: {"each": p["os_years"] * 12 + DAY_IN_MONTHS}, lambda p: {"each": p["os_years"] * 12})
    ],
    "disease_free_after_follow_up": [
        (
            "dfs_years > 0",
            lambda p: {"dfs_years": p["os_years"] - p["months_to_surgery"] / 12 + DAY},
            lambda p: {"dfs_years": p["os_years"] - p["months_to_surgery"] / 12},
        )
    ],
    "recurrence_before_pfs_ends": [
        (
            "dfs_event == 1",
            lambda p: {"dfs_years": p["dfs_years"] - 31 * DAY},
            lambda p: {"dfs_years": p["dfs_years"] - 30 * DAY},
        )
    ],
    "intervals_do_not_add_up": [
        (
            OPERATED,
            lambda p: {"prrt_months": p["prrt_months"] + 2.1},
            lambda p: {"prrt_months": p["prrt_months"] + 1.9},
        )
    ],
    "operated_before_last_cycle": [
        (
            OPERATED,
            lambda p: {"prrt_months": p["months_to_surgery"] + DAY_IN_MONTHS},
            lambda p: {"prrt_months": p["months_to_surgery"]},
        )
    ],
    "one_cycle_takes_no_time": [
        ("prrt_cycles > 1", {"prrt_months": 0.0}, {"prrt_months": DAY_IN_MONTHS}),
        (SEPSIS, {"prrt_months": DAY_IN_MONTHS}, {"prrt_months": None}),
    ],
    "no_vein_of_the_category": [
        ("tvi_pre >= 1", {"vessel_smv": 0, "vessel_pv": 0}, {"vessel_smv": 0, "vessel_pv": 1}),
        ("tvi_pre >= 1", {"vessel_smv": 0, "vessel_pv": 0}, {"vessel_smv": 1, "vessel_pv": 0}),
    ],
    "vein_without_category": [("tvi_pre == 0", {"each": 1})],
    "no_artery_of_the_category": [
        ("tvi_pre >= 3", {"vessel_cha": 0, "vessel_sma": 0, "vessel_ca": 0} | other, {name: 1 for name in other})
        for other in ({"vessel_cha": 0}, {"vessel_sma": 0}, {"vessel_ca": 0})
    ],
    "artery_without_category": [("tvi_pre <= 2", {"each": 1})],
    "vessels_after_prrt": [
        ("tvi_post == 0", {"vessels_post": 1}, {"vessels_post": 0}),
        ("tvi_post == 1", {"vessels_post": 0}, {"vessels_post": 1}),
        ("tvi_post == 1", {"vessels_post": 3}, {"vessels_post": 2}),
        ("tvi_post == 2", {"vessels_post": 3}, {"vessels_post": 2}),
        ("tvi_post == 3", {"vessels_post": 1}, {"vessels_post": 2}),
    ],
    "fatal_complication_of_the_living": [
        (f"{OPERATED} and os_event == 0", {"complication_v_haemorrhage": 1}),
    ],
    "cause_without_death": [("os_event == 0", {"cause_of_death": "other"})],
    "postoperative_without_operation": [
        (f"{UNOPERATED} and os_event == 1", {"cause_of_death": "postoperative"}, {"cause_of_death": "other"})
    ],
    "onset_after_follow_up": [
        (
            HAEMATOLOGICAL,
            lambda p: {"prrt_months": 12.0, "years_prrt_end_to_haematological": p["os_years"] - 1 + DAY},
            lambda p: {"prrt_months": 12.0, "years_prrt_end_to_haematological": p["os_years"] - 1},
        )
    ],
    "ovariectomy_in_a_man": [
        ("sex == 'male'", {"prior_surgery": "ovariectomy"}, {"prior_surgery": "gastroenterostomy"}),
        ("sex == 'male'", {"prior_surgery": "ovariectomy"}, {"prior_surgery": "ovariectomy", "sex": "female"}),
    ],
    "more_than_the_whole_tumour": [
        (
            "fibrosis_percent > 0",
            {"fibrosis_percent": 60, "viable_percent": 41},
            {"fibrosis_percent": 60, "viable_percent": 40},
        )
    ],
    "free_of_disease_after_r2": [
        ("no_evidence_of_disease == 1", {"resection_margin": "R2"}, {"resection_margin": "R1"}),
    ],
    "nodes_positive": [
        (
            "nodes_resected > 0",
            lambda p: {"nodes_positive": p["nodes_resected"] + 1},
            lambda p: {"nodes_positive": p["nodes_resected"]},
        )
    ],
    "disease_free_with_disease": [
        ("dfs_years > 0", {"no_evidence_of_disease": 0}),
        ("dfs_years > 0", {"no_evidence_of_disease": None}),
    ],
    "lymphocytopenia_without_toxicity": [("lymphocytopenia_only == 1", {"marrow_toxicity": 0})],
    "liver_metastases_without_m1a": [("m1a == 0", {"each": 1}, {"each": 0})],
    "two_somatostatin_scans": [("ga68_pet == 1", {"uptake": "equal_to_liver"})],
    "ki67_above_the_grade": [
        ("grade == 'G1'", {"ki67_percent": 3.0}, {"ki67_percent": 2.9}),
        ("grade == 'G2'", {"ki67_percent": 20.1}, {"ki67_percent": 20.0}),
    ],
    "blank_of_all": [("patient == 7", {"each": None})],
    "blank_of_the_operated": [(OPERATED, {"each": None})],
    "blank_of_the_unoperated": [(UNOPERATED, {"no_surgery_reason": None})],
    "blank_scan_of_vessels": [("tvi_pre >= 0", {"each": None}), ("tvi_pre != tvi_pre", {"each": 1})],
    "blank_size_after": [
        ("tumour_size_post_mm > 0", {"tumour_size_post_mm": None}),
        ("tumour_size_post_mm > 0", {"months_to_smallest_size": None}),
    ],
    "vessels_without_a_scan": [("tvi_post >= 0", {"tumour_size_post_mm": None})],
    "blank_specimen": [("fibrosis_percent > 0", {"each": None})],
    "blank_nodes": [("nodes_resected > 0", {"nodes_positive": None}), ("nodes_resected > 0", {"nodes_resected": None})],
    "no_node_resected": [("nodes_resected > 0", {"nodes_resected": 0}, {"nodes_resected": 1})],
    "blank_liver_metastases_gone": [
        ("m1a == 1", {"liver_metastases_gone": None}),
        ("m1a == 0", {"liver_metastases_gone": 0}),
    ],
    "blank_uptake": [("ga68_pet == 0", {"uptake": None})],
    "blank_response_time": [
        ("best_response == 'SD'", {"months_to_best_response": None}),
        (SEPSIS, {"months_to_best_response": 0.5}),
    ],
    "complete_response": [("best_response == 'PR'", {"best_response": "CR"})],
    "response_not_evaluated": [
        ("best_response == 'SD'", {"best_response": "NE"}),
        (SEPSIS, {"best_response": "PD"}),
    ],
    "days_of_survival": [
        ("dfs_years > 0", lambda p: {"each": p["dfs_years"] + 0.3 * DAY}, lambda p: {"each": p["dfs_years"] + DAY})
    ],
    "followed_for_too_long": [("os_event == 0", {"os_years": 20.34}, {"os_years": 20 + 4 / 12})],
    "progression_after_follow_up": [
        ("pfs_event == 1", lambda p: {"pfs_years": p["os_years"] + DAY}, lambda p: {"pfs_years": p["os_years"]})
    ],
    "pfs_censored_early": [("pfs_event == 0", lambda p: {"pfs_years": p["os_years"] - DAY})],
    "pfs_ends_in_life": [
        ("pfs_event == 0", {"pfs_event": 1}, lambda p: {"pfs_event": 1, "pfs_years": p["os_years"] - DAY})
    ],
    "kind_of_progression": [
        ("pfs_years < os_years", {"progression": None}),
        ("pfs_event == 0", {"progression": "liver"}),
    ],
    "progression_of_the_operated": [
        (f"{OPERATED} and pfs_years < os_years", {"progression": kind}, {"progression": "local"})
        for kind in ("pancreas", "pancreas_liver", "clinical", "other")
    ],
    "progression_of_the_unoperated": [
        (f"{UNOPERATED} and pfs_years < os_years", {"progression": kind}, {"progression": "clinical"})
        for kind in ("local", "bone", "bone_liver", "other")
    ],
    "blank_disease_free": [("no_evidence_of_disease == 1", {"dfs_years": None})],
    "recurrence_is_the_progression": [
        ("dfs_event == 1", lambda p: {"dfs_years": p["dfs_years"] + DAY}),
        ("dfs_event == 1", lambda p: {"dfs_years": p["dfs_years"] - DAY}),
        ("dfs_event == 1", {"pfs_years": None}),
    ],
    "recurrence_without_progression": [
        ("dfs_event == 1", {"progression": None}),
        ("dfs_event == 0", {"progression": "liver"}),
    ],
    "disease_free_censored_early": [("dfs_event == 0", lambda p: {"dfs_years": p["dfs_years"] - DAY})],
    "intervals_to_the_day": [
        (OPERATED, lambda p, name=name: {name: p[name] + DAY_IN_MONTHS})
        for name in ("prrt_months", "months_prrt_end_to_surgery", "months_to_surgery")
    ],
    "death_without_cause": [("os_event == 1", {"cause_of_death": None})],
    "postoperative_death": [
        (POSTOPERATIVE, {"complication_v_haemorrhage": 0}),
        (f"{OPERATED} and cause_of_death == 'other'", {"cause_of_death": "postoperative"}),
    ],
    "postoperative_death_late": [
        (
            POSTOPERATIVE,
            lambda p: {"months_to_surgery": p["os_years"] * 12 - 61 * DAY_IN_MONTHS},
            lambda p: {"months_to_surgery": p["os_years"] * 12 - 59 * DAY_IN_MONTHS},
        )
    ],
    "postoperative_death_free_of_disease": [(POSTOPERATIVE, {"no_evidence_of_disease": 1})],
    "haematological_onset": [
        (HAEMATOLOGICAL, {"years_prrt_end_to_haematological": None}),
        ("cause_of_death == 'other'", {"years_prrt_end_to_haematological": 0.1}),
    ],
    "sepsis_cycles": [(SEPSIS, {"prrt_cycles": 2})],
    "sepsis_late": [(SEPSIS, {"os_years": 71 * DAY}, {"os_years": 70 * DAY})],
    "sepsis_dose": [
        (SEPSIS, {"dose_adjustment": "unknown"}),
        ("dose_adjustment == 'unknown'", {"dose_adjustment": "death"}),
    ],
    "sepsis_reason": [
        (SEPSIS, {"no_surgery_reason": "unresectable"}, {"no_surgery_reason": "progression_or_death"}),
    ],
    "sepsis_toxicity": [(SEPSIS, {"marrow_toxicity": 1})],
    "dose_adjustment": [
        ("prrt_activity_gbq >= 29.2", {"prrt_activity_gbq": 29.1}, {"prrt_activity_gbq": 29.2}),
        ("prrt_activity_gbq >= 29.2", {"dose_adjustment": "unknown"}),
        ("prrt_activity_gbq < 29.2", {"dose_adjustment": None}),
    ],
    "activity_of_a_cycle": [("prrt_cycles == 4", {"prrt_activity_gbq": 30.9}, {"prrt_activity_gbq": 30.8})],
    "prior_surgery": [
        (OPERATED, {"prior_surgery": "other"}, {"prior_surgery": "gastroenterostomy"}),
        (UNOPERATED, {"prior_surgery": "gastroenterostomy"}),
    ],
    "no_fibrosis": [("fibrosis_percent > 0", {"fibrosis_percent": 0}, {"fibrosis_percent": 1})],
    "ki67_of_the_grade": [
        ("grade == 'G2'", {"ki67_percent": 2.9}, {"ki67_percent": 3.0}),
        ("grade == 'G3'", {"ki67_percent": 20.0}, {"ki67_percent": 20.1}),
        ("grade == 'NEC'", {"ki67_percent": 20.0}, {"ki67_percent": 20.1}),
    ],
    "partial_response_of_one_lesion": [(ONE_LESION, sizes("PR", 100, 71), sizes("PR", 100, 70))],
    "shrunk_without_response": [
        (ONE_LESION, sizes("SD", 100, 70), sizes("SD", 100, 71)),
        (ONE_LESION, sizes("PD", 100, 70), sizes("PD", 100, 71)),
    ],
    "shrunk_with_the_liver_free": [
        ("m1a == 1", gone(1, 70), gone(1, 71)),
        ("m1a == 1", gone(1, 70), gone(0, 70)),
        ("m1a == 1", gone(1, 70), gone(1, 70, n1=1)),
        ("m1a == 1", gone(1, 70), gone(1, 70, other_metastases=1)),
    ],
    "progression_of_one_lesion": [
        (ONE_LESION, sizes("PD", 100, 119), sizes("PD", 100, 120)),
        (ONE_LESION, sizes("PD", 20, 24), sizes("PD", 20, 25)),
    ],
    "partial_response_grew": [("m1a == 1", sizes("PR", 100, 100), sizes("PR", 100, 99))],
    "progression_shrank": [("m1a == 1", sizes("PD", 100, 70), sizes("PD", 100, 71))],
    "stable_grew": [
        ("m1a == 1", sizes("SD", 100, 120), sizes("SD", 100, 119)),
        ("m1a == 1", sizes("SD", 20, 25), sizes("SD", 20, 24)),
    ],
    "response_before_first_scan": [
        ("patient == 7", after_prrt("months_to_best_response", 27), after_prrt("months_to_best_response", 28))
    ],
    "response_after_third_scan": [
        ("patient == 7", after_prrt("months_to_best_response", 225), after_prrt("months_to_best_response", 224))
    ],
    "smallest_before_first_scan": [
        ("patient == 7", after_prrt("months_to_smallest_size", 27), after_prrt("months_to_smallest_size", 28))
    ],
    "smallest_late_of_the_grown": [
        ("patient == 7", late("SD", 100, 225), late("SD", 100, 224)),
        ("patient == 7", late("SD", 100, 225), late("SD", 99, 225)),
        ("patient == 7", late("SD", 100, 225), late("PD", 100, 225)),
    ],
    "scan_after_operation": [
        (
            OPERATED,
            lambda p: {"each": p["months_to_surgery"] + DAY_IN_MONTHS},
            lambda p: {"each": p["months_to_surgery"]},
        )
    ],
    "scan_after_progression": [
        (
            "best_response != 'NE'",
            lambda p: {"each": p["pfs_years"] * 12 + DAY_IN_MONTHS},
            lambda p: {"each": p["pfs_years"] * 12},
        )
    ],
    "progression_as_response": [
        (
            "progression == 'liver'",
            lambda p, days=days: {
                "best_response": "PD",
                "months_to_best_response": p["pfs_years"] * 12 + days * DAY_IN_MONTHS,
            },
            lambda p: {"best_response": "PD", "months_to_best_response": p["pfs_years"] * 12},
        )
        for days in (-1, 1)
    ],
    "progression_by_measure": [
        (
            "m1a == 1",
            {"best_response": "PD", "progression": "clinical"},
            {"best_response": "PD", "progression": "liver"},
        ),
        (
            ONE_LESION,
            {"best_response": "PD", "progression": "liver"},
            {"best_response": "PD", "progression": "pancreas"},
        ),
    ],
    "smallest_before_response": [
        (
            "best_response == 'PR'",
            lambda p: {"months_to_smallest_size": p["months_to_best_response"] - DAY_IN_MONTHS},
            lambda p: {"months_to_smallest_size": p["months_to_best_response"]},
        )
    ],
    "smallest_of_progression": [
        (
            "best_response == 'PD'",
            lambda p, days=days: {"months_to_smallest_size": p["months_to_best_response"] + days * DAY_IN_MONTHS},
            lambda p: {"months_to_smallest_size": p["months_to_best_response"]},
        )
        for days in (-1, 1)
    ],
    "operation_of_the_head": [
        (OPERATED, {"tumour_location": place, "surgery_type": "distal"}, {"surgery_type": "whipple"})
        for place in ("head", "multiple")
    ],
    "operation_of_the_tail": [
        (OPERATED, {"tumour_location": place, "surgery_type": "whipple"}, {"surgery_type": "distal"})
        for place in ("body", "tail")
    ],
    **{
        f"resected_{vein}": [
            (OPERATED, change, resected(vein, "pylorus_preserving", 1))
            for change in (
                resected(vein, "distal", 1),
                resected(vein, "pylorus_preserving", 0),
                resected(vein, "pylorus_preserving", 1, involved=0),
            )
        ]
        for vein in ("smv", "pv")
    },
    "resected_ca": [
        (OPERATED, change, resected("ca", "distal", 3))
        for change in (
            resected("ca", "whipple", 3),
            resected("ca", "distal", 2),
            resected("ca", "distal", 3, involved=0),
        )
    ],
    "thrombectomy": [
        (
            OPERATED,
            {"portal_thrombectomy": 1, "vessel_pv": involved, "tvi_pre": category},
            {"portal_thrombectomy": 1, "vessel_pv": 1, "tvi_pre": 2},
        )
        for involved, category in ((0, 2), (1, 1), (1, 5))
    ],
    "bypass_without_resection": [
        (
            OPERATED,
            {"complication_iiib_bypass_occlusion": 1, "vascular_resection": vessel},
            {"complication_iiib_bypass_occlusion": 1, "vascular_resection": "pv"},
        )
        for vessel in (None, "ca")
    ],
    "anastomosis_absent": [
        (OPERATED, {"each": 1, "surgery_type": "distal"}, {"each": 1, "surgery_type": "pylorus_preserving"})
    ],
    "vessel_of_the_head": [
        ("patient == 7", {"each": 1, "tumour_location": place}, {"each": 1, "tumour_location": "multiple"})
        for place in ("body", "tail")
    ],
    "gastroenterostomy_of_the_tail": [
        (
            OPERATED,
            {"prior_surgery": "gastroenterostomy", "tumour_location": place},
            {"prior_surgery": "gastroenterostomy", "tumour_location": "head"},
        )
        for place in ("body", "tail")
    ],
    "liver_embolised_without_metastases": [
        (UNOPERATED, {"prior_embolisation": 1, "m1a": 0}, {"prior_embolisation": 1, "m1a": 1})
    ],
    "liver_treated_in_vain": [
        (OPERATED, {"each": 1, "m1a": m1a, "liver_metastases_gone": gone}, left(each=1))
        for m1a, gone in ((0, None), (1, 1))
    ],
    "single_wedge_and_several": [
        (OPERATED, {"liver_wedge": 1, "liver_wedges": 1}, {"liver_wedge": 1, "liver_wedges": 0})
    ],
    "organ_invaded_under_treatment": [
        (
            "tvi_pre >= 0",
            {"organ_invasion_pre": 0, "organ_invasion_post": 1},
            {"organ_invasion_pre": 1, "organ_invasion_post": 1},
        )
    ],
    "specimen_ki67_of_the_grade": [
        (OPERATED, {"grade": grade, "specimen_ki67_percent": bad}, {"grade": grade, "specimen_ki67_percent": good})
        for grade, bad, good in (
            ("G1", 3.0, 2.9),
            ("G2", 2.9, 3.0),
            ("G2", 20.1, 20.0),
            ("G3", 20.0, 20.1),
            ("NEC", 20.0, 20.1),
        )
    ],
    "ki67_without_a_grade": [
        ("patient == 7", {"grade": none, "ki67_percent": 5.0}, {"grade": none, "ki67_percent": None})
        for none in ("no_grade", "no_diagnosis")
    ],
    "uptake_of_the_carcinoma": [
        ("patient == 7", {"grade": "NEC", "uptake": uptake}, {"grade": "NEC", "uptake": "higher_than_kidneys"})
        for uptake in ("higher_than_liver", None)
    ],
    "full_activity_in_four_cycles": [
        (
            "patient == 7",
            {"prrt_activity_gbq": 29.2, "prrt_cycles": number},
            {"prrt_activity_gbq": 29.1, "prrt_cycles": number},
        )
        for number in (3, 5)
    ],
    "least_activity_of_a_cycle": [
        (
            "patient == 7",
            {"prrt_activity_gbq": 17.9, "prrt_cycles": 5},
            {"prrt_activity_gbq": 18.0, "prrt_cycles": 5},
        )
    ],
    "cycles_too_close": [("patient == 7", cycles(4, 125, None), cycles(4, 126, None))],
    "cycles_too_far_apart": [
        ("patient == 7", cycles(4, 211, None), cycles(4, 210, None)),
        ("patient == 7", cycles(4, 337, "marrow"), cycles(4, 336, "marrow")),
    ],
    "operated_soon_after_prrt": [
        (
            OPERATED,
            {"months_prrt_end_to_surgery": 27 * DAY_IN_MONTHS},
            {"months_prrt_end_to_surgery": 28 * DAY_IN_MONTHS},
        )
    ],
    "dose_adjusted_without_toxicity": [
        (
            "patient == 7",
            {"dose_adjustment": reason, "marrow_toxicity": 0},
            {"dose_adjustment": reason, "marrow_toxicity": 1},
        )
        for reason in ("marrow", "platelets_and_request")
    ],
    "vessels_of_a_small_tumour": [
        ("tvi_pre >= 3", {"tumour_size_mm": 19} | three, change)
        for three in (vessels("smv", "pv", "ca"), vessels("pv", "cha", "sma"), vessels("smv", "sma", "cha"))
        for change in ({"tumour_size_mm": 20} | three, {"tumour_size_mm": 19} | vessels("pv", "ca"))
    ],
    "vessels_gained": [
        ("tvi_pre >= 3", contact(3, 4, **three), contact(3, 3, **three))
        for three in (vessels("smv", "pv", "ca"), vessels("pv", "cha", "sma"), vessels("smv", "sma", "cha"))
    ]
    + [("tvi_pre >= 3", contact(3, 4, **vessels("smv", "pv", "ca")), contact(4, 4, **vessels("smv", "pv", "ca")))],
    "contact_grew_of_the_shrunk": [
        ("tvi_post > tvi_pre", sizes("SD", 100, 90), sizes("SD", 100, 91)),
    ],
    "contact_shrank_of_the_grown": [
        ("tvi_post < tvi_pre", sizes("SD", 100, 101), sizes("SD", 100, 100)),
    ],
    "vessel_of_the_tail": [
        ("tvi_pre >= 1", splenic(place, 0, 0), splenic(place, *touched))
        for place in ("body", "tail")
        for touched in ((0, 1), (1, 0))
    ],
    "progression_of_a_shrunken_tumour": [
        (
            "m1a == 1",
            sizes("PD", 100, 99) | {"progression": kind},
            sizes("PD", 100, 100) | {"progression": kind},
        )
        for kind in ("pancreas", "pancreas_liver")
    ],
    "recurrence_before_operation": [
        (
            OPERATED,
            lambda p: {"progression": "local", "pfs_years": p["months_to_surgery"] / 12 - DAY},
            lambda p: {"progression": "local", "pfs_years": p["months_to_surgery"] / 12},
        )
    ],
    "contact_grew_in_response": [
        (
            "patient == 7",
            {"best_response": "PR", "tvi_pre": 3, "tvi_post": 4},
            {"best_response": "PR", "tvi_pre": 3, "tvi_post": 3},
        )
    ],
    "contact_shrank_in_progression": [
        (
            "patient == 7",
            {"best_response": "PD", "tvi_pre": 3, "tvi_post": 2},
            {"best_response": "PD", "tvi_pre": 3, "tvi_post": 3},
        )
    ],
    "kidney_limit_too_soon": [
        (
            "patient == 7",
            {"dose_adjustment": "kidney", "prrt_cycles": 2},
            {"dose_adjustment": "kidney", "prrt_cycles": 3},
        )
    ],
    "platelets_not_toxic": [
        (
            "patient == 7",
            {"dose_adjustment": "platelets_and_request", "lymphocytopenia_only": 1},
            {"dose_adjustment": "platelets_and_request", "lymphocytopenia_only": 0},
        )
    ],
    "metastases_elsewhere_left": [
        (
            OPERATED,
            {"no_evidence_of_disease": 1, "other_metastases": 1},
            {"no_evidence_of_disease": 0, "other_metastases": 1},
        )
    ],
    "liver_metastases_left": [
        (OPERATED, left(), change)
        for change in (left(liver_metastases_gone=1), left(m1a=0), left(no_evidence_of_disease=0), left(liver_wedge=1))
    ],
    "too_young": [("patient == 7", {"age_years": 17.9}, {"age_years": 18.0})],
    "too_old": [
        (
            "patient == 7",
            lambda p: {"age_years": 95.1 - p["os_years"]},
            lambda p: {"age_years": 94.9 - p["os_years"]},
        )
    ],
    "too_frail_for_prrt": [("patient == 7", {"kps": 45}, {"kps": 50})],
    "pet_before_its_time": [
        ("patient == 7", {"ga68_pet": 1, "os_years": 15.01}, {"ga68_pet": 1, "os_years": 15.0}),
    ],
    "progression_as_reason": [
        (UNOPERATED, {"no_surgery_reason": "progression_or_death", "pfs_event": event}, {"pfs_event": 1})
        for event in (0, None)
    ],
    "nothing_to_shrink": [
        (OPERATED, nowhere(), nowhere(**there))
        for there in (
            {"tvi_pre": 1},
            {"organ_invasion_pre": 1},
            {"n1": 1},
            {"m1a": 1},
            {"other_metastases": 1},
        )
    ],
    "unresectable_without_cause": [
        ("tvi_post >= 0 and group == 'prrt_only'", cleared(), cleared(**still))
        for still in (
            {"no_surgery_reason": "high_risk"},
            {"tvi_post": 1},
            {"tvi_post": None},
            {"organ_invasion_post": 1},
            {"n1": 1},
            {"other_metastases": 1},
            {"liver_metastases_gone": 0},
        )
    ],
    "disease_left_nowhere": [
        (f"{OPERATED} and not {POSTOPERATIVE}", not_free(), not_free(**why))
        for why in (
            {"no_evidence_of_disease": 1},
            {"resection_margin": "R1"},
            {"other_metastases": 1},
            {"liver_metastases_gone": 0},
            {"cause_of_death": "postoperative"},
        )
    ],
    "artery_left_clear": [
        (OPERATED, clear(artery), clear(artery, **why))
        for artery in (5, 6)
        for why in ({"resection_margin": "R1"}, {"tvi_post": 4}, {"vascular_resection": "ca"})
    ],
}


def edited(frame, row, change, each):
    """The cohort with one patient's cells changed."""
    frame = frame.copy()
    for name, value in (change(frame.loc[row]) if callable(change) else change).items():
        name = each if name == "each" else name
        cells = frame[name].astype(object)
        cells[row] = frame[name].dropna().iloc[0] if value is ANY else value
        frame[name] = schema.type_column(cells, name)
    return frame


def broken_by(rule, frame):
    where = rule.where(plausibility.Values(frame, plausibility.WHOLE_DAYS))
    return set(frame["patient"][where])


CASES = [(rule, *edit) for rule in RULES for edit in EDITS.get(rule.id, ())]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].id}-{case[0].columns[0]}")
def test_an_edit_breaks_a_rule_for_its_patient_and_the_neighbouring_value_does_not(case, one):
    rule, who, breaks, *sound = case
    row = one.query(who).index[0]
    patient = int(one["patient"][row])
    others = broken_by(rule, one) - {patient}
    assert broken_by(rule, edited(one, row, breaks, rule.columns[0])) == others | {patient}
    assert broken_by(rule, edited(one, row, sound[0] if sound else {}, rule.columns[0])) == others


def test_every_rule_has_an_edit():
    assert set(EDITS) == {rule.id for rule in RULES}


def test_what_describes_the_operation_is_blank_in_all_others():
    """The list in the file is the schema's."""
    listed = {rule.columns[0] for rule in RULES if rule.id == "only_operated"}
    assert listed == {name for name, field in schema.fields().items() if "; surgery group" in field["description"]}


def test_a_blank_of_any_column_is_told_in_somebody(one):
    """But for what the paper says of a few, such as an earlier operation, and Ki-67, which it has of 39."""
    few = {"cohort", "patient", "group", "os_years", "os_event"}  # needed by every file
    few |= {"prior_surgery", "vascular_resection", "ki67_percent"}
    before = {str(found) for found in plausibility.broken(one)}
    for name in set(one) - few:
        row = one.index[one[name].notna()][0]
        told = {str(found) for found in plausibility.broken(edited(one, row, {name: None}, ""))}
        assert told - before, name


def test_a_rule_with_a_limit_is_broken_by_one_patient_more(one):
    rule = next(rule for rule in RULES if rule.id == "liver_metastases_left")
    assert rule.limit == 1
    one["liver_metastases_gone"] = one["liver_metastases_gone"].where(one["m1a"] == 0, 1.0)
    told, counted = [], []
    for row in one.query(OPERATED).index[:2]:
        one = edited(one, row, left(), "")
        told.append([found for found in plausibility.broken(one) if found.rule == rule])
        counted.append(plausibility.counts(one).loc[rule.id].tolist())
    assert told[0] == [] and counted == [[1, 0], [2, 1]]
    assert str(told[1][0]).startswith("patients 1, 2: no_evidence_of_disease is 1, and liver metastases were neither")
    assert str(told[1][0]).endswith("(0; 1 may)")


def test_a_file_of_one_cohort_needs_no_column_that_says_so(one):
    row = one.index[one["patient"] == 7][0]
    alone = edited(one, row, {"age_years": None}, "").drop(columns="cohort")
    assert [
        (found.cohort, found.patients) for found in plausibility.broken(alone) if found.rule.id == "blank_of_all"
    ] == [(0, (7,))]


def test_counts_are_of_patients_and_of_cohorts_above_the_limit(shipped):
    some = pd.concat([shipped.one(0), shipped.one(1)], ignore_index=True)
    found = plausibility.counts(some)
    assert found.index.tolist() == list(dict.fromkeys(rule.id for rule in RULES))
    by_hand = {}
    for broken in plausibility.broken(some):
        by_hand.setdefault(broken.rule.id, set()).add(broken.cohort)
    assert found["cohorts"][found["cohorts"] > 0].to_dict() == {id_: len(which) for id_, which in by_hand.items()}
    row = some.index[(some["cohort"] == 1) & (some["patient"] == 7)][0]
    more = plausibility.counts(edited(edited(some, row, {"age_years": None}, ""), row, {"kps": None}, ""))
    assert (more - found).loc["blank_of_all"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("row", "change", "told"),
    [
        (
            "nodes_positive",
            {"broken": "nodes_positiv > 1"},
            r"column 'broken': 'nodes_positiv' is not known \(did you mean",
        ),
        ("nodes_positive", {"broken": "nodes_positive >"}, "column 'broken': 'nodes_positive >' is no expression"),
        ("nodes_positive", {"broken": "__import__('os')"}, "'__import__' is not known"),
        ("nodes_positive", {"broken": "m1a.size > 1"}, "'m1a.size' is not understood"),
        ("nodes_positive", {"broken": "0 < m1a < 2"}, "'0 < m1a < 2' is not understood"),
        ("nodes_positive", {"broken": "(m1a == 1) and (n1 == 1)"}, "is not understood"),
        ("nodes_positive", {"broken": "grade == 'G4'"}, "'G4' is no value of its columns"),
        ("nodes_positive", {"broken": "month > 1"}, "names no column"),
        ("nodes_positive", {"kind": "unlikely"}, "column 'kind': 'unlikely' is not known"),
        ("nodes_positive", {"limit": "1"}, "column 'limit': '1' is no limit"),
        ("nodes_positive", {"source": ""}, "column 'source': is blank"),
        ("nodes_positive", {"id": "only_operated"}, "column 'id': 'only_operated' is there twice"),
    ],
)
def test_a_malformed_rule_is_refused_with_its_row(row, change, told, tmp_path):
    with plausibility.FILE.open(encoding="utf-8", newline="") as stream:
        cells = list(csv.DictReader(stream))
    line = next(number for number, of in enumerate(cells) if of["id"] == row)
    cells[line] |= change
    file = tmp_path / "plausibility.csv"
    pd.DataFrame(cells).to_csv(file, index=False)
    with pytest.raises(InputError, match=rf"plausibility\.csv, row {line + 2}, .*{told}"):
        plausibility.rules(file)


def test_a_cohort_without_a_column_is_one_clear_error(one):
    with pytest.raises(InputError, match="the cohort lacks the column 'n1'"):
        plausibility.broken(one.drop(columns="n1"))
