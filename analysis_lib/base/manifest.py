"""Manifests: the JSON file beside a file of results, which says how these were made."""

from __future__ import annotations

import json
from pathlib import Path

from analysis_lib.base.atomic import write_beside_then_rename
from analysis_lib.base.errors import InputError


def write(found: dict, file: Path) -> None:
    """Write a manifest, whole or not at all."""
    write_beside_then_rename(file, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def read(file: Path, of: str, remedy: str) -> dict:
    """The object in a manifest.

    Parameters
    ----------
    file
        The manifest.
    of, remedy
        What it is the manifest of, and what to do if it is not, for the error.

    Raises
    ------
    InputError
        If the file cannot be read, or is not JSON of an object.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise refuse(file, of, remedy)
    return found


def refuse(file: Path, of: str, remedy: str) -> InputError:
    """The error to raise for a manifest that does not say what it should."""
    return InputError(f"is not the manifest of {of}", file=file, remedy=remedy)
