"""Section of the report beside the paper: what it prints and these patients have, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from analysis_lib.analyses import description
from analysis_lib.analyses.description import GROUPS
from analysis_lib.analyses.propensity_weighting import COVARIATES
from analysis_lib.base.errors import InputError
from analysis_lib.chapters.your_cohort import wording
from analysis_lib.chapters.your_cohort.cohort import Cohort
from analysis_lib.chapters.your_cohort.survival import TITLES
from analysis_lib.ledger.audit import audit
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.printed.names import NAMES

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


def section(cohort: Cohort) -> wording.Parts:
    """Section beside the paper."""
    claims = audit()
    rows = [*_described(cohort, claims), *_survival(cohort, claims)]
    head = ("What", "Group", "Printed", "In these patients")
    return [
        tables.table(head, rows, "What the paper prints of its 49 patients, and the same in these"),
        wording.paragraph(
            "The paper's patients had locally advanced or oligometastatic pancreatic neuroendocrine neoplasm. A "
            "difference from them neither confirms nor contradicts the paper: other patients may differ in whom "
            "they are, in whom their surgeons choose, and by chance."
        ),
    ]


def _described(cohort: Cohort, claims: Mapping[str, Claim]) -> list[tuple[str, ...]]:
    found = {(row.column, row.level): row for row in cohort.baseline.itertuples()}
    rows = []
    for stem, column, level in COMPARABLE:
        if (column, level) not in found:
            continue
        row = found[column, level]
        printed = {group: tables.as_printed(claims, f"{stem}.{group}") for group in GROUPS}
        here = {group: _value(row, group) for group in GROUPS}
        if not any(printed.values()):
            printed = {"all": tables.as_printed(claims, f"{stem}.all")}
            both = [getattr(row, group) for group in GROUPS if getattr(row, f"{group}_n")]
            here = {"all": wording.share(sum(both), row.surgery_n + row.prrt_only_n)}
        name = escape(wording.variable(row))
        rows += [(name, NAMES[group], text, escape(here[group])) for group, text in printed.items() if text]
    return rows


def _value(row, group: str) -> str:
    middle, of = getattr(row, group), getattr(row, f"{group}_n")
    if row.kind == "count" or not of:
        return wording.share(middle, of)
    low, high = getattr(row, f"{group}_q1"), getattr(row, f"{group}_q3")
    return tables.in_brackets(f"{value:,.4g}" for value in (middle, low, high))


def _survival(cohort: Cohort, claims: Mapping[str, Claim]) -> list[tuple[str, ...]]:
    place = "results-survival"
    rows = []
    for endpoint, found in cohort.ratios.items():
        words, medians = TITLES[endpoint].lower(), cohort.medians[endpoint]
        for group in GROUPS:
            if group in medians.index:
                what = f"Median {words}, years (95% interval)"
                printed = tables.as_printed(claims, f"{place}.{endpoint}.{group}")
                rows.append((what, NAMES[group], printed, wording.median(medians.loc[group])))
        printed = tables.linked(claims[f"{place}.{endpoint}.p"])
        p = wording.p_or_reason(description.logrank_p, cohort.patients, endpoint)
        rows.append((f"Log-rank p, {words}", "", printed, p))
        if endpoint == "os":
            naive, printed = found.loc["from the start"], tables.as_printed(claims, f"{place}.cox_surgery")
            rows.append(("Hazard ratio of surgery, death", "", printed, wording.ratio_cells(naive)[0]))
    printed = tables.as_printed(claims, f"{place}.cox_surgery_adjusted")
    rows.append(("The same, with the propensity score", "", printed, _adjusted(cohort)))
    return rows


def _adjusted(cohort: Cohort) -> str:
    try:
        found = cohort.adjustment
    except InputError as reason:
        return escape(reason.without_remedy)
    if found.left_out:
        absent = ", ".join(COVARIATES.get(name, name) for name in found.left_out)
        return f"not comparable: the score lacks {escape(absent)}"
    return wording.ratio_cells(found.ratios.loc["covariate"])[0]
