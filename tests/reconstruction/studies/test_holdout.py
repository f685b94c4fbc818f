"""What the committed predictions say is what a draw gives, and a withheld number is free."""

import json

import pytest

from analysis_lib.ledger import predictions
from analysis_lib.printed import transcription
from analysis_lib.reconstruction.stages.state import Blocks
from analysis_lib.reconstruction.studies.holdout import SETS, Draw, constraining

MANIFEST = json.loads((predictions.PREDICTIONS / "predictions.json").read_text(encoding="utf-8"))


def test_predictions_are_of_these_targets_and_sets(targets):
    assert MANIFEST["targets_sha256"] == targets.digest
    assert MANIFEST["sets"].keys() == {withheld.name for withheld in SETS}


@pytest.mark.parametrize("name", ["os_cox", "pfs", "pr_death"])
def test_a_draw_repeats_from_its_seed(targets, name):
    withheld = next(one for one in SETS if one.name == name)
    measure, found = Draw(targets, MANIFEST["seed"], 0).of(withheld)
    committed = predictions.load(transcription.load())
    for id, value in found.items():
        one = next(p for p in committed[id] if p.set == name)
        assert value == pytest.approx(one.values[measure][0], rel=1e-5)


def test_a_withheld_number_holds_nothing_and_the_others_hold(targets):
    for withheld in SETS:
        blocks = Blocks(targets.without(set(withheld.ids)))
        kept = constraining(withheld, blocks)
        assert kept and not set(kept) & set(withheld.ids)
        assert not set(withheld.ids) & set(blocks.targets)


def test_every_survival_target_is_withheld_at_least_once(targets):
    blocks = Blocks(targets)
    ids = {*blocks.survival_ids, *blocks.progression_ids}
    ids |= {id for of_one in blocks.covariate_ids.values() for id in of_one}
    ids |= {id for id in blocks.size_ids if not id.startswith("table5.size_post_surgery")}
    assert ids <= {id for withheld in SETS for id in withheld.ids}
