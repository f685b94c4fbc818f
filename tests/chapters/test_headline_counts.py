"""Headline numbers of a rerun that counts: right in any patients, with what a changed parameter moves."""

from __future__ import annotations

import re

import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis_lib.chapters import headline_counts, parameters
from analysis_lib.chapters.headline_counts import HEADLINES
from analysis_lib.cohort import template, validation
from analysis_lib.ledger import audit
from analysis_lib.reconstruction import ensemble

USUAL = {"confidence": 0.95, "interval": "exact"}


@pytest.fixture(scope="module")
def claims():
    return audit.audit()


@pytest.fixture(scope="module")
def numbers(claims):
    return {id: claim.number for id, claim in claims.items()}


@pytest.fixture(scope="module")
def example():
    return validation.load(template.EXAMPLE)


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows][1:]


@pytest.mark.parametrize("chapter", HEADLINES)
def test_a_reconstructed_cohort_has_the_printed_headlines(chapter, numbers):
    found = headline_counts.estimates(ensemble.load().one(3), chapter, numbers, {})
    assert list(found) == list(HEADLINES[chapter])
    for id, estimate in found.items():
        share = id.replace(".count", ".percent")
        if share in numbers:
            assert numbers[share].printed.prints(estimate.value), id
        elif not id.endswith(".count"):
            assert estimate.value in numbers[id].interval, id


def test_shares_and_limits_are_those_of_pandas_and_statsmodels(example, numbers):
    values = {"confidence": 0.8, "interval": "wilson"}
    found = headline_counts.estimates(example, "response", numbers, values)["results-response.pr.all.count"]
    known = example["best_response"].dropna()
    count = (known == "PR").sum()
    low, high = proportion_confint(count, len(known), alpha=0.2, method="wilson")
    assert found.value == pytest.approx(100 * count / len(known))
    assert found.limits == pytest.approx((100 * low, 100 * high))
    assert f"{count} of {len(known)}" in found.text


def test_another_level_moves_the_limits_and_nothing_else(claims):
    rows = cells(
        headline_counts.table("toxicity", claims, parameters.check("toxicity", {"confidence": 0.8}), None).html
    )
    assert len(rows) == len(HEADLINES["toxicity"])
    shares = [row for row in rows if "%" in row[3]]
    assert shares and all(row[3] != row[4] and row[5].startswith("+0.0 (limits +") for row in shares)
    assert all(row[3] == row[4] and row[5] == "+0.0" for row in rows if row not in shares)


def test_other_patients_are_set_against_the_books(claims, example):
    values = parameters.check("surgery", {"cohort": "mine.csv"})
    rows = cells(headline_counts.table("surgery", claims, values, example.drop(columns="months_to_surgery")).html)
    assert rows[0][4].startswith("not computed: ") and rows[0][5] == "–"
    r0 = next(row for row in rows if "R0" in row[0])
    operated = example[example["group"] == "surgery"]["resection_margin"].dropna()
    share = 100 * (operated == "R0").mean()
    assert f"{share:.1f}%" in r0[4] and r0[5].startswith(f"{share - 100 * 19 / 26:+.1f} ")


def test_nobody_of_a_group_gives_no_share(claims, example):
    alone = example[example["group"] == "prrt_only"]
    rows = cells(headline_counts.table("tvi", claims, parameters.check("tvi", {"cohort": "mine.csv"}), alone).html)
    assert rows[0][4:] == ["not defined", "–"]


def test_the_books_own_run_has_no_such_table(claims):
    assert headline_counts.table("methods", claims, parameters.check("methods", {}), None) is None
