"""Sphinx extension: a content security policy in each page's head.

The theme's own inline scripts and handlers are allowed by their hashes and nothing else inline is;
styles stay free, since MathJax and the drawings set them in the page. Nothing may be asked of
another host. ``file:`` lets the same page work from a folder.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from pathlib import Path

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
HANDLER = re.compile(r'<[a-z][^<>]*?\son[a-z]+="(?P<text>[^"]*)"')
# Written after all else, so that the hashes are those of the finished page.
LAST = 990


def hash_of(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def handlers_of(page: str) -> set[str]:
    """Hashes of the handlers that elements of this page carry."""
    return {hash_of(unescape(found["text"])) for found in HANDLER.finditer(SCRIPT.sub("", page))}


def policy(page: str, handlers: set[str]) -> str:
    """The least that this page needs, as the text of a policy, with ``handlers`` allowed besides."""
    inline = {
        hash_of(found["text"])
        for found in SCRIPT.finditer(page)
        if "src=" not in found["attributes"] and "json" not in found["attributes"]
    }
    handlers = handlers | handlers_of(page)
    scripts = ["'self'", "file:", *sorted(inline | handlers)] + (["'unsafe-hashes'"] if handlers else [])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(scripts)}",
            "style-src 'self' file: 'unsafe-inline'",
            "img-src 'self' file: data:",
            "font-src 'self' file: data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self' file:",
        ]
    )


def write_policies(app, exception):
    if exception or app.builder.format != "html":
        return
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).glob("**/*.html")}
    # The search reads the pages that it finds, and a browser judges their handlers by its page's policy.
    handlers = set().union(*map(handlers_of, pages.values()))
    for path, page in pages.items():
        tag = f'<meta http-equiv="Content-Security-Policy" content="{policy(page, handlers)}">'
        path.write_text(page.replace("<head>", f"<head>\n{tag}", 1), encoding="utf-8")


def setup(app):
    app.connect("build-finished", write_policies, priority=LAST)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
