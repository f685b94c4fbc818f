"""Sphinx extension: the picture that other sites show beside a link to the book, with its question and finding."""

from __future__ import annotations

import math
import re
import textwrap
from pathlib import Path

import ledger_roles
from cite import SOCIAL_PICTURE, plain

from analysis_lib.ledger.settled_survival import ADJUSTED, CRUDE

RATIOS = {"Unadjusted": CRUDE, "Adjusted": ADJUSTED}
INK, ACCENT, GROUND = "#1b2a33", "#1f5a78", "#ffffff"
WIDTH, HEIGHT, DPI = 1200, 630, 100


def words(front: str) -> tuple[str, str] | None:
    """The first page's question and its finding in bold, or nothing if it has none."""
    question = re.search(r"<h1>(.*?)<a ", front, re.DOTALL)
    finding = re.search(r"<p><strong>(.*?)</strong>", front, re.DOTALL)
    return (plain(question[1]), plain(finding[1])) if question and finding else None


def draw(question: str, finding: str, ratios: dict[str, tuple[str, str, str]], path: Path) -> None:
    """Write the picture; ``ratios`` has each hazard ratio with its limits, as printed."""
    # Only here: it loads slowly, and one page alone has no picture.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor=GROUND)
    figure.text(0.06, 0.88, "\n".join(textwrap.wrap(question, 44)), size=26, color=ACCENT, va="top", weight="bold")
    figure.text(0.06, 0.74, "\n".join(textwrap.wrap(finding, 56)), size=21, color=INK, va="top")
    axes = figure.add_axes((0.32, 0.2, 0.36, 0.26), facecolor=GROUND)
    for row, (name, (ratio, low, high)) in enumerate(reversed(ratios.items())):
        axes.plot([math.log(float(low)), math.log(float(high))], [row, row], color=INK, linewidth=3)
        axes.plot(math.log(float(ratio)), row, "o", color=ACCENT, markersize=13)
        axes.text(-0.05, row, name, transform=axes.get_yaxis_transform(), ha="right", va="center", size=18, color=INK)
        text = f"{ratio} ({low} to {high})"
        axes.text(1.05, row, text, transform=axes.get_yaxis_transform(), va="center", size=18, color=INK)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set(ylim=(-0.6, len(ratios) - 0.4), yticks=[])
    axes.set_xticks([math.log(value) for value in (0.1, 0.5, 1, 2)], ["0.1", "0.5", "1", "2"], size=15, color=INK)
    axes.spines[["left", "top", "right"]].set_visible(False)
    figure.text(0.5, 0.06, "Hazard ratio of death after surgery", ha="center", size=16, color=INK)
    figure.savefig(path, metadata={"Software": None})


def after_build(app, exception) -> None:
    front = Path(app.outdir) / f"{app.config.root_doc}.html"
    if exception or app.builder.format != "html" or not front.exists():
        return
    if found := words(front.read_text(encoding="utf-8")):
        claims = ledger_roles.claims()
        limits = ("hr", "ci_lo", "ci_hi")
        ratios = {
            name: tuple(claims[f"{id}.{limit}"].number.printed.text for limit in limits) for name, id in RATIOS.items()
        }
        draw(*found, ratios, Path(app.outdir) / SOCIAL_PICTURE)


def setup(app):
    app.connect("build-finished", after_build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
