"""A push of a shipped cohort ends with one that is verified, more extreme, and the same from the same seed."""

import pytest

from analysis_lib.reconstruction import verify
from analysis_lib.reconstruction.adversary import push, quantities, scores, unprinted
from analysis_lib.reconstruction.adversary.push import Task


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(push, "STARTS", 1)
    monkeypatch.setattr(push, "TURNS", 1)
    monkeypatch.setattr(push, "ROUNDS", 3)
    monkeypatch.setattr(scores, "walk", lambda *arguments, walk=scores.walk: walk(*arguments, steps=4))


@pytest.mark.parametrize(
    "task",
    [
        Task("landmark_hr_18", "high", narrow=True),
        pytest.param(Task("time_dependent_hr_pfs", "high", narrow=True), marks=pytest.mark.long),
        pytest.param(Task("weighted_hr", "high", narrow=False), marks=pytest.mark.long),
    ],
    ids=lambda task: task.name,
)
def test_a_push_goes_beyond_the_ensemble_within_its_limits(task, targets, shipped):
    found = push.find_witness(targets, 1, shipped, task)
    assert verify.wrong(found, targets) == []
    patients = shipped.patients
    if task.narrow:
        patients = patients[~patients["cohort"].map(unprinted.needs(patients).any(axis=1))]
        assert not unprinted.needs(found.assign(cohort=0)).to_numpy().any()
    start = task.sign * quantities.QUANTITIES[task.id].values(patients)
    assert task.sign * quantities.value(task.id, found) > start.max()


def test_a_push_comes_out_again_from_its_seed(targets, shipped):
    task = Task("adjusted_hr_without_activity", "low", narrow=False)
    first, again = (push.find_witness(targets, 2, shipped, task) for _ in range(2))
    assert first.equals(again)


@pytest.mark.parametrize("id", quantities.QUANTITIES)
def test_a_quantity_has_the_same_value_whether_texts_are_objects_or_strings(id, one):
    texts = {name: "string" for name in one if one[name].dtype == object}
    assert quantities.value(id, one.astype(texts)) == pytest.approx(quantities.value(id, one), nan_ok=True)


def test_without_any_success_the_most_extreme_shipped_cohort_is_the_witness(targets, shipped, monkeypatch):
    monkeypatch.setitem(push._WAYS, "sizes", lambda *_: ([None], None))
    task = Task("shrinkage_difference", "high", narrow=False)
    values = quantities.QUANTITIES[task.id].values(shipped.patients)
    assert push.find_witness(targets, 1, shipped, task).equals(shipped.one(int(values.idxmax())))
