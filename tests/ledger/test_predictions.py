"""What was withheld is read with what it was withheld from, and judged by where the print falls."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import audit, predictions
from analysis_lib.ledger.predictions import Prediction
from analysis_lib.printed import transcription
from analysis_lib.printed.number import Interval, Printed

ID = "results-survival.os.all.median"


def prediction(*values, **scheme):
    return Prediction(ID, "s", "t", (ID,), {"one": np.array(values, float)} | scheme)


def test_a_percentile_counts_those_below_and_half_of_those_that_print_alike():
    one = prediction(1, 2, 3, 4)
    assert one.percentile(Interval(2.5, 2.6)) == 50
    assert one.percentile(Interval(1.9, 2.1)) == 37.5
    assert one.percentile(Interval(9, 10)) == 100


def test_the_middle_of_the_draws_holds_what_is_printed_or_not():
    one = prediction(*range(1, 40))
    assert one.quantiles == pytest.approx((2, 20, 38))
    assert one.holds(Interval(38, 39)) and one.holds(Interval(10, 11))
    assert not one.holds(Interval(38.5, 39)) and not one.holds(Interval(0, 1))


def test_undefined_values_are_counted_and_left_out():
    one = prediction(1, np.nan, 3, two=np.array([np.nan, 2.0]))
    assert one.draws == 5
    assert one.pooled.tolist() == [1, 3, 2]


def test_where_nothing_is_defined_nothing_is_held():
    one = prediction(np.nan, np.nan)
    assert np.isnan(one.quantiles).all() and np.isnan(one.percentile(Interval(1, 2)))
    assert not one.holds(Interval(1, 2))


def test_a_number_of_several_sets_has_the_smallest_first(paper):
    sizes = [len(one.withheld) for one in predictions.load(paper)[ID]]
    assert len(sizes) == 2 and sizes == sorted(sizes)


def test_a_changed_digit_puts_an_end_to_what_was_drawn_with_the_old_one(paper):
    changed = replace(paper[ID], printed=Printed("9.9"))
    other = transcription.Transcription([changed if n.id == ID else n for n in paper.values()])
    found = predictions.load(other)
    assert ID not in found and "results-survival.os.p" not in found


def test_a_change_elsewhere_does_not(paper):
    elsewhere = "table1.sex_male.all.count"
    changed = replace(paper[elsewhere], printed=Printed("1"))
    other = transcription.Transcription([changed if n.id == elsewhere else n for n in paper.values()])
    assert predictions.load(other).keys() == predictions.load(paper).keys()


def test_every_printing_of_a_withheld_fact_is_predicted_and_says_where_it_falls(paper):
    claims = audit.audit()
    printings = [id for id in paper if id.endswith("os.surgery.median")]
    assert len(printings) == 3
    assert {claims[id].verdict for id in printings} == {"predicted"}
    assert "percentile" in claims[ID].reason and "middle 90%" in claims[ID].reason


def test_without_predictions_nothing_is_predicted(paper, tmp_path):
    assert predictions.load(paper, tmp_path) == {}
    assert "predicted" not in {c.verdict for c in audit.audit(predictions=tmp_path).values()}


def test_no_number_is_predicted_that_no_cohort_meets(tmp_path):
    (tmp_path / "cohorts.json").write_text('{"met": {}}')
    assert not {"predicted", "reconstructed"} & {c.verdict for c in audit.audit(ensemble=tmp_path).values()}


@pytest.mark.parametrize("text", ["{", "[]", '{"printed": {}}', '{"printed": {}, "sets": {"a": 1}}'])
def test_a_manifest_that_is_none_is_refused(paper, tmp_path, text):
    (tmp_path / "predictions.json").write_text(text)
    with pytest.raises(InputError, match="not the manifest"):
        predictions.load(paper, tmp_path)


@pytest.mark.parametrize(
    ("line", "words"), [("a,x,one,1 two\n", "are not numbers"), ("b,x,one,1\n", "not in the manifest")]
)
def test_rows_that_are_none_are_refused(paper, tmp_path, line, words):
    sets = {"a": {"title": "t", "withheld": [], "kept": []}}
    (tmp_path / "predictions.json").write_text(json.dumps({"printed": {}, "sets": sets}))
    (tmp_path / "predictions.csv").write_text(",".join(predictions.COLUMNS) + "\n" + line)
    with pytest.raises(InputError, match=words):
        predictions.load(paper, tmp_path)
