"""The search's small stages, and the boxes that they must reach."""

from dataclasses import replace

import numpy as np
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.reconstruction.stages import covariates
from analysis_lib.reconstruction.stages import state as blocks
from analysis_lib.targets.catalogue import load_targets


def test_a_column_search_meets_its_summaries_and_repeats_from_its_seed(targets):
    boxes = blocks.Blocks(targets)
    found = [covariates.activities(np.random.default_rng(4), boxes, boxes.sizes[1]) for _ in range(2)]
    assert (found[0] == found[1]).all()
    operated = found[0][: boxes.sizes[1]]
    assert np.round(np.median(operated), 1) == targets.numbers.value("table2.activity.surgery.median")
    assert operated.min() == targets.numbers.value("table2.activity.surgery.range_lo")


def test_groups_that_do_not_add_up_are_refused(targets):
    numbers = dict(targets.numbers)
    row = numbers["table1.patients.surgery.n"]
    numbers[row.id] = replace(row, printed=replace(row.printed, text="27"))
    targets = load_targets()
    targets.numbers._numbers.update(numbers)
    with pytest.raises(InputError, match="do not make 49"):
        blocks.Blocks(targets)
