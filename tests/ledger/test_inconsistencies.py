"""Slips and open ends: every number in them is filled in, none typed."""

import csv
import re

import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import inconsistencies


def test_every_finding_is_filled_in(paper):
    found = inconsistencies.load(paper)
    assert len(found) >= 40
    for finding in found:
        for text in (finding.says, finding.shows, finding.consequence):
            assert "{" not in text and not re.search(r"\bnan\b|%%", text)
            assert text.strip().endswith(".")


def test_findings_follow_the_transcription(paper, tmp_path):
    file = tmp_path / "findings.csv"
    file.write_text(
        "rank,where,says,shows,consequence\ndetail,Table 1,{table1.sex_male.all.count} men,{=graded} graded,None.\n",
        encoding="utf-8",
    )
    (finding,) = inconsistencies.load(paper, file)
    assert finding.says == "25 men"
    # 25 + 12 + 2 + 1 of Table 1.
    assert finding.shows == "40 graded"
    assert finding.ids == ("table1.sex_male.all.count",)


def test_what_would_change_a_conclusion_comes_first_and_wording_last(paper, tmp_path):
    ranks = [finding.rank for finding in inconsistencies.load(paper)]
    assert (
        list(dict.fromkeys(ranks)) == list(inconsistencies.RANKS) == ["conclusion", "comparison", "detail", "wording"]
    )
    file = tmp_path / "findings.csv"
    lines = [f"{rank},x,{rank} {number},y,z" for number in (1, 2) for rank in reversed(inconsistencies.RANKS)]
    file.write_text("\n".join(["rank,where,says,shows,consequence", *lines]) + "\n", encoding="utf-8")
    found = inconsistencies.load(paper, file)
    assert [one.says for one in found] == [f"{rank} {number}" for rank in inconsistencies.RANKS for number in (1, 2)]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("detail,x,{no.such.id},y,z", "no.such.id"),
        ("detail,x,y,{=no_such_fact},z", "no_such_fact"),
        ("gossip,x,y,y,z", "gossip"),
    ],
)
def test_a_placeholder_or_rank_that_names_nothing_is_refused(paper, tmp_path, row, what):
    file = tmp_path / "findings.csv"
    file.write_text(f"rank,where,says,shows,consequence\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(what)) as error:
        inconsistencies.load(paper, file)
    assert "row 2" in str(error.value)


def test_no_finding_types_a_number_that_it_could_compute():
    # Years, degrees, table paper, the level 0.05 and the rule's 5 are names here, not results.
    allowed = re.compile(r"0\.05\b|Tables? \d|117|177|180°|\b2000\b|\b2020\b|5 or more|grade 1|100%|0\.055|Ki-67")
    with inconsistencies.FILE.open(encoding="utf-8", newline="") as stream:
        for cells in csv.DictReader(stream):
            for column in ("says", "shows", "consequence"):
                text = re.sub(r"\{[^}]*\}", "", cells[column])
                assert not re.search(r"\d", allowed.sub("", text)), (column, text)
