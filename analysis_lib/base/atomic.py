"""Files that are whole at any moment: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis_lib.base.errors import InputError


@contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of ``file`` once the block has ended well.

    Raises
    ------
    InputError
        If the folder is missing or cannot be written to; ``file`` is then as it was.
    """
    path = None
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        os.close(handle)
        path = Path(name)
        yield path
        path.chmod(0o644)
        os.replace(path, file)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=file) from None
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


def write_beside_then_rename(file: Path, text: str) -> None:
    """Write text to ``file`` as :func:`beside` does."""
    with beside(file) as path:
        path.write_text(text, encoding="utf-8")
