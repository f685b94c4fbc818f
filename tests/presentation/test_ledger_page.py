"""The ledger's entries: an anchor a number, links that lead somewhere, nothing unescaped."""

import importlib
import re
from dataclasses import replace

import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import recipes, verdicts
from analysis_lib.presentation import ledger_page
from analysis_lib.presentation.tables import entry_address
from analysis_lib.printed import transcription
from analysis_lib.printed.names import PLACES


@pytest.fixture(scope="module")
def known():
    return recipes.load(transcription.load())


@pytest.fixture(scope="module")
def page(claims, known):
    return "".join(ledger_page.section(claims, known, where).html for where in PLACES)


def entry_of(page, id):
    return re.search(rf'<tr id="{re.escape(id)}".*?</tr>', page, re.DOTALL)[0]


def test_every_number_has_one_anchor(claims, page):
    assert re.findall(r'<tr id="([^"]+)"', page) == list(claims)


def test_every_link_between_entries_has_a_target(claims, page):
    links = re.findall(r'href="(ledger-[^"]+)"', page)
    assert links and set(links) <= {entry_address(id) for id in claims}


@pytest.mark.parametrize("place", PLACES)
def test_each_section_of_the_paper_has_its_page(place):
    text = (ROOT / "book" / f"ledger-{place}.md").read_text(encoding="utf-8")
    assert text == f"# Ledger: {PLACES[place]}\n\n```{{entries}} {place}\n```\n"
    assert f"file: book/ledger-{place}\n" in (ROOT / "_toc.yml").read_text(encoding="utf-8")


def test_an_entry_tells_where_its_number_comes_from(page):
    trace = re.sub("<[^>]+>", "|", entry_of(page, "table1.sex_male.p"))
    assert "|0.47 in Table 1|" in trace
    assert "|categorical_p| of |table1.sex_male.surgery.count|; |table1.sex_male.prrt_only.count|; |" in trace
    assert "|0.4687331065|" in trace
    assert "fisher 0.570916" in trace and "pearson 0.468733 (stated, the printed digits)" in trace
    assert "|tests/statistics/test_contingency.py|" in trace


def test_a_repeat_leads_to_the_first_printing_and_has_its_recipe(claims, known, page):
    id = next(i for i, c in claims.items() if c.number.same_as and i not in known and c.inputs)
    assert f'first printed at <a href="{entry_address(claims[id].number.same_as)}"' in entry_of(page, id)
    assert "<dt>Recipe" in entry_of(page, id)


def test_a_repeat_shows_both_verdicts_and_what_bears_out_the_first(claims, page):
    id = "results-survival.os.surgery.median"
    badges = re.findall(r'<span class="verdict ([\w-]+)">', entry_of(page, id))
    assert badges == ["repeated", claims[id].first]
    assert ledger_page.functions(claims[id]) == ledger_page.functions(claims["abstract.os.surgery.median"])


def test_every_function_named_exists_and_so_do_its_tests(claims, page):
    named = set(ledger_page.FUNCTION.findall(page))
    assert named == {name for claim in claims.values() for name in ledger_page.functions(claim)}
    for name in named:
        module, _, function = name.rpartition(".")
        assert hasattr(importlib.import_module(module), function) or importlib.import_module(name)
        assert (ROOT / ledger_page.tested_in(name)).is_file()


def test_every_entry_awaits_the_places_that_show_it(claims, page):
    assert ledger_page.PLACES_OF.findall(page) == list(claims)


def test_what_a_transcription_says_is_escaped(claims):
    id = next(iter(claims))
    claim = claims[id]
    nasty = replace(claim, number=replace(claim.number, item="<script>alert(1)</script>"), reason="a < b")
    html = ledger_page.section({id: nasty}, {}, claim.number.where).html
    assert "<script>" not in html and "a &lt; b" in html


def test_a_number_that_no_chapter_shows_has_the_reason_in_words(claims):
    def words(id):
        return re.sub("<[^>]+>", "", ledger_page.unshown(claims[id], claims))

    assert words("results-prrt.metastatic.all.percent").endswith("it goes into results-prrt.metastatic.all.count")
    assert words("abstract.os_ci.surgery.threshold").endswith("the authors chose it, so it is no result")
    assert words("discussion.stage_regional.cited").endswith("another study's number"), "a repeat as its first printing"


def test_every_verdict_has_a_colour_and_a_sign():
    for file, rule in (("book.css", "a.verdict.{}"), ("trace.css", ".{} .mark::before {{ content")):
        styles = (ROOT / "book" / "_static" / file).read_text(encoding="utf-8")
        for verdict in verdicts.VERDICTS:
            assert rule.format(verdict) in styles
