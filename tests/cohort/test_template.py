"""The empty form, the invented cohort and the dictionary follow from the schema and keep to it."""

import io

import pandas as pd
import pytest

from analysis_lib.analyses import immortal_time
from analysis_lib.cohort import problems, schema, template, validation


def test_the_files_are_what_the_schema_makes_now():
    assert template.TEMPLATE.read_text(encoding="utf-8") == template.template()
    stream = io.StringIO()
    template.example().to_csv(stream, index=False)
    assert template.EXAMPLE.read_text(encoding="utf-8") == stream.getvalue()


def test_the_template_wants_nothing_but_patients():
    (problem,) = validation.judge(template.TEMPLATE).problems
    assert problem.problem == "the file has no patients"
    assert template.template().strip().split(",") == list(schema.fields())


@pytest.mark.parametrize("seed", range(12))
def test_any_invented_cohort_is_well_formed(tmp_path, seed):
    file = tmp_path / "invented.csv"
    template.example(patients=97, seed=seed).to_csv(file, index=False)
    judged = validation.judge(file)
    assert problems.format_problems(judged.problems) == []
    assert judged.cautions == []


def test_the_example_is_not_of_the_papers_size_and_shows_every_column_but_one():
    frame = validation.load(template.EXAMPLE)
    assert len(frame) == template.PATIENTS != 49
    assert frame["group"].nunique() == 2
    assert frame.columns[frame.isna().all()].tolist() == ["years_prrt_end_to_haematological"]


def test_the_example_is_no_reconstructed_cohort():
    from analysis_lib.reconstruction.ensemble import SHIPPED

    columns = ["os_years", "age_years", "tumour_size_mm", "bmi_kg_m2"]
    reconstructed = pd.read_parquet(SHIPPED, columns=columns)
    invented = validation.load(template.EXAMPLE)[columns]
    assert not invented.merge(reconstructed, on=columns).size


@pytest.mark.long
def test_the_operation_does_nothing_for_invented_patients_whatever_the_naive_ratio_says():
    columns = ["patient", "group", "os_years", "os_event", "months_to_surgery"]
    drawn = [template.example(seed=seed)[columns].assign(cohort=seed) for seed in range(30)]
    patients = pd.concat(drawn, ignore_index=True)
    patients = patients.astype({"os_years": float, "os_event": int, "months_to_surgery": float})
    over_time = immortal_time.time_dependent(patients)["coef"]
    assert abs(over_time.mean()) < 3 * over_time.std() / len(over_time) ** 0.5
    assert immortal_time.naive(patients)["coef"].mean() < -0.4


def test_the_dictionary_describes_every_column_once():
    entries = template.dictionary()
    assert entries["column"].tolist() == list(schema.fields())
    assert entries.loc[entries["needed"], "column"].tolist() == ["patient", "group", "os_years", "os_event"]
    tvi = entries.set_index("column").loc["tvi_pre"]
    assert "6 both >180°" in tvi["meaning"]
    assert tvi["values"] == "one of 0, 1, 2, 3, 4, 5, 6, or blank"
