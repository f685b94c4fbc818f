"""The rooms of the library and what each imports from, read from the code; and their picture.

An arrow leads to a room that is imported from. An arrow that follows from two others is left out of the picture.
"""

from __future__ import annotations

import ast
from functools import cache
from math import copysign
from pathlib import Path
from statistics import fmean

from analysis_lib.base.paths import ROOT

LIBRARY = ROOT / "analysis_lib"
COMMANDS = "__main__"
# In pixels: a column, a row, the box of a room. A phone shows the whole in its own size.
_COLUMN, _ROW, _WIDTH, _HEIGHT = 160, 74, 128, 34


@cache
def imports(library: Path = LIBRARY) -> dict[str, set[str]]:
    """For each room, and the commands, the other rooms from which its modules import."""
    found: dict[str, set[str]] = {}
    for path in sorted(library.rglob("*.py")):
        room = path.relative_to(library).with_suffix("").parts[0]
        if room != "__init__":
            found.setdefault(room, set()).update(_imported(ast.parse(path.read_text(encoding="utf-8")), library.name))
    return {room: others & set(found) - {room} for room, others in found.items()}


def _imported(tree: ast.Module, library: str) -> set[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith(f"{library}.")}


def levels(graph: dict[str, set[str]]) -> dict[str, int]:
    """How many rooms lie one upon another beneath each room, the lowest first.

    Raises
    ------
    ValueError
        If rooms import from one another in a circle.
    """
    found: dict[str, int] = {}
    while len(found) < len(graph):
        ready = [room for room in graph if room not in found and graph[room] <= set(found)]
        if not ready:
            raise ValueError(f"rooms import from one another in a circle: {', '.join(sorted(set(graph) - set(found)))}")
        found |= {room: 1 + max((found[other] for other in graph[room]), default=-1) for room in ready}
    return found


def direct(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The transitive reduction: the arrows that do not follow from others."""

    def beneath(room: str) -> set[str]:
        return graph[room].union(*(beneath(other) for other in graph[room]))

    return {room: others - set().union(*(beneath(other) for other in others)) for room, others in graph.items()}


def picture(graph: dict[str, set[str]]) -> str:
    """The rooms as an SVG drawing, each above those from which it imports."""
    arrows, level = direct(graph), levels(graph)
    across: dict[str, float] = {}
    for height in range(max(level.values()) + 1):
        row = [room for room in level if level[room] == height]
        # Above what it imports from, so that few arrows cross.
        row.sort(key=lambda room: fmean([across[other] for other in arrows[room]] or [0]))
        across |= {room: column - (len(row) - 1) / 2 for column, room in enumerate(row)}
    columns, top = 2 * max(map(abs, across.values())) + 1, max(level.values())

    def centre(room: str) -> tuple[float, float]:
        return _COLUMN * (across[room] + columns / 2), _ROW * (top - level[room] + 0.5)

    parts = []
    for room, others in arrows.items():
        for other in sorted(others):
            # From foot to head; where another room lies between them, round it by the outer side.
            (x1, y1), (x2, y2) = centre(room), centre(other)
            line = f"M{x1:g} {y1 + _HEIGHT / 2:g}L{x2:g} {y2 - _HEIGHT / 2:g}"
            if level[room] - level[other] > 1 and x1 == x2:
                side = x1 + copysign(_WIDTH / 2, across[room])
                out = side + copysign(20, across[room])
                line = f"M{side:g} {y1:g}C{out:g} {y1:g} {out:g} {y2:g} {side:g} {y2:g}"
            parts.append(f'<path class="arrow" d="{line}" marker-end="url(#rooms-head)"/>')
    for room in graph:
        x, y = centre(room)
        parts.append(
            f'<rect x="{x - _WIDTH / 2:g}" y="{y - _HEIGHT / 2:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"/>'
            f'<text x="{x:g}" y="{y + 5:g}">{"commands" if room == COMMANDS else room}</text>'
        )
    width, height = _COLUMN * columns, _ROW * (top + 1)
    return (
        f'<svg class="rooms" role="img" aria-labelledby="rooms-title rooms-desc" xmlns="http://www.w3.org/2000/svg" '
        f'width="{width:g}" height="{height}" viewBox="0 0 {width:g} {height}">'
        f'<title id="rooms-title">The rooms of the library</title><desc id="rooms-desc">{in_words(graph)}</desc>'
        '<defs><marker id="rooms-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>' + "".join(parts) + "</svg>"
    )


def in_words(graph: dict[str, set[str]]) -> str:
    """What each room imports from, in words."""
    level = levels(graph)
    sentences = []
    for room in sorted(graph, key=lambda room: level[room]):
        name = "The commands" if room == COMMANDS else room
        others = ", ".join(sorted(graph[room], key=lambda other: level[other]))
        sentences.append(f"{name} imports from {others}." if others else f"{name} imports from no other room.")
    return " ".join(sentences).replace("commands imports", "commands import")
