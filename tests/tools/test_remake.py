"""The example cohorts are what they are made from now, and the invented patients could be patients."""

import io

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import immortal_time
from analysis_lib.cohort import problems, template, validation
from analysis_lib.cohort.public import REPORTED
from tools.data.remake import MAPPED, example, myeloid, veteran


@pytest.mark.parametrize("public", REPORTED, ids=lambda public: public.name)
def test_a_file_is_what_its_origin_gives(public, tmp_path):
    MAPPED[public.name]().to_csv(tmp_path / "mapped.csv", index=False)
    assert (tmp_path / "mapped.csv").read_text() == public.file.read_text()


def test_scores_are_to_the_nearest_ten_and_a_relapse_ends_survival_without_progression():
    assert set(veteran()["kps"]) == set(range(10, 101, 10))
    patients = myeloid()
    assert patients.loc[0, ["pfs_years", "pfs_event"]].tolist() == pytest.approx([113 / 365.25, 1])
    assert (patients["pfs_years"] <= patients["os_years"]).all()
    assert (patients["months_to_surgery"].notna() == (patients["group"] == "surgery")).all()
    assert np.isfinite(patients["os_years"]).all()


def test_the_files_are_what_the_schema_makes_now():
    assert template.TEMPLATE.read_text(encoding="utf-8") == template.template()
    stream = io.StringIO()
    example().to_csv(stream, index=False)
    assert template.EXAMPLE.read_text(encoding="utf-8") == stream.getvalue()


@pytest.mark.parametrize("seed", range(12))
def test_any_invented_cohort_is_well_formed(tmp_path, seed):
    file = tmp_path / "invented.csv"
    example(patients=97, seed=seed).to_csv(file, index=False)
    judged = validation.judge(file)
    assert problems.format_problems(judged.problems) == []
    assert judged.cautions == []


@pytest.mark.long
def test_the_operation_does_nothing_for_invented_patients_whatever_the_naive_ratio_says():
    columns = ["patient", "group", "os_years", "os_event", "months_to_surgery"]
    drawn = [example(seed=seed)[columns].assign(cohort=seed) for seed in range(30)]
    patients = pd.concat(drawn, ignore_index=True)
    patients = patients.astype({"os_years": float, "os_event": int, "months_to_surgery": float})
    over_time = immortal_time.time_dependent(patients)["coef"]
    assert abs(over_time.mean()) < 3 * over_time.std() / len(over_time) ** 0.5
    assert immortal_time.naive(patients)["coef"].mean() < -0.4
