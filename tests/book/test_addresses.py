"""With an address, pages name their own, a sitemap lists them, and the social picture is found; without, none of it."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from analysis_lib.base.paths import ROOT

ADDRESS = "https://example.org/book"
CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
project, extensions, html_theme = "Small", ["addresses", "cite", "plain_pages"], "sphinx_book_theme"
templates_path, html_context = [{str(ROOT / "book" / "_templates")!r}], {{"default_mode": "light"}}
html_baseurl = "ADDRESS"
"""


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    made = {}
    for address in (ADDRESS, ""):
        source = tmp_path_factory.mktemp("source")
        (source / "conf.py").write_text(CONF.replace("ADDRESS", address))
        (source / "index.rst").write_text("A page\n======\n\nWords.\n")
        (source / "CITATION.cff").write_text((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(source / "html")]
        subprocess.run(command, check=True, capture_output=True)
        made[address] = source / "html"
    return made


def content(page: str, name: str) -> str:
    return re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)"', page)[1]


def test_a_page_names_its_own_address_and_the_social_picture(books):
    page = (books[ADDRESS] / "index.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{ADDRESS}/index.html"' in page
    assert content(page, "og:image") == f"{ADDRESS}/_static/social.png"


def test_the_sitemap_lists_the_pages(books):
    places = ET.parse(books[ADDRESS] / "sitemap.xml").iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    assert [place.text for place in places] == [f"{ADDRESS}/index.html"]


def test_the_missing_page_leads_to_the_address(books):
    page = (books[ADDRESS] / "404.html").read_text(encoding="utf-8")
    assert f'href="{ADDRESS}/index.html"' in page and f'href="{ADDRESS}/_static/' in page


def test_without_an_address_nothing_names_one(books):
    page = (books[""] / "index.html").read_text(encoding="utf-8")
    assert "canonical" not in page and not (books[""] / "sitemap.xml").exists()
    assert content(page, "og:image") == "./_static/social.png"
    assert 'href="index.html"' in (books[""] / "404.html").read_text(encoding="utf-8")
