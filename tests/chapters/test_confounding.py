"""The chapter on confounding shows what the analyses give, and its sentences hold of the ensemble."""

import numpy as np
import pytest

from analysis_lib.analyses import influence, propensity_weighting
from analysis_lib.chapters import confounding as chapter
from analysis_lib.reconstruction import ensemble as ensembles


@pytest.fixture(scope="module")
def patients():
    frame = ensembles.load().patients
    return frame.assign(partial_response=(frame["best_response"] == "PR").astype(float))


@pytest.fixture(scope="module")
def few(patients):
    return patients[patients["cohort"] % 200 == 0]


@pytest.fixture(scope="module")
def adjusted(few):
    return chapter.adjust(few, 0.9, 40, 1)


@pytest.fixture(scope="module")
def one_less(few):
    return influence.leave_one_out(few, list(chapter.TABLE_5))


def test_without_the_early_death_activity_is_significant_in_no_cohort(patients):
    found = influence.univariable(patients[patients["dose_adjustment"] != "death"], ["prrt_activity_gbq"])
    assert len(found) == patients["cohort"].nunique() and found["p_death"].min() > 0.05
    later = influence.univariable(patients[patients["os_years"] > 8 / 12], ["prrt_activity_gbq"])
    assert later["p_death"].min() > 0.05
    html = chapter.p_value_table({"Without": found}).html
    assert f"{found['p_death'].min():.2g} to {found['p_death'].max():.2g}" in html


def test_grade_and_performance_score_are_significant_for_death_without_any_one_patient(one_less):
    worst = one_less.groupby("covariate")["p_death"].max()
    # For surgery about half of the patients can tip activity and size.
    all_in = {"prrt_activity_gbq": True, "tumour_size_post_mm": False}  # published as 0.047 and 0.050
    for name, significant in all_in.items():
        mine = one_less[one_less["covariate"] == name]
        tips = ((mine["p_surgery"] < 0.05) != significant).groupby(mine["cohort"]).sum().median()
        assert 15 < tips < 35
    assert (worst[["grade_1", "kps"]] < 0.05).all() and (
        worst[["prrt_activity_gbq", "tumour_size_post_mm"]] > 0.05
    ).all()


def test_the_figure_marks_the_early_death_among_all_that_are_left_out(one_less, few, paper):
    early = few[few["dose_adjustment"] == "death"].set_index("cohort")["patient"]
    picture = chapter.influence_figure(one_less, early, paper)
    rows = {tuple(line.split(",")[:2]): line.split(",")[2:] for line in picture.csv.splitlines()[1:]}
    assert len(rows) == 2 * len(chapter.TABLE_5)
    published, low, high, without = rows["cumulative activity", "death"]
    assert published == "0.007" and float(low) < 0.007 < 0.05 < float(without) <= float(high)


def test_the_forest_has_each_score_and_method_with_the_published_results(adjusted):
    picture = chapter.forest_plot(adjusted, {"Published": (0.629, 0.189, 2.09)})
    lines = picture.csv.splitlines()
    assert len(lines) == 1 + 1 + 1 + len(chapter.SCORES) * (len(propensity_weighting.METHODS) - 1)
    assert lines[1] == ",Published,0.629,0.189,2.09,,"
    assert lines[2].startswith(',"Simulated, not adjusted",')
    words = chapter.words(adjusted)
    low, high = np.percentile(adjusted["all but activity"].ratios["iptw"], (5, 95))
    assert words["without_iptw"] == f"{low:.2f} to {high:.2f}"


def test_a_higher_confidence_widens_the_bootstrap_limits_alone(few, adjusted):
    wider = chapter.adjust(few, 0.99, 40, 1)
    for name, of in adjusted.items():
        assert of.ratios.equals(wider[name].ratios)
        assert (wider[name].low["iptw"] < of.low["iptw"]).all() and (wider[name].high["iptw"] > of.high["iptw"]).all()


def test_overlap_weights_leave_no_difference_and_the_figure_says_so(adjusted):
    picture = chapter.balance(next(iter(adjusted.values())).sample, 0)
    overlap = [line.split(",") for line in picture.csv.splitlines() if "overlap weights" in line]
    assert len(overlap) == 4 and all(abs(float(value)) == 0 for row in overlap for value in row[2:])


def test_the_sentences_of_the_chapter_hold_of_the_ensemble(patients):
    ratios = {
        name: np.exp(propensity_weighting.log_hazard_ratios(propensity_weighting.stack(patients, covariates)))
        for name, covariates in chapter.SCORES.items()
    }
    medians = {name: found["covariate"].median() for name, found in ratios.items()}
    # What was known before PRRT explains more than what followed.
    assert medians["grade 1 and performance score"] > medians["activity and size after PRRT"]
    # Without activity the ratio lies on both sides of the published one.
    low, high = np.percentile(ratios["all but activity"]["covariate"], (5, 95))
    assert low < 0.629 < high
