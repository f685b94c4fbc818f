"""The map of conclusions as the page shows it."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import discussion
from analysis_lib.ledger import conclusions
from analysis_lib.ledger.conclusions import Extremes
from analysis_lib.reconstruction import witnesses


@pytest.fixture(scope="module")
def judged(paper):
    return conclusions.load(paper, discussion.extremes(witnesses.load().table))


def test_two_cohorts_show_what_is_open():
    """The extremes are values of cohorts that one can look at by themselves."""
    columns = {
        "value": [0.3, 2.0, 3.0],
        "cohort": [7, 8, 9],
        "needs": ["", "", "late_surgery"],
        "steps": [10, 10, 1000],
    }
    pushed = pd.concat([pd.DataFrame(columns).assign(id=id) for id in ("x", "y")], ignore_index=True).drop(index=5)
    found = discussion.extremes(pushed)
    where = ", of a search of at most {} steps to either side"
    assert found["x"] == Extremes(
        0.3,
        3.0,
        "a long search for the opposite",
        f"the ends are reached by witness cohorts 7 and 9{where.format('1,000')}; the higher goes beyond narrower "
        "limits with an operation after day 1,300",
        (0.3, 2.0),
    )
    assert found["y"].witnesses == "the ends are reached by witness cohorts 7 and 8" + where.format("10")
    assert found["y"].narrow is None


def test_each_conclusion_stands_once_on_the_page(judged, claims):
    source = (ROOT / "book" / "discussion.md").read_text(encoding="utf-8")
    shown = "".join(
        discussion.map_table(judged, about, claims, "Found").html
        for about in re.findall(r"^verdicts_on\(\n    \"(\w+)\"", source, re.MULTILINE)
    )
    ids = re.findall(r'<span id="([\w-]+)">', shown)
    assert sorted(ids) == sorted(one.id.replace(".", "-") for one in judged)
    assert ids[: len(discussion.MAIN)] == [one.id.replace(".", "-") for one in judged if one.id in discussion.MAIN]
    unfolded = re.sub(r"<details>.*?</details>", "", shown)
    assert "<code>" not in shown and not re.search(r"cohorts? \d", unfolded)


def test_a_row_leads_to_its_page_and_to_its_numbers(judged, claims):
    one = next(c for c in judged if c.id == "survival.adjusted")
    html = discussion.map_table([one], "main", claims, "Found").html
    assert "the authors say so" in html
    assert '<a href="confounding.html">confounding</a>' in html
    assert re.findall(r'href="ledger-[\w-]+\.html#([^"]+)"', html) == list(one.rests_on)
    assert '<span class="verdict settled-true">settled: true</span>' in html


def test_what_is_not_settled_names_its_witnesses_in_the_fold(judged, claims):
    for one in judged:
        assert bool(one.witnesses) == (one.verdict in ("open", "resisted"))
    one = next(c for c in judged if c.id == "prrt.improved")
    html = discussion.map_table([one], "prrt", claims, "Found").html
    assert f"; {one.witnesses}</details>" in html


def test_each_page_that_a_conclusion_names_is_in_the_book(judged):
    assert {one.page for one in judged} <= {page.stem for page in (ROOT / "book").glob("*.md")}


def test_old_addresses_of_sections_stay():
    source = (ROOT / "book" / "discussion.md").read_text(encoding="utf-8")
    for section in ("immortal", "confounding", "denominators", "sentences", "literature", "conventions", "oracles"):
        assert f"\n(discussion-{section})=\n" in source
