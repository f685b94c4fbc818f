"""Causal diagram of surgery and survival, for the chapter on confounding."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis_lib.presentation import figures
from analysis_lib.presentation.figures import COLOURS


@dataclass(frozen=True)
class Node:
    """A box: its middle, its words, and how the paper's score treats it."""

    x: float
    y: float
    words: str
    kind: str


NODES = {
    "hidden": Node(0.0, 0.5, "Biology of\nthe tumour,\nfrailty", "not measured"),
    "scored": Node(0.36, 1.0, "Grade 1,\nperformance score", "before PRRT, in the score"),
    "left out": Node(
        0.36, 0.0, "Contact with vessels,\nmetastases,\ntime since diagnosis", "before PRRT, not in the score"
    ),
    "after": Node(0.36, 0.5, "Activity given,\nsize after PRRT", "after PRRT, in the score"),
    "surgery": Node(0.74, 0.5, "Surgery", "treatment"),
    "survival": Node(1.08, 0.5, "Survival", "outcome"),
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
# Of the words, in the drawing's units.
CHARACTER, LINE = 0.0155, 0.11
# Round what stands between.
_BENT = {("after", "survival"): -0.32}
_LINES = {"before PRRT, not in the score": (0, (5, 3)), "not measured": (0, (1, 2))}


def draw() -> figures.Picture:
    """What may act on what: boxes by how the paper's score treats them, and the arrow that is asked for."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
    from matplotlib.path import Path

    ink = plt.rcParams["text.color"]
    figure, axis = plt.subplots(figsize=(7.2, 4.2))
    axis.set(xlim=(-0.14, 1.2), ylim=(-0.22, 1.42))
    axis.axis("off")
    boxes = {}
    for name, node in NODES.items():
        lines = node.words.split("\n")
        width, height = CHARACTER * max(map(len, lines)) + 0.02, LINE * len(lines)
        boxes[name] = FancyBboxPatch(
            (node.x - width / 2, node.y - height / 2),
            width,
            height,
            boxstyle="round,pad=0.02",
            mutation_aspect=2,
            fc="none",
            ec=ink,
            ls=_LINES.get(node.kind, "-"),
        )
        axis.add_patch(boxes[name])
        # Line by line, since each is then centred in whatever font the page has.
        for k, line in enumerate(lines):
            axis.text(node.x, node.y + LINE * ((len(lines) - 1) / 2 - k), line, ha="center", va="center", fontsize=10)
    for cause, effect in ARROWS:
        asked = (cause, effect) == ("surgery", "survival")
        look = {
            "arrowstyle": "-|>",
            "mutation_scale": 13,
            "color": COLOURS["surgery"] if asked else ink,
            "lw": 2.6 if asked else 1,
            "ls": _LINES.get(NODES[cause].kind, "-") if cause == "hidden" else "-",
        }
        start, end = NODES[cause], NODES[effect]
        if (cause, effect) == ("hidden", "survival"):
            over = [(start.x, start.y + 0.23), (start.x, 1.32), (end.x, 1.32), (end.x, end.y + 0.1)]
            axis.add_patch(FancyArrowPatch(path=Path(over), **look))
            continue
        style = f"arc3,rad={_BENT.get((cause, effect), 0)}"
        between = {"patchA": boxes[cause], "patchB": boxes[effect], "shrinkA": 3, "shrinkB": 3}
        axis.annotate("", (end.x, end.y), (start.x, start.y), arrowprops=look | between | {"connectionstyle": style})
    acts = (f"{NODES[a].words} ({NODES[a].kind}) acts on {NODES[b].words}".replace("\n", " ") for a, b in ARROWS)
    return figures.picture(
        figure,
        name="causal-diagram",
        alt="A causal diagram. " + "; ".join(acts) + ".",
        caption="The paper's score leaves open the paths through contact with vessels, metastases and time since "
        "diagnosis. Arrows: what may act on what; blue: the effect in question. Solid boxes are in the score, "
        "dashed ones measured and not in it, the dotted one not measured.",
        data=pd.DataFrame(ARROWS, columns=["cause", "effect"]),
    )
