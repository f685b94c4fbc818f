"""Tables and badges for chapters: published beside recomputed, each linked to the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from analysis_lib.figures import NAMES
from analysis_lib.ledger import VERDICTS, Claim
from analysis_lib.printed import Interval, round_half_up

PLACES = {
    "abstract": "Abstract",
    "introduction": "Introduction",
    "methods": "Methods",
    "results-prrt": "Results, PRRT",
    "results-response": "Results, response",
    "results-surgery": "Results, surgery",
    "results-radiology": "Results, radiology",
    "results-survival": "Results, survival",
    "table1": "Table 1",
    "table2": "Table 2",
    "table3": "Table 3",
    "table4": "Table 4",
    "table5": "Table 5",
    "discussion": "Discussion",
}
STATISTICS = {
    "n": "number",
    "sd": "SD",
    "q1": "lower quartile",
    "q3": "upper quartile",
    "range_lo": "minimum",
    "range_hi": "maximum",
    "p": "p value",
    "or": "odds ratio",
    "hr": "hazard ratio",
    "ci_lo": "lower limit",
    "ci_hi": "upper limit",
}


@dataclass(frozen=True)
class Html:
    """A piece of HTML that a notebook shows as such."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def with_unit(text: str, unit: str) -> str:
    """Digits with their unit, as a reader expects to see them."""
    if unit in ("%", "°"):
        return text + unit
    return f"{text} {unit}" if unit and unit not in ("patients", "year", "events") else text


def badge(claim: Claim) -> str:
    """The verdict as a link to the claim's entry in the ledger."""
    return (
        f'<a class="verdict {claim.verdict}" href="ledger.html#{escape(claim.id)}">'
        f"{claim.verdict}</a>"
    )


def number_text(value: float, decimals: int) -> str:
    """A recomputed value with two digits more than printed, without idle zeros."""
    text = round_half_up(value, decimals + 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def recomputed_text(claim: Claim) -> str:
    """What was recomputed, or the limits that print sets; a dash if neither."""
    decimals, unit = claim.number.printed.decimals, claim.number.unit
    if claim.recomputed is not None:
        return with_unit(number_text(claim.recomputed, decimals), unit)
    if claim.bounds is not None:
        return bounds_text(claim.bounds, decimals)
    return "–"


def bounds_text(bounds: Interval, decimals: int) -> str:
    """An interval in words."""
    low, high = (number_text(end, decimals) for end in (bounds.low, bounds.high))
    if bounds.low == float("-inf"):
        return f"≤ {high}"
    if bounds.high == float("inf"):
        return f"≥ {low}"
    return f"{low} to {high}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> Html:
    """An HTML table; cells are HTML already, the caption and heads are text.

    Every cell carries its column's name, with which a narrow screen can stack the row.
    """
    head = list(head)
    heads = "".join(f'<th scope="col">{escape(h)}</th>' for h in head)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{escape(h)}">{cell}</td>' for h, cell in zip(head, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return Html(
        f'<table class="book-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )


def compare(claims: Mapping[str, Claim], ids: Iterable[str], caption: str) -> Html:
    """Published beside recomputed, one row a number, with the verdict linked to the ledger."""
    rows = []
    for id in ids:
        claim = claims[id]
        number = claim.number
        what = f"{number.item} <small>({STATISTICS.get(number.statistic, number.statistic)})</small>"
        rows.append(
            (
                what,
                NAMES[number.group],
                escape(with_unit(number.printed.text, number.unit)),
                escape(recomputed_text(claim)),
                badge(claim),
            )
        )
    return table(("What", "Group", "Printed", "Recomputed", "Verdict"), rows, caption)


def pick(claims: Mapping[str, Claim], *, where: str, statistics: Iterable[str] = ()) -> list[str]:
    """Ids of the claims of one place of the paper, of some statistics if these are named."""
    wanted = set(statistics)
    return [
        id
        for id, claim in claims.items()
        if claim.number.where == where and (not wanted or claim.number.statistic in wanted)
    ]


def scoreboard(claims: Mapping[str, Claim], places: Iterable[str] = ()) -> Html:
    """How many numbers have which verdict, for the whole paper or some places of it."""
    places = set(places)
    counted = [c for c in claims.values() if not places or c.number.where in places]
    counts = Counter(c.verdict for c in counted)
    rows = [
        (f'<span class="verdict {verdict}">{verdict}</span>', escape(words), str(counts[verdict]))
        for verdict, words in VERDICTS.items()
        if counts[verdict]
    ]
    return table(("Verdict", "What it means", "Numbers"), rows, f"{len(counted)} printed numbers by verdict")
