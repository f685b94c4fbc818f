"""The ledger as a page: one entry a printed number, with an anchor of its own."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from analysis_lib.display import STATISTICS, Html, labelled_cell, recomputed_text, with_unit
from analysis_lib.figures import NAMES
from analysis_lib.ledger import VERDICTS, Claim


def _link(id: str) -> str:
    return f'<a href="#{escape(id)}">{escape(id)}</a>'


def _entry(claim: Claim) -> str:
    number = claim.number
    about = ", ".join(filter(None, (NAMES[number.group], STATISTICS.get(number.statistic, number.statistic))))
    trail = []
    if claim.inputs:
        trail.append("From " + ", ".join(_link(id) for id in claim.inputs))
    if number.same_as:
        trail.append("First printed at " + _link(number.same_as))
    if claim.library:
        trail.append(f"By <code>{escape(claim.library)}</code>")
    details = f"<details><summary>Origin</summary>{'. '.join(trail)}.</details>" if trail else ""
    cells = (
        ("Number", f"<b>{escape(number.item)}</b> <small>({escape(about)})</small> <code>{escape(number.id)}</code>"),
        ("Printed", escape(with_unit(number.printed.text, number.unit))),
        ("Recomputed", escape(recomputed_text(claim))),
        ("Verdict", f'<span class="verdict {claim.verdict}">{claim.verdict}</span>'),
        ("Reason", escape(claim.reason) + details),
    )
    row = "".join(labelled_cell(head, cell) for head, cell in cells)
    return f'<tr id="{escape(number.id)}" data-verdict="{claim.verdict}" data-method="{claim.method}">{row}</tr>'


def section(claims: Mapping[str, Claim], where: str, caption: str) -> Html:
    """The entries of one place of the paper, as a table that needs no script."""
    rows = "".join(_entry(claim) for claim in claims.values() if claim.number.where == where)
    heads = "".join(f'<th scope="col">{h}</th>' for h in ("Number", "Printed", "Recomputed", "Verdict", "Reason"))
    return Html(
        f'<table class="book-table ledger" data-where="{where}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def controls(claims: Mapping[str, Claim]) -> Html:
    """Search and filters; they stay hidden until the page's script can serve them."""
    verdicts = [v for v in VERDICTS if any(c.verdict == v for c in claims.values())]
    methods = sorted({c.method for c in claims.values() if c.method})

    def select(name: str, words: str, options: list[str]) -> str:
        listed = "".join(f'<option value="{o}">{o.replace("_", " ")}</option>' for o in options)
        return f'<label>{words} <select name="{name}"><option value="">any</option>{listed}</select></label>'

    return Html(
        '<form id="ledger-controls" role="search" aria-label="Ledger" hidden>'
        '<label>Search <input type="search" name="text" placeholder="deaths, table1, 0.264 …"></label>'
        f"{select('verdict', 'Verdict', verdicts)}{select('method', 'Method', methods)}"
        '<button type="button" name="csv">Save as CSV</button>'
        '<output name="count" aria-live="polite"></output></form>'
    )
