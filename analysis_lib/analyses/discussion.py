"""What a paper's discussion speaks of, computed for each cohort of a frame.

Each function takes one or more cohorts in the schema and gives one row a cohort, in the order of
their numbers. What a cohort lacks is said with an :class:`InputError`, so that a reader can be
told why one question has no answer while the others go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from analysis_lib.base.errors import InputError
from analysis_lib.printed.names import TVI_BEYOND_180
from analysis_lib.statistics import contingency, survival

# What may get better before an operation: columns, and the rule that tells whether it did.
_IMPROVEMENTS = {
    "response": (("best_response",), lambda c: c["best_response"] == "PR"),
    "vessels": (("tvi_pre", "tvi_post"), lambda c: c["tvi_post"] < c["tvi_pre"]),
    "organs": (
        ("organ_invasion_pre", "organ_invasion_post"),
        lambda c: (c["organ_invasion_pre"] == 1) & (c["organ_invasion_post"] == 0),
    ),
    "liver": (("liver_metastases_gone",), lambda c: c["liver_metastases_gone"] == 1),
}


def need(frame: pd.DataFrame, *columns: str, group: str = "") -> pd.DataFrame:
    """The patients, of one group if it is named, in whom all these columns are known.

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


def share(
    frame: pd.DataFrame, column: str, value: object, group: str = "", confidence: float = 0.95, method: str = "exact"
) -> pd.DataFrame:
    """How many of those in whom a column is known have a certain value.

    Returns
    -------
    pandas.DataFrame
        ``count``, ``patients`` and the binomial interval ``ci_low``, ``ci_high``.
    """
    known = need(frame, column, group=group)
    found = (known[column] == value).groupby(known["cohort"]).agg(count="sum", patients="size")
    limits = [_limits(k, n, confidence, method) for k, n in found.to_numpy().tolist()]
    return found.assign(ci_low=[x for x, _ in limits], ci_high=[x for _, x in limits])


def size_change(frame: pd.DataFrame) -> pd.DataFrame:
    """Relative change of the tumour's size under PRRT.

    Returns
    -------
    pandas.DataFrame
        ``mean`` (negative for a decrease; 0.1 is 10%), ``sd``, ``patients`` and ``p`` of a one-sample
        t test.
    """
    known = need(frame, "tumour_size_mm", "tumour_size_post_mm")
    change = known["tumour_size_post_mm"] / known["tumour_size_mm"] - 1
    found = change.groupby(known["cohort"]).agg(mean="mean", sd="std", patients="size")
    t = found["mean"] / (found["sd"] / np.sqrt(found["patients"]))
    return found.assign(p=2 * stats.t.sf(t.abs(), found["patients"] - 1))


def vessel_moves(frame: pd.DataFrame) -> pd.DataFrame:
    """Patients whose category of contact with vessels fell and rose, and the sign test between.

    Returns
    -------
    pandas.DataFrame
        ``fell``, ``rose``, ``involved`` (patients with contact before PRRT) and the exact ``p``.
    """
    known = need(frame, "tvi_pre", "tvi_post")
    marks = pd.DataFrame({
        "fell": known["tvi_post"] < known["tvi_pre"],
        "rose": known["tvi_post"] > known["tvi_pre"],
        "involved": known["tvi_pre"] > 0,
    })  # fmt: skip
    found = marks.groupby(known["cohort"]).sum()
    fewer, moved = found[["fell", "rose"]].min(axis=1), found["fell"] + found["rose"]
    return found.assign(p=np.minimum(2 * stats.binom.cdf(fewer, moved, 0.5), 1))


def left_beyond_180(frame: pd.DataFrame) -> pd.DataFrame:
    """Of those with contact beyond 180° before PRRT, how many of each group left it.

    Returns
    -------
    pandas.DataFrame
        ``surgery`` and ``prrt_only`` (patients who left), ``surgery_n`` and ``prrt_only_n`` (who
        could), and Fisher's ``p``.
    """
    known = need(frame, "tvi_pre", "tvi_post")
    before = known[known["tvi_pre"].isin(TVI_BEYOND_180)]
    counts = pd.DataFrame(index=pd.Index(np.unique(known["cohort"]), name="cohort"))
    for group in ("surgery", "prrt_only"):
        mine = before[before["group"] == group]
        left = ~mine["tvi_post"].isin(TVI_BEYOND_180)
        counts[group] = left.groupby(mine["cohort"]).sum()
        counts[f"{group}_n"] = mine.groupby("cohort").size()
    counts = counts.fillna(0).astype(int)
    p = [
        _fisher(a, a_n - a, b, b_n - b)
        for a, a_n, b, b_n in counts[["surgery", "surgery_n", "prrt_only", "prrt_only_n"]].to_numpy()
    ]
    return counts.assign(p=p)


