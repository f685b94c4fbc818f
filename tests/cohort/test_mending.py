"""What was probably meant by a cell: numbers of other countries, words of other files, and dates that were decimals."""

import pandas as pd
import pytest

from analysis_lib.cohort import mending, schema


def field(name):
    return schema.fields()[name]


@pytest.mark.parametrize(
    ("name", "cell", "meant"),
    [
        ("chromogranin_a_ug_l", "1,234", "1234"),
        ("chromogranin_a_ug_l", "1,234.5", "1234.5"),
        ("chromogranin_a_ug_l", "1 234", "1234"),
        ("chromogranin_a_ug_l", "1'234'567", "1234567"),
        ("chromogranin_a_ug_l", "1.234,5", "1234.5"),
        ("chromogranin_a_ug_l", "1.234.567", "1234567"),
        ("chromogranin_a_ug_l", "1.234", "1.234"),
        ("chromogranin_a_ug_l", "0,9", "0.9"),
        ("chromogranin_a_ug_l", "0,912", "0.912"),
        ("chromogranin_a_ug_l", "1,2,3", "1,2,3"),
        ("ki67_percent", "90%", "90"),
        ("ki67_percent", "2,5 %", "2.5"),
        ("kps", "90%", "90"),
        ("tumour_size_mm", "22 mm", "22"),
        ("tumour_size_mm", "2 cm", "2 cm"),
        ("tumour_size_mm", "22%", "22%"),
        ("os_years", "3 yrs", "3"),
        ("os_years", "3 months", "3 months"),
        ("os_event", "TRUE", "1"),
        ("os_event", "Alive", "0"),
        ("n1", "Y", "1"),
        ("n1", "dead", "dead"),
        ("sex", "M", "male"),
        ("sex", "W", "female"),
        ("group", "Surgery", "surgery"),
        ("group", "PRRT only", "prrt_only"),
        ("grade", "G", "G"),
        ("grade", "g2", "G2"),
        ("os_years", "NA", ""),
        ("sex", "n/a", ""),
        ("no_surgery_reason", "Unknown", "unknown"),
    ],
)
def test_a_cell_is_mended_where_it_can_be_told_what_it_means(name, cell, meant):
    assert mending.mended(field(name), cell) == meant


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("bmi_kg_m2", "22. Mai", "did you mean 22.5? A spreadsheet makes dates of decimals"),
        ("bmi_kg_m2", "3-Apr", "did you mean 3.4?"),
        ("bmi_kg_m2", "Jan 90", "did you mean 1.90?"),
        ("bmi_kg_m2", "22.05.", "did you mean 22.5?"),
        ("bmi_kg_m2", "2026-05-22", "not a date; or did you mean 22.5"),
        ("os_years", "3-Okt", "did you mean 3.10?"),
        ("os_years", "3 foo", "the number without its unit"),
        ("os_years", "4/3/19", "a length of time between two dates, not a date"),
        ("chromogranin_a_ug_l", "1,234", "did you mean 1234?"),
        ("chromogranin_a_ug_l", "0,9", "did you mean 0.9?"),
        ("ki67_percent", "90%", "did you mean 90?"),
        ("os_event", "dead", "1 for yes, 0 for no"),
        ("sex", "F", "did you mean 'female'?"),
        ("surgery_type", "whiple", "did you mean 'whipple'?"),
        ("os_years", "2019-03-04", "a length of time between two dates, not a date"),
        ("os_years", "=3+4", "the value of a formula, not the formula"),
        ("os_years", "150", "it looks like months or days"),
        ("os_years", "43528", "Excel's number for a date"),
        ("os_years", "3 years", "did you mean 3?"),
        ("os_years", "3 months", "without its unit"),
        ("chromogranin_a_ug_l", "1,234.5", "did you mean 1234.5?"),
        ("chromogranin_a_ug_l", "<20", "a number without a sign"),
        ("age_years", "999.0", "blank if not known"),
        ("age_years", "-9", "blank if not known"),
        ("kps", "n/a", "blank if not known"),
        ("os_years", "NA", "leave out a patient of whom it is not known"),
        ("os_event", "-99", "leave out a patient of whom it is not known"),
        ("kps", "9", "in tens: 90 for 9"),
        ("bmi_kg_m2", "0.0023", "weight in kilograms over the square of the height in metres"),
        ("months_to_surgery", "20000", "Excel's number for a date"),
        ("months_to_surgery", "60000", "Excel's number for a date"),
        ("os_years", "1900", "a year of the calendar"),
        ("os_years", "2100", "a year of the calendar"),
        ("os_event", "yes", "1 for yes, 0 for no"),
        ("age_years", "1956", "a year of the calendar"),
        ("group", "PRRT only", "did you mean 'prrt_only'?"),
        ("patient", "P-01", "number the patients 1, 2"),
        ("prrt_activity_gbq", "29600", "it looks like MBq"),
        ("tumour_size_mm", "0.4", "it looks like cm or m"),
    ],
)
def test_advice_says_what_was_probably_meant(name, cell, words):
    assert words in mending.advice(field(name), cell)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("os_years", "28"),
        ("months_to_surgery", "240"),
        ("age_years", "130"),
        ("kps", "0"),
        ("kps", "10"),
        ("prrt_activity_gbq", "100"),
        ("bmi_kg_m2", "10"),
        ("tumour_size_mm", "0"),
        ("tumour_size_mm", "1"),
        ("surgery_type", "zzz"),
    ],
)
def test_where_nothing_tells_what_was_meant_there_is_no_advice(name, cell):
    assert mending.advice(field(name), cell) == ""


def test_a_date_of_which_no_decimal_is_told_is_called_a_date_and_no_more():
    assert mending.advice(field("os_years"), "4/3/19") == "a length of time between two dates, not a date"


@pytest.mark.parametrize(
    ("name", "labels", "cells", "meant"),
    [
        ("sex", {"1": "M", "2": "Female", "9": "unknown"}, ["2", "1", "9", "7"], ["female", "male", "", "7"]),
        ("sex", {"1": "other"}, ["1"], ["other"]),
        ("os_event", {"1": "alive", "2": "dead", "3": "lost"}, ["1", "2", "3"], ["0", "1", "3"]),
        ("age_years", {"60": "sixty", "999": "not known"}, ["60", "999"], ["60", "999"]),
    ],
)
def test_codes_become_what_they_stand_for_where_the_schema_knows_it(name, labels, cells, meant):
    assert mending.labelled(pd.Series(cells), field(name), labels).tolist() == meant
