"""The extensions that close the ledger's links and make the library's reference."""

import importlib.util
import re
import sys

import pytest

from analysis_lib.base.paths import ROOT


def extension(name):
    spec = importlib.util.spec_from_file_location(f"book_{name}", ROOT / "book" / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def backlinks():
    return extension("backlinks")


@pytest.fixture(scope="module")
def library():
    return extension("library")


PAGE = """<section id="top"><h1>A page<a class="headerlink" href="#top">#</a></h1>
<p><a class="number reproduced reference external" href="ledger.html#a.b" title="x: reproduced">12</a>
and <a class="reference internal" href="ledger.html#find">a heading</a></p>
<section id="sub"><h2>Table <em>1</em><a class="headerlink" href="#sub">#</a></h2>
<div class="cell docutils container"><a class="verdict cited" href="ledger.html#c">cited</a></div>
<div class="cell tag_hide-input docutils container"><a class="number reproduced" href="ledger.html#a.b">12</a></div>
</section></section>"""


def test_each_number_of_a_page_gets_an_anchor_of_its_own(backlinks):
    html, places = backlinks.mark_places("page", PAGE)
    assert re.findall(r'<a id="([^"]+)"', html) == ["at-a.b", "at-c", "at-a.b-2"]
    assert re.findall(r'docutils container" id="([^"]+)"', html) == ["cell-1", "cell-2"]
    text, cell = places["a.b"]
    assert (text.section, text.cell) == ("A page", "")
    assert (cell.section, cell.cell) == ("Table 1", "cell-2")
    assert set(places) == {"a.b", "c"}


def test_nothing_else_of_a_page_changes(backlinks):
    html, _ = backlinks.mark_places("page", PAGE)
    assert re.sub(r' id="(at|cell)-[^"]+"', "", html) == PAGE


def test_places_in_one_section_are_told_together(backlinks):
    _, places = backlinks.mark_places("page", PAGE + PAGE.replace("A page", "Again"))
    words = backlinks.in_words(places["a.b"], {"page": "A page"})
    assert (
        re.sub("<[^>]+>", "", words) == ("A page; A page: Table 1 (cell 2), again (2) (cell 4); A page: Again")
        and words.count("page.html#at-a.b") == 4
    )


def test_tests_are_found_by_what_they_use(library):
    found = library.tests_by_name()
    assert ("statistics/test_contingency.py", "test_fisher_exact_agrees_with_r") in found[
        "analysis_lib.statistics.contingency.fisher_exact"
    ]
    assert ("book/test_trace.py", "test_tests_are_found_by_what_they_use") not in sum(found.values(), [])


def test_the_reference_has_every_public_module_once():
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "analysis_lib").rglob("*.py")
        if not path.name.startswith("_")
    }
    pages = sorted((ROOT / "book").glob("library-*.md"))
    described = [m for page in pages for m in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))]
    assert sorted(described) == sorted(modules), "each module needs its lines in one of book/library-*.md"
