"""Sphinx extension: the address of a page that has moved leads on to where its text stands now."""

from __future__ import annotations

from html import escape
from pathlib import Path

from sphinx.errors import ExtensionError

# Pages of earlier editions, and those that took them up.
MOVED = {"trust": "quality", "speed": "quality"}
PAGE = """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={new}.html">
<meta name="robots" content="noindex">
<title>Moved: {title}</title>
</head>
<body>
<main><h1>This page has moved</h1><p>Read on at <a href="{new}.html">{title}</a>.</p></main>
</body>
</html>
"""


def lead_on(app, exception) -> None:
    """Write a page at each old address whose new one is in this book; a page of another book has none."""
    if exception or app.builder.format != "html":
        return
    for old, new in MOVED.items():
        if new not in app.env.all_docs:
            continue
        if old in app.env.all_docs:
            raise ExtensionError(f"{old} is said to have moved to {new}, and is a page of the book still")
        text = PAGE.format(new=new, title=escape(app.env.titles[new].astext()))
        (Path(app.outdir) / f"{old}.html").write_text(text, encoding="utf-8")


def setup(app):
    app.connect("build-finished", lead_on)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
