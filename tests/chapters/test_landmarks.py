"""The figure with a slider over the landmark shows what the landmark analyses give."""

import re

import pytest

from analysis_lib.analyses import immortal_time
from analysis_lib.chapters import landmarks
from analysis_lib.reconstruction import ensemble as ensembles


@pytest.fixture(scope="module")
def patients():
    return ensembles.load(columns="group os_years os_event pfs_years pfs_event months_to_surgery".split()).patients


@pytest.fixture(scope="module")
def few(patients):
    return patients[patients["cohort"] < 12]


@pytest.fixture(scope="module")
def found(few):
    return landmarks.over_months(few, [12, 13, 18, 24])


def test_a_row_has_the_range_and_the_shares_of_the_cohorts_at_its_landmark(few, found):
    for endpoint, at in (("os", 12), ("pfs", 18)):
        own, row = immortal_time.landmark(few, at, endpoint), found.loc[(endpoint, at)]
        ratio = own["hr"]
        assert row[["lowest", "median", "highest"]].tolist() == [ratio.min(), ratio.median(), ratio.max()]
        assert row[["below", "above", "none"]].tolist() == [(ratio < 1).sum(), (ratio > 1).sum(), ratio.isna().sum()]
        assert [row["operated_least"], row["operated_most"]] == [own["operated"].min(), own["operated"].max()]
    assert found["none"].max() > 0 and found["above"].max() > 0


def test_a_step_shows_the_numbers_of_its_landmark(found):
    figure = landmarks.figure(found, found, 18.4)
    assert [step["step"] for step in figure.steps] == ["12 months", "13 months", "18 months", "24 months"]
    assert figure.first == 2
    for step, at in zip(figure.steps, (12, 13, 18, 24), strict=True):
        row = found.loc[("pfs", at)]
        assert step["pfs_ratios"] == f"{row['lowest']:.2f} to {row['highest']:.2f}, median {row['median']:.2f}"
        assert step["pfs_share"].startswith(f"Below 1 in {row['below']:.0f} of 12 cohorts")
        place = float(step["pfs_median"]["cy"].rstrip("%")) / 100
        assert 100 / 10 ** (4 * place) == pytest.approx(row["median"], rel=0.01)
        assert ("no ratio" in step["os_share"]) == (found.loc[("os", at), "none"] > 0)
    html = figure._repr_html_()
    assert html.count('class="plot"') == 2 and "own curves were not used" in html


def test_the_sentence_follows_the_share_below_1_and_names_what_was_pushed_past_it(found):
    changed = found.copy()
    changed.loc[("os", 18), ["below", "above"]] = 12, 0
    changed.loc[("pfs", 18), ["below", "above"]] = 5, 7
    pushed = changed.copy()
    pushed.loc[("os", 18), ["lowest", "highest"]] = 0.04, 8.81
    step = landmarks.figure(changed, pushed, 18).steps[2]
    row = changed.loc[("os", 18)]
    assert step["sentence"] == (
        f"At 18 months, {row['operated_least']:.0f} to {row['operated_most']:.0f} patients have had surgery, and "
        f"{row['waiting_least']:.0f} to {row['waiting_most']:.0f} are alive and followed without it. For overall "
        "survival all cohorts with a ratio favour surgery. Of the adversary's cohorts one has 8.81. For "
        "progression-free survival about half of the cohorts with a ratio favour surgery."
    )


def test_the_caption_holds_of_the_ensemble(patients):
    os, pfs = (landmarks.over_months(patients, months) for months in ((19, 30), (12, 30)))
    assert (os.loc["os", "above"] == 0).all() and (pfs.loc["pfs", "above"] > 0).all()
    assert "none of the ensemble's cohorts goes against surgery" in re.sub(
        r"\s+", " ", landmarks.figure(os, os, 19).caption
    )
