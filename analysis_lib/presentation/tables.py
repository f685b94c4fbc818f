"""Tables and badges for chapters: published beside recomputed, each linked to the ledger."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from analysis_lib.printed.formatting import bounds_text, with_unit
from analysis_lib.printed.names import NAMES
from analysis_lib.printed.number import number_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from analysis_lib.ledger.verdicts import Claim

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


def entry_address(id: str) -> str:
    """Where a printed number's entry stands in the ledger: on the page of the section that its id begins with.

    Examples
    --------
    >>> entry_address("table1.age.all.mean")
    'ledger-table1.html#table1.age.all.mean'
    """
    return f"ledger-{id.partition('.')[0]}.html#{id}"


def badge(claim: Claim) -> str:
    """The verdict as a link to the claim's entry in the ledger; of a repeat, beside it that on the first printing."""
    first = f' <span class="verdict {claim.first}">{claim.first}</span>' if claim.first else ""
    return f'<a class="verdict {claim.verdict}" href="{entry_address(claim.id)}">{claim.verdict}</a>{first}'


def recomputed_text(claim: Claim) -> str:
    """What was recomputed, or the limits that print sets; a dash if neither."""
    decimals, unit = claim.number.printed.decimals, claim.number.unit
    if claim.recomputed is not None:
        return with_unit(number_text(claim.recomputed, decimals), unit)
    if claim.bounds is not None:
        return bounds_text(claim.bounds, decimals)
    return "–"


def labelled_cell(head: str, cell: str) -> str:
    """A cell of HTML that carries its column's name, with which a narrow screen can stack the row."""
    if not cell:
        return '<td class="empty"></td>'
    return f'<td data-label="{escape(head)}"><div>{cell}</div></td>'


def csv_link(name: str, text: str, label: str) -> str:
    """A link that saves a text as the CSV file of that name."""
    data = base64.b64encode(text.encode()).decode()
    return f'<a download="{escape(name)}.csv" href="data:text/csv;base64,{data}">{escape(label)}</a>'


def head_row(names: Iterable[str]) -> str:
    """The head of a table, from the names of its columns."""
    return "<thead><tr>" + "".join(f'<th scope="col">{escape(name)}</th>' for name in names) + "</tr></thead>"


def figcaption(caption: str, name: str, csv: str) -> str:
    """A figure's caption, with its values as the CSV file of that name."""
    return f"<figcaption>{escape(caption)} {csv_link(name, csv, 'Data as CSV')}</figcaption>"


