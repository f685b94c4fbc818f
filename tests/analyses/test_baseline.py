"""Table 1 has R's medians, counts, tests and standardised differences, and a denominator in every row."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses.baseline import SECTIONS, baseline
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort.schema import fields
from analysis_lib.cohort.template import EXAMPLE, EXAMPLES

R = json.loads((ROOT / "tests" / "oracles" / "report.json").read_text())
NAMES = [name for name, found in R.items() if isinstance(found, dict) and "numbers" in found]
GROUPS = ("surgery", "prrt_only")


@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_levels_are_rs(name):
    table = baseline(pd.read_csv(EXAMPLES / f"{name}.csv")).set_index("column")
    for column, answer in R[name]["numbers"].items():
        row = table.loc[column]
        for group, quartiles in answer["quartiles"].items():
            assert row[[f"{group}_q1", group, f"{group}_q3"]].tolist() == pytest.approx(quartiles)
        assert row[["surgery_n", "prrt_only_n"]].tolist() == [answer["n"][0], answer["n"][1]]
        assert row["p"] == pytest.approx(answer["p"], rel=1e-9)
        assert row["difference"] == pytest.approx(answer["difference"], rel=1e-9)
    for column, answer in R[name]["levels"].items():
        rows = table.loc[[column]]
        words = rows["level"].replace("yes", "1").str.replace(" ", "_")
        for level, (_, row) in zip(words, rows.iterrows(), strict=True):
            assert row[list(GROUPS)].tolist() == answer["counts"][level]
            assert row[["surgery_n", "prrt_only_n"]].tolist() == [answer["n"][g] for g in GROUPS]
            wanted = answer["difference"][level]  # none where both groups are all of one kind
            assert row["difference"] == pytest.approx(np.nan if wanted is None else wanted, rel=1e-9, nan_ok=True)
        assert rows["p"].iat[0] == pytest.approx(answer["p"], rel=1e-6)
        assert rows["p"].iloc[1:].isna().all() and set(rows["test"].iloc[1:]) <= {""}


def invented(**changes):
    return pd.read_csv(EXAMPLE).assign(**changes)


def test_blanks_leave_the_denominator_and_are_counted():
    some = invented(n1=lambda d: d["n1"].where(d["patient"] > 5), kps=lambda d: d["kps"].where(d["patient"] != 1))
    table = baseline(some).set_index("column")
    n1 = some.dropna(subset="n1")
    for group in GROUPS:
        of = n1[n1["group"] == group]
        row = table.loc["n1", [group, f"{group}_n", f"{group}_blank"]].tolist()
        assert row == [of["n1"].sum(), len(of), (some["group"] == group).sum() - len(of)]
    assert table.loc["kps", ["surgery_n", "surgery_blank"]].tolist() == [26, 1]


def test_a_blank_that_means_none_is_a_level():
    rows = baseline(invented()).set_index("column").loc["prior_surgery"]
    assert rows["level"].tolist()[-1] == "none"
    assert rows["surgery"].sum() == rows["surgery_n"].iat[0] == 27


def test_a_question_to_one_group_is_no_gap_in_the_other_and_is_not_tested():
    row = baseline(invented()).set_index("column").loc["resection_margin"].iloc[0]
    assert row[["surgery_n", "prrt_only_n", "prrt_only_blank", "test"]].tolist() == [27, 0, 0, ""]
    assert np.isnan(row[["prrt_only", "p", "difference"]].to_numpy(float)).all()


def test_sections_come_in_order_and_only_with_their_columns():
    table = baseline(invented())
    assert table["section"].map(SECTIONS.index).is_monotonic_increasing and set(table["section"]) == set(SECTIONS)
    assert set(table["column"]) <= set(fields())
    bare = baseline(invented()[["patient", "group", "os_years", "os_event", "age_years"]])
    assert bare["column"].tolist() == ["age_years"]
    assert baseline(invented()[["patient", "group", "os_years", "os_event"]]).empty


@pytest.mark.parametrize("which", [slice(0, 1), slice(0, 2)])
def test_one_or_two_patients_have_a_table(which):
    table = baseline(invented().iloc[which])
    assert len(table) > 50 and (table["surgery_n"] <= 2).all()


def test_a_variable_that_does_not_vary_has_no_test():
    row = baseline(invented(kps=90, functional=0)).set_index("column")
    for column in ("kps", "functional"):
        assert np.isnan(row.loc[column, "p"]) and row.loc[column, "test"] == ""
