"""The tables of the page on quality say what lies on file."""

import pandas as pd

from analysis_lib.chapters import quality
from tests.chapters.tables import cells


def test_every_change_of_the_code_is_counted_once():
    found = quality.mutants()
    assert len(found) == len(pd.read_csv(quality.TRIALS / "mutants.csv"))
    counts = [[int(n.replace(",", "")) for n in row[2:]] for row in cells(quality.mutants_table(found))]
    assert sum(tried for tried, *_ in counts) == len(found)
    assert all(tried == sum(outcomes) for tried, *outcomes in counts)


def test_a_survivor_with_a_reason_has_no_effect():
    found = quality.mutants()
    assert set(found["outcome"]) <= {"killed", "without effect", "survived"}
    assert (found["why"] != "").equals(found["outcome"] == "without effect")


def test_a_fit_stands_beside_what_each_library_took():
    kernels = quality.timing("kernels")
    first = kernels["rows"][0]
    row = cells(quality.fits_table(kernels))[0]
    assert row[:2] == [first["title"], quality.digits(first["microseconds"]["median"])]
    lifelines = next(one for one in first["others"] if one["library"] == "lifelines")
    assert row[2] == quality.digits(lifelines["ratio"]["median"])


def test_a_thousand_cohorts_take_as_long_as_their_rate_says():
    assert quality.minutes_for_1000_cohorts({"by_cohort": {"per_minute_and_core": 20}}) == 25
