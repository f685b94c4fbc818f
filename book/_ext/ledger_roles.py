"""Sphinx extension: roles that print a number from the ledger, with its verdict and a link; the ledger as files.

``{printed}`ID` `` shows the digits as the paper prints them; ``{recomputed}`ID` `` what the book
computed. An unknown id is a warning, hence an error in the strict build.
"""

from __future__ import annotations

import posixpath
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from analysis_lib.ledger import audit, verdicts
from analysis_lib.presentation import ledger_page
from analysis_lib.presentation.tables import recomputed_text, verdict_text
from analysis_lib.printed.formatting import with_unit


@cache
def claims() -> dict[str, verdicts.Claim]:
    """The ledger, audited once a build."""
    return audit.audit()


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
        ledger = posixpath.join(posixpath.dirname(self.env.docname), "ledger")
        page = self.env.app.builder.get_relative_uri(self.env.docname, ledger)
        link = nodes.reference(
            "",
            text,
            refuri=f"{page}#{claim.id}",
            classes=["number", claim.verdict],
            reftitle=f"{claim.number.item}: {verdict_text(claim)}",
        )
        link += nodes.inline("", f" {claim.verdict}", classes=["mark"])
        return [link], []


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """The whole ledger as files beside the page, for those who run no scripts."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        (folder / "ledger.csv").write_text(ledger_page.as_csv(claims()), encoding="utf-8", newline="")
        (folder / "ledger.json").write_text(ledger_page.as_json(claims()), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the roles and follow the build's end."""
    app.add_role("printed", LedgerRole("printed"))
    app.add_role("recomputed", LedgerRole("recomputed"))
    app.connect("build-finished", write_downloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
