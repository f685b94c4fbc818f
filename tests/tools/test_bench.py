"""The bench: its rows are on file, and the fits that it times agree with other libraries."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis_lib.cohort import validation
from tools.bench import fits, growth, run

GOAL = 1e-9


@pytest.fixture(scope="module")
def sample() -> fits.Sample:
    return fits.Sample.of_the_ensemble().first(4)


@pytest.fixture(scope="module")
def on_file() -> dict:
    return json.loads((run.OUT / "kernels.json").read_text(encoding="utf-8"))


def test_every_row_and_every_other_way_is_on_file(on_file):
    assert [row["row"] for row in on_file["rows"]] == [row.name for row in fits.ROWS]
    for row, told in zip(fits.ROWS, on_file["rows"], strict=True):
        expected = {(other.library, other.call) for other in row.others}
        expected |= {(library, call) for library, call in zip(("R", "R core"), row.r, strict=True) if call}
        assert {(other["library"], other["call"]) for other in told["others"]} == expected


def test_on_file_all_that_compute_agree_and_those_that_draw_come_near(on_file):
    found = [other for row in on_file["rows"] for other in row["others"] if other["installed"]]
    assert {"lifelines", "statsmodels", "R", "R core"} <= {other["library"] for other in found}
    for other in found:
        assert other["difference"] < (0.2 if other.get("sampled") else GOAL), other


@pytest.mark.long
@pytest.mark.parametrize("row", fits.ROWS, ids=lambda row: row.name)
def test_the_fits_agree_with_other_libraries(row, sample):
    ours = row.ours(*row.arrays(sample))
    for other in row.others:
        if other.sampled or other.library == "scikit-survival":
            continue
        if other.batch:
            theirs, of = other.fit(sample), range(len(sample))
        else:
            of = sample.untied[:2] if other.untied else [0, 1]
            theirs = [other.fit(sample, i, exact=True) for i in of]
        assert run.greatest_difference(ours[list(of)], np.asarray(theirs)) < GOAL, other.library


def test_a_difference_is_relative_and_a_missing_number_is_one():
    ours = np.array([[1.0, 100.0], [2.0, np.nan]])
    assert run.greatest_difference(ours, ours) == 0
    assert run.greatest_difference(ours, ours * 1.001) == pytest.approx(0.001, rel=0.01)
    assert run.greatest_difference(ours, ours[:, :1]) == 0
    assert run.greatest_difference(ours, np.array([[1.0, 100.0], [2.0, 3.0]])) == np.inf


def test_each_other_is_timed_right_after_ours_and_the_first_round_warms_up():
    ours = iter([50.0, 50.0, 1.0, 2.0, 4.0, 8.0])
    own, theirs = run.in_rounds(lambda: next(ours), [lambda turn: 8.0, lambda turn: 16.0 + turn], rounds=2)
    assert own.tolist() == [[1, 4], [2, 8]]
    assert theirs.tolist() == [[8, 8], [16, 17]]


def test_invented_patients_of_any_number_are_a_well_formed_cohort_with_few_ties(tmp_path):
    file = tmp_path / "invented.csv"
    growth.write_cohort(200, file)
    found = validation.load_cohorts(file)
    assert len(found) == found["patient"].nunique() == 200
    assert found["os_years"].nunique() > 180


def test_what_a_further_patient_takes_is_the_same_where_time_is_in_step_with_size():
    sizes = np.array([10, 100, 1000])
    assert growth.per_further_patient(sizes, 7 + 0.002 * sizes) == [2, 2]
    assert growth.per_further_patient(sizes, 0.001 * sizes**2) == [110, 1100]


def test_what_a_command_took_is_told_and_a_command_that_fails_stops_the_bench(tmp_path):
    with pytest.raises(SystemExit, match="(?s)validate .* failed: .*no such file"):
        growth.command("validate", str(tmp_path / "none.csv"))


def test_a_simulated_study_has_the_patients_asked_for_and_ends_with_the_study():
    study = growth.simulated(200, 3)
    assert len(study) == 200 and 0 < study["time"].max() <= growth.STUDY
    assert set(study["event"]) == {0, 1}


@pytest.mark.long
def test_memory_is_that_of_a_process_and_not_of_the_one_that_started_it():
    ballast = np.ones(60_000_000)  # 480 MB
    spent, megabytes = growth.command("validate", str(growth.template.EXAMPLE))
    assert spent > 0 and 50 < megabytes < ballast.nbytes / 2**20 / 2


def test_the_search_on_file_grows_with_targets_and_each_part_was_measured():
    on_file = json.loads((run.OUT / "search.json").read_text(encoding="utf-8"))
    targets = [*(row["targets"] for row in on_file["by_targets"]), on_file["targets"]]
    assert targets == sorted(set(targets)) and targets[-1] > 400
    assert [row["patients"] for row in on_file["by_patients"]] == list(growth.PATIENTS)
    assert all(row["found"] <= row["studies"] for row in on_file["by_patients"])
    rate, seconds = on_file["by_cohort"]["per_minute_and_core"], on_file["by_cohort"]["first_seconds"]
    # No run is quicker than its first cohort.
    assert rate <= 60 * growth.LENGTH / seconds["least"]


@pytest.mark.parametrize("name", [name for _, name in run.PARTS.values()])
def test_each_file_says_what_it_was_measured_on_and_how_long_that_took(name):
    on_file = json.loads((run.OUT / f"{name}.json").read_text(encoding="utf-8"))
    assert on_file["machine"]["cores"] >= 1 and on_file["versions"]["python"]
    assert on_file["revision"] and on_file["seconds_in_all"] > 0
