"""Recomputation: a shipped cohort gives what the paper prints, and each statistic what another library makes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from scipy import stats

from analysis_lib.base.errors import InputError
from analysis_lib.printed.number import Interval
from analysis_lib.statistics import survival
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.catalogue import Target, load_targets
from analysis_lib.targets.patients import Patients
from analysis_lib.targets.recompute import Recomputed, spss_median

EVERYTHING = Interval(-np.inf, np.inf)


@pytest.fixture(scope="module")
def changed(shipped):
    """The same patients with some blanks and some other values: what nothing printed describes."""
    frame = shipped.one(0)
    for k, name in enumerate(("age_years", "tumour_size_mm", "tumour_size_post_mm", "tvi_pre", "kps", "best_response")):
        frame[name] = frame[name].where(frame.index % 7 != k)
    frame["age_years"] += frame.index % 3
    return frame


def value(frame, targets, statistic, columns, group="all", **more):
    target = Target("x", statistic, tuple(columns.split()), group, EVERYTHING, **({"value": ""} | more))
    return Recomputed(frame, targets).value(target)


def test_a_shipped_cohort_meets_every_target_without_a_word(one, targets, capsys):
    recomputed = Recomputed(one, targets)
    assert [t.id for t in targets.values() if recomputed.value(t) not in t.interval] == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("statistic", "function"),
    [
        ("known", len), ("mean", np.mean), ("sd", lambda x: np.std(x, ddof=1)), ("range_lo", min), ("range_hi", max),
        ("median", np.median), ("q1", lambda x: np.percentile(x, 25, method="weibull")),
        ("q3", lambda x: np.percentile(x, 75, method="weibull")),
        ("onset_first", lambda x: sorted(x)[0]), ("onset_second", lambda x: sorted(x)[1]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("group", ["all", "surgery", "prrt_only"])
def test_a_summary_is_of_the_patients_of_the_group_whose_value_is_known(changed, targets, statistic, function, group):
    part = changed if group == "all" else changed[changed["group"] == group]
    assert value(changed, targets, statistic, "age_years", group) == function(part["age_years"].dropna())


def test_a_subset_is_of_those_with_its_value(changed, targets):
    part = changed[changed["sex"] == "male"]["age_years"]
    assert value(changed, targets, "mean", "age_years", subset=("sex", "male")) == pytest.approx(part.mean())
    assert value(changed, targets, "unknown", "age_years", subset=("sex", "male")) == part.isna().sum()


@pytest.mark.parametrize(
    ("statistic", "column", "kinds", "test"),
    [
        ("welch", "group", ("surgery", "prrt_only"), lambda a, b: stats.ttest_ind(a, b, equal_var=False)),
        ("student", "group", ("surgery", "prrt_only"), stats.ttest_ind),
        ("response_welch", "best_response", ("PR", "SD"), lambda a, b: stats.ttest_ind(a, b, equal_var=False)),
        ("response_student", "best_response", ("PR", "SD"), stats.ttest_ind),
        (
            "mann_whitney",
            "group",
            ("surgery", "prrt_only"),
            lambda a, b: stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic"),
        ),
    ],
)
def test_a_test_is_between_the_known_values_of_two_kinds_of_patients(changed, targets, statistic, column, kinds, test):
    a, b = (changed.loc[changed[column] == kind, "age_years"].dropna() for kind in kinds)
    assert value(changed, targets, statistic, "age_years") == pytest.approx(test(a, b).pvalue, rel=1e-9)


def test_a_decrease_is_in_percent_of_the_first_value(changed, targets):
    both = changed[["tumour_size_mm", "tumour_size_post_mm"]].dropna()
    decrease = 100 * (both["tumour_size_mm"] - both["tumour_size_post_mm"]) / both["tumour_size_mm"]
    columns = "tumour_size_mm tumour_size_post_mm"
    assert value(changed, targets, "decrease_mean", columns) == pytest.approx(decrease.mean())
    assert value(changed, targets, "decrease_sd", columns) == pytest.approx(decrease.std())


def test_limits_of_a_range_belong_to_it_and_limits_of_a_class_do_not(one, targets):
    ages = sorted(set(one["age_years"].dropna()))
    low, high = ages[2], ages[8]
    between = {"between": (low, high)}
    assert value(one, targets, "within", "age_years", **between) == one["age_years"].between(low, high).sum()
    assert value(one, targets, "class_from", "age_years", **between) == ages[3]
    assert value(one, targets, "class_to", "age_years", **between) == ages[7]
    assert np.isnan(value(one, targets, "class_from", "age_years", between=(low, ages[3])))


def test_changes_of_a_category_are_those_of_patients_with_both(changed, targets):
    before, after = changed["tvi_pre"], changed["tvi_post"]
    counts = {
        "no_change": (after == before).sum(),
        "decrease": (after < before).sum(),
        "increase": (after > before).sum(),
    }
    for name, count in counts.items():
        assert value(changed, targets, f"tvi_{name}", "tvi_pre tvi_post") == count


def test_vessels_are_counted_in_patients_with_any_contact(one, targets):
    vessels = [name for name in one if name.startswith("vessel_")]
    frame = one.iloc[:4].assign(tvi_pre=[0.0, 1, 3, 4], **dict.fromkeys(vessels, 0.0))
    for row, number in enumerate((3, 1, 2, 4)):
        frame.loc[frame.index[row], vessels[:number]] = 1.0
    columns = " ".join(["tvi_pre", *vessels])
    found = [value(frame, targets, f"vessels_{x}", columns) for x in ("median", "range_lo", "range_hi")]
    assert found == [2, 1, 4]


@pytest.mark.parametrize("group", ["surgery", "prrt_only", "all"])
def test_a_median_by_statsmodels_is_the_library_s_own(one, targets, group):
    part = one if group == "all" else one[one["group"] == group]
    own = survival.median_survival(part["os_years"], part["os_event"])
    found = [value(one, targets, f"km_{x}", "os_years os_event", group) for x in ("median", "ci_lo", "ci_hi")]
    assert found == pytest.approx([own.median, own.ci_low, own.ci_high], nan_ok=True)


@pytest.mark.parametrize("time", [np.arange(1.0, 21) ** 2, np.array([1.0, 2, 2])], ids=["55 50 45", "0"])
def test_a_curve_that_falls_to_a_level_exactly_has_reached_it(time):
    own = survival.median_survival(time, np.ones(len(time)))
    assert spss_median(time, np.ones(len(time))) == pytest.approx((own.median, own.ci_low, own.ci_high))


def test_a_median_that_is_reached_may_have_no_limits_and_one_that_is_not_has_none(one, targets):
    assert np.isnan(spss_median(np.array([1.0, 2, 3, 4]), np.array([1, 0, 0, 0]))).all()
    median, low, high = spss_median(np.array([1.0, 2]), np.array([1, 0]))
    assert median == 1 and np.isnan([low, high]).all()
    two = one.iloc[:2].assign(os_years=[1.0, 2.0], os_event=[1, 0])
    assert value(two, targets, "km_undefined", "os_years os_event") == 1
    assert value(two.assign(os_event=0), targets, "km_undefined", "os_years os_event") == 0
    assert value(one, targets, "km_undefined", "os_years os_event") == 0


def test_a_log_rank_test_is_the_library_s_own_and_needs_two_groups(one, targets):
    statistic = survival.logrank(one["os_years"], one["os_event"], one["group"] == "surgery")
    found = value(one, targets, "log_rank", "os_years os_event group")
    assert found == pytest.approx(statistic.p, rel=1e-9)
    assert np.isnan(value(one.assign(group="surgery"), targets, "log_rank", "os_years os_event group"))


@pytest.mark.parametrize("covariates", ["surgery", "surgery age_years kps"])
def test_a_cox_model_is_that_of_lifelines(changed, targets, covariates):
    names = covariates.split()
    # Without ties, so that the two conventions agree.
    frame = changed.assign(os_years=changed["os_years"] + 1e-5 * changed["patient"])
    table = frame.assign(surgery=(frame["group"] == "surgery").astype(float))[["os_years", "os_event", *names]].dropna()
    other = CoxPHFitter().fit(table.astype(float), "os_years", "os_event", fit_options={"precision": 1e-12}).summary
    for name in names:
        row = other.loc[name]
        wanted = row[["exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%", "p"]].tolist()
        found = [value(frame, targets, f"cox_{x}", covariates, value=name) for x in ("hr", "ci_lo", "ci_hi", "p")]
        assert found == pytest.approx(wanted, rel=1e-5)


def test_follow_up_is_of_all_or_of_survivors(one, targets):
    def found(how, part="median"):
        return value(one, targets, f"follow_up_{part}", "os_years os_event", value=how)

    alive = one.loc[one["os_event"] == 0, "os_years"]
    assert found("observed") == np.percentile(one["os_years"], 50, method="weibull")
    assert found("survivors", "q1") == np.percentile(alive, 25, method="weibull")


def test_follow_up_by_reverse_kaplan_meier_is_that_of_patients_who_might_have_lived_on(targets):
    """Of 203 patients one leaves each month, after deaths that end nobody's follow-up."""
    months = np.arange(1.0, 204)
    frame = pd.DataFrame({"group": "surgery", "os_years": months / 12, "os_event": 0})
    dead = pd.DataFrame({"group": "surgery", "os_years": [1 / 24] * 7, "os_event": 1})
    how = {"columns": "os_years os_event", "value": "reverse_kaplan_meier"}
    parts = (f"follow_up_{part}" for part in ("q1", "median", "q3"))
    found = [12 * value(pd.concat([frame, dead]), targets, part, **how) for part in parts]
    assert found == pytest.approx([51, 102, 153])


