"""The chapter on immortal time shows what the analyses give, and its sentences hold of the ensemble."""

import re

import numpy as np
import pytest

from analysis_lib.analyses import immortal_time
from analysis_lib.chapters import immortal_time as chapter
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.reconstruction import witnesses

QUARTILES = (12.2, 14.8, 18.3)


@pytest.fixture(scope="module")
def ensemble():
    return ensembles.load()


@pytest.fixture(scope="module")
def few(ensemble):
    return ensemble.patients[ensemble.patients["cohort"] < 6]


@pytest.fixture(scope="module")
def ratios(few):
    return chapter.hazard_ratios(few, [12.0, 18.0], QUARTILES, 0.95)


@pytest.fixture(scope="module")
def summary(ratios, ensemble):
    return chapter.summarise(ratios, ensemble.origin["scheme"])


def test_a_swimmer_plot_has_a_lane_for_each_patient_cut_at_the_operation(ensemble):
    one = ensemble.one(0)
    picture = chapter.swimmer(one, 18)
    rows = [line.split(",") for line in picture.csv.splitlines()]
    assert rows[0] == ["patient", "group", "os_years", "os_event", "years_to_surgery"] and len(rows) == 50
    assert sum(float(row[2]) for row in rows[1:]) == pytest.approx(one["os_years"].sum(), abs=0.05)
    assert "The 26 of the surgery group" in picture.alt


def test_each_row_of_the_table_spans_the_cohorts(ratios, few):
    html = chapter.table(ratios, {}, "pfs", 18).html
    found = immortal_time.landmark(few, 18, "pfs")
    row = re.search(r"Landmark, 18 months<.*?</tr>", html).group()
    assert f"{found['hr'].min():.2f} to {found['hr'].max():.2f}" in row
    assert f">{(found['ci_high'] < 1).sum()} of 6<" in row
    low, high = found["hr"].quantile([0.05, 0.95])
    assert f">{low:.2f} to {high:.2f}<" in row and ">not pushed<" in row
    assert "Target trial" not in html and "Target trial" in chapter.table(ratios, {}, "os", 18).html
    assert ratios.groupby(["endpoint", "analysis"]).size().eq(6).all()


def test_another_confidence_moves_the_upper_limits_alone(few, ratios):
    wider = chapter.hazard_ratios(few, [12.0, 18.0], QUARTILES, 0.99)
    assert wider["hr"].equals(ratios["hr"])
    limited = ratios["upper"].notna()
    assert (wider["upper"] > ratios["upper"])[limited].all()
    naive = ratios[ratios["analysis"] == chapter.AS_PUBLISHED].set_index(["endpoint", "cohort"])["upper"]
    assert naive["os"].to_numpy() == pytest.approx(immortal_time.naive(few)["ci_high"].to_numpy())


def test_the_folded_tables_keep_every_analysis_by_censoring_assumption(summary):
    html = chapter.by_assumption(summary).html
    one = summary[(summary["endpoint"] == "os") & (summary["analysis"] == chapter.LATE)].set_index("scheme").loc["B"]
    assert f"{one['median']:.2f} ({one['lowest']:.2f} to {one['highest']:.2f})" in html
    assert html.count("<details") == 2 and html.count("<tr>") == len(summary) / 2 + 2


def test_the_figure_has_every_analysis_and_its_band_reaches_what_was_pushed(ratios):
    name = chapter.landmark_name(18)
    of = ratios[ratios["endpoint"] == "os"]
    plain, pushed = (chapter.forest_plot(ratios, e, "os", "Finding.") for e in ({}, {("os", name): (0.02, 1.5)}))
    assert len(plain.csv.splitlines()) == of["analysis"].nunique() + 1
    drawn = of.loc[of["analysis"] == name, "hr"]
    assert f"{name}: simulated: {drawn.min():.2f} to {drawn.max():.2f}." in plain.alt
    assert f"{name}: simulated: 0.02 to 1.50." in pushed.alt
    assert "0.02 to 1.50" in chapter.table(ratios, {("os", name): (0.02, 1.5)}, "os", 18).html


def test_bootstrap_limits_hold_the_cohorts_own_ratio(few):
    limits = chapter.bootstrap(few)
    own = chapter.hazard_ratios(few, [], QUARTILES, 0.95)
    own = own[own["analysis"] == chapter.WEIGHTED].set_index("cohort")["hr"].loc[limits.index]
    assert ((limits["low"] < own) & (own < limits["high"])).all()


def test_the_sentences_of_the_chapter_hold_of_the_ensemble(ensemble):
    ratios = chapter.hazard_ratios(ensemble.patients, [12.0, 18.0, 24.0], QUARTILES, 0.95)
    summary = chapter.summarise(ratios, ensemble.origin["scheme"])
    extremes = chapter.farthest(summary, witnesses.load())
    assert all(low < high for low, high in extremes.values()) and len(extremes) == len(chapter.PUSHED)
    words = chapter.words(ratios, extremes, ensemble.patients, 0, 18.0)
    by = ratios.set_index(["endpoint", "analysis"])["hr"].sort_index()
    # "Most of the advantage remains", in most cohorts, wherever the operations lie.
    assert int(words["half"].rstrip("%")) < 25
    assert all((by["os", name] < 1).all() for name in (chapter.OVER_TIME, chapter.EARLY, chapter.LATE))
    # For PFS the correction can take everything, and more of it goes than for OS.
    assert by["pfs", chapter.OVER_TIME].max() > 1
    assert int(words["pfs_gone"].rstrip("%")) > 50 > int(words["os_gone"].rstrip("%"))
    # The choice of patients takes at least as much as the wait, in the median cohort.
    naive, trial, adjusted = (
        np.log(by["os", n]).median() for n in (chapter.AS_PUBLISHED, chapter.TRIAL, chapter.WEIGHTED)
    )
    assert adjusted - trial >= trial - naive > 0
    # A landmark at 12 months says nothing.
    assert by["os", chapter.landmark_name(12)].min() < 0.2 and by["os", chapter.landmark_name(12)].max() > 5
    # The adversary takes the landmark ratio at 18 months far past 1, where no cohort of the ensemble is.
    assert extremes["os", chapter.landmark_name(18)][1] > 2 > by["os", chapter.landmark_name(18)].max()
    # It takes the time-dependent ratio past 1 too, and only beyond the narrower limits on dates.
    found = witnesses.load()
    assert found.extremes("time_dependent_hr", narrow=True)[1] < 0.7
    assert "an operation after day 1,300" in chapter.needs_of_the_farthest(found, "time_dependent_hr")
    assert extremes["os", chapter.OVER_TIME][1] > 1
