"""Findings on a claim from an ensemble of cohorts: determined, favoured or undetermined.

A claim is judged in each cohort, under each named assumption of the analysis. Shares are counted
apart for each censoring assumption, and the least favourable of them decides. They are shares of the
cohorts that a search has found, and no probabilities that a claim is true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

KINDS = {
    "determined": "it holds, or fails, in at least 99% of the cohorts under every censoring assumption and every "
    "assumption named",
    "favoured": "it does so in at least 75% of them",
    "undetermined": "cohorts of both kinds are common, or an assumption decides",
}
DETERMINED, FAVOURED = 0.99, 0.75


@dataclass(frozen=True)
class Finding:
    """The finding on one claim.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    holds : bool or None
        Whether the claim holds or fails, if determined or favoured.
    low, high : float
        Least and greatest share of cohorts in which it holds, over schemes and assumptions.
    example, counterexample : int or None
        A cohort in which it holds, and one in which it fails, under as many assumptions as any.
    decides : tuple of str
        An assumption under which the claim is determined to hold, and one under which it is
        determined to fail; empty unless there are both.
    """

    kind: str
    holds: bool | None
    low: float
    high: float
    example: int | None
    counterexample: int | None
    decides: tuple[str, ...] = ()


def finding(holds: pd.DataFrame, scheme: pd.Series) -> Finding:
    """Judge a claim by the shares of cohorts in which it holds.

    Parameters
    ----------
    holds : pandas.DataFrame
        Indexed by cohort, a column an assumption: True where the claim holds, False where it
        fails, missing where the analysis has no result, which counts as neither.
    scheme : pandas.Series
        Indexed alike: the censoring assumption of each cohort.

    Returns
    -------
    Finding

    Raises
    ------
    ValueError
        If there is no cohort or no assumption, or the indices differ.

    Examples
    --------
    Four cohorts of two schemes, under one assumption; in the last the claim fails.

    >>> holds = pd.DataFrame({"Breslow ties": [True, True, True, False]}, dtype=object)
    >>> found = finding(holds, pd.Series(["even", "even", "odd", "odd"]))
    >>> found.kind, found.low, found.high, found.counterexample
    ('undetermined', 0.5, 1.0, 3)
    """
    if holds.empty or not holds.index.equals(scheme.index):
        raise ValueError("a finding needs one judgement and one scheme for each cohort")
    # What is missing is neither.
    yes, no = holds.isin([True]), holds.isin([False])
    in_favour, against = (side.groupby(scheme.to_numpy()).mean().to_numpy() for side in (yes, no))
    kind, side = "undetermined", None
    for limit, name in ((FAVOURED, "favoured"), (DETERMINED, "determined")):
        for value, shares in ((True, in_favour), (False, against)):
            if shares.min() >= limit:
                kind, side = name, value
    sure = [holds.columns[(shares >= DETERMINED).all(axis=0)] for shares in (in_favour, against)]
    decides = (str(sure[0][0]), str(sure[1][0])) if sure[0].size and sure[1].size else ()
    low, high = float(in_favour.min()), float(in_favour.max())
    return Finding(kind, side, low, high, _first(yes), _first(no), decides)


def _first(side: pd.DataFrame) -> int | None:
    """The first cohort on this side under as many assumptions as any."""
    count = side.sum(axis=1)
    return int(count.idxmax()) if count.any() else None


def is_below(values: pd.DataFrame | pd.Series, limit: float) -> pd.DataFrame:
    """Whether values are below a limit; missing where they are.

    Examples
    --------
    >>> is_below(pd.Series([0.5, 2.0, np.nan]), 1)[0].tolist()
    [True, False, None]
    """
    frame = pd.DataFrame(values)
    return (frame < limit).astype(object).where(frame.notna(), None)


def format_share(low: float, high: float) -> str:
    """Format a share, or its range over schemes and assumptions, in per cent as whole numbers.

    Only a share of all, or of none, reads 100% or 0%.

    Examples
    --------
    >>> format_share(0.123, 0.456), format_share(0.999, 0.999)
    ('12–46%', '>99%')
    """
    ends = [_percent(x) for x in (low, high)]
    return f"{ends[0]}%" if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}%"


def _percent(share: float) -> str:
    if 0 < share < 0.01:
        return "<1"
    if 0.99 < share < 1:
        return ">99"
    return f"{np.round(100 * share):.0f}"
