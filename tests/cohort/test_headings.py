"""Headings: which column of the schema is meant, and in which unit its times are."""

import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.cohort import headings, schema


@pytest.mark.parametrize("name", schema.fields())
def test_every_column_of_the_schema_is_known_by_its_own_name_in_its_own_unit(name):
    column = headings.recognise(name)
    assert (column.name, column.factor, column.field) == (name, 1, schema.fields()[name])
    assert headings.recognise(name.upper()).name == name


@pytest.mark.parametrize(
    ("heading", "time_unit", "name", "factor"),
    [
        ("os (months)", "", "os_years", 12),
        ("OS [d]", "", "os_years", 365.25),
        ("pfs_mo", "", "pfs_years", 12),
        ("days_to_surgery", "", "months_to_surgery", 30.4375),
        ("years since diagnosis", "", "months_since_diagnosis", 1 / 12),
        ("os", "days", "os_years", 365.25),
        ("os_years", "days", "os_years", 365.25),
        ("os (years)", "days", "os_years", 1),
        ("os_months", "days", "os_years", 12),
        ("age_years", "days", "age_years", 1),
        ("months_to_surgery", "days", "months_to_surgery", 1),
    ],
)
def test_a_unit_is_that_of_the_heading_or_else_the_one_given(heading, time_unit, name, factor):
    column = headings.recognise(heading, time_unit)
    assert (column.heading, column.name) == (heading, name)
    assert column.factor == pytest.approx(factor, rel=1e-15, abs=0)


@pytest.mark.parametrize("heading", ["os", "age_months", "time", "", "os_weeks", "os_event_days"])
def test_what_names_no_column_is_not_guessed_at(heading):
    assert headings.recognise(heading) is None


def test_limits_are_those_of_the_file_s_unit():
    assert headings.recognise("os_days").field["constraints"]["maximum"] == 120 * 365.25
    assert headings.recognise("os_days").said == "os_days"


def test_of_two_columns_that_mean_the_same_the_first_is_known_and_others_are_passed_over():
    found = headings.known(["ours", "os", "OS_years", "sex"], "months")
    assert found == {"os_years": headings.Column("os", "os_years", "months"), "sex": headings.Column("sex", "sex")}


def test_a_unit_of_time_is_blank_or_one_of_those_there_are():
    assert [headings.check_unit(unit) for unit in ("", "months")] == ["", "months"]
    with pytest.raises(InputError, match="one of years, months, days"):
        headings.check_unit("month")
