"""Sphinx roles that print a number from the ledger, with its verdict and a link to its entry.

``{printed}`ID` `` shows the digits as the paper prints them; ``{recomputed}`ID` `` what the book
computed. An unknown id is a warning, hence an error in the strict build.
"""

from __future__ import annotations

import posixpath

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from analysis_lib.ledger import audit, verdicts
from analysis_lib.presentation.tables import recomputed_text
from analysis_lib.printed.formatting import with_unit

_CLAIMS: dict[str, verdicts.Claim] = {}


class LedgerRole(SphinxRole):
    """One number of the ledger, as a link."""

    def __init__(self, what: str) -> None:
        self.what = what

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if not _CLAIMS:
            _CLAIMS.update(audit.audit())
        claim = _CLAIMS.get(self.text.strip())
        if claim is None:
            message = self.inliner.reporter.error(f"no printed number has the id {self.text!r}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        if self.what == "printed":
            text = with_unit(claim.number.printed.text, claim.number.unit)
        else:
            text = recomputed_text(claim)
        ledger_page = posixpath.join(posixpath.dirname(self.env.docname), "ledger")
        page = self.env.app.builder.get_relative_uri(self.env.docname, ledger_page)
        link = nodes.reference(
            "",
            text,
            refuri=f"{page}#{claim.id}",
            classes=["number", claim.verdict],
            reftitle=f"{claim.number.item}: {claim.verdict}",
        )
        link += nodes.inline("", f" {claim.verdict}", classes=["mark"])
        return [link], []


def setup(app: Sphinx) -> dict[str, object]:
    """Register the roles."""
    app.add_role("printed", LedgerRole("printed"))
    app.add_role("recomputed", LedgerRole("recomputed"))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
