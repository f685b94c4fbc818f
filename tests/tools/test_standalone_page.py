"""A page that stands alone holds all that it shows, runs nothing, and leads nowhere that is not there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import standalone_page

ROOT = Path(__file__).resolve().parents[2]
BOOKS = """<!doctype html><html><head><title>Survival — The book</title>
<link rel="stylesheet" href="_static/a.css?v=1"><script src="_static/x.js"></script></head>
<body><nav><a href="index.html">Home</a></nav><article class="bd-article">
<h1>Survival<a class="headerlink" href="#survival">#</a></h1>
<p>See <a href="discussion.html">the discussion</a>, <a href="#below">below</a>,
<a href="references.html#cox">Cox 1972</a> and <a href="https://example.org/">elsewhere</a>.
<a class="number" href="ledger-os.html#os.p">0.003</a></p><img src="_images/a.png" alt="A drawing">
<script>alert(1)</script></article></body></html>"""
CITED = """<article><div class="citation" id="cox"><p>Cox D. Regression. 1972.</p></div>
<div class="citation" id="other"><p>Another.</p></div></article>"""


@pytest.fixture
def alone(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a.png").write_bytes(b"png")
    style = "@import '../b.css'; @font-face {font-family: F; src: url(f.woff2)} p {color: red; background: url(a.svg)}"
    (tmp_path / "_static" / "a.css").write_text(style)
    return standalone_page.alone(BOOKS, CITED, tmp_path)


def test_style_and_images_are_inside(alone):
    assert "p {color: red; background: none}" in alone
    assert 'src="data:image/png;base64,cG5n"' in alone


def test_nothing_runs_and_nothing_is_asked_for(alone):
    assert "<script" not in alone and "@import" not in alone and "url(" not in alone
    asked = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', alone)
    assert all(one.startswith("data:") for one in asked)


def test_links_lead_into_the_page_or_to_a_host_and_the_words_of_others_stay(alone):
    links = re.findall(r'<a [^>]*href="([^"]*)"', alone)
    assert links == ["#below", "#cox", "https://example.org/"]
    assert "the discussion" in alone and "0.003" in alone
    assert "headerlink" not in alone and "Home" not in alone


def test_the_references_that_it_cites_are_at_its_end_and_no_others(alone):
    assert alone.index("References") < alone.index("Cox D. Regression")
    assert "Another." not in alone


def test_what_cannot_be_rendered_is_told_and_leaves_nothing(tmp_path):
    notebook, out = tmp_path / "survival.ipynb", tmp_path / "survival.html"
    notebook.write_text("no notebook")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "build" / "standalone_page.py", notebook, out], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("page: ") and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [notebook]
