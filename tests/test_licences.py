"""Each locked package's licence is on file as the package states it."""

from __future__ import annotations

from email.message import Message

import licences
import pytest


def metadata(**fields: str) -> Message:
    found = Message()
    for name, value in fields.items():
        found[name.replace("_", "-")] = value
    return found


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"License_Expression": "BSD-3-Clause AND MIT", "License": "other"}, "BSD-3-Clause AND MIT"),
        ({"License": "MIT License"}, "MIT"),
        ({"License": "UNKNOWN", "Classifier": "License :: OSI Approved :: ISC License (ISCL)"}, "ISC"),
        ({"License": "Copyright 2015\nAll rights …", "Classifier": "License :: OSI Approved :: BSD License"}, "BSD"),
        ({"Classifier": "Programming Language :: Python"}, ""),
    ],
)
def test_a_licence_is_what_the_package_says_of_itself(fields, says):
    assert licences.licence(metadata(**fields)) == says


def test_the_list_on_file_is_that_of_the_lock():
    on_file, here = licences.on_file(), {row[:2]: row for row in licences.rows()}
    # What only another Python needs was listed there, and here it is at least still in the lock.
    assert {key: on_file.get(key) for key in here} == here, "run `make licences` with this Python"
    assert set(on_file) <= set(map(licences.key, licences.locked()))
    assert all(licence for _, _, licence, _, _ in on_file.values())
    assert {name for name, _, _, declared, _ in on_file.values() if declared == "yes"} == licences.declared()
