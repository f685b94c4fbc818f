"""Headline estimates of a rerun: right where there are any, a reason where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from bs4 import BeautifulSoup
from lifelines import KaplanMeierFitter
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.chapters import headlines, parameters
from analysis_lib.chapters.headlines import Settings
from analysis_lib.cohort import template, validation
from analysis_lib.ledger import audit
from analysis_lib.reconstruction import ensemble


@pytest.fixture(scope="module")
def shipped():
    return ensemble.load()


@pytest.fixture(scope="module")
def example():
    return validation.load(template.EXAMPLE)


def test_the_books_cohorts_have_the_printed_headlines(shipped):
    claims = audit.audit()
    found = headlines.estimates(shipped.patients[shipped.patients["cohort"] < 20], Settings(18))
    for headline in headlines.HEADLINES:
        if headline.printed:
            interval = claims[headline.printed].number.interval
            assert all(value in interval for value in found[headline.words]), headline.words
    assert all(len(values) == 20 for values in found.values())


def test_headlines_are_those_of_lifelines_and_statsmodels(example):
    found = headlines.estimates(example, Settings(18))
    operated = example["group"] == "surgery"
    fit = PHReg(example["os_years"], operated.astype(float), status=example["os_event"], ties="breslow").fit()
    assert found["Hazard ratio of surgery, death"].item() == pytest.approx(np.exp(fit.params[0]), rel=1e-6)
    others = example[~operated]
    curve = KaplanMeierFitter().fit(others["os_years"], others["os_event"])
    words = "Median overall survival, PRRT only, years"
    assert found[words].item() == pytest.approx(curve.median_survival_time_)


def test_a_later_landmark_changes_only_what_starts_there(example):
    first, second = (headlines.estimates(example, Settings(months)) for months in (12, 36))
    changed = {words for words in first if not np.array_equal(first[words], second[words])}
    assert changed == {"… from the landmark", "PRRT only: dead by the landmark, %"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c[c["group"] == "surgery"], "Hazard ratio of surgery, death"),
        (lambda c: c.drop(columns="months_to_surgery"), "… with surgery over time"),
        (lambda c: c.drop(columns="kps"), "… with the propensity score"),
        (lambda c: c.assign(os_event=0), "Median overall survival, PRRT only, years"),
        (lambda c: c.drop(columns=["pfs_years", "pfs_event"]), "Median progression-free survival, PRRT only, years"),
    ],
)
def test_what_a_cohort_lacks_is_a_reason(example, change, words):
    found = headlines.estimates(change(example), Settings(18))
    assert isinstance(found[words], str)
    assert set(found) == {headline.words for headline in headlines.HEADLINES}


def test_the_table_has_both_runs_and_escapes_the_reasons(example):
    values = parameters.check("discussion", {"cohort": "mine.csv", "landmark_months": 12.0})
    shown = headlines.table("discussion", audit.audit(), values, example.drop(columns="months_to_surgery")).html
    assert "12 months here and 18 in the book" in shown
    assert "not computed" in shown
    assert "nan" not in shown
    assert "<script" not in shown


def test_the_difference_is_this_run_less_the_books(example):
    values = parameters.check("survival", {"landmark_months": 18.0, "cohort": "mine.csv"})
    page = BeautifulSoup(headlines.table("survival", audit.audit(), values, example).html, "html.parser")
    rows = [[cell.text for cell in row.find_all("td")] for row in page.find_all("tr")[1:]]
    told = [(float(book.split()[0]), float(here.split()[0]), difference) for *_, book, here, difference in rows]
    assert len(told) == len(headlines.HEADLINES)
    for book, here, difference in told:
        assert difference[0] in "+-"
        assert float(difference) == pytest.approx(here - book, abs=0.011)
    assert {difference[0] for _, _, difference in told} == {"+", "-"}


def test_a_chapter_that_says_nothing_of_ties_has_breslows_and_the_books_own_run_has_no_table():
    assert Settings.of({"landmark_months": 12.0, "cohort": "mine.csv"}) == Settings(12.0, "breslow")
    assert Settings.of({"landmark_months": 12.0, "ties": "efron"}) == Settings(12.0, "efron")
    assert headlines.table("survival", {}, parameters.check("survival", {}), None) is None
