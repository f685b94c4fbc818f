"""A made-up book of two chapters, on which the build's promises are tried in seconds."""

from __future__ import annotations

from pathlib import Path

import pairs

CHAPTER = """\
---
jupytext:
  formats: ipynb,md:myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {title}

```{{code-cell}} ipython3
{code}
```
"""
FILES = {
    "analysis_lib/__init__.py": "",
    "analysis_lib/deep.py": "DEEP = 1\n",
    "analysis_lib/one.py": "from analysis_lib.deep import DEEP\n",
    "analysis_lib/two.py": "TWO = 2\n",
    "data/published/a.csv": "id\n1\n",
    "data/cohorts/b.csv": "id\n2\n",
    "book/index.md": "# A small book\n",
    "book/alpha.md": CHAPTER.format(
        title="Alpha",
        code="from analysis_lib import one\nprint(open('data/published/a.csv').read(), one.DEEP)",
    ),
    "book/beta.md": CHAPTER.format(
        title="Beta",
        code="from pathlib import Path\nfrom analysis_lib import two\n"
        "print([path.read_text() for path in Path('data/cohorts').glob('*.csv')], two.TWO)",
    ),
    "_toc.yml": "format: jb-book\nroot: book/index\nchapters:\n  - file: book/alpha\n  - file: book/beta\n",
    "_config.yml": 'title: Small\nexecute:\n  execute_notebooks: "off"\nonly_build_toc_files: true\n',
    "references.bib": "",
    "requirements.lock": "",
}


def lay_out(root: Path) -> Path:
    """Write the book's sources, and each chapter's notebook."""
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for source in pairs.paired_sources(root / "book"):
        pairs.write_notebook(source)
    return root


def rewrite(root: Path, name: str, old: str, new: str) -> None:
    """Replace a text in one of the sources, and write its notebook anew if it has one."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    if name.startswith("book/") and pairs.paired_sources(path.parent).count(path):
        pairs.write_notebook(path)
