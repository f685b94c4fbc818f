"""Each locked package's licence is on file as the package states it."""

from __future__ import annotations

from tools.checks import licences


def test_the_list_on_file_is_that_of_the_lock():
    on_file, here = licences.on_file(), {row[:2]: row for row in licences.rows()}
    # What only another Python needs was listed there, and here it is at least still in the lock.
    assert {key: on_file.get(key) for key in here} == here, "run `make licences` with this Python"
    assert set(on_file) <= set(map(licences.key, licences.locked()))
    assert all(licence not in ("", "UNKNOWN") for _, _, licence, _, _ in on_file.values())
    assert {name for name, _, _, declared, _ in on_file.values() if declared == "yes"} == licences.declared()
