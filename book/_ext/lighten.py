"""Sphinx extension: leave out of the site what no page needs, which is most of its weight.

The theme loads a script of 1.5 MB that draws a dozen icons; a style sheet of some kilobytes with the same drawings does
for them. Of the other style sheets the rules stay that some page can use. A chapter's scripts become one at its end, so
that it is painted before them. Source maps, locales and fonts are read by nobody, and a notebook to download needs no
outputs. A large table to download is packed.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import code_marks
import used_rules
from sphinx.errors import ExtensionError

ICONS = "_static/icons.css"
MARKS = "_static/pygments.css"
_CLASSES = re.compile(r'class="(?:[\w-]+ )*(?:fa-solid|fas) ([\w -]+)"')
_STYLE = re.compile(r'<link href="([^"]*?)_static/vendor/fontawesome[^"]*"')
# Of the theme's extensions, and the icons' script; their files.
_TAGS = re.compile(
    r"\s*<(?:link|script)\b(?=[^>]*(?:fontawesome[^>]*\.js|sphinx-thebe|sphinx-design|design-tabs))[^>]*>(?:</script>)?"
)
UNUSED = ("vendor/fontawesome", "locales", "sphinx-thebe.js", "design-tabs.js", "*webpack-macros.html", "**/*.map")
STYLE = "_static/style.css"
_SHEET = re.compile(
    r'<link\b(?=[^>]*rel="stylesheet")[^>]*href="(?P<up>(?:\.\./)*)(?P<file>_static/[^"?]+)[^"]*"[^>]*>\s*'
)
SCRIPT = "_static/script.js"
_SCRIPT = re.compile(r'<script src="(?P<up>(?:\.\./)*)(?P<file>[^":?]+)[^"]*"></script>\s*')
# A script that is read ahead holds up the page; and the theme says a page's name, which nothing asks for.
_AHEAD = re.compile(
    r'\s*<link rel="preload" as="script"[^>]*>|<script>DOCUMENTATION_OPTIONS\.pagename = \'[^<]*</script>\s*'
)
_DESIGN = re.compile(r'class="(?:[^"]* )?sd-')
_SIZES = {"fa-lg"}
LARGE = 100_000  # bytes of a table to download
# Around each word of a signature, a quarter of a page of the reference, in its own colour.
_UNBROKEN = re.compile(r'<span class="(?:pre|n|p|w|colon|sig-paren)">([^<]*)</span>')
# Of links into the reference, whose words name what they lead to.
_TITLE = re.compile(r'(<a class="reference internal" href="[^"]*#(analysis_lib[\w.]+)") title="\2"')
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


def joined(folder: Path, sheets: Iterable[str]) -> str:
    """Style sheets as one, for which a page waits once; what they import in its place."""

    def read(sheet: Path) -> str:
        text = sheet.read_text(encoding="utf-8").replace('@charset "UTF-8";', "")
        return re.sub(r'@import "([^"]+)";', lambda found: read(sheet.parent / found[1]), text)

    return "\n".join(read(folder / sheet) for sheet in sheets)


def with_one_style(html: str, version: str) -> str:
    """The page with one style sheet in place of its first, and without the others."""
    if not (first := _SHEET.search(html)):
        return html
    link = f'<link rel="stylesheet" href="{first["up"]}{STYLE}?v={version}">\n'
    return html[: first.start()] + link + _SHEET.sub("", html[first.end() :])


def with_one_script(html: str, shared: tuple[str, ...], version: str) -> str:
    """The page with one script in place of the ``shared`` ones, and its own after that, both at the end."""
    found = list(_SCRIPT.finditer(html))
    if not shared or not {one["file"] for one in found}.issuperset(shared):
        return html
    own = "".join(one[0] for one in found if one["file"] not in shared)
    # A page's own scripts would run before one that waits for the whole page.
    waits = "" if own else "defer "
    one = f'<script {waits}src="{found[0]["up"]}{SCRIPT}?v={version}"></script>\n'
    return _SCRIPT.sub("", html).replace("</body>", f"{one}{own}</body>")


def unwrapped(html: str) -> str:
    """The page without the wrapping of each word of a signature, or a title that only repeats its link."""
    while (fewer := _UNBROKEN.sub(r"\1", html)) != html:
        html = fewer
    return _TITLE.sub(r"\1", html).replace(' class="docutils literal notranslate"', ' class="literal notranslate"')


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
        html = _STYLE.sub(rf'<link href="\g<1>{ICONS}"', _AHEAD.sub("", _TAGS.sub("", html)))
        html = squeezed(code_marks.fewer(unwrapped(html), colours))
        pages[path] = packed.sub(lambda name: name[0].replace(".csv", ".zip"), html)
    used = {tuple(sheet["file"] for sheet in _SHEET.finditer(html)) for html in pages.values()} - {()}
    if len(used) > 1:
        raise ExtensionError(f"pages differ in their style sheets, of which lighten.py makes one: {used}")
    scripts = {path: path.read_text(encoding="utf-8") for path in (folder / "_static").rglob("*.js")}
    style = used_rules.used(joined(folder, *used), used_rules.words([*pages.values(), *scripts.values()]))
    shared = tuple(one["file"] for one in _SCRIPT.finditer(pages[folder / "index.html"]))
    script = "\n;".join(scripts[folder / file] for file in shared)
    versions = [hashlib.sha256(text.encode()).hexdigest()[:8] for text in (style, script)]
    for path, html in pages.items():
        pages[path] = with_one_script(with_one_style(html, versions[0]), shared, versions[1])
        path.write_text(pages[path], encoding="utf-8")
    for path in (folder / "_static").rglob("*.css"):
        path.unlink()
    (folder / STYLE).write_text(style, encoding="utf-8")
    if shared:
        (folder / SCRIPT).write_text(script, encoding="utf-8")
    left = {one["file"] for html in pages.values() for one in _SCRIPT.finditer(html)}
    for file in set(shared) - left:
        (folder / file).unlink()
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
