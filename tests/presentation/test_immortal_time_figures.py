"""Pictures of immortal time hold the values that the analyses give."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis_lib.analyses import immortal_time
from analysis_lib.presentation import figures, immortal_time_figures
from analysis_lib.reconstruction import ensemble

ENSEMBLE = ensemble.load()
FEW = [0, 1, 2, 3]
PATIENTS = ENSEMBLE.patients[ENSEMBLE.patients["cohort"].isin(FEW)]
SCHEME = ENSEMBLE.origin.loc[FEW, "scheme"]


@pytest.fixture(autouse=True)
def closed_figures():
    figures.style()
    yield
    plt.close("all")


def test_a_swimmer_plot_has_a_lane_for_each_patient_cut_at_the_operation():
    cohort = ENSEMBLE.one(FEW[0])
    figure, values = immortal_time_figures.swimmer(cohort, 18)
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2 and line.get_linewidth() > 4]
    assert len(lines) == len(immortal_time.counting_process(cohort))
    length = sum(np.ptp(line.get_xdata()) for line in lines)
    assert length == pytest.approx(cohort["os_years"].sum())
    assert len(values) == len(cohort) and values["os_years"].sum() == pytest.approx(cohort["os_years"].sum(), abs=0.1)


def test_the_drawing_has_a_panel_for_each_endpoint_and_a_band_for_each_scheme():
    ratios = immortal_time.landmark_ratios(PATIENTS, SCHEME, [18, 21, 24])
    spans = ratios.drop_duplicates(["endpoint", "scheme"])[["endpoint", "scheme", "lowest", "median", "highest"]]
    figure = immortal_time_figures.draw_ratios(ratios, {"os": 0.264, "pfs": 0.47}, spans)
    assert len(figure.axes) == 2
    assert all(len(axis.collections) == SCHEME.nunique() for axis in figure.axes)
