"""The ledger's first page: every printed number in a line that leads to its entry, and the ledger as files."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from html import escape

from analysis_lib.ledger.verdicts import VERDICTS, Claim
from analysis_lib.presentation.ledger_page import about, badges
from analysis_lib.presentation.tables import Html, entry_address, head_row, recomputed_text
from analysis_lib.printed.formatting import with_unit
from analysis_lib.printed.names import PLACES

HEADS = ("Number", "Printed", "Recomputed", "Verdict", "Section")
ORDERS = {
    "": "as in the paper",
    "verdict": "by verdict",
    "method": "by method",
    "number": "by name",
}


def find(claims: Mapping[str, Claim]) -> Html:
    """Search, filters and order; the sections' pages; all numbers; downloads of the whole ledger.

    The form stays hidden until the page's script can serve it. The links and the table need none.
    """
    return Html(
        f'<div class="ledger-find">{_controls(claims)}{_sections(claims)}{_table(claims)}</div>'
        '<p>The whole ledger: <a href="_static/ledger.csv" download>CSV</a>, '
        '<a href="_static/ledger.json" download>JSON</a>.</p>'
    )


def _select(name: str, words: str, options: Mapping[str, str]) -> str:
    listed = "".join(f'<option value="{value}">{text}</option>' for value, text in options.items())
    return f'<label>{words} <select name="{name}">{listed}</select></label>'


def _filter(name: str, words: str, options: Mapping[str, str], occurring: Counter[str]) -> str:
    counted = {value: f"{text} ({occurring[value]})" for value, text in options.items() if occurring[value]}
    return _select(name, words, {"": "any", **counted})


def _controls(claims: Mapping[str, Claim]) -> str:
    places = Counter(claim.number.where for claim in claims.values())
    given = Counter(claim.verdict for claim in claims.values())
    methods = Counter(claim.method for claim in claims.values() if claim.method)
    return (
        '<form id="ledger-controls" role="search" aria-label="Ledger" hidden>'
        '<div class="bar"><div class="search">'
        '<label>Search <input type="search" name="text" placeholder="deaths, table1, 0.264 …"></label>'
        '<output name="count" aria-live="polite"></output><button type="reset">Show all</button></div>'
        '<div class="choices">'
        + _filter("where", "Section", PLACES, places)
        + _filter("verdict", "Verdict", {v: v for v in VERDICTS}, given)
        + _filter("method", "Method", {m: m.replace("_", " ") for m in sorted(methods)}, methods)
        + _select("order", "Order", ORDERS)
        + '</div></div><div class="buttons"><button type="button" name="csv">Save these as CSV</button>'
        '<button type="button" name="json">Save these as JSON</button></div></form>'
    )


def _sections(claims: Mapping[str, Claim]) -> str:
    places = Counter(claim.number.where for claim in claims.values())
    links = (
        f'<li><a href="ledger-{place}.html">{name}</a> <small>{places[place]}</small></li>'
        for place, name in PLACES.items()
        if places[place]
    )
    return f'<nav aria-label="Sections of the ledger"><ul class="sections">{"".join(links)}</ul></nav>'


def _row(claim: Claim) -> str:
    number = claim.number
    cells = (
        f'<a href="{entry_address(number.id)}">{escape(number.item)} <small>{escape(about(claim))}</small></a>',
        escape(with_unit(number.printed.text, number.unit)),
        escape(recomputed_text(claim)),
        badges(claim),
        PLACES[number.where],
    )
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr data-method="{claim.method}" data-reason="{escape(claim.reason)}">{row}</tr>'


def _table(claims: Mapping[str, Claim]) -> str:
    return (
        '<table class="ledger-index"><caption>Printed numbers</caption>'
        f"{head_row(HEADS)}<tbody>{''.join(map(_row, claims.values()))}</tbody></table>"
    )


def as_json(claims: Mapping[str, Claim]) -> str:
    """The whole ledger, as ``audit --json`` writes it, an entry a line."""
    lines = (json.dumps(claim.as_dict(), ensure_ascii=False) for claim in claims.values())
    return "[\n" + ",\n".join(lines) + "\n]\n"


def as_csv(claims: Mapping[str, Claim]) -> str:
    """The whole ledger as a table; inputs are separated by ``;``, conventions and draws left to the JSON."""
    rows = []
    for claim in claims.values():
        row = claim.as_dict()
        del row["conventions"], row["withheld"]
        rows.append(row | {"inputs": "; ".join(row["inputs"])})
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