def table(head: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> Html:
    """An HTML table; cells are HTML already, the caption and heads are text."""
    head = list(head)
    body = "".join(
        "<tr>" + "".join(labelled_cell(h, cell) for h, cell in zip(head, row, strict=True)) + "</tr>" for row in rows
    )
    return Html(
        f'<table class="book-table"><caption>{escape(caption)}</caption>{head_row(head)}<tbody>{body}</tbody></table>'
    )


def range_text(values: ArrayLike, form: str = "{:.2f}") -> str:
    """Range of some values in words, such as one value a cohort; those that are NaN are left out.

    Parameters
    ----------
    values
        Of any shape.
    form
        Of each end.

    Returns
    -------
    str
        The least to the greatest, or once what both read alike; a dash if there is none.

    Examples
    --------
    >>> range_text([0.25, 0.31, float("nan")]), range_text([3, 3], "{} deaths"), range_text([])
    ('0.25 to 0.31', '3 deaths', '–')
    """
    known = np.ravel(values)
    known = known[~np.isnan(known)]
    if not known.size:
        return "–"
    low, high = form.format(known.min()), form.format(known.max())
    return low if low == high else f"{low} to {high}"


def share_table(rows: Iterable[tuple[str, int, int]], confidence: float, method: str, caption: str) -> Html:
    """Shares of patients with their confidence intervals.

    Parameters
    ----------
    rows
        Of each share its name, the patients, and of how many.
    confidence, method
        As :func:`analysis_lib.statistics.contingency.binomial_interval` takes them.
    caption
        Of the table.
    """
    from analysis_lib.statistics.contingency import binomial_interval

    cells = []
    for name, count, of in rows:
        share = binomial_interval(count, of, confidence, method)
        ends = " to ".join(f"{100 * end:.1f}%" for end in (share.ci_low, share.ci_high))
        cells.append((escape(name), f"{count} of {of}", f"{100 * share.estimate:.1f}%", ends))
    interval = {"exact": "Clopper–Pearson", "wilson": "Wilson"}[method]
    head = ("Share", "Patients", "Estimate", f"{100 * confidence:g}% {interval} interval")
    return table(head, cells, caption)


def compare(claims: Mapping[str, Claim], ids: Iterable[str], caption: str) -> Html:
    """Published beside recomputed, one row a number, with the verdict linked to the ledger."""
    rows = []
    for id in ids:
        claim = claims[id]
        number = claim.number
        what = f"{escape(number.item)} <small>({STATISTICS.get(number.statistic, number.statistic)})</small>"
        printed = escape(with_unit(number.printed.text, number.unit))
        rows.append((what, NAMES[number.group], printed, escape(recomputed_text(claim)), badge(claim)))
    head = ("What", "Group", "Printed", "Recomputed", "Verdict")
    if not any(group for _, group, *_ in rows):
        head, rows = (head[0], *head[2:]), [(row[0], *row[2:]) for row in rows]
    return table(head, rows, caption)


def verdict_text(claim: Claim) -> str:
    """The verdict in words; of a repeat with that on the first printing."""
    return claim.verdict + (f", first printed {claim.first}" if claim.first else "")


def linked(claim: Claim, unit: str = "") -> str:
    """The printed digits with the mark of their verdict, as a link to the ledger: as in the text."""
    text = with_unit(claim.number.printed.text, unit)
    return (
        f'<a class="number {claim.verdict}" href="{entry_address(claim.id)}" title="{verdict_text(claim)}">'
        f'{escape(text)}<span class="mark"> {claim.verdict}</span></a>'
    )


# Statistics that stand together in a cell, the later ones in brackets: see :func:`in_brackets`.
TOGETHER = (
    ("mean", "sd"),
    ("median", "q1", "q3"),
    ("median", "range_lo", "range_hi"),
    ("median", "ci_lo", "ci_hi"),
    ("hr", "ci_lo", "ci_hi"),
    ("or", "ci_lo", "ci_hi"),
)
_COUNTS = {("count", "n", "percent"): "{}/{} ({})", ("count", "n"): "{}/{}", ("count", "percent"): "{} ({})"}
_ALONE = ("percent", "count", "n", "median", "p")


def _together(claims: Mapping[str, Claim], stem: str) -> list[Claim]:
    """The claims of one cell, in the order in which the paper prints them."""
    layouts = (*_COUNTS, *TOGETHER, *((statistic,) for statistic in _ALONE))
    statistics = next((c for c in layouts if all(f"{stem}.{s}" in claims for s in c)), ())
    return [claims[f"{stem}.{s}"] for s in statistics]


def as_printed(claims: Mapping[str, Claim], stem: str) -> str:
    """What a paper prints in one cell, such as 12 (46%), as :func:`cell` does without what came out."""
    found = _together(claims, stem)
    if not found:
        return ""
    texts = [linked(c, "%" if c.number.statistic == "percent" else "") for c in found]
    statistics = tuple(c.number.statistic for c in found)
    return _COUNTS[statistics].format(*texts) if statistics in _COUNTS else in_brackets(texts)


def cell(claims: Mapping[str, Claim], stem: str) -> str:
    """What a paper prints in one cell, such as 12 (46%), and small beneath it what came out.

    Parameters
    ----------
    claims
        All claims.
    stem
        With which the ids of the cell's numbers begin, up to the statistic.

    Returns
    -------
    str
        HTML, empty if nothing is printed there. Each number is a link to its ledger entry.
    """
    computed = []
    for claim in _together(claims, stem):
        if claim.recomputed is not None:
            text = number_text(claim.recomputed, claim.number.printed.decimals)
            if text != claim.number.printed.text:
                computed.append(with_unit(text, "%" if claim.number.statistic == "percent" else ""))
    return as_printed(claims, stem) + (f"<br><small>{escape(', '.join(computed))}</small>" if computed else "")


def _row_name(claims: Mapping[str, Claim], stem: str) -> str:
    """What a row is about, and what its values are where these are not patients."""
    inside = [claim.number for id, claim in claims.items() if id.startswith(f"{stem}.")]
    if not inside:
        raise KeyError(f"no printed number has an id that starts with {stem}.")
    first = next((n for n in inside if n.statistic not in ("p", "threshold")), inside[0])
    spread = {n.statistic for n in inside}
    kind = {
        "mean": "mean (SD)",
        "median": "median (range)" if "range_lo" in spread else "median (quartiles)",
    }.get(first.statistic, "")
    name = first.item.removesuffix(", between groups")
    unit = first.unit if kind and first.unit != name else ""
    return escape(", ".join(filter(None, (name, unit, kind))))


def side_by_side(
    claims: Mapping[str, Claim],
    place: str,
    keys: Iterable[str],
    caption: str,
    groups: Iterable[str] = ("all", "surgery", "prrt_only"),
) -> Html:
    """Rows of one of the paper's tables in its own layout: a column a group, then the p value.

    Parameters
    ----------
    claims
        All claims.
    place, keys
        A row's ids begin with ``place.key``.
    caption, groups
        Of the table; its columns.

    Returns
    -------
    Html
        Each number links to its ledger entry; small beneath a cell stands what was recomputed,
        where it shows more digits than the paper does.
    """
    groups = list(groups)
    rows, with_p = [], False
    for key in keys:
        cells = [cell(claims, f"{place}.{key}.{group}") for group in groups]
        p = cell(claims, f"{place}.{key}")
        with_p = with_p or bool(p)
        rows.append((_row_name(claims, f"{place}.{key}"), *cells, p))
    head = ("What", *(NAMES[g] for g in groups), "p value")
    return table(head, rows, caption) if with_p else table(head[:-1], [r[:-1] for r in rows], caption)


def in_cohort(claims: Mapping[str, Claim], found: Mapping[str, Mapping[str, float]], cohort: int, caption: str) -> Html:
    """Printed beside what came out in one simulated cohort, a row for each summary.

    Parameters
    ----------
    claims
        All claims.
    found
        By the beginning of the ids, such as ``table1.age.all``: values by statistic, as printed
        first to last.
    cohort
        Its number, for the head of the column.
    caption
        Of the table.

    Raises
    ------
    ValueError
        If a value does not come out to the printed digits, which a cohort is built to give.
    """
    rows = []
    for stem, values in found.items():
        judged = [claims[f"{stem}.{statistic}"] for statistic in values]
        for claim, value in zip(judged, values.values(), strict=True):
            if value not in claim.number.interval:
                raise ValueError(f"{claim.id} is {value} in cohort {cohort}, and printed as {claim.number.printed}")
        number = judged[0].number
        name = number.item.removesuffix(", between groups")
        kind = {
            "mean": "mean (SD)",
            "median": "median (range)" if "range_lo" in values else "median (quartiles)",
            "p": "p value",
        }[number.statistic]
        unit = "" if number.unit == name or number.statistic == "p" else number.unit
        here = [
            number_text(value, claim.number.printed.decimals)
            for claim, value in zip(judged, values.values(), strict=True)
        ]
        rows.append(
            (
                escape(", ".join(filter(None, (name, unit, kind)))),
                NAMES[number.group],
                in_brackets([linked(claim) for claim in judged]),
                in_brackets(map(escape, here)),
                " ".join({verdict_text(claim): badge(claim) for claim in judged}.values()),
            )
        )
    return table(("What", "Group", "Printed", f"In cohort {cohort}", "Verdict"), rows, caption)


def in_brackets(texts: Iterable[str]) -> str:
    """The first of some texts, and the others in brackets.

    Examples
    --------
    >>> in_brackets(["57", "48", "66"])
    '57 (48–66)'
    """
    first, *rest = texts
    return f"{first} ({'–'.join(rest)})" if rest else first


def select_ids(claims: Mapping[str, Claim], *, where: str, statistics: Iterable[str] = ()) -> list[str]:
    """Ids of the claims of one place of the paper, of some statistics if these are named."""
    wanted = set(statistics)
    return [
        id
        for id, claim in claims.items()
        if claim.number.where == where and (not wanted or claim.number.statistic in wanted)
    ]


def scoreboard(claims: Mapping[str, Claim], places: Iterable[str] = ()) -> Html:
    """How many numbers have which verdict, for the whole paper or some places of it.

    Each verdict leads to the ledger's numbers that have it (:data:`~analysis_lib.printed.names.PLACES` are the places).
    """
    # Here, since a chapter that shows other tables need not load what computes verdicts.
    from analysis_lib.ledger.verdicts import VERDICTS

    places = set(places)
    where = f"&amp;where={next(iter(places))}" if len(places) == 1 else ""
    counted = [c for c in claims.values() if not places or c.number.where in places]
    counts = Counter(c.verdict for c in counted)
    rows = [
        (
            f'<a class="verdict {verdict}" href="ledger.html?verdict={verdict}{where}#find">{verdict}</a>',
            escape(words),
            str(counts[verdict]),
        )
        for verdict, words in VERDICTS.items()
        if counts[verdict]
    ]
    return table(("Verdict", "What it means", "Numbers"), rows, f"{len(counted)} printed numbers by verdict")
