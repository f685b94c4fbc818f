"""Sphinx extension: mend what the theme's pages get wrong, and serve MathJax from the book itself.

Pages must work from file://, ask nothing of another host, log no errors and pass axe-core;
tests/browser holds them to it.
"""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

MATHJAX = "tex-svg.js"  # one file, fonts included; the package's other 22 MB stay behind

# (what, instead): each is a fault of the theme or of an extension that Jupyter Book loads unasked.
MENDS = [
    # A browser refuses to preload fonts from file://, and says so on each page.
    (r'<link rel="preload" as="font"[^>]*>\s*', ""),
    # The printed page's title would be a second h1.
    (r'(<div id="jb-print-docs-body"[^>]*>\s*)<h1>(.*?)</h1>', r'\1<p class="print-title">\2</p>'),
    # These names hide the words that one sees on the button from who hears the page.
    (r'(<button class="[^"]*search-button-field[^>]*) aria-label="Search"', r"\1"),
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # The book's name at the sidebar's top lies in no landmark.
    (
        r'<div class="bd-sidebar-primary bd-sidebar',
        '<div role="region" aria-label="The book" class="bd-sidebar-primary bd-sidebar',
    ),
    # A list's children have to be list items, and a bibliography's entries may no longer say that they are such.
    (r'(<div class="citation"[^>]*) role="doc-biblioentry"', r'\1 role="listitem"'),
    # Thebe runs cells on a server of another host; this book has its results already.
    (r'<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName = .*?</script>', ""),
    # The search page holds the search field twice.
    (r'(id="search-input".*)id="search-input"', r'\1id="search-page-input"'),
]


def drop_thebe(app, pagename, templatename, context, doctree):
    """Without its configuration Thebe's script only logs errors."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in f"{getattr(script, 'filename', script)}{script_body(script)}"
    ]


def script_body(script) -> str:
    return getattr(script, "attributes", {}).get("body") or ""


def mend_pages(app, exception):
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir).glob("**/*.html"):
        page = path.read_text(encoding="utf-8")
        for what, instead in MENDS:
            page = re.sub(what, instead, page, flags=re.DOTALL)
        path.write_text(page, encoding="utf-8")


def copy_mathjax(app, exception):
    if exception is None and app.builder.format == "html":
        package = Path(find_spec("sphinx-mathjax-offline").origin).parent
        target = Path(app.outdir) / "_static" / MATHJAX
        shutil.copyfile(package / "static" / "mathjax" / MATHJAX, target)


def setup(app):
    app.config.mathjax_path = MATHJAX
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", mend_pages)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
