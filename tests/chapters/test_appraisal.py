"""The chapter on appraisal: its headings are what the algorithms give, and a form can be saved whole."""

import csv
import io
import re

from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import appraisal as chapter
from analysis_lib.ledger import appraisal
from analysis_lib.presentation import tables

PAGE = (ROOT / "book" / "appraisal.md").read_text(encoding="utf-8")


def test_the_headings_and_the_first_lines_say_what_comes_out():
    before, after = (appraisal.judge(chapter.load(f"robins-i-{name}adjusted"))["overall"] for name in ("un", ""))
    assert re.search(r"^## Risk of bias before adjustment: (.*)", PAGE, re.MULTILINE)[1] == before.lower()
    assert re.search(r"^## Risk of bias after adjustment: (.*)", PAGE, re.MULTILINE)[1] == after.lower()
    words = chapter.quoted(chapter.load("robins-i-adjusted"))
    # Milder in none, more severe in some.
    assert words["better"] == "0" < words["worse"]
    # The text calls more items met in part than in full, and most met in one of the two ways.
    counts = {name: int(text) for name, text in chapter.reporting().items()}
    full, part = counts["strobe_reported"], counts["strobe_partly"]
    assert full < part and full + part > 0.8 * counts["strobe_items"]


def test_evidence_links_each_printed_number_to_the_ledger(claims):
    form = chapter.load("strobe")
    html = chapter.form_table(form, claims).html
    assert html.count("<tr>") == len(form.items) + 1
    for item in form.items:
        for id in re.findall(r"\{([^=}][^}]*)\}", item.evidence):
            assert f'href="{tables.entry_address(id)}"' in html
    assert "{" not in html


def test_questions_that_are_not_asked_are_left_to_the_file(claims):
    form = chapter.load("robins-i-adjusted")
    html = chapter.form_table(form, claims, folded=True).html
    asked = [item.id for item in form.items if item.answer != "NA"]
    assert re.findall(r'data-label="Item"><div>(.*?)</div>', html) == asked
    assert f"All {len(asked)} items" in html


def test_a_form_is_saved_whole_with_its_judgements():
    form = chapter.load("robins-i-adjusted")
    rows = list(csv.DictReader(io.StringIO(chapter.as_csv(form))))
    assert [row["item"] for row in rows] == [*form.answers, *appraisal.judge(form)]
    assert {row["item"]: row["answer"] for row in rows}["overall"] == appraisal.judge(form)["overall"]
    assert not any("{" in row["evidence"] for row in rows)
    assert rows[0]["evidence"] == "The score takes the hazard ratio from 0.264 to 0.629."


def test_both_variants_of_the_first_domain_stand_in_the_table():
    html = chapter.domain_table(chapter.load("robins-i-adjusted")).html
    assert re.findall(r'data-label="Domain"><div>(.*?)</div>', html) == ["1A", "1B", "2", "3", "4", "5", "6"]
    assert "1B.1 no · 1B.4 yes" in html
