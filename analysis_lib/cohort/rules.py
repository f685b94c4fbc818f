"""Rules between the columns of a patient, such as no event without its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.cohort.schema import fields

# Events may be printed as months of 30.4375 days and years of 365.25; both round a little.
_ROUNDING_YEARS = 0.01


@dataclass(frozen=True)
class Rule:
    """What must hold between the cells of a row.

    ``broken`` receives a typed cohort that has all ``columns`` and returns where it fails, shape
    (rows,); comparisons with a blank are false, so that blanks break no rule unless asked about.
    """

    columns: tuple[str, ...]
    broken: Callable[[pd.DataFrame], pd.Series]
    problem: str
    remedy: str


def _only_operated(name: str) -> Rule:
    return Rule(
        (name, "group"),
        lambda c: c[name].notna() & (c["group"] != "surgery"),
        "is given for a patient who was not operated on",
        "blank unless group is surgery",
    )


def _together(time: str, event: str) -> Rule:
    return Rule(
        (event, time),
        lambda c: c[time].isna() != c[event].isna(),
        f"is given without {time}, or the other way round",
        "both or neither",
    )


def _at_most(low: str, high: str, low_in_months: bool = False) -> Rule:
    divisor = MONTHS_PER_YEAR if low_in_months else 1
    return Rule(
        (low, high),
        lambda c: c[low] / divisor > c[high] + _ROUNDING_YEARS,
        f"is later than {high}",
        f"no later than {high}",
    )


def _implies(name: str, other: str, value: object) -> Rule:
    return Rule(
        (name, other),
        lambda c: (c[name] == 1) & (c[other] != value),
        f"is 1 though {other} is not {value}",
        f"0, or {other} {value}",
    )


RULES = (
    *(_only_operated(name) for name, field in fields().items() if "; surgery group" in field["description"]),
    _together("pfs_years", "pfs_event"),
    _together("dfs_years", "dfs_event"),
    Rule(
        ("pfs_event", "os_event", "pfs_years", "os_years"),
        lambda c: (c["pfs_event"] == 0) & (c["os_event"] == 1) & (c["pfs_years"] >= c["os_years"] - _ROUNDING_YEARS),
        "is 0 though the patient died at that time",
        "1, since survival without progression ends with death too",
    ),
    _at_most("pfs_years", "os_years"),
    _at_most("dfs_years", "os_years"),
    _at_most("months_to_surgery", "os_years", low_in_months=True),
    Rule(
        ("dfs_years", "months_to_surgery", "os_years"),
        lambda c: c["dfs_years"] + c["months_to_surgery"] / MONTHS_PER_YEAR > c["os_years"] + _ROUNDING_YEARS,
        "and the time to surgery together exceed os_years",
        "counted from the operation, in years",
    ),
    _at_most("months_to_best_response", "os_years", low_in_months=True),
    _at_most("months_to_smallest_size", "os_years", low_in_months=True),
    Rule(
        ("dfs_years", "no_evidence_of_disease"),
        lambda c: c["dfs_years"].notna() & (c["no_evidence_of_disease"] != 1),
        "is given without no_evidence_of_disease",
        "blank unless no_evidence_of_disease is 1",
    ),
    Rule(
        ("cause_of_death", "os_event"),
        lambda c: c["cause_of_death"].notna() & (c["os_event"] == 0),
        "is given for a patient who is alive",
        "blank unless os_event is 1",
    ),
    Rule(
        ("nodes_positive", "nodes_resected"),
        lambda c: c["nodes_positive"] > c["nodes_resected"],
        "exceeds nodes_resected",
        "no more than nodes_resected",
    ),
    _implies("lymphocytopenia_only", "marrow_toxicity", 1),
    _implies("liver_metastases_3", "m1a", 1),
    _implies("liver_metastases_gone", "m1a", 1),
)
