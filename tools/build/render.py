"""Render the executed chapters: stage a clean source folder, run jupyter-book on it."""

from __future__ import annotations

import gc
import os
import re
import shutil
from pathlib import Path

import forkserver
import revision
import yaml

SHOWN_LINES = 30
# Folders with tables that a page offers for download.
DOWNLOADS = ("data/trust", "data/bench", "data/benchmark")
BINDER = "https://mybinder.org"


class RenderError(Exception):
    """The renderer's own warnings and errors, ready to print."""


def pages_of(toc: Path) -> list[str]:
    """The pages that _toc.yml names, such as book/survival, in its order."""
    return re.findall(r"^[\s-]*(?:root|file):\s*(\S+)", toc.read_text(encoding="utf-8"), re.M)


def source_of(root: Path, page: str) -> Path:
    """A page's file: the notebook of a chapter, else the plain .md."""
    for suffix in (".ipynb", ".md"):
        if (path := root / f"{page}{suffix}").exists():
            return path
    raise RenderError(f"_toc.yml names {page}, but there is no {page}.md")


def stage(root: Path, executed: Path, source: Path, pages: list[str] | None = None) -> None:
    """Lay out what the book consists of and nothing else, with book/ as the top folder.

    So pages lie side by side at the top of the site, index.html among them, and no .md stands
    beside the .ipynb of the same name, which confuses the builder. If `pages` are named, these
    alone, the first of them as the front.
    """
    source.mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        text = (root / name).read_text(encoding="utf-8")
        if pages and name == "_toc.yml":
            first, *others = pages
            text = f"format: jb-book\nroot: {first}\nchapters:\n" + "".join(f"- file: {p}\n" for p in others)
        text = re.sub(r"(?<=[ :])book/", "", text)
        (source / name).write_text(with_buttons(text) if name == "_config.yml" else text, encoding="utf-8")
    shutil.copy(root / "references.bib", source)
    if (root / "CITATION.cff").exists():
        shutil.copy(root / "CITATION.cff", source)
    (source / "revision.txt").write_text(revision.revision(root), encoding="utf-8")
    for page in pages or pages_of(root / "_toc.yml"):
        path = source_of(root, page)
        shutil.copy(executed / path.name if path.suffix == ".ipynb" else path, source)
    for folder in DOWNLOADS:
        if (root / folder).is_dir():
            shutil.copytree(root / folder, source / folder)
    for folder in ("_static", "_ext", "_templates"):
        if (root / "book" / folder).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / "book" / folder, source / folder, ignore=ignored)


def with_buttons(text: str) -> str:
    """_config.yml with the buttons that need a repository; the same text where `repository.url` names none.

    With one, each page links to the repository and its issues, and each chapter opens on Binder, which builds
    environment.yml.
    """
    config = yaml.safe_load(text)
    if not config.get("repository", {}).get("url"):
        return text
    config["repository"].setdefault("branch", "main")
    config["repository"]["path_to_book"] = "book"
    config.setdefault("html", {}).update(use_repository_button=True, use_issues_button=True)
    config.setdefault("launch_buttons", {}).update(notebook_interface="jupyterlab", binderhub_url=BINDER)
    return yaml.safe_dump(config, allow_unicode=True, sort_keys=False)


def jupyter_book_program() -> int:
    """The command ``jupyter-book``."""
    from jupyter_book.cli.main import main

    # A book's nodes last until its end: looking for garbage among them took a sixth of the time.
    gc.disable()
    return main()


def jupyter_book(source: Path, target: Path, log: Path, strict: bool = True) -> Path:
    """Build, with each warning an error if `strict`, and return the folder of pages."""
    arguments = ["build", str(source), "--path-output", str(target), *(["-W", "-n", "--keep-going"] if strict else [])]
    log.write_text("")
    process = forkserver.start(jupyter_book_program, arguments, {"TMPDIR": str(source.parent)}, Path.cwd(), log)
    try:
        process.join()
    finally:
        process.kill()
    if process.exitcode:
        raise RenderError(complaints(log, source))
    return target / "_build" / "html"


def complaints(log: Path, source: Path) -> str:
    """The log's warnings and errors, else what was raised, else its end, on one screen."""
    text = re.sub(r"\x1b\[[\d;]*m", "", log.read_text(encoding="utf-8"))
    lines = text.replace(f"{source}{os.sep}", "book/").splitlines()
    chosen = [line for line in lines if re.search(r"WARNING|ERROR|CRITICAL", line)]
    # A renderer that fails outright leaves a traceback, of which the reader needs the last line.
    chosen = (
        chosen or list(dict.fromkeys(line for line in lines if re.match(r"\w+(Error|Exception): \S", line))) or lines
    )
    return "\n".join([f"rendering failed (all of it: {log})", *chosen[-SHOWN_LINES:]])
