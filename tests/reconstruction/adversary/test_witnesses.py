"""The witnesses that ship meet every number and every rule, and have the values that the table and R give them."""

import hashlib
import json

import pandas as pd
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.cohort import plausibility
from analysis_lib.reconstruction import verify, witnesses
from analysis_lib.reconstruction.adversary import unprinted
from analysis_lib.reconstruction.adversary.quantities import QUANTITIES, SIDES

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "witnesses.json").read_text())


@pytest.fixture(scope="module")
def found():
    return witnesses.load()


@pytest.fixture(scope="module")
def values(found):
    """Every quantity of every witness."""
    return pd.DataFrame({id: asked.values(found.cohorts.patients) for id, asked in QUANTITIES.items()})


def differing(table, values):
    """The rows of a table whose value is not that of their cohort."""
    return [k for k, row in table.iterrows() if row["value"] != pytest.approx(values.at[row["cohort"], row["id"]])]


def test_no_witness_breaks_a_rule_and_a_sample_meets_every_number(found, targets):
    assert found.cohorts.manifest["targets_sha256"] == targets.digest
    assert plausibility.broken(found.cohorts.patients) == []
    for number in found.cohorts.origin.index[::7]:
        assert verify.misses(found.cohorts.one(number), targets, number) == []


def test_every_quantity_has_both_sides_and_no_witness_stands_for_nothing(found):
    assert set(zip(found.table["id"], found.table["side"], strict=True)) == {(i, s) for i in QUANTITIES for s in SIDES}
    assert set(found.table["cohort"]) == set(found.cohorts.origin.index)


def test_each_value_is_that_of_its_cohort_and_an_edited_one_is_found(found, values):
    assert differing(found.table, values) == []
    edited = found.table.copy()
    edited.loc[3, "value"] *= 1.01
    assert differing(edited, values) == [3]


@pytest.mark.long
def test_each_value_is_the_most_extreme_of_all_witnesses_and_beyond_the_ensemble(found, values, shipped):
    for id, asked in QUANTITIES.items():
        low, high = found.extremes(id)
        assert (low, high) == pytest.approx((values[id].min(), values[id].max()))
        ensemble = asked.values(shipped.patients)
        assert low <= ensemble.min() + 1e-9 and ensemble.max() - 1e-9 <= high


def test_needs_are_those_of_the_cohorts_and_wider_limits_go_farther(found):
    needs = unprinted.needs(found.cohorts.patients)
    for id, number, told in found.table[["id", "cohort", "needs"]].itertuples(index=False):
        assert told == (unprinted.described(needs.loc[number]) if QUANTITIES[id].dated else "")
    for (_, side), rows in found.table.groupby(["id", "side"]):
        if len(rows) > 1:
            narrow, wide = rows.sort_values("needs")["value"]
            assert SIDES[side] * (wide - narrow) > 0


def test_r_was_asked_about_the_witnesses_that_ship_and_finds_the_same_values(found, values):
    # What the script beside it writes: the columns of its heading.
    file = ORACLES / "data" / "witnesses.csv"
    assert hashlib.md5(file.read_bytes()).hexdigest() == R["md5"]
    columns = file.read_text(encoding="utf-8").partition("\n")[0].split(",")
    text = found.cohorts.patients[columns].to_csv(index=False, lineterminator="\n")
    assert text == file.read_text(encoding="utf-8"), "ask again: tests/oracles/witnesses.py"
    by_r = pd.DataFrame(R["cohorts"]).T.astype(float)
    by_r.index = by_r.index.astype(int)
    # Weighted fits stop at R's own tolerance.
    pd.testing.assert_frame_equal(by_r, values.astype(float), check_names=False, rtol=1e-6)


def test_what_was_not_pushed_is_named(found):
    with pytest.raises(InputError, match="'landmark_hr_17' was not pushed.*landmark_hr_1"):
        found.extremes("landmark_hr_17")
