"""The revision of the sources that a book is made from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# What a page can show; a commit of anything else leaves the book as it is.
SHOWN = ["book", "analysis_lib", "data", "_config.yml", "_toc.yml", "references.bib", "CITATION.cff"]


def revision(root: Path) -> str:
    """The last commit that touched the book's sources, shortened, and whether they differ from it.

    Empty outside a repository: a copy without history is still a book.
    """
    # A repository further up, in which the copy merely lies, is not meant.
    env = os.environ | {"GIT_CEILING_DIRECTORIES": str(root.resolve().parent), "GIT_OPTIONAL_LOCKS": "0"}

    def git(*words: str) -> str:
        try:
            done = subprocess.run(["git", "-C", str(root), *words], env=env, capture_output=True, text=True)
        except FileNotFoundError:
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("log", "-1", "--format=%H", "--", *SHOWN)[:12]
    if not commit:
        return ""
    return f"{commit} with local changes" if git("status", "--porcelain", "--", *SHOWN) else commit
