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


@pytest.mark.parametrize(
    ("id", "narrowest", "widest"),
    [
        # 8.5 (4.5-12.5) years: a fifth of the interval is 1.6.
        (ID, (8.0, 9.6), (8.0, 9.7)),
        (ID.replace("median", "ci_lo"), (3.0, 4.6), (3.0, 4.7)),
        # 0.264 (0.103-0.678): a fifth of it is a factor of 6.58 ** 0.2 = 1.458.
        ("results-survival.cox_surgery.hr", (0.2, 0.291), (0.2, 0.292)),
        ("results-survival.os.p", (0.1, 0.3), (0.1, 0.31)),
    ],
)
def test_a_range_counts_up_to_a_fifth_of_where_the_number_could_have_been(paper, id, narrowest, widest):
    for ends, informative in ((narrowest, True), (widest, False)):
        one = replace(prediction(*[ends[0]] * 50, *[ends[1]] * 50), id=id)
        assert one.is_informative(paper) is informative


def test_where_no_interval_is_printed_or_many_draws_have_no_value_nothing_is_informative(paper):
    narrow = [8.4, 8.5, 8.6] * 10
    assert prediction(*narrow, *[np.nan] * 3).is_informative(paper)
    assert not prediction(*narrow, *[np.nan] * 4).is_informative(paper)
    assert not replace(prediction(*narrow), id="results-survival.follow_up.all.median").is_informative(paper)
    assert not prediction(np.nan).is_informative(paper)


def test_without_predictions_nothing_is_foretold(paper, tmp_path):
    assert predictions.load(paper, tmp_path) == {}
    found = audit.audit(predictions=tmp_path).values()
    assert not any(c.verdict == "foretold" or c.withheld for c in found)


def test_no_number_is_foretold_that_no_cohort_meets(tmp_path):
    (tmp_path / "cohorts.json").write_text('{"met": {}}')
    assert not {"foretold", "attainable"} & {c.verdict for c in audit.audit(ensemble=tmp_path).values()}


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
