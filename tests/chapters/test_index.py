"""The first page's figures say what the published numbers and the simulated cohorts say."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

from analysis_lib.chapters import index
from analysis_lib.reconstruction.ensemble import Ensemble

ROOT = Path(__file__).resolve().parents[2]


def ensemble(*cohorts):
    """Cohorts of one size, from columns."""
    patients = pd.concat([pd.DataFrame(c).assign(cohort=k) for k, c in enumerate(cohorts)], ignore_index=True)
    patients["patient"] = patients.groupby("cohort").cumcount()
    return Ensemble(patients, pd.DataFrame(index=range(len(cohorts))), {})


def test_activity_is_judged_without_the_patient_of_least_activity():
    lung = pd.read_csv(ROOT / "data" / "examples" / "lung.csv").rename(columns={"age_years": "prrt_activity_gbq"})
    lung = lung[["os_years", "os_event", "prrt_activity_gbq"]]
    early = pd.DataFrame({"os_years": [0.001], "os_event": [1], "prrt_activity_gbq": [0.0]})
    cohort = pd.concat([early, lung], ignore_index=True)
    answer = PHReg(lung["os_years"], lung["prrt_activity_gbq"], status=lung["os_event"], ties="breslow").fit()
    assert index.activity_without_sepsis_death(ensemble(cohort, cohort)) == pytest.approx([answer.pvalues[0]] * 2)


def test_simulated_ratios_are_a_range_with_one_cohort_in_its_middle(paper):
    def cohort(early):
        months = np.where(np.arange(20) % 2, np.nan, early)
        group = np.where(np.arange(20) % 2, "prrt_only", "surgery")
        years = np.r_[np.linspace(2, 9, 10), np.linspace(3, 8, 10)]
        return {"group": group, "os_years": years, "os_event": 1, "months_to_surgery": months, "prrt_activity_gbq": 29}

    ratios = index.hazard_ratios(paper, ensemble(cohort(3.0), cohort(12.0), cohort(30.0)))
    assert [r.spread is None for r in ratios] == [True, False, False, True]
    for simulated in ratios[1:3]:
        assert simulated.spread[0] <= simulated.ratio <= simulated.spread[1]
    assert ratios[2].spread[0] < ratios[2].spread[1]
    assert ratios[0].text == "0.26 (0.10 to 0.68)" and ratios[3].text == "0.63 (0.19 to 2.09)"


def test_everybody_is_in_one_group_and_the_reasons_add_up(paper, claims):
    html = index.flow(paper, claims).html
    boxes = [re.sub(r'<span class="mark">.*?</span>', "", box) for box in re.findall(r'class="box (.*?)</div>', html)]
    plain = [re.sub(r"<br>|<small>", "|", box.partition(">")[2]) for box in boxes]
    counts = [[int(part.split()[0]) for part in re.sub(r"<[^>]+>", "", box).split("|") if part] for box in plain]
    start, surgery, others = counts[:3]
    assert start == [surgery[0] + others[0]] and others[0] == sum(others[1:])
    for analysed, *left_out in counts[3:]:
        assert analysed + sum(left_out) in (surgery[0], others[0])