def unimproved(frame: pd.DataFrame) -> pd.DataFrame:
    """Operated patients in whom nothing got better under PRRT: response, vessels, organs or liver.

    Returns
    -------
    pandas.DataFrame
        ``patients``; ``least`` and ``most`` that the counts of each improvement allow, however they
        fall together.
    """
    columns = sorted({c for needed, _ in _IMPROVEMENTS.values() for c in needed})
    operated = frame[frame["group"] == "surgery"]
    for column in columns:
        need(operated, column)
    better = pd.DataFrame({name: rule(operated) for name, (_, rule) in _IMPROVEMENTS.items()})
    by_cohort = better.groupby(operated["cohort"])
    counts, size = by_cohort.sum(), by_cohort.size()
    return pd.DataFrame({
        "patients": (~better.any(axis=1)).groupby(operated["cohort"]).sum(),
        "least": np.maximum(size - counts.sum(axis=1), 0),
        "most": size - counts.max(axis=1),
    })  # fmt: skip


def relapses(frame: pd.DataFrame) -> pd.DataFrame:
    """Recurrence after surgery among those who were clear of disease.

    Returns
    -------
    pandas.DataFrame
        ``recurred``, and ``median`` and ``earlier``: the median of *their* years to recurrence, and how
        many of them recurred before the Kaplan-Meier median of all, ``curve``.
    """
    clear = need(frame, "dfs_years", "dfs_event")
    rows = {}
    for number, years, event in _by_cohort(clear, "dfs_years", "dfs_event"):
        curve = survival.median_survival(years, event).median
        recurred = years[event == 1]
        median = np.median(recurred) if recurred.size else np.nan
        rows[number] = (recurred.size, median, np.count_nonzero(recurred < curve), curve)
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["recurred", "median", "earlier", "curve"])
    return found.rename_axis("cohort")


def medians(frame: pd.DataFrame, endpoint: str, group: str, ci: str) -> pd.DataFrame:
    """Median survival of a group with its interval by one convention.

    Parameters
    ----------
    endpoint : {"os", "pfs", "dfs"}
    group : {"surgery", "prrt_only", ""}
        Blank for all patients.
    ci : {"spss", "plain", "log", "log-log"}
        As :func:`survival.median_survival`.

    Returns
    -------
    pandas.DataFrame
        ``median``, ``ci_low``, ``ci_high`` in years, NaN where not reached, and ``last``, the longest
        time under observation.
    """
    time, event = f"{endpoint}_years", f"{endpoint}_event"
    known = need(frame, time, event, group=group)
    rows = {}
    for number, years, died in _by_cohort(known, time, event):
        found = survival.median_survival(years, died, ci=ci)
        rows[number] = (found.median, found.ci_low, found.ci_high, years.max())
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["median", "ci_low", "ci_high", "last"])
    return table.rename_axis("cohort")


def _by_cohort(frame: pd.DataFrame, time: str, event: str) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Number, times and events of each cohort; pandas would take ten times as long."""
    values = frame[["cohort", time, event]].to_numpy(float)
    values = values[np.argsort(values[:, 0], kind="stable")]
    numbers, starts = np.unique(values[:, 0], return_index=True)
    for number, cohort in zip(numbers, np.split(values, starts[1:]), strict=True):
        yield int(number), cohort[:, 1], cohort[:, 2].astype(int)


@cache
def _limits(count: int, n: int, confidence: float, method: str) -> tuple[float, float]:
    found = contingency.binomial_interval(count, n, confidence, method=method)
    return found.ci_low, found.ci_high


@cache
def _fisher(a: int, b: int, c: int, d: int) -> float:
    return contingency.fisher_exact([[a, b], [c, d]]) if a + b and c + d else 1.0
