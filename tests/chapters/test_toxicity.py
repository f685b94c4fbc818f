"""The chapter on toxicity: bounds that hold in every simulated cohort, and lists of cycles that print as the paper."""

import re

import numpy as np
import pytest
from scipy import stats

from analysis_lib.chapters import toxicity
from analysis_lib.reconstruction import ensemble as ensembles
from analysis_lib.statistics.contingency import fisher_exact, pearson_chi2


@pytest.fixture(scope="module")
def ensemble():
    return ensembles.load(columns=["group", "prrt_activity_gbq", "prrt_cycles"])


def test_the_class_counts_are_the_patients_below_and_at_plan(paper):
    counts = toxicity.class_counts(paper)
    assert counts.sum(axis=0).tolist() == [26, 23]
    assert counts[:3].sum() == paper.count("results-prrt.below_intended.all.count")


def test_no_patients_at_plan_can_be_farther_apart_than_the_bound(paper):
    counts = toxicity.class_counts(paper)
    pairs = counts[-1].prod()

    def p_when_won(share):
        """SciPy's p with so large a share of the pairs at plan won, and all other pairs as the classes have them."""
        short = [np.repeat(range(3), column[:3]) for column in counts.T]
        # No-surgery patients at plan lie between 3 and 4; surgery patients above all, below all, and one in between.
        above, rest = divmod(round(share * pairs), counts[-1, 1])
        between = 3 + (rest + 0.5) / (counts[-1, 1] + 1)
        surgery = [4.5] * above + [between] + [3.0] * (counts[-1, 0] - above - 1)
        none = 3 + np.arange(1, counts[-1, 1] + 1) / (counts[-1, 1] + 1)
        first, second = np.append(short[0], surgery), np.append(short[1], none)
        return stats.mannwhitneyu(first, second, use_continuity=False, method="asymptotic").pvalue

    least = paper["table2.activity.p"].interval.low
    assert p_when_won(toxicity.most_ahead_at_plan(paper) + 0.01) < least
    assert p_when_won(toxicity.most_ahead_at_plan(paper) - 0.03) > least


def test_every_cohort_keeps_to_the_bounds_from_print(paper, ensemble):
    plan = toxicity.at_plan(paper)
    share = toxicity.ahead(*(toxicity.activities(ensemble, g, plan) for g in toxicity.GROUPS))
    assert share.shape == (len(ensemble),) and share.max() <= toxicity.most_ahead_at_plan(paper)
    for group in toxicity.GROUPS:
        means = toxicity.activities(ensemble, group).mean(axis=1)
        low, high = toxicity.mean_bounds(paper, group)
        assert low <= means.min() and means.max() <= high


def test_about_half_a_cycle_was_lost_in_every_cohort(paper, ensemble):
    surgery, none = (toxicity.activities(ensemble, g).mean(axis=1) for g in toxicity.GROUPS)
    cycles = (surgery - none) / paper.value("methods.activity_per_cycle.activity")
    assert 0.4 < cycles.min() and cycles.max() < 0.6


def test_the_share_of_pairs_is_mann_whitneys_statistic():
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, 9, 12), rng.integers(0, 9, 7)
    won = stats.mannwhitneyu(first, second).statistic
    assert toxicity.ahead(first, second) == pytest.approx(won / 84)


def test_one_patient_beyond_plan_in_each_group_prints_as_the_paper(claims):
    html = toxicity.cycles_table(claims, [3] + [4] * 24 + [7], [1] + [3] * 4 + [4] * 17 + [5]).html
    plain = re.sub('<small>.*?</small>|<span class="mark">[^<]*</span>', "", html)
    pairs = re.findall(r'data-label="Published"><div>(.*?)</div>.*?data-label="These lists"><div>(.*?)</div>', plain)
    published, listed = zip(*[(re.sub("<[^>]+>", "", a), b) for a, b in pairs], strict=True)
    assert published == ("4 (1–7)", "4 (3–7)", "4 (1–5)", "0.11")
    assert listed == ("4 (1–7)", "4 (3–7)", "4 (1–5)", "0.112")


def test_both_tests_stand_beside_the_published_p(claims, paper):
    counts = toxicity.class_counts(paper)
    two = np.array([counts[:3].sum(axis=0), counts[3]])
    html = toxicity.p_table(claims, {"results-surgery.below_intended.p": (fisher_exact(two), pearson_chi2(two))}).html
    assert [f">{p}<" in html for p in ("0.0146", "0.0085", "0.008")] == [True] * 3


def test_the_figure_has_each_patient_below_and_at_plan(paper, ensemble):
    picture = toxicity.activity_figure(paper, ensemble)
    patients = [int(line.split(",")[2]) for line in picture.csv.split()[1:]]
    assert sum(patients) == 49
    assert len(re.findall(r"\d+\.?\d*", picture.alt.split("Below plan: ")[1].split(" GBq")[0])) == 2


def test_the_harms_are_counted_of_all_patients_but_low_lymphocytes_of_marrow_toxicity(paper):
    assert [(k, n) for _, k, n in toxicity.harms(paper)] == [(23, 49), (18, 23), (5, 49), (1, 49), (2, 49), (1, 49)]
