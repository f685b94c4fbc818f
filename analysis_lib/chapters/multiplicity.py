"""Multiplicity: the paper's p values, corrected for their number in two families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.printed.transcription import Transcription

#: Comparisons between the groups after treatment.
OUTCOMES = (
    *("abstract.os.p", "abstract.pfs.p", "abstract.response.p"),
    *(f"results-radiology.{k}.p" for k in ("tvi_decrease", "over_180_after", "organ_after", "liver_gone")),
)
METHODS = {"holm": "Holm", "fdr_bh": "Benjamini–Hochberg"}


def p_values(numbers: Transcription) -> pd.DataFrame:
    """The study's own p values at first printing, by id: as published, and the ends of their rounding.

    "<" stands at its bound; one that is only said to be large is left out.
    """
    own = [x for x in numbers.values() if x.statistic == "p" and x.own and not x.same_as and x.printed.relation != ">"]
    found = pd.DataFrame(
        {
            "published": [x.printed.value for x in own],
            "low": [x.interval.low for x in own],
            "high": [x.interval.high for x in own],
        },
        index=[x.id for x in own],
    )
    return found.clip(0, 1)


def adjust(p: pd.DataFrame, method: str) -> pd.DataFrame:
    """Adjusted p values of a family of tests, at the published digits and at both ends of their rounding.

    Examples
    --------
    >>> p = pd.DataFrame({"published": [0.01, 0.04], "low": [0.005, 0.035], "high": [0.015, 0.045]})
    >>> adjust(p, "holm").round(3)["published"].tolist()
    [0.02, 0.04]
    """
    return pd.DataFrame({name: multipletests(column, method=method)[1] for name, column in p.items()}, p.index)


def survivors(adjusted: pd.DataFrame, alpha: float) -> list[str]:
    """Ids of the tests that stay below alpha, whatever the rounding."""
    return adjusted.index[adjusted["high"] < alpha].tolist()


def named(numbers: Transcription, ids: Sequence[str]) -> list[str]:
    """What tests are about, as a reader would say it."""
    return [
        numbers[id].item.removeprefix("p value of ").removeprefix("p value for ").removesuffix(", between groups")
        for id in ids
    ]


def adjusted_table(
    claims: Mapping[str, Claim],
    numbers: Transcription,
    p: pd.DataFrame,
    adjusted: Mapping[tuple[str, str], pd.DataFrame],
    caption: str,
) -> tables.Html:
    """The small p values, and each adjusted; bold where it stays small, with a dagger where the rounding decides."""
    alpha = numbers.value("methods.alpha.threshold")
    small = p.index[p["published"] < alpha][np.argsort(p["published"][p["published"] < alpha], kind="stable")]

    def cell(found: pd.DataFrame, id: str) -> str:
        if id not in found.index:
            return "–"
        value, low, high = (float(found.loc[id, name]) for name in ("published", "low", "high"))
        text = f"{value:.3f}"
        return f"<strong>{text}</strong>" if high < alpha else f"{text}†" if low < alpha else text

    heads = [f"{METHODS[method]}, {family} ({len(found)})" for (family, method), found in adjusted.items()]
    rows = [
        (escape(name), tables.linked(claims[id]), *(cell(found, id) for found in adjusted.values()))
        for id, name in zip(small, named(numbers, small), strict=True)
    ]
    return tables.table(("Test", "Published p", *heads), rows, caption)
