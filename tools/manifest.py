"""What each table of trials was made with: data/trust/manifest.json, which every tool writes for its own tables."""

from __future__ import annotations

import datetime
import json
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from bench import machine

from analysis_lib.base.atomic import write_beside_then_rename

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "data" / "trust"


def revision(root: Path = ROOT) -> str:
    """The commit, shortened, and whether more than the tables differs from it; blank outside a repository."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True).stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD")
    return f"{commit} with local changes" if git("status", "--porcelain", "--", ".", ":!data/trust") else commit


def load(folder: Path = FOLDER) -> dict[str, dict]:
    """The entries by table, or by table and part where parts are made apart."""
    file = folder / "manifest.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


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

    def note(self, table: Path, parts: Iterable[str] = ("",)) -> None:
        """Write the entries of a table, or of those parts of it that were made, beside the table."""
        entry = {
            "revision": self.revision,
            "date": datetime.date.today().isoformat(),
            "machine": machine(),
            "seconds": round(time.monotonic() - self.began),
            "command": self.command,
        }
        named = {f"{table.name}, {part}" if part else table.name: entry for part in parts}
        entries = dict(sorted((load(table.parent) | named).items()))
        text = json.dumps(entries, indent=1, ensure_ascii=False)
        write_beside_then_rename(table.with_name("manifest.json"), text + "\n")
