"""Public patients in the schema give what R gives on the same files."""

import hashlib
import json

import pandas as pd
import pytest

from analysis_lib.analyses import description, immortal_time
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import validation
from analysis_lib.cohort.public import PUBLIC, stanford
from analysis_lib.presentation import survival_curves
from analysis_lib.statistics.survival import kaplan_meier, logrank, median_survival

R = json.loads((ROOT / "tests" / "oracles" / "public.json").read_text())
WALD = ["coef", "se", "hr", "ci_low", "ci_high", "p"]
every_set = pytest.mark.parametrize("public", PUBLIC, ids=lambda public: public.name)


@every_set
def test_r_was_asked_about_the_file_that_lifelines_data_give(public, tmp_path):
    assert hashlib.md5(public.file.read_bytes()).hexdigest() == R[public.name]["md5"]
    public.mapped().to_csv(tmp_path / "mapped.csv", index=False)
    assert (tmp_path / "mapped.csv").read_text() == public.file.read_text()


@every_set
def test_the_file_is_a_well_formed_cohort(public):
    judged = validation.judge(public.file)
    assert judged.problems == []
    assert judged.cautions == []


@every_set
def test_medians_and_curves_are_rs(public):
    patients = validation.load(public.file)
    for group, answer in R[public.name]["groups"].items():
        part = patients[patients["group"] == group]
        assert (len(part), part["os_event"].sum()) == (answer["patients"], answer["deaths"])
        for kind, ci in (("log", "log"), ("log_log", "log-log")):
            found = median_survival(part["os_years"], part["os_event"], ci)
            wanted = [float("nan") if limit is None else limit for limit in answer[kind]]  # not reached
            assert [found.median, found.ci_low, found.ci_high] == pytest.approx(wanted, rel=1e-12, nan_ok=True)
        curve = kaplan_meier(part["os_years"], part["os_event"])
        assert curve.survival[curve.time <= 1][-1] == pytest.approx(answer["at_1_year"], rel=1e-12)


@every_set
def test_the_log_rank_test_is_rs(public):
    patients = validation.load(public.file)
    found = logrank(patients["os_years"], patients["os_event"], patients["group"])
    assert found.statistic == pytest.approx(R[public.name]["logrank"]["statistic"], rel=1e-10)
    assert description.logrank_p(patients) == pytest.approx(R[public.name]["logrank"]["p"], rel=1e-9)


@every_set
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_the_hazard_ratio_from_the_start_is_rs(public, ties):
    found = immortal_time.naive(validation.load(public.file), ties=ties)
    assert found[WALD].iloc[0].tolist() == pytest.approx(R[public.name]["naive"][ties], rel=1e-8)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_transplants_by_landmark_and_over_time_are_rs(ties):
    patients, answer = validation.load(PUBLIC[0].file), R["stanford"]
    at = immortal_time.landmark(patients, answer["landmark"]["months"], ties=ties)
    assert at[WALD].iloc[0].tolist() == pytest.approx(answer["landmark"][ties], rel=1e-8)
    assert at[["patients", "operated"]].iloc[0].tolist() == [
        answer["landmark"]["patients"],
        answer["landmark"]["operated"],
    ]
    over_time = immortal_time.time_dependent(patients, ties=ties)
    assert over_time[WALD].iloc[0].tolist() == pytest.approx(answer["time_dependent"][ties], rel=1e-8)


def test_waiting_for_a_heart_is_the_immortal_time_of_the_naive_ratio():
    found = description.hazard_ratios(stanford(), 2.0)
    assert found.loc["from the start", "ci_high"] < 1 < found.loc["over time", "hr"]


@pytest.mark.parametrize("public", PUBLIC[1:], ids=lambda public: public.name)
def test_without_times_of_surgery_only_what_needs_them_steps_aside(public):
    found = description.hazard_ratios(validation.load(public.file), public.landmark_months)
    assert found.loc["from the start", "reason"] == ""
    assert "months_to_surgery" in found.loc["landmark", "reason"]
    assert "months_to_surgery" in found.loc["over time", "reason"]


def small(**changes):
    good = {
        "cohort": 0,
        "patient": range(1, 9),
        "group": ["surgery", "prrt_only"] * 4,
        "os_years": [4.0, 1.0, 6.0, 2.0, 8.0, 7.0, 9.0, 3.0],
        "os_event": [1, 1, 0, 1, 1, 0, 1, 1],
        "months_to_surgery": [12.0, None] * 4,
    }
    return pd.DataFrame(good | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"group": "surgery", "months_to_surgery": 12.0}, "only one group"),
        ({"os_event": 0}, "event"),
        ({"os_event": [1, 0] * 4}, "only exposed patients had events"),
        ({"os_years": 1.5}, ""),
        ({"os_years": 0.0, "os_event": 1, "months_to_surgery": [0.0, None] * 4}, ""),
    ],
)
def test_an_odd_cohort_gets_an_answer_or_a_reason(changes, words):
    patients = small(**changes)
    found = description.hazard_ratios(patients, 18.0)
    assert words in found.loc["from the start", "reason"]
    assert (found["hr"].notna() | (found["reason"] != "")).all()
    assert description.survival_by_group(patients).loc["all", "patients"] == 8
    figure, data = survival_curves.draw(patients)
    assert set(data["group"]) == set(patients["group"])
    assert survival_curves.describe(data).count(".") >= len(set(patients["group"]))


def test_twenty_thousand_patients_are_looked_at():
    many = pd.concat([small()] * 2500, ignore_index=True).assign(patient=range(1, 20_001))
    many["os_years"] += many["patient"] / 20_000
    assert description.hazard_ratios(many, 18.0)["reason"].eq("").all()
    assert description.survival_by_group(many).loc["all", "patients"] == 20_000
    _, drawn = survival_curves.draw(many)
    assert set(drawn["group"]) == {"surgery", "prrt_only"}
