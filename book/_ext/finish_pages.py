"""Sphinx extension: finish each written page once: mend the theme's faults, and link the ledger back to the text.

Pages must work from file://, ask nothing of another host, log no errors and pass axe-core; tests/browser holds
them to it. A number's entry in the ledger leads back to each place of the book that shows it, and on to the
reference of the library's function; entries hold placeholders for both, since neither is known while a chapter runs.
Pages are edited by patterns: a parser takes ten seconds and more for what these do in a third of one, and writes
other bytes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

import cards
import code_cells
import ledger_roles
from sphinx.errors import ExtensionError

from analysis_lib.presentation import ledger_page

LEDGER = "ledger"
# In the order of a page: what a link can lie in, and the links.
_LANDMARK = re.compile(
    r'<section id="(?P<section>[^"]+)">\s*<h\d>(?P<title>.*?)<a class="headerlink"'
    r'|<div class="(?P<cell>cell (?:[\w-]+ )*docutils container)">'
    r"|<a\b(?P<before>[^>]*?)href=\"ledger\.html#(?P<number>[^\"]+)\"(?P<after>[^>]*)>",
    re.DOTALL,
)
# (what, instead): each is a fault of the theme or of an extension that Jupyter Book loads unasked.
MENDS = [
    # A browser refuses to preload fonts from file://, and says so on each page.
    (r'<link rel="preload" as="font"[^>]*>\s*', ""),
    # For paper: a second h1, and contents that lead nowhere there.
    (r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', ""),
    # Sphinx has one already, and says 1.0.
    (r'<meta name="viewport" content="width=device-width, initial-scale=1" ?/>', ""),
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


def link_places(places: list[Place], titles: dict[str, str]) -> str:
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


def in_order(env) -> list[str]:
    """The pages as a reader meets them."""
    listed = [env.config.root_doc]
    for page in listed:
        listed += [name for name in env.toctree_includes.get(page, []) if name not in listed]
    return listed


def mend(html: str) -> str:
    """The page without the faults of the theme, its code behind buttons."""
    for what, instead in MENDS:
        html = re.sub(what, instead, html, flags=re.DOTALL)
    return code_cells.folded(html)


def close_links(html: str, places: dict[str, list[Place]], titles: dict[str, str], env) -> str:
    """The ledger's page with its placeholders filled."""
    functions = env.get_domain("py").objects

    def back(match: re.Match[str]) -> str:
        return link_places(places[unescape(match[1])], titles) or ledger_page.NOWHERE

    def library(match: re.Match[str]) -> str:
        if match[1] not in functions:
            raise ExtensionError(f"the ledger names {match[1]}, which the library's reference lacks")
        entry = functions[match[1]]
        return f'href="{entry.docname}.html#{entry.node_id}"'

    return ledger_page.FUNCTION.sub(library, ledger_page.PLACES_OF.sub(back, html))


def finish_pages(app, exception) -> None:
    """Read each page once and write it finished, when it is known what all of them show."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    pages = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.html")}
    texts = {name: mend(path.read_text(encoding="utf-8")) for name, path in pages.items()}
    ledger = texts.pop(LEDGER, None)
    found: dict[str, dict[str, list[Place]]] = {}
    for name, html in texts.items():
        texts[name], found[name] = mark_places(name, html)
    places: dict[str, list[Place]] = defaultdict(list)
    for page in in_order(app.env):
        for number, there in found.get(page, {}).items():
            places[number] += there
    titles = {page: node.astext() for page, node in app.env.titles.items()}
    known = cards.texts(texts)
    for name, html in texts.items():
        html = cards.with_cards(name, html, found[name], ledger_roles.claims(), places, titles, known)
        pages[name].write_text(html, encoding="utf-8")
    if ledger is not None:
        pages[LEDGER].write_text(close_links(ledger, places, titles, app.env), encoding="utf-8")


def mend_search(app, exception) -> None:
    """Have the search escape anchors: the dots in a module's would mean classes, and each result log a warning."""
    if exception or app.builder.format != "html":
        return
    script = Path(app.outdir) / "_static" / "searchtools.js"
    text, fault = script.read_text(encoding="utf-8"), 'main"] ${anchor}`'
    if fault not in text:
        raise ExtensionError("Sphinx's search script has changed: see whether it still asks for anchors unescaped")
    script.write_text(text.replace(fault, 'main"] #${CSS.escape(anchor.slice(1))}`'), encoding="utf-8")


def setup(app):
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", finish_pages)
    app.connect("build-finished", mend_search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
