"""Bad input of many kinds, a few of each here and thousands in tools/fuzz.py."""

from __future__ import annotations

from dataclasses import replace

import fuzz
import fuzz_inputs
import pytest

from analysis_lib.base.errors import InputError
from analysis_lib.ledger import recipes
from analysis_lib.printed import transcription

# A few of each: what is far too large takes memory and seconds, and chapters take seconds each.
FEW = {target: 25 for target in fuzz.TARGETS} | {"audit of a transcription": 8, "chapters on a cohort": 2}


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_each_input_ends_in_success_or_in_a_clear_error(target, monkeypatch):
    monkeypatch.setitem(fuzz.TARGETS, target, replace(fuzz.TARGETS[target], extremes=lambda: iter(())))
    found = fuzz.fuzz(target, inputs=FEW[target], start=1)
    assert found["inputs"] >= FEW[target]
    assert found["accepted"] + found["refused"] == found["inputs"]


def test_what_is_far_too_large_is_fed_before_the_rest(monkeypatch):
    fed = []
    target = fuzz.TARGETS["transcription"]
    reader = lambda content, folder: fed.append(content) or "refused"  # noqa: E731
    changed = replace(target, reader=reader, extremes=lambda: iter([b"large", b"larger"]))
    monkeypatch.setitem(fuzz.TARGETS, "transcription", changed)
    assert fuzz.fuzz("transcription", inputs=5, start=1)["inputs"] == len(fed) >= 7
    assert fed[:2] == [b"large", b"larger"]


@pytest.mark.parametrize(
    ("arguments", "file", "table", "ends"),
    [
        (fuzz_inputs.AUDIT, "numbers/numbers.csv", fuzz_inputs.transcription, "accepted"),
        (fuzz_inputs.AUDIT, "numbers/numbers.csv", lambda: fuzz_inputs.transcription()[:9], "refused"),
        (["verify", "x.csv"], "x.csv", fuzz_inputs.reconstructed, "accepted"),
        (["verify", "x.csv"], "x.csv", lambda: fuzz_inputs.reconstructed()[:9], "refused"),
        (["chapter", "tvi", "-p", "cohort=x.csv"], "x.csv", lambda: fuzz_inputs.cohort_table(30), "accepted"),
    ],
)
def test_a_command_is_run_to_its_end_on_the_file_that_it_is_given(arguments, file, table, ends, tmp_path):
    assert fuzz.run_on_file((arguments, file, fuzz_inputs.as_csv(table()).encode()), tmp_path) == ends


def test_what_a_chapter_s_cells_run_into_is_no_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis_lib.analyses.description.survival_by_group", lambda *_: 1 / 0)
    content = fuzz_inputs.as_csv(fuzz_inputs.cohort_table(30)).encode()
    with pytest.raises(ZeroDivisionError):
        fuzz.run_on_file((["chapter", "your-cohort", "-p", "cohort=x.csv"], "x.csv", content), tmp_path)


def test_an_input_that_breaks_a_reader_is_found(monkeypatch):
    def breaks(content, folder):
        return {b"": "accepted"}[content[:0]] if b"1" not in content else 1 / 0

    broken = replace(fuzz.TARGETS["transcription"], reader=breaks)
    monkeypatch.setitem(fuzz.TARGETS, "transcription", broken)
    with pytest.raises(ZeroDivisionError):
        fuzz.fuzz("transcription", inputs=20, start=1)


def test_counts_that_are_called_something_else_are_refused_and_not_followed_for_minutes(tmp_path):
    heading, *rows = fuzz_inputs.transcription()
    k = heading.index("statistic")
    table = [heading, *([*row[:k], "cited", *row[k + 1 :]] for row in rows)]
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "numbers.csv").write_text(fuzz_inputs.as_csv(table), encoding="utf-8")
    with pytest.raises(InputError, match=r"row \d+, column 'statistic': .* are rounded, \d+ of those that"):
        recipes.load(transcription.load(folder))
