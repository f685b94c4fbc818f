"""A lightened site: the same icons without the theme's script, and nothing that no page asks for."""

import json
import re
import sys
import zipfile
from pathlib import Path

import pytest
from sphinx.errors import ExtensionError

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import lighten  # noqa: E402

FONT = "_static/vendor/fontawesome/6.5.2"
SCRIPT = (
    'var a={sun:[512,512,[],"f185","M1 1z"]},'
    'b={sun:[384,512,[9728],"f185","M2 2z"],"arrow-up":[384,512,[],"f062","M3 3z"]}'
)
PAGE = (
    f'<head><link href="{{0}}{FONT}/css/all.min.css?digest=1" rel="stylesheet" />\n'
    f'<link rel="preload" as="script" href="{{0}}{FONT}/js/all.min.js?digest=1" />\n'
    f'<script src="{{0}}{FONT}/js/all.min.js?digest=1"></script></head>'
    '<i class="theme-switch fa-solid fa-sun fa-lg"></i><i class="fas fa-arrow-up"></i>'
)


@pytest.fixture
def site(tmp_path):
    for folder in (f"{FONT}/js", "_static/locales", "_static/scripts", "_sources", "sub"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / FONT / "js" / "all.min.js").write_text(SCRIPT)
    (tmp_path / "_static" / "scripts" / "a.js.map").write_text("{}")
    (tmp_path / "_static" / "sphinx-thebe.js").write_text("")
    (tmp_path / lighten.MARKS).write_text(".highlight { color: black }")
    (tmp_path / "index.html").write_text(PAGE.format(""))
    (tmp_path / "sub" / "page.html").write_text(PAGE.format("../"))
    cell = {"cell_type": "code", "source": ["1"], "outputs": [{"output_type": "stream"}], "execution_count": 3}
    text = {"cell_type": "markdown", "source": ["a word"]}
    (tmp_path / "_sources" / "a.ipynb").write_text(json.dumps({"cells": [cell, text], "nbformat": 4}))
    return tmp_path


def test_a_page_takes_its_icons_from_one_style_sheet(site):
    lighten.lighten(site)
    for page, up in (("index.html", ""), ("sub/page.html", "../")):
        html = (site / page).read_text()
        assert "fontawesome" not in html and "<script" not in html
        assert html.count(f'href="{up}{lighten.STYLE}?v=') == html.count("<link") == 1
    style = (site / lighten.STYLE).read_text()
    assert style.count("--icon: url") == 2 and ".fa-sun{" in style and ".fa-arrow-up{" in style
    assert "M2%202z" in style and "M1%201z" not in style, "the solid drawing, not the outline"


def test_style_sheets_become_one_in_their_order_with_what_they_import(site):
    texts = {"styles/a.css": '@charset "UTF-8";@import "../b.css";a {}', "b.css": "b {}", "c.css": "c {}"}
    (site / "_static" / "styles").mkdir()
    for name, text in texts.items():
        (site / "_static" / name).write_text(text)
    links = (
        '<link href="{0}_static/styles/a.css?d=1" rel="stylesheet" /><link rel="stylesheet" href="{0}_static/c.css" />'
    )
    for page, up in (("index.html", ""), ("sub/page.html", "../")):
        (site / page).write_text(f"<title>x</title>{links.format(up)}<script></script>")
    lighten.lighten(site)
    assert (site / lighten.STYLE).read_text() == "b{}a{}c{}"
    assert re.sub(r"\?v=\w+", "", (site / "sub" / "page.html").read_text()) == (
        f'<title>x</title><link rel="stylesheet" href="../{lighten.STYLE}">\n<script></script>'
    )
    assert [path.name for path in (site / "_static").rglob("*.css")] == ["style.css"]


