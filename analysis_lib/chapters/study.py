"""The study on one page: its main results in one table."""

from __future__ import annotations

from collections.abc import Mapping

from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.printed.names import NAMES

# What, where it is printed up to the group, and where its p value is.
_RESULTS = (
    ("Patients", "table1.patients", ""),
    ("Grade 1 tumour", "table1.grade_1", ""),
    ("No grade available", "table1.no_grade", ""),
    ("No diagnosis by pathology, hence no grade", "table1.no_diagnosis", ""),
    ("Contact with vessels beyond 180° before PRRT, of patients with scans", "results-radiology.over_180_before", ""),
    ("Partial response (its p value compares all categories)", "abstract.pr", "abstract.response.p"),
    ("Less contact with vessels after PRRT, of those who had contact before", "results-radiology.tvi_decrease", ""),
    ("Pancreaticoduodenectomy (Whipple)", "table3.whipple", ""),
    ("Pancreaticoduodenectomy that preserves the pylorus", "table3.pppd", ""),
    ("Distal pancreatectomy with splenectomy", "table3.distal", ""),
    ("Resection or reconstruction of vessels", "table3.vascular", ""),
    ("Complete resection (R0)", "table3.r0", ""),
    ("Complication of grade II or more (Clavien-Dindo)", "table3.complications", ""),
    ("Fatal complication (grade V)", "table3.complication_v_haemorrhage", ""),
    ("Deaths during follow-up", "results-survival.deaths", ""),
    ("Median overall survival, years (95% CI)", "abstract.os", ""),
    ("Median progression-free survival, years (95% CI)", "abstract.pfs", ""),
)
_RATIOS = (
    ("Hazard ratio of death, surgery against none (95% CI)", "results-survival.cox_surgery"),
    ("the same, adjusted by a propensity score (95% CI)", "results-survival.cox_surgery_adjusted"),
)


def results_table(claims: Mapping[str, Claim]) -> tables.Html:
    """The paper's main results by group, each number linked to the ledger."""
    rows = []
    for what, stem, p in _RESULTS:
        groups = [tables.as_printed(claims, f"{stem}.{group}") for group in ("surgery", "prrt_only")]
        rows.append((what, *groups, tables.linked(claims[p]) if p else tables.as_printed(claims, stem)))
    for what, stem in _RATIOS:
        rows.append((what, tables.as_printed(claims, stem), "", tables.linked(claims[f"{stem}.p"])))
    return tables.table(("Result", NAMES["surgery"], NAMES["prrt_only"], "p value"), rows, "The study’s main results")
