"""List the licence of every locked package that is installed here, in data/trust/licences.csv.

What a package says itself: its licence expression, else its licence field if that is a name and no text, else
its classifiers. Nothing is looked up elsewhere.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import tomllib
from email.message import Message
from pathlib import Path

import environment_yml
import pandas as pd
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from analysis_lib.files import write_beside_then_rename

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
OUT = ROOT / "data" / "trust" / "licences.csv"
COLUMNS = ("package", "version", "licence", "declared")
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


def locked(file: Path = LOCK) -> dict[str, str]:
    """Version by package, of those whose marker holds in this Python."""
    pins = map(Requirement, environment_yml.pins(file.read_text(encoding="utf-8")))
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


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
    """One row for each package: name, version, licence, and whether it is declared or came with another."""
    own = declared()
    return [
        (name, version, licence(importlib.metadata.metadata(name)), "yes" if name in own else "no")
        for name, version in sorted(locked().items())
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT)
    file = parser.parse_args().out
    write_beside_then_rename(file, pd.DataFrame(rows(), columns=COLUMNS).to_csv(index=False))


if __name__ == "__main__":
    main()
