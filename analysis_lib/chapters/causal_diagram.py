"""Causal diagram of surgery and survival, for the chapter on confounding."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import pandas as pd

from analysis_lib.presentation import figures
from analysis_lib.presentation.figures import COLOURS, INK


@dataclass(frozen=True)
class Node:
    """A box: its middle on a page and on a phone, from left and top; its words; how the paper's score treats it."""

    wide: tuple[float, float]
    narrow: tuple[float, float]
    words: str
    kind: str


NODES = {
    "hidden": Node((0.13, 0.5), (0.5, 0.07), "Biology of the tumour, frailty", "not measured"),
    "scored": Node((0.41, 0.2), (0.17, 0.32), "Grade 1, performance score", "before PRRT, in the score"),
    "left out": Node(
        (0.41, 0.86),
        (0.79, 0.32),
        "Contact with vessels, metastases, time since diagnosis",
        "before PRRT, not in the score",
    ),
    "after": Node((0.41, 0.5), (0.48, 0.53), "Activity given, size after PRRT", "after PRRT, in the score"),
    "surgery": Node((0.7, 0.5), (0.48, 0.74), "Surgery", "treatment"),
    "survival": Node((0.92, 0.5), (0.48, 0.94), "Survival", "outcome"),
}
ARROWS = (
    ("hidden", "scored"),
    ("hidden", "left out"),
    ("hidden", "after"),
    ("hidden", "survival"),
    ("scored", "after"),
    ("left out", "after"),
    ("scored", "surgery"),
    ("left out", "surgery"),
    ("after", "surgery"),
    ("scored", "survival"),
    ("left out", "survival"),
    ("after", "survival"),
    ("surgery", "survival"),
)
# Of the words, in points.
_CHARACTER, _LINE, _PAD = 6.0, 13, 6
# Round what stands between, on a page and on a phone.
_BENT = {
    ("after", "survival"): (-0.32, -0.5),
    ("scored", "survival"): (0, 0.2),
    ("left out", "survival"): (0, -0.2),
    ("scored", "surgery"): (0, 0.1),
    ("left out", "surgery"): (0, -0.1),
}
_LINES = {"before PRRT, not in the score": (0, (5, 3)), "not measured": (0, (1, 2))}


def draw() -> figures.Picture:
    """What may act on what: boxes by how the paper's score treats them, and the arrow that is asked for."""
    acts = (f"{NODES[a].words} ({NODES[a].kind}) acts on {NODES[b].words}" for a, b in ARROWS)
    return figures.picture(
        draw_on,
        name="causal-diagram",
        alt="A causal diagram. " + "; ".join(acts) + ".",
        caption="The paper's score leaves open the paths through contact with vessels, metastases and time since "
        "diagnosis. Arrows: what may act on what; blue: the effect in question. Solid boxes are in the score, "
        "dashed ones measured and not in it, the dotted one not measured.",
        data=pd.DataFrame(ARROWS, columns=["cause", "effect"]),
    )


def draw_on(narrow: bool) -> figures.Figure:
    """The boxes and arrows on a page, or on a phone."""
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
    from matplotlib.path import Path

    figure, (axis,) = figures.panels(narrow, 5.6 if narrow else 3.3)
    # One unit of the drawing is a point.
    figure.set_layout_engine("none")
    axis.set_position((0, 0, 1, 1))
    width, height = 72 * figure.get_size_inches()
    axis.set(xlim=(0, width), ylim=(0, height))
    axis.axis("off")
    at, boxes = {}, {}
    for name, node in NODES.items():
        x, y = node.narrow if narrow else node.wide
        x, y = at[name] = x * width, (1 - y) * height
        lines = textwrap.wrap(node.words, 12 if narrow else 21)
        size = _CHARACTER * max(map(len, lines)), _LINE * len(lines)
        look = {"boxstyle": f"round,pad={_PAD}", "fc": "none", "ec": INK, "ls": _LINES.get(node.kind, "-")}
        boxes[name] = axis.add_patch(FancyBboxPatch((x - size[0] / 2, y - size[1] / 2), *size, **look))
        # Line by line, since each is then centred in whatever font the page has.
        for k, line in enumerate(lines):
            axis.text(x, y + _LINE * ((len(lines) - 1) / 2 - k), line, ha="center", va="center")
    for cause, effect in ARROWS:
        asked = (cause, effect) == ("surgery", "survival")
        look = {
            "arrowstyle": "-|>",
            "mutation_scale": 13,
            "color": COLOURS["surgery"] if asked else INK,
            "lw": 2.6 if asked else 1,
            "ls": _LINES.get(NODES[cause].kind, "-") if cause == "hidden" else "-",
        }
        start, end = at[cause], at[effect]
        if (cause, effect) == ("hidden", "survival"):
            axis.add_patch(FancyArrowPatch(path=Path(_round(start, end, width, height, narrow)), **look))
            continue
        style = f"arc3,rad={_BENT.get((cause, effect), (0, 0))[narrow]}"
        between = {"patchA": boxes[cause], "patchB": boxes[effect], "shrinkA": 3, "shrinkB": 3}
        axis.annotate("", end, start, arrowprops=look | between | {"connectionstyle": style})
    return figure


def _round(
    start: tuple[float, float], end: tuple[float, float], width: float, height: float, narrow: bool
) -> list[tuple[float, float]]:
    """Corners of the arrow that goes round all boxes: over them, and on a phone to their right."""
    if narrow:
        return [(start[0] + 45, start[1]), (width - 5, start[1]), (width - 5, end[1]), (end[0] + 36, end[1])]
    return [(start[0], start[1] + 22), (start[0], height - 5), (end[0], height - 5), (end[0], end[1] + 16)]
