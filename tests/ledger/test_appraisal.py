"""Forms filled in: every item once, with an answer that it allows, and no number typed that could be computed."""

import re

import pytest
import yaml

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import appraisal


@pytest.mark.parametrize(
    ("name", "items"), [("strobe", 34), ("robins-i-unadjusted", 3), ("robins-i-adjusted", 43), ("target", 39)]
)
def test_every_item_is_answered_in_order_and_without_a_typed_number(paper, name, items):
    form = appraisal.load(name, paper)
    assert [item.id for item in form.items] == list(appraisal.FORMS[name])
    assert len(form.items) == items
    # Names and not results: a grade, the emulation's period, a table, an index, another item, the ratio of no effect.
    allowed = re.compile(r"[gG]rade 1|24 months|Tables? \d( and \d)?|180°|Ki-67|under \d(\.\d to \d\.\d)?|include 1")
    for item in form.items:
        text = re.sub(r"\{[^}]*\}", "", item.evidence) + item.add
        assert not re.search(r"\d", allowed.sub("", text)), (item.id, text)


def test_every_chapter_to_read_on_exists(paper):
    pages = {page for name in appraisal.FORMS for item in appraisal.load(name, paper).items for page in item.pages}
    assert len(pages) > 10
    assert [page for page in sorted(pages) if not (ROOT / "book" / f"{page}.md").exists()] == []


def test_strobe_has_22_numbers_and_target_21(paper):
    for name, last in (("strobe", 22), ("target", 21)):
        numbers = {int(re.match(r"\d+", item.id)[0]) for item in appraisal.load(name, paper).items}
        assert numbers == set(range(1, last + 1))


def test_robins_i_answers_what_is_asked_and_nothing_else(paper):
    form = appraisal.load("robins-i-adjusted", paper)
    assert set(appraisal.judge(form)) == {"1A", "2", "3", "4", "5", "6", "overall"}
    items = [appraisal.Item(**{**vars(item), "answer": "Y"}) if item.id == "3.6" else item for item in form.items]
    with pytest.raises(InputError, match="3.6 is answered and not asked"):
        appraisal.judge(appraisal.Form(form.title, tuple(items)))


def changed(field, value):
    def change(content):
        content["items"][1][field] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("id", "B9"), "column 'id': item 'B9' is not the form's"),
        (changed("id", 4.1), "column 'id': item 4.1 is not the form's"),
        (changed("id", "B1"), "item B1 stands there 2 times"),
        (changed("answer", "maybe"), "column 'answer': item B2: 'maybe' is not allowed"),
        (changed("answer", False), "column 'answer': item B2: is not text"),
        (changed("topic", ""), "column 'topic': item B2: is not text"),
        (changed("evidence", "{no.such.id}"), "column 'evidence': item B2: {no.such.id} names nothing"),
        (changed("answer", "NA"), "column 'evidence': item B2: does not fit the answer"),
        (changed("pages", "survival"), "column 'pages': item B2: is not text"),
        (changed("evidense", "x"), r"column 'evidense': item B2: is no field (did you mean evidence?)"),
        (lambda content: content["items"].pop(), "item B3 stands there 0 times"),
        (lambda content: content["items"].append("B4"), "item None is not the form's"),
        (lambda content: content.pop("title"), "is not a form"),
    ],
)
def test_a_mistake_is_told_with_file_item_and_field(paper, tmp_path, change, message):
    content = yaml.safe_load((appraisal.FOLDER / "robins-i-unadjusted.yml").read_text(encoding="utf-8"))
    change(content)
    file = tmp_path / "form.yml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        appraisal.load("robins-i-unadjusted", paper, file)
    assert "form.yml" in str(error.value) and message in str(error.value)


@pytest.mark.parametrize(
    ("text", "what"), [("title: [", "is not YAML"), ("- x", "is not a form"), ("", "is not a form")]
)
def test_what_is_no_form_is_refused_in_one_line(paper, tmp_path, text, what):
    file = tmp_path / "form.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=what) as error:
        appraisal.load("strobe", paper, file)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="cannot be read"):
        appraisal.load("strobe", paper, tmp_path / "missing.yml")
