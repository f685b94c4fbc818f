"""Sphinx extension: close the ledger's links, once all pages are written.

A number's entry leads back to each place of the book that shows it, and on to the reference of the
library's function. Entries hold placeholders for both, since neither is known while a chapter runs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from sphinx.errors import ExtensionError

from analysis_lib.ledger import audit
from analysis_lib.presentation import ledger_page

LEDGER = "ledger"
# In the order of a page: what a link can lie in, and the links.
_LANDMARK = re.compile(
    r'<section id="(?P<section>[^"]+)">\s*<h\d>(?P<title>.*?)<a class="headerlink"'
    r'|<div class="(?P<cell>cell (?:[\w-]+ )*docutils container)">'
    r"|<a\b(?P<before>[^>]*?)href=\"ledger\.html#(?P<number>[^\"]+)\"(?P<after>[^>]*)>",
    re.DOTALL,
)


@dataclass(frozen=True)
class Place:
    """Where the book shows a number: a page's anchor, in words, and the anchor of the cell if one made it."""

    page: str
    anchor: str
    section: str
    cell: str = ""


def mark_places(page: str, html: str) -> tuple[str, dict[str, list[Place]]]:
    """The page with an anchor at each link to the ledger and at each cell, and what lies where by number."""
    places: dict[str, list[Place]] = defaultdict(list)
    title, cells = "", 0

    def mark(match: re.Match[str]) -> str:
        nonlocal title, cells
        if match["section"]:
            title = unescape(re.sub(r"<[^>]+>", "", match["title"])).strip()
            return match[0]
        if match["cell"]:
            cells += 1
            return f'<div class="{match["cell"]}" id="cell-{cells}">'
        # Headings of the ledger are linked to as well; they show no number.
        if not re.search(r'class="(number|verdict) ', match["before"] + match["after"]):
            return match[0]
        number = unescape(match["number"])
        found = places[number]
        anchor = f"at-{number}" + (f"-{len(found) + 1}" if found else "")
        # A link in the text is docutils' own and says so; one that a cell shows is not.
        in_text = re.search(r'\breference (in|ex)ternal"', match["before"] + match["after"])
        found.append(Place(page, anchor, title, "" if in_text else f"cell-{cells}"))
        return f'<a id="{escape(anchor)}"{match["before"]}href="ledger.html#{match["number"]}"{match["after"]}>'

    return _LANDMARK.sub(mark, html), places


def in_words(places: list[Place], titles: dict[str, str]) -> str:
    """Links to the places, those in one section together."""
    sections: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places:
        sections[place.page, place.section].append(place)
    words = []
    for (page, section), together in sections.items():
        name = ": ".join(dict.fromkeys(filter(None, (titles[page], section))))
        links = []
        for number, place in enumerate(together, 1):
            text = escape(name) if number == 1 else f"again ({number})"
            cell = f' (<a href="{page}.html#{place.cell}">{place.cell.replace("-", " ")}</a>)' if place.cell else ""
            links.append(f'<a href="{page}.html#{escape(place.anchor)}">{text}</a>{cell}')
        words.append(", ".join(links))
    return "; ".join(words)


def close_links(app, exception) -> None:
    """Mark the places in all pages, and fill the ledger's placeholders."""
    path = Path(app.outdir) / f"{LEDGER}.html"
    if exception or app.builder.format != "html" or not path.exists():
        return
    shown: dict[str, list[Place]] = defaultdict(list)
    for page in in_order(app.env):
        if page == LEDGER:
            continue
        file = path.with_name(f"{page}.html")
        html, places = mark_places(page, file.read_text(encoding="utf-8"))
        file.write_text(html, encoding="utf-8")
        for number, found in places.items():
            shown[number] += found
    titles = {page: node.astext() for page, node in app.env.titles.items()}
    functions = app.env.get_domain("py").objects

    def back(match: re.Match[str]) -> str:
        return in_words(shown[unescape(match[1])], titles) or ledger_page.NOWHERE

    def library(match: re.Match[str]) -> str:
        if match[1] not in functions:
            raise ExtensionError(f"the ledger names {match[1]}, which the library's reference lacks")
        entry = functions[match[1]]
        return f'href="{entry.docname}.html#{entry.node_id}"'

    html = ledger_page.PLACES_OF.sub(back, path.read_text(encoding="utf-8"))
    path.write_text(ledger_page.FUNCTION.sub(library, html), encoding="utf-8")


def in_order(env) -> list[str]:
    """The pages as a reader meets them."""
    listed = [env.config.root_doc]
    for page in listed:
        listed += [name for name in env.toctree_includes.get(page, []) if name not in listed]
    return listed


def write_downloads(app, exception) -> None:
    """The whole ledger as files beside the page, for those who run no scripts."""
    if exception is None and app.builder.format == "html":
        claims = audit.audit()
        folder = Path(app.outdir) / "_static"
        (folder / "ledger.csv").write_text(ledger_page.as_csv(claims), encoding="utf-8", newline="")
        (folder / "ledger.json").write_text(ledger_page.as_json(claims), encoding="utf-8")


def setup(app):
    """Follow the build's end."""
    app.connect("build-finished", close_links)
    app.connect("build-finished", write_downloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
