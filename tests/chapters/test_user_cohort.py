"""Somebody's patients beside print: the right numbers, in whatever is there of them, and no traceback."""

from __future__ import annotations

import re

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from scipy import stats
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools import add_constant

from analysis_lib.base.errors import InputError
from analysis_lib.chapters import user_cohort
from analysis_lib.cohort import public as public_cohorts
from analysis_lib.cohort import template, validation
from analysis_lib.ledger import audit
from analysis_lib.presentation.tables import PLACES
from analysis_lib.reconstruction import ensemble

CHAPTERS = (
    ["methods", "table1"],
    ["results-prrt", "table2"],
    ["results-response"],
    ["results-surgery", "table3"],
    ["results-radiology", "table4"],
    ["results-survival", "table5"],
)


@pytest.fixture(scope="module")
def claims():
    return audit.audit()


@pytest.fixture(scope="module")
def example():
    return validation.load(template.EXAMPLE)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_shipped_cohort_gives_every_printed_number(claims):
    found = user_cohort.statistics(ensemble.load().one(7), user_cohort.targets(PLACES))
    assert len(found) > 400
    missed = [id for id, value in found.items() if value not in claims[id].number.interval]
    assert missed == []


def test_the_examples_statistics_are_those_of_ordinary_libraries(example):
    found = user_cohort.statistics(example, user_cohort.targets(place for places in CHAPTERS for place in places))
    operated = example["group"] == "surgery"
    first, second = example[operated], example[~operated]
    assert found["table1.age.all.mean"] == pytest.approx(example["age_years"].mean())
    assert found["table1.sex_male.surgery.count"] == (first["sex"] == "male").sum()
    activities = (part["prrt_activity_gbq"] for part in (first, second))
    test = stats.mannwhitneyu(*activities, use_continuity=False, method="asymptotic")
    assert found["table2.activity.p"] == pytest.approx(test.pvalue)
    curve = KaplanMeierFitter().fit(second["pfs_years"], second["pfs_event"])
    assert found["results-survival.pfs.prrt_only.median"] == pytest.approx(curve.median_survival_time_)
    times = (part["os_years"] for part in (first, second))
    test = logrank_test(*times, first["os_event"], second["os_event"])
    assert found["results-survival.os.p"] == pytest.approx(test.p_value)
    known = example.dropna(subset="tumour_size_post_mm")
    fit = Logit((known["group"] == "surgery").astype(float), add_constant(known["tumour_size_post_mm"])).fit(disp=0)
    assert found["table5.size_post_surgery.or"] == pytest.approx(np.exp(fit.params.iloc[1]), rel=1e-6)


@pytest.mark.parametrize("places", CHAPTERS, ids=" ".join)
def test_no_chapter_shows_a_bare_nan_of_the_example_or_of_public_patients(claims, example, places):
    for patients in (example, *(validation.load(public.file) for public in public_cohorts.PUBLIC)):
        shown = words(user_cohort.table(claims, patients, places, "Printed, and here").html)
        assert "nan" not in shown.casefold().split()
        assert "inf" not in shown.split()


def test_a_share_is_of_those_in_whom_it_is_known(claims, example):
    known = example["sex"].mask(example["patient"] <= 10)
    shown = words(user_cohort.table(claims, example.assign(sex=known), ["table1"], "").html)
    men, of = (known == "male").sum(), known.notna().sum()
    assert f"{men} of {of}" in shown


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.drop(columns="kps"), "lacks the column 'kps'"),
        (lambda c: c.assign(kps=np.nan), "lacks the column 'kps'"),
        (lambda c: c[c["group"] == "surgery"], "not defined"),
        (lambda c: c.assign(os_event=0), "not defined"),
        (lambda c: c.assign(kps=c["group"].map({"surgery": 100, "prrt_only": 70})), "not defined"),
        (lambda c: c.head(1), "not defined"),
    ],
    ids=["no column", "a blank column", "one group", "no deaths", "groups told apart by a covariate", "one patient"],
)
def test_what_cannot_be_computed_is_said_and_the_rest_is_there(claims, example, change, says):
    shown = words(user_cohort.table(claims, change(example), ["results-survival", "table5"], "").html)
    assert says in shown.replace("&#x27;", "'")
    assert "deaths during follow-up" in shown
    assert "nan" not in shown.casefold().split()


def test_the_books_own_run_shows_nothing_and_a_file_shows_its_curves_and_its_name_escaped(claims, example, tmp_path):
    assert user_cohort.report(claims, "shipped", ["table5"]) is None
    file = tmp_path / "<b>mine.csv"
    example.drop(columns=["cohort", "dfs_years", "dfs_event"]).to_csv(file, index=False)
    shown = user_cohort.report(claims, str(file), ["table5"], endpoints=["os", "dfs"]).html
    assert "<b>mine" not in shown and "&lt;b&gt;mine" in shown
    assert shown.count("<figure") == 1
    assert "Not computed: curves, without recurrence" in words(shown)
    assert f"{len(example)} patients" in shown


def test_of_several_cohorts_the_one_that_is_picked_is_shown(claims):
    several = ensemble.load().patients.query("cohort < 3")
    shown = user_cohort.report(claims, "mine.parquet", ["table5"], several, pick=max).html
    assert "3 cohorts, of which number 2 is shown" in shown


def test_a_file_that_is_not_well_formed_is_refused(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("patient,group,os_years,os_event\n1,surgry,3,1\n")
    with pytest.raises(InputError, match="surgry"):
        user_cohort.load(str(file))
