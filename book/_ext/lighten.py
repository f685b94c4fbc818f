"""Sphinx extension: leave out of the site what no page needs, which is most of its weight.

The theme loads a script of 1.5 MB that draws a dozen icons; a style sheet of some kilobytes with the same drawings does
for them. Source maps, locales and fonts are read by nobody, and a notebook to download needs no outputs.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from sphinx.errors import ExtensionError

ICONS = "_static/icons.css"
_CLASSES = re.compile(r'class="(?:[\w-]+ )*(?:fa-solid|fas) ([\w -]+)"')
_SCRIPT = re.compile(r'\s*<script src="[^"]*fontawesome[^"]*"></script>')
_STYLE = re.compile(r'<link href="([^"]*?)_static/vendor/fontawesome[^"]*"')
_PRELOADED = re.compile(r'\s*<link rel="preload"[^>]*fontawesome[^>]*>')
_SIZES = {"fa-lg"}
# Around each word of a signature, a sixth of a page of the reference, only to keep it from breaking.
_UNBROKEN = re.compile(r'<span class="pre">([^<]*)</span>')
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
    for path, html in pages.items():
        html = _STYLE.sub(rf'<link href="\g<1>{ICONS}"', _PRELOADED.sub("", _SCRIPT.sub("", html)))
        path.write_text(_UNBROKEN.sub(r"\1", html), encoding="utf-8")
    unused = [vendor, folder / "_static" / "locales", *(folder / "_static").rglob("*.map")]
    for path in unused:
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
