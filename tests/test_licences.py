"""Each locked package's licence is on file as the package states it."""

from __future__ import annotations

import csv
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
    with licences.OUT.open(encoding="utf-8", newline="") as stream:
        on_file = {row["package"]: row for row in csv.DictReader(stream)}
    here = {row[0]: dict(zip(licences.COLUMNS, row, strict=True)) for row in licences.rows()}
    # Another Python may need fewer packages than the one that wrote the list.
    assert {name: on_file.get(name) for name in here} == here, "run `make licences`"
    assert all(row["licence"] for row in on_file.values())
    assert {name for name, row in on_file.items() if row["declared"] == "yes"} == licences.declared()
