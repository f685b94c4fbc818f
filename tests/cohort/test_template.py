"""The empty form, the invented cohort and the dictionary follow from the schema and keep to it."""

import pandas as pd

from analysis_lib.cohort import schema, template, validation


def test_the_template_wants_nothing_but_patients():
    (problem,) = validation.judge(template.TEMPLATE).problems
    assert problem.problem == "the file has no patients"
    assert template.template().strip().split(",") == list(schema.fields())


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


def test_the_dictionary_describes_every_column_once():
    entries = template.dictionary()
    assert entries["column"].tolist() == list(schema.fields())
    assert entries.loc[entries["needed"], "column"].tolist() == ["patient", "group", "os_years", "os_event"]
    tvi = entries.set_index("column").loc["tvi_pre"]
    assert "6 both >180°" in tvi["meaning"]
    assert tvi["values"] == "one of 0, 1, 2, 3, 4, 5, 6, or blank"
