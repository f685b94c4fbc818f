"""List the licence of each locked package that is installed, in data/trust/licences.csv, as pip-licenses finds it.

Packages that the lock has for another Python stay as they were listed there: run under each Python in turn, the
list is that of all.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from analysis_lib.base.paths import ROOT
from tools.checks.provenance import FOLDER, Making, read
from tools.setup.environment_yml import pins

OUT = FOLDER / "licences.csv"
COLUMNS = ["package", "version", "licence", "declared", "only"]


def locked() -> list[Requirement]:
    """Every pin of the lock, for whatever Python it is."""
    return [Requirement(pin) for pin in pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))]


def key(pin: Requirement) -> tuple[str, str]:
    """Package and version."""
    return canonicalize_name(pin.name), next(iter(pin.specifier)).version


def declared() -> set[str]:
    """The packages that the project itself asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = sum(project["optional-dependencies"].values(), project["dependencies"])
    return {canonicalize_name(Requirement(one).name) for one in asked}


def rows() -> list[tuple[str, ...]]:
    """One row for each package that this Python needs.

    Name, version, licence, whether it is declared or came with another, and where only it is needed.
    """
    program = [str(Path(sys.executable).with_name("pip-licenses")), "--format=json", "--with-system"]
    told = json.loads(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
    licence, own = {canonicalize_name(one["Name"]): one["License"] for one in told}, declared()
    return [
        (
            *key(pin),
            licence[canonicalize_name(pin.name)],
            "yes" if canonicalize_name(pin.name) in own else "no",
            str(pin.marker or "").replace("python_full_version", "Python").replace('"', ""),
        )
        for pin in locked()
        if pin.marker is None or pin.marker.evaluate()
    ]


def on_file() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The rows listed before, by package and version."""
    return {row[:2]: row for row in read(OUT)[COLUMNS].itertuples(index=False, name=None)}


def main() -> None:
    making = Making("make licences")
    found = on_file() | {row[:2]: row for row in rows()}
    kept = sorted(found[key(pin)] for pin in locked() if key(pin) in found)
    making.write(OUT, pd.DataFrame(kept, columns=COLUMNS))


if __name__ == "__main__":
    main()
