"""Sphinx extension: roles that print a number from the ledger, with its verdict and a link; its entries; its files.

``{printed}`ID` `` shows the digits as the paper prints them; ``{recomputed}`ID` `` what the book
computed. An unknown id is a warning, hence an error in the strict build. ``{entries} table1`` gives the entries of
that section of the paper.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from analysis_lib.ledger import audit, recipes, verdicts
from analysis_lib.presentation import ledger_index, ledger_page
from analysis_lib.presentation.tables import entry_address, recomputed_text, verdict_text
from analysis_lib.printed import transcription
from analysis_lib.printed.formatting import with_unit


@cache
def claims() -> dict[str, verdicts.Claim]:
    """The ledger, audited once a build."""
    return audit.audit()


@cache
def known_recipes() -> dict[str, list[recipes.Recipe]]:
    return recipes.load(transcription.load())


class LedgerRole(SphinxRole):
    """One number of the ledger, as a link."""

    def __init__(self, what: str) -> None:
        self.what = what

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        claim = claims().get(self.text.strip())
        if claim is None:
            message = self.inliner.reporter.error(f"no printed number has the id {self.text!r}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        if self.what == "printed":
            text = with_unit(claim.number.printed.text, claim.number.unit)
        else:
            text = recomputed_text(claim)
        link = nodes.reference(
            "",
            text,
            refuri=entry_address(claim.id),
            classes=["number", claim.verdict],
            reftitle=f"{claim.number.item}: {verdict_text(claim)}",
        )
        link += nodes.inline("", f" {claim.verdict}", classes=["mark"])
        return [link], []


class Entries(SphinxDirective):
    """The ledger's entries of one section of the paper."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        section = ledger_page.section(claims(), known_recipes(), self.arguments[0])
        return [nodes.raw("", section.html, format="html")]


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """The whole ledger as files beside the page, for those who run no scripts."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        (folder / "ledger.csv").write_text(ledger_index.as_csv(claims()), encoding="utf-8", newline="")
        (folder / "ledger.json").write_text(ledger_index.as_json(claims()), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Register roles and directive, and follow the build's end."""
    app.add_role("printed", LedgerRole("printed"))
    app.add_role("recomputed", LedgerRole("recomputed"))
    app.add_directive("entries", Entries)
    app.connect("build-finished", write_downloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
