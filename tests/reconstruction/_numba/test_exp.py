"""The vectorised exponentials are NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.reconstruction._numba.exp import exponentials


# The first call compiles.
@settings(deadline=None)
@given(st.lists(st.floats(-690, 690), max_size=70))
def test_exponentials_are_right_to_two_units_of_the_last_digit(values):
    x = np.array(values)
    found = x.copy()
    exponentials(found, np.empty_like(x))
    assert (np.abs(found - np.exp(x)) <= 2 * np.spacing(np.exp(x))).all()


def test_exponentials_beyond_what_a_float_holds_stop_growing():
    found = np.array([-1e9, 1e9, 0.0])
    exponentials(found, np.empty(3))
    assert found == pytest.approx([np.exp(-700), np.exp(700), 1.0], rel=1e-12)
