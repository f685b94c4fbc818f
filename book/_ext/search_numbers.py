"""Sphinx extension: the printed numbers, in the search page, for search.js to look up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import ledger_roles

from analysis_lib.ledger.verdicts import Claim
from analysis_lib.printed.names import NAMES, PLACES


def with_numbers(html: str, claims: Mapping[str, Claim]) -> str:
    """The search page with id, printed digits, words and statistic of each number."""
    rows = []
    for id, claim in claims.items():
        number = claim.number
        words = ", ".join(filter(None, (number.item, NAMES[number.group], PLACES[number.where])))
        rows.append([id, number.printed.text, words, number.statistic])
    # A script's text ends at the first "</".
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return html.replace("</body>", f'<script type="application/json" id="printed-numbers">{text}</script>\n</body>', 1)


def after_build(app, exception) -> None:
    page = Path(app.outdir) / "search.html"
    if exception is None and page.exists():
        page.write_text(with_numbers(page.read_text(encoding="utf-8"), ledger_roles.claims()), encoding="utf-8")


def setup(app):
    app.connect("build-finished", after_build, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
