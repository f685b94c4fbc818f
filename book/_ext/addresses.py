"""Sphinx extension: a sitemap of the chapters, once _config.yml has an address; canonical links are Sphinx's own."""

from __future__ import annotations

from html import escape
from pathlib import Path


def sitemap(address: str, pages: list[str]) -> str:
    """The sitemap of these pages of a book at an address."""
    places = "".join(f"<url><loc>{escape(f'{address}{page}.html')}</loc></url>\n" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{places}</urlset>\n"


def write_sitemap(app, exception) -> None:
    address = app.config.html_baseurl
    if exception is None and app.builder.format == "html" and address:
        text = sitemap(address, sorted(app.env.found_docs))
        (Path(app.outdir) / "sitemap.xml").write_text(text, encoding="utf-8")


def end_with_slash(app, config) -> None:
    """Let what is put behind the address be a file in it."""
    if config.html_baseurl:
        config.html_baseurl = f"{config.html_baseurl.rstrip('/')}/"


def setup(app):
    app.connect("config-inited", end_with_slash)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
