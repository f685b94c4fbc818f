"""A finished cohort whose sizes were changed keeps its kinds of progression in keeping with them."""

from analysis_lib.reconstruction.adversary.finished import settled
from analysis_lib.reconstruction.stages.state import Blocks


def test_a_progression_leaves_the_pancreas_with_its_growth(shipped, targets):
    cohort, blocks = shipped.one(0), Blocks(targets)
    progressed = (cohort["best_response"] == "PD") & (cohort["progression"] == "pancreas")
    patient = cohort.index[progressed & (cohort["tumour_size_post_mm"] >= cohort["tumour_size_mm"])][0]
    same = settled(cohort, blocks)["progression"]
    assert same.fillna("").tolist() == cohort["progression"].fillna("").tolist(), "they go with its sizes already"
    shrunk = cohort.copy()
    shrunk.loc[patient, "tumour_size_mm"] = shrunk.loc[patient, "tumour_size_post_mm"] + 1
    after = settled(shrunk, blocks)
    assert after.loc[patient, "progression"] == "liver"
    assert sorted(after["progression"].dropna()) == sorted(cohort["progression"].dropna())
    assert after.drop(columns="progression").equals(shrunk.drop(columns="progression"))
