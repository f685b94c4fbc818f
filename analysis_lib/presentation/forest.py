"""Forest plot: ratios with their intervals, a row each, on a logarithmic axis.

It is HTML with a small SVG for each row, so that its text keeps its size and a phone stacks the rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis_lib.presentation.figures import Picture
from analysis_lib.printed.transcription import Transcription

# Between these limits every ratio of medicine has its place; what lies beyond ends in an arrow.
_LEAST, _GREATEST = 0.02, 50.0
_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
_DECADES = (0.1, 1, 10)  # on an axis so long that the others would run into each other


@dataclass(frozen=True)
class Ratio:
    """One row: what was estimated, the ratio and its limits.

    Of simulated cohorts it is one of them, and ``spread`` the least and the greatest ratio of all.
    """

    label: str
    ratio: float
    low: float
    high: float
    spread: tuple[float, float] | None = None

    @property
    def text(self) -> str:
        """The ratio with its limits in brackets; of simulated cohorts their range."""
        if self.spread is not None:
            return "{:.2f} to {:.2f}".format(*self.spread)
        return f"{self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})"


def published(numbers: Transcription, stem: str, label: str) -> Ratio:
    """A published hazard ratio with its limits; ``stem`` is the beginning of its ids."""
    return Ratio(label, *(numbers.value(f"{stem}.{s}") for s in ("hr", "ci_lo", "ci_hi")))


def picture(
    rows: Sequence[Ratio | str], favours: tuple[str, str], *, measure: str, name: str, alt: str, caption: str
) -> Picture:
    """Draw ratios as a forest plot, the first at the top.

    Parameters
    ----------
    rows
        Ratios with finite limits, and headings of those that follow.
    favours
        Whom a ratio below 1 favours, and whom one above.
    measure
        The name of the axis.
    name, alt, caption
        As those of :func:`figures.picture`; what each row says is added to ``alt``.
    """
    ratios = [row for row in rows if isinstance(row, Ratio)]
    ends = [r.low for r in ratios] + [r.high for r in ratios] + [end for r in ratios for end in r.spread or ()]
    least = max(min(0.5, *ends) / 1.15, _LEAST)
    greatest = min(max(2.0, *ends) * 1.15, _GREATEST)

    def x(ratio: float) -> str:
        """Place on the axis; what lies beyond it is put at its end."""
        inside = min(max(ratio, least), greatest)
        return f"{100 * math.log(inside / least) / math.log(greatest / least):.2f}%"

    def track(row: Ratio) -> str:
        marks = [f'<line class="one" x1="{x(1)}" x2="{x(1)}" y1="0" y2="100%"/>']
        if row.spread is not None:
            marks.append(f'<line class="spread" x1="{x(row.spread[0])}" x2="{x(row.spread[1])}" y1="50%" y2="50%"/>')
        marks.append(f'<line x1="{x(row.low)}" x2="{x(row.high)}" y1="50%" y2="50%"/>')
        marks.append(f'<circle cx="{x(row.ratio)}" cy="50%" r="4.5"/>')
        marks += [
            f'<text class="beyond" x="{x(limit)}" y="50%">{sign}</text>'
            for limit, sign in ((row.low, "◂"), (row.high, "▸"))
            if not least <= limit <= greatest
        ]
        return f"<svg{'' if row.spread is None else ' class=simulated'}>{''.join(marks)}</svg>"

    def said(row: Ratio) -> str:
        """Its numbers; a range over simulated cohorts must not pass for a confidence interval."""
        return row.text if row.spread is None else f"simulated: {row.text}"

    drawn = "".join(
        f'<div class="heading">{escape(row)}</div>'
        if isinstance(row, str)
        else f"<div><span>{escape(row.label)}</span><span>{said(row)}</span>{track(row)}</div>"
        for row in rows
    )
    ticks = "".join(
        f'<line x1="{x(tick)}" x2="{x(tick)}" y1="0" y2="5"/><text x="{x(tick)}" y="19">{tick:g}</text>'
        for tick in (_TICKS if greatest / least < 100 else _DECADES)
        if least <= tick <= greatest
    )
    line = f'<svg class="axis" width="100%" height="26"><line x1="0" x2="100%" y1="0" y2="0"/>{ticks}</svg>'
    axis = f"<div><span>{escape(measure)}</span>{line}</div>"
    below, above = (escape(whom) for whom in favours)
    sides = f"<span>← favours {below}</span><span>favours {above} →</span>"
    data = pd.DataFrame([(r.label, r.ratio, r.low, r.high) for r in ratios], columns=["label", "ratio", "low", "high"])
    if any(r.spread for r in ratios):
        data[["lowest", "highest"]] = [r.spread or (math.nan, math.nan) for r in ratios]
    if len(ratios) < len(rows):
        headings = pd.Series([row if isinstance(row, str) else None for row in rows], dtype=object).ffill()
        data.insert(0, "heading", [headings[k] for k, row in enumerate(rows) if isinstance(row, Ratio)])
    return Picture(
        svg=f'<div class="forest">{drawn}{axis}<div class="sides">{sides}</div></div>',
        alt=" ".join([alt, *(f"{row}:" if isinstance(row, str) else f"{row.label}: {said(row)}." for row in rows)]),
        caption=caption,
        csv=data.round(4).to_csv(index=False),
        name=name,
    )
