"""Pages of source code carry little, and the page for what is missing holds at any address."""

import sys
from types import SimpleNamespace

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import plain_pages  # noqa: E402


def test_only_source_code_and_the_missing_page_are_plain():
    def context():
        files = [SimpleNamespace(filename=f"_static/{name}") for name in ("card.js", "copybutton.js")]
        return {"script_files": files, "metatags": "tags"}

    for name in ("_modules/a/b", "_modules/index", "404"):
        page = context()
        assert plain_pages.lay_out(None, name, "page.html", page, None) == "plain.html"
        assert [file.filename for file in page["script_files"]] == ["_static/copybutton.js"] and not page["metatags"]
    page = context()
    assert plain_pages.lay_out(None, "survival", "page.html", page, None) is None and page == context()


def test_the_bars_of_a_plain_page_are_empty_before_the_theme_fills_them():
    def context():
        return {"sidebars": ["nav.html"], "theme_footer_end": ["a.html"], "theme_logo": {"text": "x"}, "body": "text"}

    plain, usual = context(), context()
    plain_pages.empty_bars(None, "_modules/a", "page.html", plain, None)
    plain_pages.empty_bars(None, "survival", "page.html", usual, None)
    assert plain == context() | {"sidebars": [], "theme_footer_end": []} and usual == context()


def test_the_missing_page_finds_its_styles_from_any_folder():
    page = (
        '<a href="index.html">x</a><a href="#top">y</a><a href="https://z.org">z</a><form action="search.html"></form>'
    )
    assert plain_pages.from_anywhere(page, "https://a.org/b/") == (
        '<a href="https://a.org/b/index.html">x</a><a href="#top">y</a><a href="https://z.org">z</a>'
        '<form action="https://a.org/b/search.html"></form>'
    )
