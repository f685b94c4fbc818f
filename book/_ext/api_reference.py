"""Sphinx extension: the library's reference, a page a room, with the tests of each function and its names linked.

``{rooms}`` draws the rooms and lists them; ``{room} statistics`` gives that room's idea, what it imports from and
each of its modules. Docstrings name the library's classes as the code does, without their modules. Such a name leads
to the one object it can mean; what is not in the reference (types of other packages, constants) is plain text.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict, namedtuple
from functools import cache
from pathlib import Path

import room_graph
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from analysis_lib.base.paths import ROOT

_SHOWN_TESTS = 4
_FIELD = type(namedtuple("One", "field").field)
# In the order in which a room may import from those before it.
ROOMS = (
    "base",
    "printed",
    "statistics",
    "cohort",
    "targets",
    "ledger",
    "analyses",
    "reconstruction",
    "presentation",
    "chapters",
)


class Rooms(SphinxDirective):
    """The picture of all rooms, and a list that leads to the page of each."""

    def run(self) -> list[nodes.Node]:
        picture = nodes.raw("", room_graph.picture(room_graph.imports()), format="html")
        listed = "\n".join(f"- [{room}](library-{room}.md): {idea(room)}" for room in ROOMS)
        return [picture, *self.parse_text_to_nodes(listed)]


class Room(SphinxDirective):
    """A room's idea and what to read first, the rooms that it imports from, and a section a module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        room = self.arguments[0]
        others = room_graph.imports()[room]
        names = ", ".join(f"[{other}](library-{other}.md)" for other in ROOMS if other in others)
        about = f"{automodule(room, members=False)}\n\nImports from: {names or 'no other room'}."
        return self.parse_text_to_nodes(about) + [self.section(room, module) for module in modules(room)]

    def section(self, room: str, module: str) -> nodes.section:
        # By hand: MyST adds the section of a heading to the page before what the directive returns.
        section = nodes.section("", nodes.title("", module), names=[nodes.fully_normalize_name(module)])
        self.state.document.note_implicit_target(section, section)
        section += self.parse_text_to_nodes(automodule(f"{room}.{module}"))
        return section


def idea(room: str) -> str:
    """The first line of a room's docstring."""
    tree = ast.parse((room_graph.LIBRARY / room / "__init__.py").read_text(encoding="utf-8"))
    return ast.get_docstring(tree).splitlines()[0]


def modules(room: str) -> list[str]:
    """The public modules of a room, with the packages in it that they lie in."""
    folder = room_graph.LIBRARY / room
    found = [path.relative_to(folder).with_suffix("").parts for path in sorted(folder.rglob("*.py"))]
    return [".".join(parts) for parts in found if not any(part.startswith("_") for part in parts)]


def automodule(name: str, members: bool = True) -> str:
    """The lines that describe a room or a module of one."""
    only = "" if members else "\n   :no-members:"
    return f"```{{eval-rst}}\n.. automodule:: analysis_lib.{name}{only}\n```"


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


def skip_fields(app, what, name, obj, skip, options):
    """Leave out the fields of a named tuple: its docstring describes them."""
    return True if isinstance(obj, _FIELD) else None


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
    """Add the directives; take part in reading docstrings and in resolving what they name."""
    app.add_directive("rooms", Rooms)
    app.add_directive("room", Room)
    app.connect("autodoc-process-docstring", say_tests, priority=400)
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("missing-reference", resolve_short_name)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
