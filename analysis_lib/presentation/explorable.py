"""Figures with a slider: a reader moves through steps, each with its own words and shapes.

The steps stand in the page as data, which ``explorable.js`` puts into the drawing. Without scripts the figure shows
its first step and no slider. Text is no part of what is stretched, so that it keeps its size on a phone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis_lib.presentation.tables import figcaption, head_row

#: What an element of the drawing shows in one step: its text, or its attributes.
Part = str | Mapping[str, str]
# Curves are drawn in whole units of a square of this side.
_SIDE = 1000


@dataclass(frozen=True)
class Explorable:
    """A figure with a slider, as a page shows it.

    Attributes
    ----------
    name
        Of the figure on its page, and of its CSV file.
    label
        What the slider moves.
    drawing
        HTML with a slot for each part that changes, from :func:`text_slot` and :func:`shape_slot`.
    beneath
        The same, for what stands beneath the sentence.
    steps
        The parts of each step by name, all in each; ``step`` is its name, ``sentence`` what is to be heard of it.
    first
        Position of the step that is shown at first.
    caption, csv
        As those of :class:`analysis_lib.presentation.figures.Picture`.
    """

    name: str
    label: str
    drawing: str
    beneath: str
    steps: Sequence[Mapping[str, Part]]
    first: int
    caption: str
    csv: str

    def _repr_html_(self) -> str:
        slider = f"{self.name}-step"
        shown = {name: _filled(part) for name, part in self.steps[self.first].items()}
        # A script's text ends at the first "</".
        data = json.dumps(self.steps, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        return (
            f'<figure class="picture explorable"><div class="controls" hidden>'
            f'<label for="{slider}">{escape(self.label)}: <b data-part="step">{shown["step"]}</b></label>'
            f'<button type="button">Previous</button><input type="range" id="{slider}" min="0" '
            f'max="{len(self.steps) - 1}" value="{self.first}" aria-valuetext="{shown["step"]}" autocomplete="off">'
            f'<button type="button">Next</button></div>{self.drawing.format_map(shown)}'
            f'<output for="{slider}" aria-live="polite" data-part="sentence">{shown["sentence"]}</output>'
            f"{self.beneath.format_map(shown)}"
            f"{figcaption(self.caption, self.name, self.csv)}"
            f'<script type="application/json">{data}</script></figure>'
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": self.caption}


def _filled(part: Part) -> str:
    if isinstance(part, str):
        return escape(part)
    return " ".join(f'{name}="{escape(value)}"' for name, value in part.items())


def text_slot(name: str, element: str = "span") -> str:
    """An element whose words change, from the beginning of its tag, such as ``text x="5"``."""
    return f'<{element} data-part="{name}">{{{name}}}</{element.partition(" ")[0]}>'


def shape_slot(element: str, name: str) -> str:
    """An element whose attributes change, from the beginning of its tag, such as ``circle r="5"``."""
    return f'<{element} data-part="{name}" {{{name}}}/>'


def percent(fraction: float) -> str:
    """A share of the drawing's width or height, from 0 to 1, as SVG has it."""
    return f"{100 * fraction:.1f}%"


def path(x: ArrayLike, y: ArrayLike) -> str:
    """The path through points; a level or upright piece is written short.

    Parameters
    ----------
    x, y
        Shares of the drawing's width, and of its height from the top, from 0 to 1, shape (n,).

    Examples
    --------
    >>> path([0, 0.5, 0.5, 1], [0, 0, 0.25, 1])
    'M0 0H500V250L1000 1000'
    """
    (a, b), *rest = np.rint(_SIDE * np.column_stack([x, y])).astype(int).tolist()
    words = [f"M{a} {b}"]
    for c, d in rest:
        if (c, d) != (a, b):
            words.append(f"H{c}" if d == b else f"V{d}" if c == a else f"L{c} {d}")
        a, b = c, d
    return "".join(words)


def stairs(x: ArrayLike, y: ArrayLike) -> tuple[NDArray, NDArray]:
    """The corners of a curve that stays level until its next place.

    Examples
    --------
    >>> [points.tolist() for points in stairs([0, 1, 2], [5, 6, 7])]
    [[0, 1, 1, 2, 2], [5, 5, 6, 6, 7]]
    """
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]


def plot(alt: str, curves: str, marks: str, x: Mapping[str, float], y: Mapping[str, float], axis: str) -> str:
    """A drawing with axes that is as wide as there is room, its text of one size.

    Parameters
    ----------
    alt
        What it shows.
    curves
        SVG in the units of :func:`path`, stretched.
    marks
        SVG in shares of the drawing, as :func:`percent` gives them.
    x, y
        Labels of the ticks and where they stand, from 0 to 1; of ``y`` from the top.
    axis
        Name of the horizontal axis.
    """
    ticks = [f'<text x="{percent(at)}" y="100%" dy="1.6em">{text}</text>' for text, at in x.items()]
    ticks += [f'<line x1="{percent(at)}" x2="{percent(at)}" y1="100%" y2="102%"/>' for at in x.values()]
    ticks += [f'<text class="side" x="-10" y="{percent(at)}" dy="0.35em">{text}</text>' for text, at in y.items()]
    ticks += [f'<line x1="-5" x2="0" y1="{percent(at)}" y2="{percent(at)}"/>' for at in y.values()]
    return (
        f'<svg class="plot" role="img" aria-label="{escape(alt)}">'
        f'<svg width="100%" height="100%" viewBox="0 0 {_SIDE} {_SIDE}" preserveAspectRatio="none">{curves}</svg>'
        f'<line x1="0" x2="0" y1="0" y2="100%"/><line x1="0" x2="100%" y1="100%" y2="100%"/>{"".join(ticks)}'
        f'<text x="50%" y="100%" dy="3.1em">{escape(axis)}</text>{marks}</svg>'
    )


def table(heads: Iterable[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A small table that stays one on a phone; cells are HTML already, caption and heads are text."""
    body = "".join(
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for first, *cells in rows
    )
    return f"<table><caption>{escape(caption)}</caption>{head_row(heads)}<tbody>{body}</tbody></table>"
