"""List the licence of every locked package that is installed here, in data/trust/licences.csv.

Packages that the lock has for another Python stay as they were listed there: run under each Python in turn, the
list is that of all. What a package says itself: its licence expression, else its licence field if that is a name
and no text, else its classifiers. Nothing is looked up elsewhere.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import tomllib
from email.message import Message
from pathlib import Path

import environment_yml
import pandas as pd
from manifest import Making
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from analysis_lib.base.atomic import write_beside_then_rename

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
OUT = ROOT / "data" / "trust" / "licences.csv"
COLUMNS = ("package", "version", "licence", "declared", "only")
# A licence field that is longer holds the licence's text.
_LONGEST_NAME = 40
_NAMES = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "2-clause BSD": "BSD-2-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License": "ISC",
    "ISC license": "ISC",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
}


def locked(file: Path = LOCK) -> list[Requirement]:
    """Every pin of the lock, for whatever Python it is."""
    return [Requirement(pin) for pin in environment_yml.pins(file.read_text(encoding="utf-8"))]


def key(pin: Requirement) -> tuple[str, str]:
    """Package and version."""
    return canonicalize_name(pin.name), next(iter(pin.specifier)).version


def declared(file: Path = ROOT / "pyproject.toml") -> set[str]:
    """The packages that the project itself asks for."""
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(one for extra in extras for one in extra)]
    return {canonicalize_name(Requirement(one).name) for one in asked}


def licence(metadata: Message) -> str:
    """What a package's metadata says of its licence; blank if nothing."""
    if expression := metadata.get("License-Expression"):
        return expression
    said = (metadata.get("License") or "").strip()
    if said and said != "UNKNOWN" and "\n" not in said and len(said) <= _LONGEST_NAME:
        return _NAMES.get(said, said)
    names = [c.split(" :: ")[-1] for c in metadata.get_all("Classifier") or [] if c.startswith("License :: ")]
    return " or ".join(_NAMES.get(name, name) for name in names)


def rows() -> list[tuple[str, ...]]:
    """One row for each package that this Python needs.

    Name, version, licence, whether it is declared or came with another, and where only it is needed.
    """
    own, here = declared(), [pin for pin in locked() if pin.marker is None or pin.marker.evaluate()]
    return [
        (
            *key(pin),
            licence(importlib.metadata.metadata(pin.name)),
            "yes" if canonicalize_name(pin.name) in own else "no",
            str(pin.marker or "").replace("python_full_version", "Python").replace('"', ""),
        )
        for pin in here
    ]


def on_file(file: Path = OUT) -> dict[tuple[str, str], tuple[str, ...]]:
    """The rows listed before, by package and version."""
    with file.open(encoding="utf-8", newline="") as stream:
        listed = [tuple(row[column] for column in COLUMNS) for row in csv.DictReader(stream)]
    return {row[:2]: row for row in listed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT)
    file = parser.parse_args().out
    making = Making("make licences")
    found = {row[:2]: row for row in rows()}
    before = on_file(file) if file.is_file() else {}
    found = {key(pin): row for pin in locked() if (row := found.get(key(pin), before.get(key(pin))))}
    write_beside_then_rename(file, pd.DataFrame(sorted(found.values()), columns=COLUMNS).to_csv(index=False))
    making.note(file)


if __name__ == "__main__":
    main()
