"""The book as one page for print: each part keeps its anchors apart, and no link leads out of it."""

import re

import pdf

FRONT = (
    '<head><title>The book</title><link href="a.css" rel="stylesheet" /></head>'
    '<article class="bd-article"><h1 id="top">One</h1><a href="two.html#x">2</a><a href="#top">up</a>'
    '<a href="_modules/m.html#f">code</a><a href="https://example.org">out</a>'
    '<svg><clipPath id="c"></clipPath><g clip-path="url(#c)"></g></svg>'
    '<details class="cite-this"><pre>@book</pre></details></article><footer>v1<!--pdf--><!--/pdf--></footer>'
)
SECOND = '<article class="bd-article"><h1 id="x">Two</h1><a href="index.html">first</a></article>'


def test_links_and_drawings_find_their_anchors_in_the_whole(tmp_path):
    (tmp_path / "index.html").write_text(FRONT)
    (tmp_path / "two.html").write_text(SECOND)
    page = pdf.whole(tmp_path, ["index", "two"])
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors)) == 5
    led = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page)
    assert {a or b for a, b in led} == {"two--x", "index--top", "index--", "index--c"} <= set(anchors)
    assert "https://example.org" in page and "_modules" not in page and "@book" not in page
    assert page.index("One") < page.index("Two") and page.count("<link") == 1


def test_pages_name_the_pdf_once_however_often_it_is_made(tmp_path):
    (tmp_path / "index.html").write_text(FRONT)
    (tmp_path / pdf.NAME).write_bytes(b"%" * 2_400_000)
    pdf.link(tmp_path)
    once = (tmp_path / "index.html").read_text()
    assert 'v1<!--pdf-->, <a href="book.pdf">the whole book as a PDF</a> (2 MB)<!--/pdf-->' in once
    pdf.link(tmp_path)
    assert (tmp_path / "index.html").read_text() == once
