"""Bad input of many kinds, a few of each here and thousands in tools/fuzz.py."""

from __future__ import annotations

import fuzz
import pytest


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_each_input_ends_in_success_or_in_a_clear_error(target):
    found = fuzz.fuzz(target, inputs=25, start=1)
    assert found["inputs"] >= 25
    assert found["accepted"] + found["refused"] == found["inputs"]


def test_an_input_that_breaks_a_reader_is_found(monkeypatch):
    def breaks(content, folder):
        return {b"": "accepted"}[content[:0]] if b"1" not in content else 1 / 0

    strategy, _, share = fuzz.TARGETS["transcription"]
    monkeypatch.setitem(fuzz.TARGETS, "transcription", (strategy, breaks, share))
    with pytest.raises(ZeroDivisionError):
        fuzz.fuzz("transcription", inputs=20, start=1)
