"""Which chapters must run again.

A chapter's record, kept beside its executed notebook, lists the files it read while it ran
(seen by read_tracer) with their digests. It is fresh while those, its own notebook, the lock
and the Python version are what they were.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from pathlib import Path


class Digests:
    """Digests of the repository's files and folders, each taken once per build.

    Those of the library and the data are taken before the first chapter runs: a file edited
    while a chapter reads it has the old digest in the record, so the next build sees the edit.
    """

    def __init__(self, root: Path):
        self.root = root
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = self._take(self.root / name)
        return self._known[name]

    def of_tree(self, *folders: str) -> dict[str, str]:
        found = {}
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*")):
                name = path.relative_to(self.root).as_posix()
                if "__pycache__" not in name:
                    found[name] = self.of(name)
        return found

    @staticmethod
    def _take(path: Path) -> str:
        if path.is_dir():
            # Numba leaves its folder beside the code when a chapter first compiles some.
            names = sorted(n for n in os.listdir(path) if n != "__pycache__" and not n.startswith("."))
            return "folder " + _digest("\n".join(names).encode())
        return _digest(path.read_bytes()) if path.exists() else "absent"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def key_of(digests: Digests, notebook: str, inputs: list[str]) -> dict:
    return {
        "python": platform.python_version(),
        "lock": digests.of("requirements.lock"),
        "notebook": digests.of(notebook),
        "inputs": {name: digests.of(name) for name in sorted(inputs)},
    }


def is_fresh(digests: Digests, notebook: str, executed: Path) -> bool:
    """Whether the executed notebook is there, whole, and made from what is there now."""
    output = executed / Path(notebook).name
    try:
        record = json.loads(output.with_suffix(".json").read_text(encoding="utf-8"))
        whole = record.pop("output") == _digest(output.read_bytes())
    except (OSError, ValueError, KeyError):
        return False
    return whole and record == key_of(digests, notebook, list(record.get("inputs", {})))


def file(digests: Digests, notebook: str, output: Path, executed: Path, inputs: list[str]) -> None:
    """Put an executed notebook, and the record of what it was made from, in their place."""
    key = key_of(digests, notebook, inputs) | {"output": _digest(output.read_bytes())}
    note = output.with_suffix(".json")
    note.write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")
    # The record last: it holds the digest of a notebook that is already in place.
    for path in (output, note):
        path.replace(executed / path.name)
