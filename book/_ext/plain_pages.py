"""Sphinx extension: pages with little around their text (plain.html): those of source code, and 404.html.

There are more pages of source code than of all others together, and nobody browses them: one arrives from the
reference of a function and goes back.
"""

from __future__ import annotations

import re
from pathlib import Path

NOT_FOUND = "404"
PLAIN = re.compile(rf"_modules/|{NOT_FOUND}$")
SCRIPTS = {"documentation_options.js", "clipboard.min.js", "copybutton.js"}
_BARS = re.compile(r"sidebars$|theme_(?:navbar|article|content|footer|primary_sidebar)_(?!icon|depth|align)")
_RELATIVE = re.compile(r'(href|src|action)="(?![a-z]+:|#)')


def lay_out(app, pagename, templatename, context, doctree) -> str | None:
    """Name the template of a plain page, and leave out what it does not use."""
    if not PLAIN.match(pagename):
        return None
    context["script_files"] = [
        file for file in context["script_files"] if str(getattr(file, "filename", "")).rpartition("/")[2] in SCRIPTS
    ]
    context["metatags"] = ""
    return "plain.html"


def empty_bars(app, pagename, templatename, context, doctree) -> None:
    """Take from a plain page the bars that it does not show, before the theme fills them with the whole contents."""
    if PLAIN.match(pagename):
        context |= {name: [] for name in context if _BARS.match(name) and context[name]}


def not_found(app):
    """The page that a server shows where there is none."""
    search, front = app.builder.get_relative_uri(NOT_FOUND, "search"), app.config.root_doc
    ways = f'<a href="{search}">search for it</a>, or begin at the <a href="{front}.html">first page</a>'
    text = f"<h1>This book has no such page</h1><p>You can {ways}.</p>"
    yield NOT_FOUND, {"title": "Page not found", "body": text}, "page.html"


def from_anywhere(html: str, address: str) -> str:
    """A page whose links hold wherever it is shown: a missing page may be asked for in any folder."""
    return _RELATIVE.sub(rf'\1="{address}', html)


def place(app, exception) -> None:
    page = Path(app.outdir) / f"{NOT_FOUND}.html"
    if exception is None and page.exists() and app.config.html_baseurl:
        page.write_text(from_anywhere(page.read_text(encoding="utf-8"), app.config.html_baseurl), encoding="utf-8")


def setup(app):
    app.connect("html-page-context", empty_bars, priority=1)
    # After all else has had its say.
    app.connect("html-page-context", lay_out, priority=980)
    app.connect("html-collect-pages", not_found)
    app.connect("build-finished", place)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
