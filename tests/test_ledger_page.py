"""The ledger page: an anchor a number, links that lead somewhere, nothing unescaped."""

import re
from dataclasses import replace

import pytest

from analysis_lib import ledger, ledger_page
from analysis_lib.published import PLACES


@pytest.fixture(scope="module")
def claims():
    return ledger.audit()


@pytest.fixture(scope="module")
def page(claims):
    return "".join(ledger_page.section(claims, where, where).html for where in PLACES)


def test_every_number_has_one_anchor(claims, page):
    assert re.findall(r'<tr id="([^"]+)"', page) == list(claims)


def test_every_link_between_entries_has_a_target(claims, page):
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets and targets <= set(claims)


def test_an_entry_names_the_function_that_computed_it(claims, page):
    assert "analysis_lib.contingency" in page
    assert "analysis_lib.summaries.wald_p" in page


def test_what_a_transcription_says_is_escaped(claims):
    id = next(iter(claims))
    claim = claims[id]
    nasty = replace(claim, number=replace(claim.number, item="<script>alert(1)</script>"), reason="a < b")
    html = ledger_page.section({id: nasty}, claim.number.where, "x").html
    assert "<script>" not in html and "a &lt; b" in html


def test_filters_offer_only_what_occurs(claims):
    html = ledger_page.controls(claims).html
    offered = set(re.findall(r'<option value="([^"]+)"', html))
    assert offered == {c.verdict for c in claims.values()} | {c.method for c in claims.values() if c.method}


def test_the_page_is_light_enough_for_a_phone(page):
    assert len(page.encode()) < 1_500_000