def test_a_blank_of_any_kind_is_nan_among_numbers_and_none_among_texts():
    """The search fills columns of objects."""
    found = Patients.of(pd.DataFrame({"kps": [90, None], "sex": ["male", np.nan]}, dtype=object))
    assert np.isnan(found["kps"]).tolist() == [False, True]
    assert found["sex"].tolist() == ["male", None]


def test_the_rule_for_quartiles_is_that_which_is_assumed(one):
    other = load_targets(assumptions=Assumptions(quantile="hazen"))
    wanted = np.percentile(one["age_years"].dropna(), 25, method="hazen")
    assert value(one, other, "q1", "age_years") == wanted


def test_what_cannot_be_computed_is_nan_and_a_column_that_is_missing_an_error(one, targets):
    assert np.isnan(value(one.assign(os_event=0), targets, "cox_hr", "surgery", value="surgery"))
    for model in ("cox", "logistic"):
        assert np.isnan(value(one.assign(sex="male"), targets, f"{model}_p", "male", value="male"))
    assert np.isnan(value(one.assign(kps=90), targets, "cox_hr", "surgery propensity_score", value="surgery"))
    assert np.isnan(value(one.iloc[:1], targets, "onset_second", "age_years"))
    with pytest.raises(InputError, match="lacks the column 'age_years'"):
        value(one.drop(columns="age_years"), targets, "mean", "age_years")
