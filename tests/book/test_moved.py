"""An old address leads to the page that took it up, and never replaces a page."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from sphinx.errors import ExtensionError

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))
import moved  # noqa: E402


def app(tmp_path, *pages):
    titles = {page: nodes.title("", f"On {page} & all") for page in pages}
    env = SimpleNamespace(all_docs=dict.fromkeys(pages), titles=titles)
    return SimpleNamespace(builder=SimpleNamespace(format="html"), env=env, outdir=tmp_path)


def test_each_old_address_leads_to_the_new_page(tmp_path):
    moved.lead_on(app(tmp_path, "index", *moved.MOVED.values()), None)
    for old, new in moved.MOVED.items():
        page = (tmp_path / f"{old}.html").read_text(encoding="utf-8")
        assert re.search(r'http-equiv="refresh" content="0; url=(.+?)\.html"', page)[1] == new
        assert f'<a href="{new}.html">On {new} &amp; all</a>' in page


def test_a_book_without_the_new_page_has_none_at_the_old_address(tmp_path):
    moved.lead_on(app(tmp_path, "index", *moved.MOVED), None)
    assert not list(tmp_path.iterdir())


def test_a_page_that_is_there_still_is_not_replaced(tmp_path):
    with pytest.raises(ExtensionError, match="trust is said to have moved"):
        moved.lead_on(app(tmp_path, *moved.MOVED, *moved.MOVED.values()), None)
