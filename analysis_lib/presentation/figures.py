"""House style of the figures, and their way into a page: SVG, alt text, caption, data.

One hue for one group everywhere (Okabe & Ito's colour-blind-safe set); ink follows the page, so
that a figure reads in light and in dark.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from analysis_lib.presentation import svg
from analysis_lib.presentation.tables import figcaption

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of groups; on a dark page look.css has paler ones.
COLOURS = {"surgery": "#0072b2", "prrt_only": "#d55e00", "all": "#7a7a7a"}
# The badges' in book.css, whose variables stand for them on a page; in the order in which a figure stacks them.
VERDICT_COLOURS = {
    "recomputed": "#1b6e3c",
    "consistent": "#1f5fa8",
    "repeated": "#6b5b4a",
    "within-rounding": "#2f6f73",
    "other-method": "#7a5200",
    "contradicted": "#a3261b",
    "attainable": "#5b3c9e",
    "foretold": "#8a2c72",
    "unchecked": "#595f69",
    "cited": "#3f5878",
}

# Stands for the page's text colour until the SVG is written; no figure uses this shade itself.
INK = "#010203"
# Inches, of which a page has 96 pixels: a column of text, and the same on a phone.
_WIDE, _NARROW = 6.6, 3.54
# Points, of text that nothing says more of: 12.7 pixels, in both drawings.
_TEXT = 9.5
# Over seaborn's ticks.
_STYLE = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none"),
    **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize", "legend.fontsize"), _TEXT),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize"), _TEXT),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right", "legend.frameon"), False),
    # Matplotlib brings this font along, so that every machine measures alike; pages show their own, which is narrower.
    "font.sans-serif": ["DejaVu Sans"],
    "svg.fonttype": "none",
    # Ids in the SVG are hashed with this, so that two builds give the same bytes.
    "svg.hashsalt": "book",
}


@dataclass(frozen=True)
class Picture:
    """A figure as a page shows it: what it draws with for a column and for a phone."""

    svg: str
    alt: str
    caption: str
    csv: str
    name: str

    def _repr_html_(self) -> str:
        return (
            f'<figure class="picture"><div class="drawing" role="img" aria-label="{escape(self.alt)}">{self.svg}</div>'
            f"{figcaption(self.caption, self.name, self.csv)}</figure>"
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": f"{self.caption}\n{self.alt}"}


def panels(
    narrow: bool, height: float, count: int = 1, columns: int | None = None, **options: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of one width with panels side by side, or of a phone's with one above the other.

    Parameters
    ----------
    narrow
        Whether a phone shows it.
    height
        Of a panel, in inches.
    count, columns
        Of panels; and how many of them stand side by side, if not all.
    options
        As ``matplotlib.pyplot.subplots`` takes them.
    """
    import matplotlib.pyplot as plt

    columns = 1 if narrow else columns or count
    rows = count // columns
    size = (_NARROW if narrow else _WIDE, height * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained", **options)
    return figure, list(axes.flat)


def label_rows(axis: Axes, names: Sequence[str], narrow: bool) -> None:
    """Name the rows 0, 1, … of a figure, the first on top: beside them, or above each where a phone has no room."""
    rows = range(len(names))
    axis.set(yticks=rows, yticklabels=[] if narrow else names, ylim=(len(names) - 0.5, -0.9 if narrow else -0.5))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    if narrow:
        for y in rows:
            label = axis.text(0, y - 0.24, names[y], transform=axis.get_yaxis_transform(), va="bottom")
            label.set_in_layout(False)  # a long one goes on above the drawing


def key(axis: Axes, narrow: bool, columns: int | None = None) -> None:
    """Say beneath a figure what the marks of an axis mean: in a line, or on a phone one beneath the other."""
    handles, names = axis.get_legend_handles_labels()
    side_by_side = columns or (1 if narrow else len(handles))
    axis.get_figure().legend(handles, names, loc="outside lower center", ncols=side_by_side)


def picture(draw: Callable[[bool], Figure], *, name: str, alt: str, caption: str, data: pd.DataFrame) -> Picture:
    """Draw a figure twice in the house style, for a column and for a phone, as a page shows it.

    Parameters
    ----------
    draw
        Draws it, on a narrow sheet or not; see :func:`panels`.
    name
        Of the CSV file that a reader can save.
    alt
        What the figure shows, for those who do not see it; computed from its values.
    caption
        What to look at.
    data
        The values drawn.
    """
    drawings = "".join(_svg(draw, narrow, name) for narrow in (False, True))
    return Picture(drawings, alt, caption, data.to_csv(index=False), name)


def _svg(draw: Callable[[bool], Figure], narrow: bool, name: str) -> str:
    import matplotlib as mpl
    import matplotlib.pyplot as plt
    import seaborn as sns

    stream, word = io.StringIO(), "narrow" if narrow else "wide"
    with mpl.rc_context(sns.axes_style("ticks") | _STYLE):
        figure = draw(narrow)
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    text = stream.getvalue().replace(INK, "currentColor")
    for letter, shades in (("v", VERDICT_COLOURS), ("g", COLOURS)):
        for of, shade in shades.items():
            text = text.replace(shade, f"var(--{letter}-{of}, {shade})")
    return svg.lighten(text, f"{name}-{word}").replace("<svg", f'<svg class="{word}"', 1)
