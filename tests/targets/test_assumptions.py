"""Assumptions of the reconstruction: named on the command line, kept in the manifest, held to by verify."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import lifelines
import numpy as np
import pandas as pd
import pytest

from analysis_lib import __main__ as commands
from analysis_lib.base.errors import InputError
from analysis_lib.reconstruction import build
from analysis_lib.reconstruction._numba.anneal_survival import SURVIVAL_STATISTICS, survival_statistics
from analysis_lib.reconstruction._numba.tests_and_curves import QUANTILE_RULES
from analysis_lib.reconstruction.verify import verify_file
from analysis_lib.targets import assumptions
from analysis_lib.targets.assumptions import Assumptions
from analysis_lib.targets.catalogue import Targets, load_targets
from analysis_lib.targets.recompute import Recomputed

FOLLOW_UP = [f"results-survival.follow_up.all.{s}" for s in ("median", "q1", "q3")]


@pytest.fixture
def file(one, tmp_path) -> Path:
    path = tmp_path / "one.parquet"
    build.write(one, path)
    return path


def assume(file: Path, **chosen: str) -> None:
    file.with_suffix(".json").write_text(json.dumps({"assumptions": asdict(Assumptions(**chosen))}))


def by_hand(one: pd.DataFrame, follow_up: str) -> list[float]:
    """Median and quartiles of follow-up, by NumPy and lifelines."""
    time, event = one["os_years"].to_numpy(float), one["os_event"].to_numpy(int)
    if follow_up == "reverse_kaplan_meier":
        curve = lifelines.KaplanMeierFitter().fit(time, 1 - event)
        return [curve.percentile(p) for p in (0.5, 0.75, 0.25)]
    return list(np.percentile(time if follow_up == "observed" else time[event == 0], (50, 25, 75), method="weibull"))


@pytest.mark.parametrize("follow_up", assumptions.CHOICES["follow_up"])
def test_each_reading_of_follow_up_is_the_same_in_search_and_verification_and_by_hand(one, follow_up):
    searched = np.zeros(SURVIVAL_STATISTICS)
    years, event = one["os_years"].to_numpy(float), one["os_event"].to_numpy(np.int64)
    rule = assumptions.CHOICES["follow_up"].index(follow_up)
    survival_statistics(years, event, (one["group"] == "surgery").to_numpy(), rule, QUANTILE_RULES["weibull"], searched)
    targets = load_targets(assumptions=Assumptions(follow_up=follow_up))
    recomputed = Recomputed(one, targets)
    expected = by_hand(one, follow_up)
    assert [recomputed.value(targets[id]) for id in FOLLOW_UP] == pytest.approx(expected, abs=1e-9)
    assert searched[-3:] == pytest.approx(expected, abs=1e-9)


def test_verify_holds_a_file_to_what_its_manifest_assumes(file):
    assert verify_file(file) == []
    file.with_suffix(".json").write_text("{}")
    assert verify_file(file) == []
    assume(file)
    assert verify_file(file) == []
    assume(file, follow_up="survivors")
    wrong = verify_file(file)
    assert wrong
    assert all("follow_up" in line for line in wrong)


def test_the_command_says_under_which_assumption_it_verified(file, capsys):
    assume(file, follow_up="survivors")
    assert commands.main(["verify", str(file)]) == 1
    assert capsys.readouterr().out.endswith("under follow_up=survivors\n")


def test_assumptions_are_part_of_the_plan_and_reach_every_search(tmp_path, monkeypatch):
    seen = []

    def search(targets: Targets, *_: object) -> None:
        seen.append(targets)
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "find_cohort", search)
    out = str(tmp_path / "x.parquet")
    for more in ([], ["--assume", "age_test=student", "--assume", "follow_up=survivors"]):
        commands.main(["reconstruct", "--cohorts", "1", "--seed", "1", "--out", out, *more])
    assert [targets.assumptions for targets in seen] == [
        Assumptions(),
        Assumptions(age_test="student", follow_up="survivors"),
    ]
    assert len(list(tmp_path.glob(".x.*"))) == 2


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("folow_up=observed", "did you mean follow_up?"),
        ("follow_up=survivers", "did you mean survivors?"),
        ("quantile=tukey", "one of weibull"),
        ("age_test", "NAME=VALUE"),
        ("age_test=welch=student", "age_test cannot be 'welch=student'"),
    ],
)
def test_a_name_or_value_that_is_unknown_is_told_with_the_nearest(pair, words, tmp_path, capsys):
    arguments = ["reconstruct", "--cohorts", "1", "--seed", "1", "--out", str(tmp_path / "x.parquet")]
    assert commands.main([*arguments, "--assume", pair]) == commands.BAD_INPUT
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_assumed_twice():
    with pytest.raises(InputError, match="twice"):
        assumptions.parse(["age_test=welch", "age_test=student"])


@pytest.mark.parametrize("text", ["{", "[]", '{"assumptions": []}', '{"assumptions": {"follow_up": "none"}}'])
def test_a_manifest_that_says_nothing_sensible_is_refused(file, text):
    file.with_suffix(".json").write_text(text)
    with pytest.raises(InputError, match=r"one\.json"):
        verify_file(file)
