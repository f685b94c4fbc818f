"""All pushes together: restartable, the same bytes, and nothing that breaks a target is written."""

import shutil

import pandas as pd
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.reconstruction import witnesses
from analysis_lib.reconstruction.adversary import build, quantities, unprinted

IDS = ["landmark_hr_18", "os_5y_surgery"]
STARTS = range(0, 30, 5)


@pytest.fixture(scope="module")
def pushes(shipped):
    """Pushes that only take a shipped cohort each, and the names of those that were made."""
    made = []
    numbers = dict(zip((task.name for task in build.tasks(IDS)), STARTS, strict=True))

    def find_witness(targets, seed, cohorts, task):
        made.append(task.name)
        return shipped.one(numbers[task.name]).drop(columns="cohort")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "find_witness", find_witness)
        yield made


@pytest.fixture(scope="module")
def built(pushes, tmp_path_factory):
    """The folder of a build that nothing interrupted, and what it returned."""
    folder = tmp_path_factory.mktemp("built")
    found = build.build(1, folder / "cohorts.parquet", IDS)
    assert pushes == [task.name for task in build.tasks(IDS)]
    return folder, found


def everything(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_interrupted_run_goes_on_where_it_was_and_ends_with_the_same_bytes(built, pushes, tmp_path, monkeypatch):
    pushes.clear()
    fake = build.find_witness

    def interrupted(*arguments):
        if len(pushes) == 3:
            raise KeyboardInterrupt
        return fake(*arguments)

    monkeypatch.setattr(build, "find_witness", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build.build(1, tmp_path / "cohorts.parquet", IDS)
    monkeypatch.setattr(build, "find_witness", fake)
    build.build(1, tmp_path / "cohorts.parquet", IDS)
    assert pushes == [task.name for task in build.tasks(IDS)]
    assert everything(tmp_path) == everything(built[0])


def test_what_is_written_is_read_and_is_the_most_extreme_of_all(built, shipped):
    folder, found = built
    read = witnesses.load(folder / "cohorts.parquet")
    pd.testing.assert_frame_equal(read.table, found, check_dtype=False)
    patients = shipped.patients[shipped.patients["cohort"].isin(STARTS)]
    needy = unprinted.needs(patients).any(axis=1)
    for id in IDS:
        values = quantities.QUANTITIES[id].values(patients)
        assert read.extremes(id) == pytest.approx((values.min(), values.max()))
        assert quantities.value(id, read.witness(id, "high")) == values.max()
    # A conclusion rests on the first only, which is pushed within the narrower limits too.
    within = quantities.QUANTITIES[IDS[0]].values(patients)[~needy]
    assert read.extremes(IDS[0], narrow=True) == pytest.approx((within.min(), within.max()))
    assert quantities.value(IDS[0], read.witness(IDS[0], "low", narrow=True)) == within.min()
    assert (found["id"] == IDS[1]).sum() == 2


def test_a_witness_that_breaks_a_target_is_a_bug_that_names_it(monkeypatch, tmp_path, shipped):
    needy = unprinted.needs(shipped.patients).any(axis=1)
    broken = shipped.one(int(needy.idxmin())).assign(kps=60).drop(columns="cohort")
    monkeypatch.setattr(build, "find_witness", lambda *_: broken)
    with pytest.raises(RuntimeError, match=r"broke what it should keep: cohort 0: table1\.kps"):
        build.build(1, tmp_path / "cohorts.parquet", IDS)
    assert not (tmp_path / "cohorts.parquet").exists()


def test_needs_are_what_a_cohort_has_beyond_the_narrower_limits(one):
    operated = one.index[(one["group"] == "surgery") & (one["progression"].notna())]
    within = one.assign(cohort=0, months_to_surgery=one["months_to_surgery"].clip(upper=40))
    within.loc[operated, "pfs_years"] = 9.0
    within["os_years"] = within["os_years"].clip(lower=1.0)
    assert unprinted.described(unprinted.needs(within).loc[0]) == ""
    for column, row, value, need in (
        ("months_to_surgery", operated[0], 43.0, "late_surgery"),
        ("pfs_years", operated[0], 0.2, "progression_before_surgery"),
        ("os_years", within.index[within["os_event"] == 0][0], 0.7, "early_loss"),
        ("os_years", within.index[within["cause_of_death"] == "other"][0], 0.7, "early_death"),
    ):
        changed = within.copy()
        changed.loc[row, column] = value
        assert unprinted.described(unprinted.needs(changed).loc[0]) == need


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",low,", ",middle,", "row 2, column 'side': 'middle' is no side"),
        ("landmark_hr_18,low,", "landmark_hr_18,low,x", "row 2, column 'value': a number is not one"),
    ],
)
def test_a_table_that_is_not_as_described_is_refused(built, tmp_path, old, new, told):
    folder = shutil.copytree(built[0], tmp_path / "copy")
    table = folder / witnesses.TABLE
    table.write_text(table.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=told):
        witnesses.load(folder / "cohorts.parquet")
