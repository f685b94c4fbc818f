"""Corrections for many tests."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis_lib.base.paths import ROOT
from analysis_lib.chapters import multiplicity

R = json.loads((ROOT / "tests" / "oracles" / "conclusions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", multiplicity.METHODS)
def test_r_adjusts_the_outcomes_alike(paper, method):
    p = multiplicity.p_values(paper).loc[list(multiplicity.OUTCOMES)]
    # R was asked in another order than the paper's.
    found = multiplicity.adjust(p, method)["published"].sort_values().to_numpy()
    assert sorted(p["published"]) == sorted(R["p"])
    np.testing.assert_allclose(found, sorted(R["adjusted"][method]), rtol=1e-12)


def test_the_p_values_are_the_studys_own_and_each_once(paper):
    p = multiplicity.p_values(paper)
    assert set(multiplicity.OUTCOMES) <= set(p.index)
    assert not any(paper[id].same_as for id in p.index)
    # Printed only as above 0.05: no value to adjust.
    assert "table4.all_comparisons.p" not in p.index
    assert p.loc["table1.grade.p"].tolist() == [0.0001, 0, 0.0001]
    assert p.max(axis=None) <= 1


def test_a_test_survives_only_if_the_rounding_cannot_undo_it():
    p = pd.DataFrame({"published": [0.02, 0.6], "low": [0.015, 0.55], "high": [0.0251, 0.65]}, index=["a", "b"])
    found = multiplicity.adjust(p, "holm")
    assert found.loc["a", "published"] < 0.05 < found.loc["a", "high"]
    assert multiplicity.survivors(found, 0.05) == []
    assert multiplicity.survivors(found, 0.051) == ["a"]


def test_the_table_marks_what_survives_and_what_rounding_decides(paper, claims):
    p = multiplicity.p_values(paper)
    found = {("all", "fdr_bh"): multiplicity.adjust(p, "fdr_bh")}
    html = multiplicity.adjusted_table(claims, paper, p, found, "Found").html
    assert html.count("<strong>") == len(multiplicity.survivors(found["all", "fdr_bh"], 0.05))
    shown = re.findall(r'href="ledger-[\w-]+\.html#([^"]+)"', html)
    assert shown == sorted(shown, key=lambda id: p.loc[id, "published"])
    assert set(shown) == set(p.index[p["published"] < 0.05])
    marked = found["all", "fdr_bh"]
    assert html.count("†") == ((marked["low"] < 0.05) & (marked["high"] >= 0.05) & (p["published"] < 0.05)).sum()


def test_what_the_page_says_of_the_outcomes_and_of_all_tests(paper):
    p = multiplicity.p_values(paper)

    def left(ids, method):
        return multiplicity.survivors(multiplicity.adjust(p.loc[ids], method), 0.05)

    outcomes, mild = list(multiplicity.OUTCOMES), ["abstract.pfs.p", "abstract.response.p"]
    strict = ["abstract.os.p", "results-radiology.over_180_after.p"]
    assert left(outcomes, "holm") == strict
    assert set(left(outcomes, "fdr_bh")) == {*strict, *mild}
    assert left(list(p.index), "holm") == ["table1.grade.p", "table5.grade_1_surgery.p"]
