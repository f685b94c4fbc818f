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
    ("Contact with vessels beyond 180° before PRRT", "results-radiology.over_180_before", ""),
    ("Partial response (p: all categories)", "abstract.pr", "abstract.response.p"),
    ("Less contact with vessels after PRRT", "results-radiology.tvi_decrease", ""),
    ("Complete resection (R0)", "table3.r0", ""),
    ("Complication of grade II or more", "table3.complications", ""),
    ("Deaths", "results-survival.deaths", ""),
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
