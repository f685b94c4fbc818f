"""Sphinx extension: leave out of the site what no page needs, which is most of its weight.

The theme loads a script of 1.5 MB that draws a dozen icons; a style sheet of some kilobytes with the same drawings does
for them. Source maps, locales and fonts are read by nobody, and a notebook to download needs no outputs. A large table
to download is packed.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import code_marks
from sphinx.errors import ExtensionError

ICONS = "_static/icons.css"
MARKS = "_static/pygments.css"
_CLASSES = re.compile(r'class="(?:[\w-]+ )*(?:fa-solid|fas) ([\w -]+)"')
_STYLE = re.compile(r'<link href="([^"]*?)_static/vendor/fontawesome[^"]*"')
# Of the theme's extensions, and the icons' script; their files.
_TAGS = re.compile(
    r"\s*<(?:link|script)\b(?=[^>]*(?:fontawesome[^>]*\.js|sphinx-thebe|sphinx-design|design-tabs))[^>]*>(?:</script>)?"
)
UNUSED = ("vendor/fontawesome", "locales", "sphinx-thebe.*", "sphinx-design.min.css", "design-tabs.js", "**/*.map")
_DESIGN = re.compile(r'class="(?:[^"]* )?sd-')
_SIZES = {"fa-lg"}
LARGE = 100_000  # bytes of a table to download
# Around each word of a signature, a quarter of a page of the reference, in its own colour.
_UNBROKEN = re.compile(r'<span class="(?:pre|n|p|w)">([^<]*)</span>')
_HEAD = """.fa-solid, .fas { display: inline-block; width: 1em; height: 1em; background: currentColor;
  vertical-align: -0.125em; mask: var(--icon) center / contain no-repeat; }
.fa-lg { font-size: 1em; }
.admonition > .admonition-title::after, .bd-sidebar-secondary .onthispage::after { content: none !important; }
.admonition > .admonition-title { padding-left: 0.6rem !important; }
"""


def drawings(script: str, names: Iterable[str]) -> dict[str, str]:
    """Each icon as an SVG, from the theme's own script; the solid drawing, which stands last."""
    found = {}
    for name in names:
        shapes = re.findall(rf'[{{,]"?{re.escape(name)}"?:\[(\d+),(\d+),\[[^\]]*\],"\w+","([^"]+)"\]', script)
        if not shapes:
            raise ExtensionError(f"the theme's script of icons draws no {name}: see whether its form has changed")
        width, height, path = shapes[-1]
        found[name] = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><path d="{path}"/></svg>'
    return found


def squeezed(html: str) -> str:
    """The page without empty lines and indentation, other than in code and scripts."""
    pieces = re.split(r"(<(pre|script|style|textarea)\b.*?</\2>)", html, flags=re.DOTALL)
    return "".join(
        re.sub(r"\s*\n\s*", "\n", text) + kept for text, kept in zip(pieces[::3], [*pieces[1::3], ""], strict=True)
    )


def pack(table: Path) -> None:
    """Put a file into an archive in its place; the same contents give the same bytes."""
    with zipfile.ZipFile(table.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(table.name), table.read_bytes(), zipfile.ZIP_DEFLATED)
    table.unlink()


def without_outputs(notebook: str) -> str:
    """The text of a notebook as it was before it ran."""
    content = json.loads(notebook)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def lighten(folder: Path) -> None:
    """Replace the icons' script on each page, and delete what no page asks for."""
    pages = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
    names = {
        word.removeprefix("fa-")
        for html in pages.values()
        for words in _CLASSES.findall(html)
        for word in words.split()
        if word.startswith("fa-") and word not in _SIZES
    }
    vendor = folder / "_static" / "vendor" / "fontawesome"
    (script,) = vendor.glob("*/js/all.min.js")
    drawn = drawings(script.read_text(encoding="utf-8"), sorted(names))
    rules = (f'.fa-{name} {{ --icon: url("data:image/svg+xml,{quote(svg)}"); }}\n' for name, svg in drawn.items())
    (folder / ICONS).write_text(_HEAD + "".join(rules), encoding="utf-8")
    colours = code_marks.colours((folder / MARKS).read_text(encoding="utf-8"))
    large = [path for path in (folder / "_downloads").rglob("*.csv") if path.stat().st_size > LARGE]
    for table in large:
        pack(table)
    packed = re.compile("|".join(rf'(?<=/){re.escape(table.name)}(?=")' for table in large) or "(?!)")
    for path, html in pages.items():
        if _DESIGN.search(html):
            raise ExtensionError(f"{path.name} uses sphinx-design, whose style sheet is left out: see UNUSED")
        html = _STYLE.sub(rf'<link href="\g<1>{ICONS}"', _TAGS.sub("", html))
        html = squeezed(code_marks.fewer(_UNBROKEN.sub(r"\1", html), colours))
        path.write_text(packed.sub(lambda name: name[0].replace(".csv", ".zip"), html), encoding="utf-8")
    for path in [path for name in UNUSED for path in (folder / "_static").glob(name)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (folder / "_sources").glob("*.ipynb"):
        path.write_text(without_outputs(path.read_text(encoding="utf-8")), encoding="utf-8")


def after_build(app, exception) -> None:
    if exception is None and app.builder.format == "html":
        lighten(Path(app.outdir))


def setup(app):
    # After the pages are finished and before their policies are written.
    app.connect("build-finished", after_build, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
