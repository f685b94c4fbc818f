"""The discussion's chapter on cohorts that lack something: it says what, and goes on."""

import re

import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.reconstruction import ensemble
from analysis_lib.statistics import binary_cox
from tests.book import cells


def words(cohort, folder, *about):
    """What the cells that hold these words, and those they build on, show of one cohort."""
    file = folder / "cohort.csv"
    cohort.drop(columns="cohort").dropna(axis=1, how="all").to_csv(file, index=False)
    shown = cells.run("discussion", about, {"cohort": str(file), "landmark_months": 20.0})
    return re.sub(r"<[^>]+>", " ", shown)


@pytest.fixture
def cohort():
    return ensemble.load().one(0)


def test_without_surgery_times_only_what_needs_them_is_left_out(cohort, tmp_path):
    shown = words(cohort.drop(columns="months_to_surgery"), tmp_path, '"the swimmer plot"', "headlines.table")
    assert "the time of surgery is not known of 26 of 26 operated patients" in shown
    assert "Not computed: the swimmer plot" in shown
    assert "landmark of 20 months" in shown


def test_with_one_group_and_no_deaths_it_goes_on(cohort, tmp_path):
    alone = cohort[cohort["group"] == "prrt_only"].assign(os_event=0, cause_of_death=None)
    shown = words(alone, tmp_path, '"the swimmer plot"', '"the adjusted ratios"')
    assert binary_cox.NO_EVENTS in shown and binary_cox.NO_CONTRAST in shown


def test_where_the_score_separates_the_groups_it_is_told_and_no_ratio_is_shown(cohort, tmp_path):
    apart = cohort.assign(kps=cohort["group"].map({"surgery": 100, "prrt_only": 70}))
    shown = words(apart, tmp_path, '"the adjusted ratios"')
    assert "Not computed: the adjusted ratios." in shown and "the covariates tell the groups apart" in shown
    assert "nan to nan" not in shown


def test_a_cluster_that_is_not_there_ends_the_chapter_and_is_not_taken_for_a_want_of_the_cohorts(
    cohort, tmp_path, monkeypatch
):
    monkeypatch.setenv("BOOK_SCHEDULER", "nowhere://at-all")
    with pytest.raises(InputError, match="no Dask scheduler answers at 'nowhere://at-all'"):
        words(cohort, tmp_path, "^redrawn = |\nredrawn = ")
