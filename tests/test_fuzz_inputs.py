"""What is fed to the readers and the commands is as bad as it should be."""

from __future__ import annotations

import fuzz_inputs


def test_there_are_a_million_columns():
    table = fuzz_inputs.transcription()
    assert next(fuzz_inputs.wide(table)).partition(b"\n")[0].count(b",") == 999_999
