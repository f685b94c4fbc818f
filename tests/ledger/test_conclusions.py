"""The map of conclusions: computed verdicts, with which the file must agree."""

from __future__ import annotations

import math
import re

import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.chapters import discussion
from analysis_lib.ledger import conclusions
from analysis_lib.ledger.conclusions import Extremes, Statement
from analysis_lib.reconstruction import witnesses


@pytest.fixture(scope="module")
def extremes():
    return discussion.extremes(witnesses.load().table)


@pytest.fixture
def edited(tmp_path):
    """Write the shipped file, changed."""

    def write(pattern: str, by: str):
        text = conclusions.FILE.read_text(encoding="utf-8")
        found, n = re.subn(pattern, by, text, flags=re.MULTILINE)
        assert n == 1
        file = tmp_path / "conclusions.csv"
        file.write_text(found, encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [
        (0.3, 1.2, "open", "The ratio is 0.30 in one simulated cohort and 1.20 in another."),
        (0.3, 0.8, "resisted", "The ratio came no nearer to 1 than 0.80, in 3 cohorts."),
    ],
)
def test_a_statement_is_open_if_its_limit_lies_between_the_extremes(paper, low, high, verdict, words):
    found = Statement("x", "The ratio").judge(paper, Extremes(low, high, "3 cohorts"))
    assert found == (verdict, words)


def test_the_reason_says_what_to_think_of_the_extremes(paper):
    noted = Statement("x", "The ratio", note="Few patients decide.")
    assert noted.judge(paper, Extremes(0.3, 1.2, "3 cohorts"))[1].endswith("1.20 in another. Few patients decide.")


def test_a_statement_may_say_that_a_quantity_is_above(paper):
    above = Statement("x", "The ratio", above=True)
    assert above.judge(paper, Extremes(1.1, 2.0, "3 cohorts"))[1].endswith("than 1.10, in 3 cohorts.")
    with pytest.raises(ValueError, match=r"holds in no simulated cohort: x is 0\.20 to 0\.90"):
        above.judge(paper, Extremes(0.2, 0.9, "3 cohorts"))


def test_what_only_wide_limits_on_dates_open_says_how_near_narrower_ones_came(paper):
    found = Statement("x", "The ratio").judge(paper, Extremes(0.3, 1.2, "", narrow=(0.4, 0.6)))
    assert found[0] == "open"
    assert found[1].endswith("in another. Within narrower limits on dates it came no nearer to 1 than 0.60.")
    both = Statement("x", "The ratio").judge(paper, Extremes(0.3, 1.2, "", narrow=(0.4, 1.1)))
    assert both[1].endswith("1.20 in another.")


def test_the_reason_may_name_the_limit(paper):
    half = Statement("x", "Above {limit} it fails. It", limit=lambda numbers: 0.514)
    assert half.judge(paper, Extremes(0.2, 0.9, ""))[1].startswith("Above 0.51 it fails. It is 0.20 in")


def test_a_quantity_without_value_settles_nothing(paper):
    with pytest.raises(ValueError, match="nan"):
        Statement("x", "The ratio").judge(paper, Extremes(math.nan, math.nan, "3 cohorts"))


def test_the_shipped_file_has_each_conclusion_with_its_verdict_and_reason(paper, extremes):
    found = conclusions.load(paper, extremes)
    assert {one.id for one in found} == conclusions.SETTLED.keys() | conclusions.STATEMENTS.keys()
    assert {one.verdict for one in found} <= set(conclusions.VERDICTS)


@pytest.mark.parametrize("id_", ["survival.os", "survival.baseline", "survival.chance"])
def test_a_verdict_that_is_not_the_computed_one_is_refused_by_its_row(paper, extremes, edited, id_):
    file = edited(rf"^({id_},.*),(settled-true|settled-false|open),", r"\1,resisted,")
    row = next(k for k, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if line.startswith(id_))
    with pytest.raises(InputError, match=f"{re.escape(id_)} is resisted here, and .* by calculation") as error:
        conclusions.load(paper, extremes, file)
    assert (error.value.row, error.value.column) == (row, "verdict")


@pytest.mark.parametrize(
    ("pattern", "by", "what"),
    [
        (r"^survival\.os,", "survival.oss,", "did you mean survival.os"),
        (r"results-survival\.cox_score\.hr ", "results-survival.cox_scor.hr ", "is not the id of a published number"),
        (r"^(survival\.os,.*),authors,", r"\1,nobody,", "'nobody' is unknown"),
        (r"^survival\.os,.*\n", "", "lacks the conclusion 'survival.os'"),
        (r"^(survival\.os,.*\n)", r"\1\1", "has the conclusion 'survival.os' twice"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(paper, extremes, edited, pattern, by, what):
    file = edited(pattern, by)
    with pytest.raises(InputError, match=re.escape(what)):
        conclusions.load(paper, extremes, file)
