"""Sphinx extension: built pages ask nothing of another host and carry no dead scripts."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

MATHJAX = "tex-svg.js"  # one file, fonts included; the package's other 22 MB stay behind


def drop_thebe(app, pagename, templatename, context, doctree):
    """Jupyter Book loads Thebe's scripts unasked; without a kernel they only log errors."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in f"{getattr(script, 'filename', script)}{script_body(script)}"
    ]


def script_body(script) -> str:
    return getattr(script, "attributes", {}).get("body") or ""


def copy_mathjax(app, exception):
    if exception is None and app.builder.format == "html":
        package = Path(find_spec("sphinx-mathjax-offline").origin).parent
        target = Path(app.outdir) / "_static" / MATHJAX
        shutil.copyfile(package / "static" / "mathjax" / MATHJAX, target)


def setup(app):
    app.config.mathjax_path = MATHJAX
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
