"""Sphinx extension: a content security policy in each page's head.

Inline scripts and handlers are allowed by their hashes where the theme or an extension brings them, which is seen in
pages made without their text; what a text or a chapter's output brings is not. Styles stay free, since
the drawings set them in the page. Nothing may be asked of another host. ``file:`` lets the same page work from a
folder.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from pathlib import Path

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
HANDLER = re.compile(r'<[a-z][^<>]*?\son[a-z]+="(?P<text>[^"]*)"')
BLANK = "without-its-text-{}.html"
# After all else has added to a page, or written it.
LAST = 990


def hash_of(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def scripts_of(page: str) -> set[str]:
    """Hashes of the scripts that stand in this page."""
    found = SCRIPT.finditer(page)
    return {hash_of(one["text"]) for one in found if not re.search("src=|json", one["attributes"])}


def handlers_of(page: str) -> set[str]:
    """Hashes of the handlers that elements of this page carry."""
    return {hash_of(unescape(found["text"])) for found in HANDLER.finditer(SCRIPT.sub("", page))}


def policy(scripts: set[str], handlers: set[str]) -> str:
    """The text of a policy that allows these inline scripts and handlers."""
    allowed = ["'self'", "file:", *sorted(scripts | handlers)] + (["'unsafe-hashes'"] if handlers else [])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(allowed)}",
            "style-src 'self' file: 'unsafe-inline'",
            "img-src 'self' file: data:",
            "font-src 'self' file: data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self' file:",
        ]
    )


def add_blank_page(app, pagename, templatename, context, doctree) -> None:
    """Write the first page of each kind once more, without its text: a page like others for all that finishes pages."""
    path = Path(app.outdir) / BLANK.format(f"{Path(templatename).stem}-{'text' if doctree else 'other'}")
    if app.builder.format == "html" and not path.exists():
        path.write_text(app.builder.templates.render(templatename, context | {"body": ""}), encoding="utf-8")


def write_policies(app, exception) -> None:
    if app.builder.format != "html":
        return
    scripts, handlers = set(), set()
    for path in Path(app.outdir).glob(BLANK.format("*")):
        page = path.read_text(encoding="utf-8")
        scripts |= scripts_of(page)
        handlers |= handlers_of(page)
        path.unlink()
    for path in [] if exception else Path(app.outdir).glob("**/*.html"):
        page = path.read_text(encoding="utf-8")
        own = scripts_of(page) & scripts
        # The search reads the pages that it finds, and a browser judges their handlers by its page's policy.
        tag = f'<meta http-equiv="Content-Security-Policy" content="{policy(own, handlers)}">'
        path.write_text(page.replace("<head>", f"<head>\n{tag}", 1), encoding="utf-8")


def setup(app):
    app.connect("html-page-context", add_blank_page, priority=LAST)
    app.connect("build-finished", write_policies, priority=LAST)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
