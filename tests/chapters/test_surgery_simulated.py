"""What the chapter on surgery says of the surgery groups of simulated cohorts."""

import pandas as pd
import pytest
from scipy import stats

from analysis_lib.chapters import surgery, surgery_simulated
from analysis_lib.reconstruction import ensemble


@pytest.fixture(scope="module")
def operated(paper):
    complications = [id.split(".")[1] for id in surgery.complications(paper)["id"]]
    patients = ensemble.load(columns=[*surgery_simulated.COLUMNS, *complications]).patients
    return patients[(patients["group"] == "surgery") & (patients["cohort"] < 20)]


def test_more_fibrosis_is_the_mann_whitney_statistic_over_the_pairs(operated):
    found = surgery_simulated.more_fibrosis(operated)
    one = operated[operated["cohort"] == 3].dropna(subset=["fibrosis_percent"])
    pr, sd = (one.loc[one["best_response"] == kind, "fibrosis_percent"].astype(float) for kind in ("PR", "SD"))
    assert found[3] == pytest.approx(stats.mannwhitneyu(pr, sd).statistic / (len(pr) * len(sd)))


def test_patients_are_counted_once_however_many_events_they_had(operated):
    severe = ["complication_iiia_leakage", "complication_iiia_infection"]
    found = surgery_simulated.by_cohort(operated, severe)
    one = operated[operated["cohort"] == 5]
    assert found.loc[5, "severe"] == sum(bool(row.any()) for row in (one[severe] == 1).to_numpy())
    assert found.loc[5, "prrt_months"] == pytest.approx(one["prrt_months"].median())


def test_divisions_of_the_specimens_are_counted_by_cohort():
    found = pd.DataFrame({"more_fibrosis": [0.7, 0.8], "with_node": [8, 12], "pr_specimens": [14, 14]})
    words = surgery_simulated.in_words(found, [(14, 10), (15, 9)])
    assert words["splits_found"] == "14 and 10 in 2 cohorts and 15 and 9 in 0 cohorts"
    assert words["less"] == "20% to 30%" and words["most_nodes"] == "12"


def test_table_3_comes_out_in_a_cohort(operated, claims):
    one = operated[operated["cohort"] == 0]
    specimens = one.dropna(subset=["fibrosis_percent"])
    pr, sd = (specimens.loc[specimens["best_response"] == k, "fibrosis_percent"] for k in ("PR", "SD"))
    html = surgery_simulated.in_one_cohort(claims, one, stats.ttest_ind(pr, sd).pvalue).html
    assert html.count("<tr>") == 12
    with pytest.raises(ValueError, match="printed as"):
        surgery_simulated.in_one_cohort(claims, one.assign(viable_percent=90), 0.08)
