"""Finished pages: each number has an anchor, and nothing else changes."""

import re
import sys
from collections import defaultdict

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import finish_pages  # noqa: E402

PAGE = """<section id="top"><h1>A page</h1>
<p><a class="number recomputed reference external" href="ledger-a.html#a.b" title="x: recomputed">12</a>
and <a class="reference internal" href="ledger.html#find">a heading</a></p>
<div class="cell docutils container"><a class="verdict cited" href="ledger-b-c.html#b-c.d">cited</a></div>
<a class="number recomputed" href="ledger-a.html#a.b">12</a></section>"""


def test_each_number_of_a_page_gets_an_anchor_of_its_own():
    html, places = finish_pages.mark_places("page", PAGE)
    assert re.findall(r'<a id="([^"]+)"', html) == ["at-a.b", "at-b-c.d", "at-a.b-2"]
    assert {id: [place.anchor for place in found] for id, found in places.items()} == {
        "a.b": ["at-a.b", "at-a.b-2"],
        "b-c.d": ["at-b-c.d"],
    }


def test_nothing_else_of_a_page_changes():
    html, _ = finish_pages.mark_places("page", PAGE)
    assert re.sub(r' id="at-[^"]+"', "", html) == PAGE


def test_a_page_has_one_viewport_and_no_contents_for_paper():
    page = finish_pages.mend(
        '<meta name="viewport" content="width=device-width, initial-scale=1.0" />'
        '<meta name="viewport" content="width=device-width, initial-scale=1" />'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<div id="jb-print-docs-body" class="onlyprint"><h1>x</h1><div></div></div><div id="searchbox"></div>'
    )
    assert page.count("viewport") == 1 and "initial-scale=1.0" in page
    assert page.endswith('/><div id="searchbox"></div>')


def test_an_entry_names_each_chapter_once():
    places = finish_pages.mark_places("page", PAGE)[1]["a.b"] + finish_pages.mark_places("other", PAGE)[1]["a.b"]
    links = finish_pages.link_places(places, {"page": "Survival & more", "other": "Response"})
    assert links == ('<a href="page.html#at-a.b">Survival &amp; more</a>; <a href="other.html#at-a.b">Response</a>')


def test_an_entry_without_a_chapter_names_those_of_another_printing_or_says_why(claims):
    repeat = next(claim for claim in claims.values() if claim.number.same_as)
    first = repeat.number.same_as
    places = defaultdict(list, {first: [finish_pages.Place("survival", f"at-{first}")]})
    titles = {"survival": "Survival"}
    assert finish_pages.in_the_book(claims[first], claims, places, titles).startswith('<a href="survival.html#at-')
    again = finish_pages.in_the_book(repeat, claims, places, titles)
    assert again.startswith("as printed elsewhere in the paper: <a href") and first in again
    places.clear()
    assert finish_pages.in_the_book(repeat, claims, places, titles).startswith("no chapter")
