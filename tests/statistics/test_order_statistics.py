"""The expected smallest of several normal values, against Harter's table and closed forms."""

import math

import pytest

from analysis_lib.statistics.order_statistics import expected_minimum


@pytest.mark.parametrize(
    ("n", "table"), [(1, 0.0), (2, 0.56419), (3, 0.84628), (4, 1.02938), (5, 1.16296), (10, 1.53875)]
)
def test_it_is_what_the_table_of_harter_has(n, table):
    assert expected_minimum(n) == pytest.approx(-table, abs=6e-6)


def test_of_two_and_three_it_is_the_closed_form():
    assert expected_minimum(2) == pytest.approx(-1 / math.sqrt(math.pi))
    assert expected_minimum(3) == pytest.approx(-1.5 / math.sqrt(math.pi))


def test_the_smallest_of_none_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        expected_minimum(0)
