"""Print the built book as one PDF, its pages in the order of _toc.yml, and link it at the foot of each page.

Chromium prints; the build itself needs neither it nor the PDF, which stands beside the pages until they are made anew.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import render

ROOT = Path(__file__).resolve().parents[2]
NAME = "book.pdf"
WHOLE = ".whole-book.html"
_ARTICLE = re.compile(r"<article\b[^>]*>(.*?)</article>", re.DOTALL)
_STYLE = re.compile(r'<link [^>]*rel="stylesheet"[^>]*>')
# Of the screen alone: how to cite a page, and links to pages or data that the PDF does not hold.
_CITE = re.compile(r'<details class="cite-this">.*?</details>', re.DOTALL)
_HREF = re.compile(r'\bhref="(?!https?:|mailto:)([^"#]*)(?:#([^"]*))?"')
# Where cite.py leaves room for the link.
_PLACE = re.compile(r"<!--pdf-->.*?<!--/pdf-->", re.DOTALL)


def part(name: str, html: str, pages: set[str]) -> str:
    """A page of the book as a part of the whole: its anchors bear its name, and links within the book lead to them."""
    text = _CITE.sub("", _ARTICLE.search(html)[1])
    text = re.sub(r'\bid="', f'id="{name}--', text).replace("url(#", f"url(#{name}--")

    def lead(match: re.Match[str]) -> str:
        page = match[1].removesuffix(".html") or name
        return f'href="#{page}--{match[2] or ""}"' if page in pages else ""

    text = _HREF.sub(lead, text).replace('<details class="more"', '<details open class="more"')
    return f'<article class="bd-article" id="{name}--">{text}</article>'


def whole(folder: Path, names: list[str]) -> str:
    """All pages of these names as one."""
    pages = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in names}
    front = pages[names[0]]
    styles = "".join(dict.fromkeys(_STYLE.findall(front)))
    title = re.search(r"<title>(.*?)</title>", front, re.DOTALL)[0]
    parts = "\n".join(part(name, html, set(names)) for name, html in pages.items())
    head = f'<meta charset="utf-8">{title}{styles}<style>article ~ article {{ break-before: page }}</style>'
    return f'<!doctype html><html lang="en" data-theme="light"><head>{head}</head><body>{parts}</body></html>'


def print_page(page: Path, target: Path) -> None:
    """Have Chromium print a page."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("pdf: no chromium is installed: install it, or name one: CHROMIUM=/path/to/chrome make pdf")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
    ]
    done = subprocess.run(
        [chromium, *options, f"--print-to-pdf={target}", page.as_uri()], capture_output=True, text=True
    )
    if done.returncode or not target.exists():
        sys.exit(f"pdf: {chromium} printed nothing:\n{done.stderr[-2000:]}")


def link(folder: Path) -> None:
    """Name the PDF at the foot of each page that has room for it."""
    size = f"{(folder / NAME).stat().st_size / 1e6:.0f} MB"
    words = f'<!--pdf-->, <a href="{NAME}">the whole book as a PDF</a> ({size})<!--/pdf-->'
    for page in folder.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_PLACE.sub(words, text), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--html", type=Path, default=Path("_build/html"), help="the built book")
    folder = parser.parse_args().html.resolve()
    names = [Path(page).name for page in render.pages_of(ROOT / "_toc.yml")]
    # Beside the pages, for their style sheets.
    page = folder / WHOLE
    try:
        page.write_text(whole(folder, names), encoding="utf-8")
        print_page(page, folder / NAME)
    finally:
        page.unlink(missing_ok=True)
    link(folder)
    print(f"pdf: {folder / NAME}")


if __name__ == "__main__":
    main()
