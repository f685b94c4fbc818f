"""Tables of trials, and the provenance of each: data/trust/manifest.json says when, where and from what it was made."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path

import pandas as pd

from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.base.paths import ROOT

FOLDER = ROOT / "data" / "trust"


def machine() -> dict:
    """What times depend on, without the machine's name."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
    }


def revision(root: Path = ROOT) -> str:
    """The commit, shortened, and whether more than the tables differs from it; blank outside a repository."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True).stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD")
    return (
        f"{commit} with local changes"
        if git("status", "--porcelain", "--", ".", ":!data/trust", ":!data/benchmark")
        else commit
    )


def load(folder: Path = FOLDER) -> dict[str, dict]:
    """The entries by table, or by table and part where parts are made apart."""
    file = folder / "manifest.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def read(table: Path) -> pd.DataFrame:
    """A table as text, blanks as blanks."""
    return pd.read_csv(table, dtype=str, keep_default_na=False)


class Making:
    """Notes when the making of a table began, with which revision, and how it was asked for.

    Parameters
    ----------
    command
        What makes the table.
    """

    def __init__(self, command: str) -> None:
        self.command = command
        self.revision = revision()
        self.began = time.monotonic()

    def write(self, table: Path, rows: pd.DataFrame, part: str = "") -> None:
        """Write a table and its entry.

        Parameters
        ----------
        part
            A column: the rows take the place of those that have the same value there, each value with an entry of
            its own. If blank, they are the whole table.
        """
        parts = rows[part].unique() if part else [""]
        if part and table.exists():
            before = read(table)
            rows = pd.concat([before[~before[part].isin(parts)], rows])
        table.parent.mkdir(parents=True, exist_ok=True)
        write_beside_then_rename(table, rows.to_csv(index=False))
        self.note(table, [f"{table.name}, {one}" if one else table.name for one in parts])

    def note(self, table: Path, names: list[str] | None = None, **more: object) -> None:
        """Write the entry of a table, or of the named parts of it, beside the table; ``more`` is what else it holds."""
        entry = more | {
            "revision": self.revision,
            "date": datetime.date.today().isoformat(),
            "machine": machine(),
            "seconds": round(time.monotonic() - self.began),
            "command": self.command,
        }
        entries = load(table.parent) | dict.fromkeys(names or [table.name], entry)
        text = json.dumps(dict(sorted(entries.items())), indent=1, ensure_ascii=False)
        write_beside_then_rename(table.with_name("manifest.json"), text + "\n")
