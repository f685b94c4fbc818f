"""Table 1: what each group was like, with denominators in every row, tests and standardised differences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis_lib.base.checks import Floats
from analysis_lib.cohort.schema import fields
from analysis_lib.ledger import methods
from analysis_lib.statistics import contingency, summaries

SECTIONS = ("baseline", "treatment", "response", "surgery")
# Beyond so many patients a table with small expected counts and more than two rows has Pearson's test: the
# exact one takes too long, and no chance is worth it.
_MOST_EXACT = 200
_GROUPS = ("surgery", "prrt_only")


def baseline(patients: pd.DataFrame) -> pd.DataFrame:
    """Table 1 of one cohort: counts or medians by group, test and standardised difference.

    Parameters
    ----------
    patients
        One cohort in the schema.

    Returns
    -------
    pandas.DataFrame
        One row a number, a yes or a level of each column that is there and not blank: ``section`` (of
        :data:`SECTIONS`), ``column``, ``variable`` (in words), ``unit``, ``kind`` (``number`` or
        ``count``) and ``level``. Of each group, ``surgery`` and ``prrt_only``: the median or the count;
        with ``_q1`` and ``_q3``, HAVERAGE quartiles; ``_n``, patients with a value; ``_blank``, the others.
        On a variable's first row ``p`` and ``test``: Mann and Whitney's (asymptotic, ties corrected) of
        numbers; of counts Pearson's where all expected counts are at least 5, else the exact one, as in
        the paper. ``difference`` is standardised, surgery less no surgery. NaN or blank where nothing is
        compared.

    References
    ----------
    Austin PC. Stat Med 2009;28:3083-3107 (standardised differences). Cochran WG. Biometrics
    1954;10:417-451 (choice of the test).

    Examples
    --------
    >>> lung = pd.read_csv("data/examples/lung.csv")
    >>> table = baseline(lung).set_index("column")
    >>> table.loc["kps", ["surgery", "surgery_n", "surgery_blank", "test"]].astype(str).tolist()
    ['80.0', '90', '0', 'Mann-Whitney']
    """
    parts = {group: patients[patients["group"] == group] for group in _GROUPS}
    rows = []
    for name, field in fields().items():
        # The outcome is in other tables and has no section.
        if "section" not in field or name not in patients or patients[name].isna().all():
            continue
        # What is no question to a group, or to a patient without what it is about, is no gap there.
        asked = {g: part for g, part in parts.items() if field.get("group", g) == g}
        if field.get("of") in patients:
            asked = {g: part[part[field["of"]] == 1] for g, part in asked.items()}
        asked = {g: part[name].fillna(field["blank"]) if "blank" in field else part[name] for g, part in asked.items()}
        known = {g: cells.dropna().to_numpy() for g, cells in asked.items()}
        about = {"section": field["section"], "column": name, "variable": _words(field)}
        about |= {"unit": field.get("unit", "")}
        about |= {f"{g}_n": known[g].size for g in asked} | {f"{g}_blank": asked[g].isna().sum() for g in asked}
        rows += [about | row for row in (_number(known) if _is_number(field) else _counts(field, known))]
    columns = ["section", "column", "variable", "unit", "kind", "level"]
    columns += [f"{g}{part}" for g in _GROUPS for part in ("", "_q1", "_q3", "_n", "_blank")]
    table = pd.DataFrame(rows, columns=[*columns, "p", "test", "difference"])
    whole = [f"{g}_{part}" for g in _GROUPS for part in ("n", "blank")]
    table = table.fillna(dict.fromkeys(whole, 0) | {"test": ""}).astype(dict.fromkeys(whole, int))
    return table.sort_values("section", key=lambda s: s.map(SECTIONS.index), kind="stable", ignore_index=True)


def _words(field: dict) -> str:
    """What a column tells, without what its values are."""
    return field["description"].split(";")[0].removesuffix("(1 yes, 0 no)").strip()


def _is_number(field: dict) -> bool:
    yes_no = field["constraints"].get("enum") == [0, 1]
    return field["type"] != "string" and "labels" not in field and not yes_no


def _number(known: dict[str, Floats]) -> Iterator[dict]:
    """The row of a number: median, quartiles, Mann and Whitney's test."""
    from scipy import stats

    row = {"kind": "number", "level": ""}
    for group, values in known.items():
        if values.size:
            q1, row[group], q3 = summaries.quantile(values, [0.25, 0.5, 0.75])
            row |= {f"{group}_q1": q1, f"{group}_q3": q3}
    if (pair := _pair(known)) and np.ptp(np.concatenate(pair)) > 0:
        row["p"] = float(stats.mannwhitneyu(*pair, use_continuity=False, method="asymptotic").pvalue)
        row["test"] = "Mann-Whitney"
        if min(values.size for values in pair) > 1:
            row["difference"] = standardised_difference(*((v.mean(), v.var(ddof=1)) for v in pair))
    yield row


def _counts(field: dict, known: dict[str, np.ndarray]) -> Iterator[dict]:
    """The rows of a yes or no (of which the yes is shown) or of several levels."""
    labels = field.get("labels", {})
    there = set(np.concatenate(list(known.values())).tolist())
    yes_no = field["type"] != "string" and not labels
    known_order = field["constraints"].get("enum", [])
    levels = [0, 1] if yes_no else [x for x in known_order if x in there] + sorted(there - set(known_order), key=str)
    table = np.array([[np.count_nonzero(known[g] == level) for g in known] for level in levels])
    p, test = _test(table) if _pair(known) else (np.nan, "")
    for level, counts in zip(levels, table, strict=True):
        if yes_no and level == 0:
            continue
        words = "yes" if yes_no else labels.get(str(level), str(level)).replace("_", " ")
        row = {"kind": "count", "level": words} | dict(zip(known, counts.tolist(), strict=True))
        if _pair(known):
            shares = counts / table.sum(axis=0)
            row["difference"] = standardised_difference(*((share, share * (1 - share)) for share in shares))
        yield row | {"p": p, "test": test}
        p, test = np.nan, ""


def _pair(known: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The values of both groups, or none where there is nothing to compare."""
    values = [known[g] for g in _GROUPS if g in known and known[g].size]
    return values if len(values) == len(_GROUPS) else []


def standardised_difference(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Standardised difference of two (mean, variance); NaN where neither group varies.

    Examples
    --------
    >>> standardised_difference((3.0, 4.0), (2.0, 4.0))
    0.5
    """
    spread = np.sqrt((one[1] + other[1]) / 2)
    return float((one[0] - other[0]) / spread) if spread > 0 else np.nan


def _test(counts: np.ndarray) -> tuple[float, str]:
    """p value and name of the test that the rule chooses for an r×2 table."""
    counts = counts[counts.sum(axis=1) > 0]
    if len(counts) < 2:
        return np.nan, ""
    if methods.usual_test(counts) == "pearson" or (len(counts) > 2 and counts.sum() > _MOST_EXACT):
        return contingency.pearson_chi2(counts), "chi-squared"
    if len(counts) == 2:
        return contingency.fisher_exact(counts), "Fisher"
    return contingency.fisher_freeman_halton(counts), "Fisher-Freeman-Halton"
