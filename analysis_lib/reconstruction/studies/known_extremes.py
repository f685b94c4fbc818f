"""Extremes on known patients: whether what an adversary reaches to both sides holds the truth.

Cohorts that were found from a study's printed summaries alone are pushed by the same kernel as those of the paper: one
study of each public data set. The true patients meet their own summaries, so that a search without end would hold each
truth, except that the times of the larynx study are no whole days. Every quantity is pushed from three cohorts, by hot
pushes and by cool ones in turn: a hot push goes far from its cohort, but seldom finds the hazard ratio to three
decimals again.
Run as ``python -m analysis_lib.reconstruction.studies.known_extremes``: some minutes.
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
import pandas as pd

from analysis_lib.base import parallel
from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.reconstruction._numba import statement
from analysis_lib.reconstruction._numba.anneal_survival import OBSERVED
from analysis_lib.reconstruction._numba.push_survival import Boxes, Limits, push_survival
from analysis_lib.reconstruction._numba.statement import Statement
from analysis_lib.reconstruction.adversary.push import ROUNDS
from analysis_lib.reconstruction.adversary.ratchet import ratchet
from analysis_lib.reconstruction.studies import known_data
from analysis_lib.reconstruction.studies.coverage import quantities
from analysis_lib.reconstruction.studies.known_data import Study, patients_table
from analysis_lib.reconstruction.studies.known_patients import (
    CLOCK,
    DAYS,
    RATIO,
    RULE,
    STATISTICS,
    WAITING,
    misses,
    printed,
    printed_box,
)
from analysis_lib.reconstruction.studies.known_patients_run import SEED, SHIPPED

FILE = SHIPPED / "extremes.csv"
# Quantity of :data:`coverage.QUANTITIES`: kind, the printed time at which, first step and weight.
PUSHED = {
    "survival_median_first": (statement.SURVIVAL_OPERATED, "follow_up_median", 0.02, 60.0),
    "survival_median_second": (statement.SURVIVAL_OTHERS, "follow_up_median", 0.02, 60.0),
    "time_dependent": (statement.TIME_DEPENDENT, "", 0.1, 20.0),
    "landmark_waiting": (statement.LANDMARK, "wait_q3", 0.1, 20.0),
}
# How many cohorts a quantity is pushed from, the most extreme first, and how many turns a push has.
_STARTS, _STEPS = 3, 60_000
# The temperatures that the pushes of a ratchet begin with, a ratchet after the other.
_TEMPERATURES = 0.5, 0.1, 0.5, 0.1
# Tests and regressions change in jumps, and so count for less than times do.
_JUMPS = 30.0


class Push:
    """The pushes of one quantity of one study from its cohorts, in the columns of :class:`known_data.Study`."""

    def __init__(self, study: Study, quantity: str, steps: int = _STEPS) -> None:
        self.study, self.quantity, self.steps = study, quantity, steps
        self.strings = printed(study.patients)
        self.per_day = study.horizon / DAYS
        kind, at, self.first_step, self.weight = PUSHED[quantity]
        moment = float(self.strings[at]) / (self.per_day * DAYS_PER_YEAR) if at else 0.0
        self.statement = Statement(kind, moment, 1.0, 0.0, self.weight)
        survival = printed_box(self.strings, STATISTICS, 1 / (self.per_day * DAYS_PER_YEAR))
        survival[2, np.isin(STATISTICS, (*RATIO, "log_rank_p"))] *= _JUMPS
        waits = "wait_q1" in self.strings
        # Who did not wait has an operation on day 0, and nothing is printed of it.
        surgery = np.array([np.zeros(3), np.zeros(3), np.ones(3)])
        if waits:
            surgery = printed_box(self.strings, WAITING, 1 / (self.per_day * DAYS_PER_MONTH))
        self.boxes = Boxes(survival, surgery, OBSERVED, RULE)
        n = len(study.patients)
        ends = (1, DAYS, int(waits), DAYS * int(waits), 1, DAYS)
        self.limits = Limits(*(np.full(n, end) for end in ends))

    def value(self, patients: pd.DataFrame) -> float:
        """The quantity, on the scale of its truth."""
        return float(quantities(patients, self.strings).loc[self.quantity, "value"])

    def push(
        self, rng: np.random.Generator, sign: float, hot: float, patients: pd.DataFrame, goal: float
    ) -> pd.DataFrame | None:
        """Patients with the same printed summaries who reach the goal; None if none were found."""
        day = np.round(patients["time"].to_numpy() / self.per_day).astype(np.int64)
        surgery = np.round(patients["wait"].fillna(0).to_numpy() / self.per_day).astype(np.int64)
        event, first = patients["event"].to_numpy(np.int64), patients["first"].to_numpy(bool)
        asked = self.statement._replace(sign=sign, goal=goal)
        left = push_survival(rng, day, event, first, surgery, self.limits, CLOCK, self.boxes, asked, self.steps, hot)
        if left > 0.0:
            return None
        found = patients_table(day * self.per_day, event, first)
        found.loc[first, "wait"] = np.where(surgery[first] > 0, surgery[first] * self.per_day, np.nan)
        # Traits and progression stay out of it.
        of_times = {name: self.strings[name] for name in self.strings if name in (*STATISTICS, *WAITING)}
        return found if not [name for name in misses(self.strings, found) if name in of_times] else None


def extremes(study: Study, cohorts: pd.DataFrame) -> list[dict]:
    """Each quantity's truth beside the lowest and highest value reached from the study's cohorts."""
    rows = []
    for k, name in enumerate(PUSHED):
        truth = quantities(study.patients, printed(study.patients)).loc[name, "value"]
        if np.isnan(truth) or not len(cohorts):
            continue
        one = Push(study, name)
        values = pd.Series({n: one.value(c) for n, c in cohorts.groupby("cohort")}).dropna()
        reached = {sign: _farthest(one, sign, cohorts, values, [SEED, k]) for sign in (-1.0, 1.0)}
        rows.append({
            "study": study.name, "quantity": name, "truth": truth, "low": reached[-1.0], "high": reached[1.0],
            "cohorts_low": values.min(), "cohorts_high": values.max(),
        })  # fmt: skip
    return rows


def _farthest(one: Push, sign: float, cohorts: pd.DataFrame, values: pd.Series, seed: list[int]) -> float:
    """The most extreme value that pushes to one side reach, from those of the cohorts that lie there already."""
    reached = []
    for number in (sign * values).nlargest(_STARTS).index:
        rng = np.random.default_rng([*seed, int(sign > 0), int(number)])
        state = cohorts[cohorts["cohort"] == number].reset_index(drop=True)
        for hot in _TEMPERATURES:
            state = ratchet(state, partial(one.push, rng, sign, hot), one.value, sign, one.first_step, ROUNDS)[-1]
        reached.append(one.value(state))
    return sign * max(sign * value for value in reached)


def _extremes(one: tuple[Study, pd.DataFrame]) -> list[dict]:
    return extremes(*one)


def build(jobs: int = 2, scheduler: str = "") -> pd.DataFrame:
    """Push all studies, and write ``data/truth/extremes.csv``."""
    cohorts = pd.read_parquet(SHIPPED / "cohorts.parquet")
    of_each_source = {study.source: study for study in reversed(known_data.studies())}
    work = [(study, cohorts[cohorts["study"] == study.name]) for study in of_each_source.values()]
    found = {one[0].name: rows for one, rows in parallel.each(_extremes, work, jobs, scheduler)}
    table = pd.DataFrame([row for study, _ in work for row in found[study.name]])
    write_beside_then_rename(FILE, table.to_csv(index=False, float_format="%.8g"))
    return table


if __name__ == "__main__":
    build(**vars(parallel.add_options(argparse.ArgumentParser()).parse_args()))
