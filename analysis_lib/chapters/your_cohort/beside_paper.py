"""Section of the report beside the paper: what it prints and these patients have, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import pandas as pd

from analysis_lib.analyses import description
from analysis_lib.analyses.baseline import baseline
from analysis_lib.analyses.propensity_weighting import COVARIATES, adjust
from analysis_lib.base.errors import InputError
from analysis_lib.chapters.parameters import Value
from analysis_lib.chapters.your_cohort import wording
from analysis_lib.ledger.audit import audit
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.presentation.tables import Html
from analysis_lib.printed.names import NAMES

GROUPS = ("surgery", "prrt_only")
# The beginning of a printed number's id, and where its like stands in :func:`baseline`: the column and the level.
COMPARABLE = (
    ("table1.sex_male", "sex", "male"),
    ("table1.kps", "kps", ""),
    ("table1.since_diagnosis", "months_since_diagnosis", ""),
    ("table1.grade_1", "grade", "G1"),
    ("table1.grade_2", "grade", "G2"),
    ("table1.grade_3", "grade", "G3"),
    ("table1.ki67", "ki67_percent", ""),
    ("table1.functional", "functional", "yes"),
    ("table1.head", "tumour_location", "head"),
    ("table1.size", "tumour_size_mm", ""),
    ("table1.n1", "n1", "yes"),
    ("table1.m1a", "m1a", "yes"),
    ("results-prrt.marrow", "marrow_toxicity", "yes"),
    ("results-prrt.liver_toxicity", "liver_toxicity", "yes"),
    ("results-response.pr", "best_response", "PR"),
    ("results-response.sd", "best_response", "SD"),
    ("results-response.pd", "best_response", "PD"),
    ("table3.since_start", "months_to_surgery", ""),
    ("table3.r0", "resection_margin", "R0"),
    ("results-surgery.ned", "no_evidence_of_disease", "yes"),
)


def section(patients: pd.DataFrame, chosen: Mapping[str, Value]) -> Html:
    """Section beside the paper."""
    claims = audit()
    rows = [*_described(patients, claims), *_survival(patients, claims, chosen)]
    head = ("What", "Group", "Printed", "In these patients")
    return wording.section(
        "beside-the-paper",
        "Beside the paper",
        tables.table(head, rows, "What the paper prints of its 49 patients, and the same in these"),
        wording.paragraph(
            "The paper's patients had locally advanced or oligometastatic pancreatic neuroendocrine neoplasm. A "
            "difference from them neither confirms nor contradicts the paper: other patients may differ in whom "
            "they are, in whom their surgeons choose, and by chance."
        ),
    )


def _described(patients: pd.DataFrame, claims: Mapping[str, Claim]) -> list[tuple[str, ...]]:
    found = baseline(patients).set_index(["column", "level"])
    rows = []
    for stem, column, level in COMPARABLE:
        if (column, level) not in found.index:
            continue
        row = found.loc[(column, level)]
        printed = {group: tables.cell(claims, f"{stem}.{group}") for group in GROUPS}
        here = {group: _value(row, group) for group in GROUPS}
        if not any(printed.values()):
            printed = {"all": tables.cell(claims, f"{stem}.all")}
            both = row[list(GROUPS)].fillna(0).sum(), row[[f"{group}_n" for group in GROUPS]].sum()
            here = {"all": wording.share(*both)}
        name = ", ".join(filter(None, (row["variable"], row["unit"])))
        name += f": {level}" if level not in ("", "yes") else ""
        rows += [(escape(name), NAMES[group], text, escape(here[group])) for group, text in printed.items() if text]
    return rows


def _value(row: pd.Series, group: str) -> str:
    of = row[f"{group}_n"]
    if row["kind"] == "count" or not of:
        return wording.share(row[group], of)
    return f"{row[group]:,.4g} ({row[f'{group}_q1']:,.4g}–{row[f'{group}_q3']:,.4g})"


def _survival(
    patients: pd.DataFrame, claims: Mapping[str, Claim], chosen: Mapping[str, Value]
) -> list[tuple[str, ...]]:
    ci, ties = str(chosen["median_interval"]), str(chosen["ties"])
    place = "results-survival"
    rows = []
    for endpoint, words in (("os", "overall"), ("pfs", "progression-free")):
        if f"{endpoint}_years" not in patients or patients[f"{endpoint}_years"].isna().all():
            continue
        medians = description.survival_by_group(patients, endpoint, ci)
        for group in GROUPS:
            if group in medians.index:
                what = f"Median {words} survival, years (95% interval)"
                printed = tables.cell(claims, f"{place}.{endpoint}.{group}")
                rows.append((what, NAMES[group], printed, wording.median(medians.loc[group])))
        found = description.hazard_ratios(patients, float(chosen["landmark_months"]), endpoint, ties)
        printed = tables.linked(claims[f"{place}.{endpoint}.p"])
        rows.append(
            (f"Log-rank p, {words} survival", "", printed, _or_reason(lambda: _logrank(patients, endpoint)))  # noqa: B023
        )
        if endpoint == "os":
            row = found.loc["from the start"]
            here = escape(row["reason"]) if row["reason"] else wording.interval(row)
            rows.append(("Hazard ratio of surgery, death", "", tables.cell(claims, f"{place}.cox_surgery"), here))
    rows.append(
        (
            "The same, with the propensity score",
            "",
            tables.cell(claims, f"{place}.cox_surgery_adjusted"),
            _or_reason(lambda: _adjusted(patients, ties)),
        )
    )
    return rows


def _logrank(patients: pd.DataFrame, endpoint: str) -> str:
    return wording.p_value(description.logrank_p(patients, endpoint))


def _adjusted(patients: pd.DataFrame, ties: str) -> str:
    found = adjust(patients, ties=ties)
    if found.left_out:
        absent = ", ".join(COVARIATES.get(name, name) for name in found.left_out)
        raise InputError(f"not comparable: the score lacks {absent}")
    row = found.ratios.loc["covariate"]
    return row["reason"] or wording.interval(row)


def _or_reason(make: Callable[[], str]) -> str:
    """What `make` gives, or the reason why there is nothing, as HTML."""
    try:
        return escape(make())
    except InputError as reason:
        return escape(reason.without_remedy)
