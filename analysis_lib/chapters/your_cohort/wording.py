"""Numbers and sentences of the report: computed from the results, and neutral about what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.base.errors import InputError
from analysis_lib.presentation.figures import Picture
from analysis_lib.presentation.tables import Html

#: Below so many deaths the approximations behind intervals and p values are poor.
FEW_DEATHS = 10
#: What stands in a section, as HTML.
Parts = Sequence[Html | Picture | str]
_NOT_REACHED = "not reached"


def section(anchor: str, title: str, parts: Parts) -> Html:
    """A section of the report: its heading, then tables, figures and paragraphs."""
    inside = "".join(part if isinstance(part, str) else part._repr_html_() for part in parts)
    return Html(f'<section id="{anchor}" class="report"><h2>{escape(title)}</h2>{inside}</section>')


def paragraph(*sentences: str) -> str:
    """A paragraph of the sentences that are not empty; they are text, not HTML."""
    text = " ".join(sentence for sentence in sentences if sentence)
    return f"<p>{escape(text)}</p>" if text else ""


def listed(items: Iterable[str]) -> str:
    """A list of lines; they are text, not HTML."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def count(number: int, one: str, many: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> count(1, "death", "deaths"), count(1200, "death", "deaths")
    ('1 death', '1,200 deaths')
    """
    return f"{number:,} {one if number == 1 else many}"


def p_value(p: float) -> str:
    """A p value.

    Examples
    --------
    >>> p_value(0.00004), p_value(0.0213), p_value(0.417), p_value(float("nan"))
    ('<0.001', '0.021', '0.42', '–')
    """
    if np.isnan(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def p_or_reason(test: Callable[..., float], *arguments: object) -> str:
    """The p value of a test, or why it gives none, as HTML."""
    try:
        return escape(p_value(test(*arguments)))
    except InputError as reason:
        return escape(reason.without_remedy)


def number(value: float) -> str:
    """A value, or that it was not reached."""
    return _NOT_REACHED if np.isnan(value) else f"{value:,.1f}"


def ratio(value: float) -> str:
    """A ratio with two decimals, or with two digits where it is small or large.

    Examples
    --------
    >>> ratio(0.264), ratio(0.0034), ratio(152.3)
    ('0.26', '0.0034', '150')
    """
    return f"{value:.2f}" if 0.1 <= value < 100 else f"{float(f'{value:.2g}'):g}"


def interval(row: pd.Series) -> str:
    """A hazard ratio with its limits in brackets, of a row with `hr`, `ci_low` and `ci_high`."""
    return f"{ratio(row['hr'])} ({ratio(row['ci_low'])} to {ratio(row['ci_high'])})"


def ratio_cells(row: pd.Series) -> tuple[str, str, str, str]:
    """Cells of a hazard ratio: with its limits, p, patients and events; or why there is none, as HTML."""
    if row["reason"]:
        return escape(row["reason"]), "", "", ""
    return interval(row), escape(p_value(row["p"])), f"{row['patients']:,.0f}", f"{row['events']:,.0f}"


def signed(value: float) -> str:
    """A difference with its sign.

    Examples
    --------
    >>> signed(0.184), signed(-0.357), signed(-0.0004)
    ('+0.18', '−0.36', '0.00')
    """
    text = f"{value:+.2f}"
    return "0.00" if text[1:] == "0.00" else text.replace("-", "−")


def variable(row) -> str:
    """What a row of :func:`baseline.baseline` is about: the variable, its unit and the level."""
    known = row.unit and row.unit.lower() not in row.variable.lower()
    name = f"{row.variable}, {row.unit}" if known else row.variable
    return name if row.level in ("", "yes") else f"{name}: {row.level}"


def median(row: pd.Series) -> str:
    """A median with its limits in brackets, those not reached named so; a symmetric interval may begin below 0.

    Examples
    --------
    >>> median(pd.Series({"median": 1.5, "ci_low": -0.5, "ci_high": 3.5}))
    '1.5 (below 0 to 3.5)'
    """
    middle, low, high = (row[name] for name in ("median", "ci_low", "ci_high"))
    if np.isnan(low) and np.isnan(high):
        return number(middle) + ("" if np.isnan(middle) else " (no interval)")
    return f"{number(middle)} ({'below 0' if low < 0 else number(low)} to {number(high)})"


def share(part: float, of: float) -> str:
    """A count with its denominator and percentage.

    Examples
    --------
    >>> share(6, 26), share(0, 0)
    ('6 of 26 (23%)', 'nobody known')
    """
    return f"{part:,.0f} of {of:,.0f} ({100 * part / of:.0f}%)" if of else "nobody known"


def risk(row: pd.Series) -> str:
    """A risk with its limits in per cent, of a row with `risk`, `ci_low` and `ci_high`.

    Examples
    --------
    >>> risk(pd.Series({"risk": 0.297, "ci_low": 0.18, "ci_high": 0.472}))
    '30% (18% to 47%)'
    >>> risk(pd.Series({"risk": np.nan, "ci_low": np.nan, "ci_high": np.nan}))
    'nobody was observed so long'
    """
    if np.isnan(row["risk"]):
        return "nobody was observed so long"
    middle, low, high = (f"{100 * row[name]:.0f}%" for name in ("risk", "ci_low", "ci_high"))
    return middle if np.isnan(row["ci_low"]) else f"{middle} ({low} to {high})"


def position_of_interval(low: float, high: float) -> str:
    """Whether an interval of a ratio holds 1, and what follows."""
    if high < 1:
        return "The interval lies below 1."
    if low > 1:
        return "The interval lies above 1."
    return (
        "The interval holds 1, so a lower and a higher risk are both compatible with these patients; that is no "
        "evidence of equal risks."
    )


def few_deaths(deaths: int) -> str:
    """What fewer than :data:`FEW_DEATHS` deaths mean; empty where there are more.

    Examples
    --------
    >>> few_deaths(3)[:21], few_deaths(10)
    ('There are only 3 deat', '')
    """
    if not deaths:
        return "There are no deaths, so nothing can be said of what they are tied to."
    if deaths >= FEW_DEATHS:
        return ""
    there = "There is only 1 death." if deaths == 1 else f"There are only {deaths} deaths."
    return (
        f"{there} With fewer than {FEW_DEATHS}, the approximations behind intervals and p values are poor, and a "
        "single death more or less can change every figure of this section."
    )
