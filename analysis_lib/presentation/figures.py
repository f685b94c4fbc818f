"""House style of the figures, and their way into a page: SVG, alt text, caption, data.

One hue for one group everywhere (Okabe & Ito's colour-blind-safe set); ink follows the page, so
that a figure reads in light and in dark.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from analysis_lib.presentation.tables import csv_link

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

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
_INK = "#010203"


def style() -> None:
    """Set seaborn and matplotlib to the house style; call once, before drawing."""
    import matplotlib as mpl
    import seaborn as sns

    ink = {key: _INK for key in ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")}
    sns.set_theme(
        style="ticks",
        rc={
            **ink,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "font.family": "sans-serif",
            "svg.fonttype": "none",
        },
    )
    # Ids in the SVG are hashed with this, so that two builds give the same bytes.
    mpl.rcParams["svg.hashsalt"] = "book"


@dataclass(frozen=True)
class Picture:
    """A figure as a page shows it."""

    svg: str
    alt: str
    caption: str
    csv: str
    name: str

    def _repr_html_(self) -> str:
        return (
            # A narrow screen scrolls the drawing, by keyboard too, sooner than shrink it past reading.
            f'<figure class="picture"><div class="scroll" tabindex="0" role="group" aria-label="Figure">'
            f'<div role="img" aria-label="{escape(self.alt)}">{self.svg}</div></div>'
            f"<figcaption>{escape(self.caption)} "
            f"{csv_link(self.name, self.csv, 'Data as CSV')}"
            "</figcaption></figure>"
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": f"{self.caption}\n{self.alt}"}


def picture(figure: Figure, *, name: str, alt: str, caption: str, data: pd.DataFrame) -> Picture:
    """Turn a matplotlib figure into what a page shows, and close it.

    Parameters
    ----------
    figure
        Drawn after :func:`style`.
    name
        Of the CSV file that a reader can save.
    alt
        What the figure shows, for those who do not see it; computed from its values.
    caption
        What to look at.
    data
        The values drawn.
    """
    import matplotlib.pyplot as plt

    stream = io.StringIO()
    figure.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    for verdict, shade in VERDICT_COLOURS.items():
        svg = svg.replace(shade, f"var(--v-{verdict}, {shade})")
    # Ids of one figure must not meet those of another on the same page.
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return Picture(svg, alt, caption, data.to_csv(index=False), name)
