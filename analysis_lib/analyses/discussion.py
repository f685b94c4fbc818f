"""Quantities that a paper's discussion rests on, for each cohort: vessel contact, improvements, recurrences, medians.

Each function takes one or more cohorts in the schema and gives one row a cohort, in the order of
their numbers. A column that is missing or blank raises an :class:`InputError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.printed.names import TVI_BEYOND_180
from analysis_lib.statistics import contingency, survival

# What may improve before an operation: columns, and the rule by which it did.
_IMPROVEMENTS = {
    "response": (("best_response",), lambda c: c["best_response"] == "PR"),
    "vessels": (("tvi_pre", "tvi_post"), lambda c: c["tvi_post"] < c["tvi_pre"]),
    "organs": (
        ("organ_invasion_pre", "organ_invasion_post"),
        lambda c: (c["organ_invasion_pre"] == 1) & (c["organ_invasion_post"] == 0),
    ),
    "liver": (("liver_metastases_gone",), lambda c: c["liver_metastases_gone"] == 1),
}


def require_columns(frame: pd.DataFrame, *columns: str, group: str = "") -> pd.DataFrame:
    """Select the patients, of one group if it is named, in whom all these columns are known.

    Raises
    ------
    InputError
        If a column is missing, or nobody is left.
    """
    if "cohort" not in frame:
        frame = frame.assign(cohort=0)
    if group:
        frame = frame[frame["group"] == group]
    for column in columns:
        if column not in frame:
            raise InputError("is not there, and this question needs it", column=column)
        frame = frame[frame[column].notna()]
        if not len(frame):
            raise InputError(f"is blank for all patients{' of ' + group if group else ''}", column=column)
    return frame


def contact_reduced_to_180(frame: pd.DataFrame) -> pd.DataFrame:
    """Vessel contact beyond 180° before PRRT and no longer after it, by group, with Fisher's test.

    Returns
    -------
    pandas.DataFrame
        ``surgery`` and ``prrt_only`` (patients in whom it was reduced), ``surgery_n`` and
        ``prrt_only_n`` (patients who had it), and Fisher's ``p``.

    Examples
    --------
    >>> groups = ["surgery", "surgery", "prrt_only", "prrt_only"]
    >>> frame = pd.DataFrame({"cohort": 1, "group": groups, "tvi_pre": [6, 4, 2, 1], "tvi_post": [3, 4, 2, 1]})
    >>> contact_reduced_to_180(frame).to_dict("records")
    [{'surgery': 1, 'surgery_n': 2, 'prrt_only': 0, 'prrt_only_n': 1, 'p': 1.0}]
    """
    known = require_columns(frame, "tvi_pre", "tvi_post")
    before = known[known["tvi_pre"].isin(TVI_BEYOND_180)]
    counts = pd.DataFrame(index=pd.Index(np.unique(known["cohort"]), name="cohort"))
    for group in ("surgery", "prrt_only"):
        part = before[before["group"] == group]
        reduced = ~part["tvi_post"].isin(TVI_BEYOND_180)
        counts[group] = reduced.groupby(part["cohort"]).sum()
        counts[f"{group}_n"] = part.groupby("cohort").size()
    counts = counts.fillna(0).astype(int)
    p = [
        _fisher(a, a_n - a, b, b_n - b)
        for a, a_n, b, b_n in counts[["surgery", "surgery_n", "prrt_only", "prrt_only_n"]].to_numpy()
    ]
    return counts.assign(p=p)


def without_improvement(frame: pd.DataFrame) -> pd.DataFrame:
    """Operated patients without improvement under PRRT: in response, vessels, organs or liver.

    Returns
    -------
    pandas.DataFrame
        ``patients``; ``least`` and ``most`` that the counts of each improvement allow, however they
        fall together.

    Examples
    --------
    The first patient responded, the second has less contact with vessels, the third no improvement.

    >>> frame = pd.DataFrame({"cohort": 1, "group": "surgery", "best_response": ["PR", "SD", "SD"],
    ...     "tvi_pre": [4, 4, 4], "tvi_post": [4, 2, 4], "organ_invasion_pre": 0, "organ_invasion_post": 0,
    ...     "liver_metastases_gone": 0})
    >>> without_improvement(frame).to_dict("records")
    [{'patients': 1, 'least': 1, 'most': 2}]
    """
    columns = sorted({c for needed, _ in _IMPROVEMENTS.values() for c in needed})
    operated = frame[frame["group"] == "surgery"]
    for column in columns:
        require_columns(operated, column)
    better = pd.DataFrame({name: rule(operated) for name, (_, rule) in _IMPROVEMENTS.items()})
    by_cohort = better.groupby(operated["cohort"])
    counts, size = by_cohort.sum(), by_cohort.size()
    return pd.DataFrame({
        "patients": (~better.any(axis=1)).groupby(operated["cohort"]).sum(),
        "least": np.maximum(size - counts.sum(axis=1), 0),
        "most": size - counts.max(axis=1),
    })  # fmt: skip


def recurrences(frame: pd.DataFrame) -> pd.DataFrame:
    """Recurrences after surgery among the patients who were free of disease.

    Returns
    -------
    pandas.DataFrame
        ``recurred``, and ``median`` and ``earlier``: the median of *their* years to recurrence, and how
        many of them recurred before the Kaplan-Meier median of all, ``curve``.

    Examples
    --------
    >>> frame = pd.DataFrame({"cohort": 1, "dfs_years": [1, 2, 3, 4, 5], "dfs_event": [1, 0, 1, 0, 1]})
    >>> recurrences(frame).to_dict("records")
    [{'recurred': 3, 'median': 3.0, 'earlier': 2, 'curve': 5.0}]
    """
    clear = require_columns(frame, "dfs_years", "dfs_event")
    rows = {}
    for number, years, event in _by_cohort(clear, "dfs_years", "dfs_event"):
        curve = survival.median_survival(years, event).median
        recurred = years[event == 1]
        median = np.median(recurred) if recurred.size else np.nan
        # A median that is not reached lies later than all of them.
        rows[number] = (recurred.size, median, np.count_nonzero(~(recurred >= curve)), curve)
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["recurred", "median", "earlier", "curve"])
    return found.rename_axis("cohort")


def medians(frame: pd.DataFrame, endpoint: str, group: str, ci: str) -> pd.DataFrame:
    """Median survival of a group with its interval by one convention.

    Parameters
    ----------
    frame
        Cohorts in the schema.
    endpoint : {"os", "pfs", "dfs"}
    group : {"surgery", "prrt_only", ""}
        Blank for all patients.
    ci : {"spss", "plain", "log", "log-log"}
        As :func:`survival.median_survival`.

    Returns
    -------
    pandas.DataFrame
        ``median``, ``ci_low``, ``ci_high`` in years, NaN where not reached.

    Examples
    --------
    >>> frame = pd.DataFrame({"cohort": 1, "group": "surgery", "os_years": range(1, 11), "os_event": 1})
    >>> medians(frame, "os", "surgery", "spss").round(2).to_dict("records")
    [{'median': 5.0, 'ci_low': 1.9, 'ci_high': 8.1}]
    """
    time, event = f"{endpoint}_years", f"{endpoint}_event"
    known = require_columns(frame, time, event, group=group)
    rows = {}
    for number, years, died in _by_cohort(known, time, event):
        found = survival.median_survival(years, died, ci=ci)
        rows[number] = (found.median, found.ci_low, found.ci_high)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["median", "ci_low", "ci_high"])
    return table.rename_axis("cohort")


def _by_cohort(frame: pd.DataFrame, time: str, event: str) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Number, times and events of each cohort; pandas would take ten times as long."""
    values = frame[["cohort", time, event]].to_numpy(float)
    values = values[np.argsort(values[:, 0], kind="stable")]
    numbers, starts = np.unique(values[:, 0], return_index=True)
    for number, cohort in zip(numbers, np.split(values, starts[1:]), strict=True):
        yield int(number), cohort[:, 1], cohort[:, 2].astype(int)


@cache
def _fisher(a: int, b: int, c: int, d: int) -> float:
    return contingency.fisher_exact([[a, b], [c, d]]) if a + b and c + d else 1.0
