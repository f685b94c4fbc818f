"""The content security policy allows what the theme brings, and not what stands in a page's text besides."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
sys.path.insert(0, str(EXTENSIONS))
import content_security_policy as policy  # noqa: E402

INJECTED = "steal()"
CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
project, extensions, html_theme = "Small", ["content_security_policy"], "sphinx_book_theme"


def finish(app, exception):
    for path in __import__("pathlib").Path(app.outdir).glob("*.html"):
        path.write_text(path.read_text().replace("document.write(", "document.write( ", 1))


def setup(app):
    app.connect("build-finished", finish)
"""
PAGE = f"""
A page
======

.. raw:: html

   <script>{INJECTED}</script><button onclick="{INJECTED}">x</button></article><script> {INJECTED}</script>
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    source = tmp_path_factory.mktemp("source")
    (source / "conf.py").write_text(CONF)
    (source / "index.rst").write_text(PAGE)
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(source / "html")]
    subprocess.run(command, check=True, capture_output=True)
    return {path.name: path.read_text(encoding="utf-8") for path in (source / "html").glob("*.html")}


def allowed(page: str) -> str:
    return re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]


def test_what_a_text_brings_is_not_allowed(pages):
    assert INJECTED in pages["index.html"]
    for page in pages.values():
        assert policy.hash_of(INJECTED) not in allowed(page)
        assert policy.hash_of(f" {INJECTED}") not in allowed(page)


def test_what_the_theme_brings_is_allowed(pages):
    own = {policy.hash_of(text) for text in (INJECTED, f" {INJECTED}")}
    for page in pages.values():
        scripts, handlers = policy.scripts_of(page) - own, policy.handlers_of(page) - own
        assert scripts and handlers
        assert all(one in allowed(page) for one in scripts | handlers)


def test_no_page_is_left_that_nobody_asked_for(pages):
    assert set(pages) == {"index.html", "search.html", "genindex.html"}


def test_nothing_else_runs_and_nothing_is_asked_of_another_host():
    text = policy.policy({policy.hash_of("one()")}, set())
    assert policy.hash_of("one()") in text and "'unsafe-hashes'" not in text
    assert "'unsafe-inline'" not in text.split("style-src")[0] and "http" not in text