def test_a_page_runs_one_script_at_its_end_and_then_its_own(site):
    for name in ("a.js", "scripts/b.js", "c.js", "d.js"):
        (site / "_static" / name).write_text(f"{Path(name).stem}()")
    tag = '<script src="{}_static/{}?v=1"></script>\n'
    shared = [tag.format("{0}", "a.js"), tag.format("{0}", "scripts/b.js")]
    ahead = '<link rel="preload" as="script" href="{0}_static/scripts/b.js" />'
    sheet = '<link rel="stylesheet" href="{0}_static/a.css" />'
    (site / "_static" / "a.css").write_text("p {}")
    page = f"{sheet}{ahead}{shared[0]}<script>e = 1</script>{{1}}<p>x</p>{shared[1]}</body>"
    (site / "index.html").write_text(page.format("", ""))
    (site / "sub" / "page.html").write_text(page.format("../", tag.format("../", "d.js")))
    plain = tag.format("", "a.js") + tag.format("", "c.js")
    (site / "plain.html").write_text(f"{plain}</body>")
    lighten.lighten(site)
    assert (site / lighten.SCRIPT).read_text() == "a()\n;b()"
    without = [re.sub(r"\?v=\w+|<link.*\n", "", (site / name).read_text()) for name in ("index.html", "sub/page.html")]
    one = '<script {}src="{}_static/script.js"></script>\n'
    assert without[0] == f"<script>e = 1</script><p>x</p>{one.format('defer ', '')}</body>"
    own = '<script src="../_static/d.js"></script>\n'
    assert without[1] == f"<script>e = 1</script><p>x</p>{one.format('', '../')}{own}</body>"
    assert (site / "plain.html").read_text() == f"{plain}</body>", "of which some are the shared ones, and stay"
    left = {path.name for path in (site / "_static").rglob("*.js")}
    assert left == {"a.js", "c.js", "d.js", "script.js"}


def test_what_no_page_asks_for_is_gone(site):
    lighten.lighten(site)
    left = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert left == {"index.html", "sub/page.html", "_sources/a.ipynb", lighten.STYLE}


def test_a_notebook_to_download_has_no_outputs(site):
    lighten.lighten(site)
    cell, text = json.loads((site / "_sources" / "a.ipynb").read_text())["cells"]
    assert (cell["source"], cell["outputs"], cell["execution_count"]) == (["1"], [], None)
    assert text["source"] == ["a word"]


def test_a_signature_keeps_its_words_without_their_wrapping(site):
    (site / "index.html").write_text('<code><span class="pre">f(x)</span></code> <span class="pre">a <b>b</b></span>')
    lighten.lighten(site)
    assert (site / "index.html").read_text() == '<code>f(x)</code> <span class="pre">a <b>b</b></span>'
    assert lighten.unwrapped('<em><span class="n"><span class="pre">str</span></span></em>') == "<em>str</em>"


def test_a_link_into_the_reference_has_no_title_that_repeats_its_address():
    link = '<a class="reference internal" href="library-a.html#analysis_lib.b.C"{}>C</a>'
    assert lighten.unwrapped(link.format(' title="analysis_lib.b.C"')) == link.format("")


def test_empty_lines_go_and_code_and_scripts_stay(site):
    kept = "<pre>\n  a\n\n  b</pre>\n<script>\n\n  c()</script>"
    (site / "index.html").write_text(f"<p>\n\n    x\n y</p>\n\n  {kept}\n\n<p>z</p>")
    lighten.lighten(site)
    assert (site / "index.html").read_text() == f"<p>\nx\ny</p>\n{kept}\n<p>z</p>"


def test_a_large_table_is_packed_and_its_link_follows(site):
    folder = site / "_downloads" / "0a"
    folder.mkdir(parents=True)
    tables = {"large.csv": b"a,b\n" * lighten.LARGE, "small.csv": b"a\n"}
    for name, table in tables.items():
        (folder / name).write_bytes(table)
    page = '<a href="_downloads/0a/{}">large.csv</a> <a href="_downloads/0a/small.csv">small.csv</a>'
    (site / "index.html").write_text(page.format("large.csv"))
    lighten.lighten(site)
    assert (site / "index.html").read_text() == page.format("large.zip")
    with zipfile.ZipFile(folder / "large.zip") as archive:
        assert archive.read("large.csv") == tables["large.csv"]
    assert {path.name for path in folder.iterdir()} == {"large.zip", "small.csv"}


def test_a_page_that_needs_a_style_sheet_which_is_left_out_ends_the_build(site):
    (site / "index.html").write_text('<div class="container sd-card">x</div>')
    with pytest.raises(ExtensionError, match="sphinx-design"):
        lighten.lighten(site)


def test_an_icon_that_the_theme_does_not_draw_ends_the_build():
    with pytest.raises(ExtensionError, match="no moon"):
        lighten.drawings(SCRIPT, ["moon"])
