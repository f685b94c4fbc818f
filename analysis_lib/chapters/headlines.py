"""A rerun's headline estimates beside those that are printed and those of the book's own run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.analyses import discussion, immortal_time, propensity_weighting
from analysis_lib.base.errors import InputError
from analysis_lib.chapters import parameters
from analysis_lib.chapters.parameters import Value
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import tables
from analysis_lib.reconstruction import ensemble

# The book's own cohorts, every so many of them: a headline needs no more.
_EVERY = 10


@dataclass(frozen=True)
class Settings:
    """Settings of the analyses.

    Attributes
    ----------
    landmark_months
        Start of the landmark analysis.
    ties : {"breslow", "efron"}
        Of Cox models; the one with the propensity score always has Breslow's.
    """

    landmark_months: float
    ties: str = "breslow"

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> Settings:
        """The settings among the values of a chapter's parameters."""
        chosen = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        return cls(**chosen)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Headline:
    """One estimate.

    Attributes
    ----------
    words
        What is estimated.
    printed
        Id of the printed number; blank if none is printed.
    estimate
        From cohorts and settings to one value a cohort.
    """

    words: str
    printed: str
    estimate: Callable[[pd.DataFrame, Settings], pd.Series]


def _median(endpoint: str, group: str) -> Callable[[pd.DataFrame, Settings], pd.Series]:
    return lambda patients, _: discussion.medians(patients, endpoint, group, "spss")["median"]


def _naive(patients: pd.DataFrame, settings: Settings) -> pd.Series:
    return immortal_time.naive(patients, ties=settings.ties)["hr"]


def _score(patients: pd.DataFrame, _: Settings) -> pd.Series:
    # The models of many cohorts at once know no other ties than Breslow's.
    return np.exp(propensity_weighting.log_hazard_ratios(propensity_weighting.stack(patients))["covariate"])


def _landmark(patients: pd.DataFrame, settings: Settings) -> pd.Series:
    return immortal_time.landmark(patients, settings.landmark_months, ties=settings.ties)["hr"]


def _time_dependent(patients: pd.DataFrame, settings: Settings) -> pd.Series:
    return immortal_time.time_dependent(patients, ties=settings.ties)["hr"]


def _before_landmark(patients: pd.DataFrame, settings: Settings) -> pd.Series:
    """Who of those not operated on died by the landmark, per cent of all of them."""
    known = discussion.require_columns(patients, "os_years", "os_event", group="prrt_only")
    died = (known["os_event"] == 1) & (known["os_years"] <= settings.landmark_months / 12)
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
    Headline("Hazard ratio of surgery, death", "results-survival.cox_surgery.hr", _naive),
    Headline("… with the propensity score", "results-survival.cox_surgery_adjusted.hr", _score),
    Headline("… from the landmark", "", _landmark),
    Headline("… with surgery over time", "", _time_dependent),
    Headline("PRRT only: dead by the landmark, %", "", _before_landmark),
)


def estimates(patients: pd.DataFrame, settings: Settings) -> dict[str, pd.Series | str]:
    """Every headline of some cohorts, or the reason why they give none.

    Parameters
    ----------
    patients
        Cohorts in the schema, with their numbers in ``cohort``.
    settings
        Of the analyses.

    Returns
    -------
    dict
        By the words of :data:`HEADLINES`, one value a cohort, or a reason.
    """
    found: dict[str, pd.Series | str] = {}
    for headline in HEADLINES:
        try:
            values = headline.estimate(patients, settings).dropna()
            found[headline.words] = values if len(values) else "no estimate"
        except InputError as reason:
            found[headline.words] = reason.without_remedy
    return found


def table(
    chapter: str, claims: Mapping[str, Claim], values: Mapping[str, Value], patients: pd.DataFrame | None
) -> tables.Html | None:
    """Printed, the book's run, this run, and the difference of the two; nothing in the book's own run.

    Parameters
    ----------
    chapter, values
        As :func:`parameters.check` takes and gives them.
    claims
        Of the ledger.
    patients
        Of this run; without any of its own, the book's.
    """
    usual = parameters.check(chapter, {})
    if values == usual:
        return None
    here, book = Settings.of(values), Settings.of(usual)
    shipped = ensemble.load()
    ours = shipped.patients[shipped.patients["cohort"].isin(shipped.origin.index[::_EVERY])]
    before = estimates(ours, book)
    now = estimates(ours if patients is None else patients, here)
    rows = []
    for headline in HEADLINES:
        printed = tables.linked(claims[headline.printed]) if headline.printed else "–"
        a, b = before[headline.words], now[headline.words]
        rows.append((headline.words, printed, _text(a), _text(b), _difference(a, b)))
    return tables.table(
        ("Estimate", "Printed", "The book's run", "This run", "Difference"),
        rows,
        f"Headline estimates, at a landmark of {here.landmark_months:g} months here and {book.landmark_months:g} in "
        "the book; of several cohorts the median, with the 5th to 95th percentile",
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
