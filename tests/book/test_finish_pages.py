"""Finished pages: each number has an anchor, and nothing else changes."""

import re
import sys

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import finish_pages  # noqa: E402

PAGE = """<section id="top"><h1>A page<a class="headerlink" href="#top">#</a></h1>
<p><a class="number recomputed reference external" href="ledger.html#a.b" title="x: recomputed">12</a>
and <a class="reference internal" href="ledger.html#find">a heading</a></p>
<section id="sub"><h2>Table <em>1</em><a class="headerlink" href="#sub">#</a></h2>
<div class="cell docutils container"><a class="verdict cited" href="ledger.html#c">cited</a></div>
<div class="cell tag_hide-input docutils container"><a class="number recomputed" href="ledger.html#a.b">12</a></div>
</section></section>"""


def test_each_number_of_a_page_gets_an_anchor_of_its_own():
    html, places = finish_pages.mark_places("page", PAGE)
    assert re.findall(r'<a id="([^"]+)"', html) == ["at-a.b", "at-c", "at-a.b-2"]
    assert re.findall(r'docutils container" id="([^"]+)"', html) == ["cell-1", "cell-2"]
    text, cell = places["a.b"]
    assert (text.section, text.cell) == ("A page", "")
    assert (cell.section, cell.cell) == ("Table 1", "cell-2")
    assert set(places) == {"a.b", "c"}


def test_nothing_else_of_a_page_changes():
    html, _ = finish_pages.mark_places("page", PAGE)
    assert re.sub(r' id="(at|cell)-[^"]+"', "", html) == PAGE


def test_places_in_one_section_are_told_together():
    _, places = finish_pages.mark_places("page", PAGE + PAGE.replace("A page", "Again"))
    words = finish_pages.link_places(places["a.b"], {"page": "A page"})
    assert (
        re.sub("<[^>]+>", "", words) == ("A page; A page: Table 1 (cell 2), again (2) (cell 4); A page: Again")
        and words.count("page.html#at-a.b") == 4
    )


def test_a_page_has_one_viewport_and_no_contents_for_paper():
    page = finish_pages.mend(
        '<meta name="viewport" content="width=device-width, initial-scale=1.0" />'
        '<meta name="viewport" content="width=device-width, initial-scale=1" />'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<div id="jb-print-docs-body" class="onlyprint"><h1>x</h1><div></div></div><div id="searchbox"></div>'
    )
    assert page.count("viewport") == 1 and "initial-scale=1.0" in page
    assert page.endswith('/><div id="searchbox"></div>')
