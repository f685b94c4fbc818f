"""Make one executed chapter a page that stands alone: one HTML file, to be opened or sent by itself.

The page is rendered as in the book, then all that it needs is put inside and all that would lead out of
it is left out: nothing in it runs, and nothing is asked of any host.
"""

from __future__ import annotations

import argparse
import base64
import json
import mimetypes
import os
import re
import sys
import tempfile
from pathlib import Path

import render
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
MAIN = "box-sizing: border-box; width: 100%; max-width: 60rem; margin: 0 auto; padding: 1rem"
# Beside the chapter itself: without it citations would have no text.
REFERENCES = "references"
_ELSEWHERE = re.compile(r"@font-face\s*{[^}]*}|@import[^;]*;")
_URL = re.compile(r"url\((?!['\"]?(?:data:|#))[^)]*\)")


def page(notebook: Path, out: Path) -> None:
    """Render an executed chapter and write it as one file, beside its place and then renamed.

    Raises
    ------
    render.RenderError
        If the notebook is no chapter, or cannot be rendered; then the renderer's log lies beside the page.
    """
    try:
        json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise render.RenderError(f"{notebook} cannot be read as an executed notebook: {error}") from None
    if not (ROOT / "book" / notebook.name).exists():
        raise render.RenderError(f"{notebook} is named like no chapter of the book")
    log = out.with_suffix(".log")
    with tempfile.TemporaryDirectory(prefix=".page-", dir=out.parent) as folder:
        scratch = Path(folder)
        render.stage(ROOT, notebook.parent, scratch / "source", [f"book/{notebook.stem}", f"book/{REFERENCES}"])
        html = render.jupyter_book(scratch / "source", scratch / "rendered", log, strict=False)
        references = (html / f"{REFERENCES}.html").read_text(encoding="utf-8")
        text = alone((html / f"{notebook.stem}.html").read_text(encoding="utf-8"), references, html)
        (scratch / out.name).write_text(text, encoding="utf-8")
        (scratch / out.name).replace(out)
    log.unlink()


def alone(text: str, references: str, folder: Path) -> str:
    """A page of the book as a page of its own.

    Parameters
    ----------
    text, references
        The page, and that with the bibliography, as rendered.
    folder
        Where style sheets and images of the page lie.
    """
    whole, cited = (BeautifulSoup(one, "html.parser") for one in (text, references))
    article = whole.find("article")
    entries = {entry["id"]: entry for entry in cited.select("article .citation[id], article dt[id]")}
    wanted = []
    for link in article.find_all("a"):
        target = link.get("href", "")
        file, _, anchor = target.partition("#")
        if file == f"{REFERENCES}.html" and anchor in entries:
            link["href"] = f"#{anchor}"
            wanted.append(anchor)
        elif file and not target.startswith(("https://", "http://", "data:")):
            # Its words stay; the page that it leads to is not here.
            link.name = "span"
            del link["href"]
    if wanted:
        heading = whole.new_tag("h2")
        heading.string = "References"
        article.append(heading)
        article.extend(entries[anchor] for anchor in sorted(set(wanted), key=lambda a: entries[a].get_text()))
    # The values of the parameters stand in the page's own table of them.
    cells = article.select(".tag_parameters, .tag_injected-parameters")
    for inert in [*article.find_all(["script", "iframe", "form"]), *article.select("a.headerlink"), *cells]:
        inert.decompose()
    for image in article.find_all("img"):
        image["src"] = _inside(folder / image["src"])
    styles = [link["href"].partition("?")[0] for link in whole.find_all("link", rel="stylesheet")]
    style = "\n".join(_still((folder / name).read_text(encoding="utf-8")) for name in styles)
    title = whole.title.get_text().partition("—")[0].strip()
    return (
        '<!doctype html>\n<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body>"
        f'<main style="{MAIN}">{article}</main></body></html>\n'
    )


def _inside(file: Path) -> str:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


def _still(style: str) -> str:
    """A style sheet that asks for no file: the reader's own fonts, no images."""
    return _URL.sub("none", _ELSEWHERE.sub("", style)).replace("</", r"<\/")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path, help="an executed chapter, named as in book/")
    parser.add_argument("out", type=Path, help="the page to write")
    given = parser.parse_args()
    notebook, out = given.notebook.resolve(), given.out.resolve()
    os.chdir(ROOT)
    try:
        page(notebook, out)
    except (render.RenderError, OSError) as error:
        sys.exit(f"page: {error}")
    except KeyboardInterrupt:
        sys.exit("page: stopped")


if __name__ == "__main__":
    main()
