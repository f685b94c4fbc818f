"""Sphinx extension: the library's reference says which tests hold a function, and links its names.

Docstrings name the library's classes as the code does, without their modules. Such a name leads to
the one object it can mean; what is not in the reference (types of other packages, constants) is
plain text.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from analysis_lib.base.paths import ROOT

_SHOWN_TESTS = 4


@cache
def tests_by_name(folder: Path = ROOT / "tests") -> dict[str, list[tuple[str, str]]]:
    """For each name of the library, the tests that speak of it: file and function."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        known = imported(tree)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for name in spoken_of(node, known):
                    found[name].append((path.relative_to(folder).as_posix(), node.name))
    return found


def imported(tree: ast.Module) -> dict[str, str]:
    """Full names of what a test file imports from the library, by the name it has there."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analysis_lib")
        for alias in node.names
    }


def spoken_of(test: ast.FunctionDef, known: dict[str, str]) -> set[str]:
    """Full names of the library's functions and classes that a test uses."""
    names = {known[node.id] for node in ast.walk(test) if isinstance(node, ast.Name) and node.id in known}
    for node in ast.walk(test):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
            names.add(f"{known[node.value.id]}.{node.attr}")
    return names


def say_tests(app, what, name, obj, options, lines):
    """End a docstring with the tests of what it describes."""
    tests = tests_by_name().get(name, []) if what in ("function", "class", "exception") else []
    if not tests:
        return
    files = ", ".join(f"``tests/{file}``" for file in dict.fromkeys(file for file, _ in tests))
    words = [re.sub("_+", " ", test.removeprefix("test_")) for _, test in tests]
    more = f"; and {len(words) - _SHOWN_TESTS} more" if len(words) > _SHOWN_TESTS else ""
    lines += ["", f":Tested in: {files}: {'; '.join(words[:_SHOWN_TESTS])}{more}.", ""]


def resolve_short_name(app, env, node, contnode):
    """A name that the reference knows under one full name leads there; any other is plain text."""
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].lstrip("~.")
    domain = env.get_domain("py")
    full = [known for known in domain.objects if known == name or known.endswith(f".{name}")]
    if len(full) != 1:
        return contnode
    entry = domain.objects[full[0]]
    return domain.resolve_xref(env, node["refdoc"], app.builder, entry.objtype, full[0], node, contnode) or contnode


def setup(app):
    """Take part in reading docstrings and in resolving what they name."""
    app.connect("autodoc-process-docstring", say_tests, priority=400)
    app.connect("missing-reference", resolve_short_name)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
