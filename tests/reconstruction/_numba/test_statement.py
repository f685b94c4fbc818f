"""What steers a push has the values of the plain functions that are told of."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis_lib.analyses import immortal_time, target_trial
from analysis_lib.base.errors import InputError
from analysis_lib.base.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from analysis_lib.reconstruction._numba import statement
from analysis_lib.reconstruction.adversary import quantities
from analysis_lib.reconstruction.adversary.quantities import QUANTITIES
from analysis_lib.statistics import survival

# The adjusted trial is steered by the other one, since covariates come after the times; a limit by its ratio.
OTHERWISE = ("target_trial_hr_adjusted", "time_dependent_upper")
OF_TIMES = [id for id, asked in QUANTITIES.items() if asked.kind and id not in OTHERWISE]


def arrays(cohort, endpoint):
    # In whole days, as the search has them: the day of another's death is that day exactly.
    surgery = np.round(cohort["months_to_surgery"].fillna(0).to_numpy(float) * DAYS_PER_MONTH) / DAYS_PER_YEAR
    operated = (cohort["group"] == "surgery").to_numpy()
    return cohort[f"{endpoint}_years"].to_numpy(float), cohort[f"{endpoint}_event"].to_numpy(int), operated, surgery


@pytest.mark.parametrize("id", OF_TIMES)
def test_a_kernel_has_the_plain_value_in_shipped_cohorts(id, shipped):
    asked = QUANTITIES[id]
    for number in range(0, 60, 4):
        cohort = shipped.one(number)
        plain = quantities.value(id, cohort)
        endpoint = "pfs" if asked.moves == "progression" else "os"
        by_kernel = statement.quantity(asked.kind, asked.at, *arrays(cohort, endpoint))
        assert (np.exp(by_kernel) if asked.ratio else by_kernel) == pytest.approx(plain, rel=1e-8, nan_ok=True)


def test_tied_deaths_and_operations_on_the_day_of_a_death_count_as_in_the_analyses(small_cohort):
    time, event, _, operated, _ = small_cohort
    surgery = np.where(operated, np.minimum(1.0 + 2 * (np.arange(time.size) % 3), time), 0.0)
    frame = pd.DataFrame(
        {"cohort": 0, "patient": range(time.size), "group": np.where(operated, "surgery", "prrt_only"),
         "os_years": time, "os_event": event, "months_to_surgery": np.where(operated, 12 * surgery, np.nan)}
    )  # fmt: skip
    before = np.where(operated, np.minimum(surgery, time - immortal_time.HALF_A_DAY), 0.0)
    for kind, analyse, begun in (
        (statement.LANDMARK, partial(immortal_time.landmark, months=36), surgery),
        (statement.TIME_DEPENDENT, partial(immortal_time.time_dependent, half_day=False), surgery),
        # Of the trial an operation on the day of a death always counts half a day before.
        (statement.TARGET_TRIAL, partial(target_trial.emulate, months=36), before),
    ):
        by_kernel = statement.quantity(kind, 3.0, time, event, operated, begun)
        try:
            plain = analyse(frame)["hr"].iloc[0]
        except InputError:
            plain = np.nan
        assert np.exp(by_kernel) == pytest.approx(plain, rel=1e-8, nan_ok=True)
    at = float(np.median(time))
    by_kernel = statement.quantity(statement.SURVIVAL_OPERATED, at, time, event, operated, surgery)
    assert by_kernel == pytest.approx(survival.survival_at(time[operated], event[operated], at)[0])


def test_a_curve_that_has_ended_has_no_value_and_counts_as_far_from_any_goal():
    time, event, operated = np.array([1.0, 2.0, 1.5]), np.array([1, 0, 0]), np.array([True, True, False])
    asked = statement.Statement(statement.SURVIVAL_OPERATED, 3.0, 1.0, 0.9, 60.0)
    assert np.isnan(statement.quantity(asked.kind, asked.at, time, event, operated, np.zeros(3)))
    undefined = statement.shortfall(asked, time, event, operated, np.zeros(3))
    assert undefined > statement.shortfall(asked._replace(at=1.9, goal=0.6), time, event, operated, np.zeros(3)) > 0
