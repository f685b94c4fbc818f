"""The discussion's chapter on cohorts that lack something: it says what, and goes on."""

import re

import nbformat
import pytest

from analysis_lib import __main__ as commands
from analysis_lib.chapters import parameters
from analysis_lib.reconstruction import ensemble
from analysis_lib.statistics import binary_cox


def run(cohort, folder):
    """Words of all outputs of the chapter, run for one cohort."""
    file = folder / "cohort.csv"
    cohort.drop(columns="cohort").dropna(axis=1, how="all").to_csv(file, index=False)
    values = parameters.parse("discussion", [f"cohort={file}", "landmark_months=20"])
    notebook = nbformat.read(parameters.run("discussion", values, folder / "runs"), as_version=4)
    outputs = (o.get("data", {}).get("text/html", "") for c in notebook.cells for o in c.get("outputs", []))
    return re.sub(r"<[^>]+>", " ", " ".join(outputs))


@pytest.fixture
def cohort():
    return ensemble.load().one(0)


def test_without_surgery_times_only_what_needs_them_is_left_out(cohort, tmp_path):
    words = run(cohort.drop(columns="months_to_surgery"), tmp_path)
    assert "the time of surgery is not known of 26 of 26 operated patients" in words
    assert "Not computed: the swimmer plot" in words
    assert "landmark at 20 months" in words
    assert "Hazard ratio of heart transplantation" in words  # the last section


def test_with_one_group_and_no_deaths_it_goes_on(cohort, tmp_path):
    alone = cohort[cohort["group"] == "prrt_only"].assign(os_event=0, cause_of_death=None)
    words = run(alone, tmp_path)
    assert binary_cox.NO_EVENTS in words and binary_cox.NO_CONTRAST in words
    assert "Hazard ratio of heart transplantation" in words


def test_where_the_score_separates_the_groups_it_is_told_and_no_ratio_is_shown(cohort, tmp_path):
    apart = cohort.assign(kps=cohort["group"].map({"surgery": 100, "prrt_only": 70}))
    words = run(apart, tmp_path)
    assert "Not computed: the adjusted ratios." in words and "the covariates tell the groups apart" in words
    assert "nan to nan" not in words
    assert "Hazard ratio of heart transplantation" in words


def test_a_cluster_that_is_not_there_ends_the_chapter_and_is_not_taken_for_a_want_of_the_cohorts(tmp_path, capsys):
    arguments = ["chapter", "discussion", "--scheduler", "nowhere://at-all", "--out", str(tmp_path)]
    assert commands.main(arguments) == commands.BAD_INPUT
    told = capsys.readouterr().err
    assert "no Dask scheduler answers at 'nowhere://at-all'" in told
