"""What was probably meant by a cell: numbers of other countries, words of other files, and dates that were decimals."""

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
        ("ki67_percent", "90%", "90"),
        ("ki67_percent", "2,5 %", "2.5"),
        ("kps", "90%", "90"),
        ("tumour_size_mm", "22 mm", "22"),
        ("tumour_size_mm", "2 cm", "2 cm"),
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
    ],
)
def test_advice_says_what_was_probably_meant(name, cell, words):
    assert words in mending.advice(field(name), cell)
