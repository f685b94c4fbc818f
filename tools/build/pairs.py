"""The pairs book/NAME.md ⇄ book/NAME.ipynb: the .md is the source, the .ipynb is written from it.

`make sync` writes each notebook anew, and the build refuses one that differs. jupytext's own
--test looks at the round trip, not at the pair.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def paired_sources(book: Path) -> list[Path]:
    """The .md files whose front matter pairs them with a notebook."""
    return [path for path in sorted(book.glob("*.md")) if _front_matter_pairs(path)]


def out_of_step(book: Path) -> list[Path]:
    """The notebooks that are not what their source says, missing ones and orphans included."""
    sources = paired_sources(book)
    notebooks = {source.with_suffix(".ipynb") for source in sources}
    orphans = set(book.glob("*.ipynb")) - notebooks
    return sorted(orphans | {path for path in notebooks if not path.exists() or _differs(path)})


def write_notebook(source: Path) -> bool:
    """Write the notebook of a source; True when that changed the file."""
    import jupytext
    import nbformat

    notebook = jupytext.read(source)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    # As `jupytext --sync` writes it, so that either leaves the other's file alone.
    notebook.metadata.jupytext.pop("text_representation", None)
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        # Identifiers from the cells' own text: the same source gives the same file.
        digest = hashlib.sha256(f"{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    text = nbformat.writes(notebook) + "\n"
    path = source.with_suffix(".ipynb")
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def _front_matter_pairs(path: Path) -> bool:
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        return False
    return any(line.startswith("jupytext:") for line in lines[1 : lines.index("---", 1)])


def _differs(path: Path) -> bool:
    """Whether the contents differ; identifiers may, since other tools choose their own."""
    import jupytext

    return _contents(jupytext.read(path)) != _contents(jupytext.read(path.with_suffix(".md")))


def _contents(notebook) -> tuple:
    cells = [(cell.cell_type, cell.source, dict(cell.metadata), cell.get("outputs", [])) for cell in notebook.cells]
    return notebook.metadata.get("kernelspec"), cells


def main() -> None:
    for source in paired_sources(ROOT / "book"):
        if write_notebook(source):
            print(f"wrote {source.with_suffix('.ipynb').relative_to(ROOT)}")
    for orphan in out_of_step(ROOT / "book"):
        sys.exit(f"{orphan.relative_to(ROOT)} has no .md to be written from: remove or pair it")


if __name__ == "__main__":
    main()
