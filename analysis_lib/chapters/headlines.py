"""A rerun's headline estimates beside those that are printed and those of the book's own run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.analyses import discussion, immortal_time, propensity_weighting
from analysis_lib.base.errors import InputError
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.reconstruction import ensemble

# The book's own cohorts, every so many of them: a headline needs no more.
_EVERY = 10


@dataclass(frozen=True)
class Headline:
    """One estimate.

    Attributes
    ----------
    words
        What is estimated.
    printed
        Id of the printed number; blank if none is printed.
    of
        From cohorts, the landmark (months) and the ties of a Cox model to one value a cohort.
    """

    words: str
    printed: str
    of: Callable[[pd.DataFrame, float, str], pd.Series]


def _median(endpoint: str, group: str) -> Callable[[pd.DataFrame, float, str], pd.Series]:
    return lambda patients, months, ties: discussion.medians(patients, endpoint, group, "spss")["median"]


def _score(patients: pd.DataFrame, months: float, ties: str) -> pd.Series:
    # Always Breslow's: the models of many cohorts at once know no other.
    return np.exp(propensity_weighting.log_hazard_ratios(propensity_weighting.stack(patients))["covariate"])


def _before_landmark(patients: pd.DataFrame, months: float, ties: str) -> pd.Series:
    """Who of those not operated on died by the landmark, per cent of all of them."""
    known = discussion.require_columns(patients, "os_years", "os_event", group="prrt_only")
    died = (known["os_event"] == 1) & (known["os_years"] <= months / 12)
    return 100 * died.groupby(known["cohort"]).mean()


HEADLINES = (
    Headline("Median overall survival, PRRT + surgery, years", "abstract.os.surgery.median", _median("os", "surgery")),
    Headline("Median overall survival, PRRT only, years", "abstract.os.prrt_only.median", _median("os", "prrt_only")),
    Headline(
        "Median progression-free survival, PRRT + surgery, years",
        "abstract.pfs.surgery.median",
        _median("pfs", "surgery"),
    ),
    Headline(
        "Median progression-free survival, PRRT only, years",
        "abstract.pfs.prrt_only.median",
        _median("pfs", "prrt_only"),
    ),
    Headline(
        "Hazard ratio of surgery, death",
        "results-survival.cox_surgery.hr",
        lambda patients, months, ties: immortal_time.naive(patients, ties=ties)["hr"],
    ),
    Headline("… with the propensity score", "results-survival.cox_surgery_adjusted.hr", _score),
    Headline(
        "… from the landmark",
        "",
        lambda patients, months, ties: immortal_time.landmark(patients, months, ties=ties)["hr"],
    ),
    Headline(
        "… with surgery over time",
        "",
        lambda patients, months, ties: immortal_time.time_dependent(patients, ties=ties)["hr"],
    ),
    Headline("PRRT only: dead by the landmark, %", "", _before_landmark),
)


def estimates(patients: pd.DataFrame, landmark_months: float, ties: str = "breslow") -> dict[str, pd.Series | str]:
    """Every headline of some cohorts, or the reason why they give none.

    Parameters
    ----------
    patients
        Cohorts in the schema, with their numbers in ``cohort``.
    landmark_months
        Start of the landmark analysis.
    ties : {"breslow", "efron"}
        Of hazard ratios; the one with the propensity score has always Breslow's.

    Returns
    -------
    dict
        By the words of :data:`HEADLINES`, one value a cohort, or a reason.
    """
    found: dict[str, pd.Series | str] = {}
    for headline in HEADLINES:
        try:
            values = headline.of(patients, landmark_months, ties).dropna()
            found[headline.words] = values if len(values) else "no estimate"
        except InputError as reason:
            found[headline.words] = reason.without_remedy
    return found


def table(
    claims: Mapping[str, Claim],
    patients: pd.DataFrame | None,
    landmark_months: float,
    usual_months: float,
    ties: str = "breslow",
) -> tables.Html:
    """Printed, the book's run, this run, and the difference of the two runs.

    Parameters
    ----------
    claims
        Of the ledger.
    patients, landmark_months
        Of this run; without patients of its own, the book's.
    usual_months
        The landmark of the book's run.
    ties
        Of this run, as in :func:`estimates`.
    """
    shipped = ensemble.load()
    some = shipped.patients["cohort"].isin(shipped.origin.index[::_EVERY])
    ours = shipped.patients[some]
    usual = estimates(ours, usual_months)
    here = estimates(ours if patients is None else patients, landmark_months, ties)
    rows = []
    for headline in HEADLINES:
        printed = tables.linked(claims[headline.printed]) if headline.printed else "–"
        before, now = usual[headline.words], here[headline.words]
        rows.append((headline.words, printed, _text(before), _text(now), _difference(before, now)))
    return tables.table(
        ("Estimate", "Printed", "The book's run", "This run", "Difference"),
        rows,
        f"Headline estimates, at a landmark of {landmark_months:g} months here and {usual_months:g} in the book; "
        "of several cohorts the median, with the 5th to 95th percentile",
    )


def _text(values: pd.Series | str) -> str:
    if isinstance(values, str):
        return escape(f"not computed: {values}")
    low, middle, high = (f"{x:.2f}" for x in np.percentile(values, (5, 50, 95)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _difference(before: pd.Series | str, now: pd.Series | str) -> str:
    if isinstance(before, str) or isinstance(now, str):
        return "–"
    return f"{np.median(now) - np.median(before):+.2f}"
