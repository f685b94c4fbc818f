"""A page carries what the cards of its numbers, terms and citations say."""

import json
import re
import sys

import pytest

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import cards  # noqa: E402
from finish_pages import Place  # noqa: E402

HR = "results-survival.cox_surgery.hr"
GLOSSARY = (
    '<dl><dt id="term-PRRT">PRRT<a href="#term-PRRT">#</a></dt><dd><p>A drug &amp; its\n<b>cycles</b>.</p></dd></dl>'
)
PAGE = f'<body><a href="ledger-results-survival.html#{HR}">0.264</a><a href="glossary.html#term-PRRT">PRRT</a></body>'
TITLES = {"survival": "Survival", "index": "Front"}


def data_of(html):
    return json.loads(re.search(r'<script type="application/json" id="cards">(.*?)</script>', html)[1])


@pytest.fixture(scope="module")
def page(claims):
    places = {HR: [Place("survival", f"at-{HR}"), Place("index", f"at-{HR}"), Place("index", f"at-{HR}-2")]}
    known = cards.texts({"glossary": GLOSSARY})
    return cards.with_cards("survival", PAGE, [HR], claims, places, TITLES, known)


def test_a_number_s_card_says_what_the_ledger_says(page, claims):
    item, printed, _, verdict, _, reason, elsewhere = data_of(page)["numbers"][HR]
    claim = claims[HR]
    words = data_of(page)["words"]
    assert (words[item], printed, words[verdict]) == (claim.number.item, "0.264", claim.verdict)
    assert claim.reason.startswith(reason) and reason.endswith(".")
    assert elsewhere == [["index", "-2"]], "each other page once"
    assert data_of(page)["titles"] == {"index": "Front"}


def test_a_term_s_card_is_its_definition_in_plain_text(page):
    assert data_of(page)["texts"] == {"glossary.html#term-PRRT": "A drug & its cycles."}


def test_a_page_without_numbers_and_terms_carries_nothing(claims):
    assert cards.with_cards("survival", "<body>text</body>", [], claims, {}, TITLES, {}) == "<body>text</body>"


def test_no_text_ends_the_script_early(claims):
    html = '<body><a href="glossary.html#a">a</a></body>'
    made = cards.with_cards("p", html, [], claims, {}, {}, {"glossary.html#a": "</script><b>"})
    assert made.count("</script>") == 1 and data_of(made)["texts"]["glossary.html#a"] == "</script><b>"


def test_a_reason_is_cut_after_its_first_sentence():
    assert cards.first_sentence("It is 0.5 of 3. The rest follows.") == "It is 0.5 of 3."
