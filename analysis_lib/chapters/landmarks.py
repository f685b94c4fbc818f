"""Landmark analyses of surgery month by month over all simulated cohorts, in a figure with a slider."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analysis_lib.analyses import immortal_time
from analysis_lib.presentation import explorable
from analysis_lib.presentation.explorable import Part, percent, shape_slot, text_slot

#: The least and the greatest ratio at a landmark, by endpoint and months.
Extremes = Mapping[tuple[str, int], tuple[float, float]]
#: From about the first quartile of the time to surgery to well beyond the third.
MONTHS = range(12, 31)
_LEAST, _GREATEST = 0.01, 100.0
_TICKS = (0.01, 0.1, 1, 10, 100)
_QUANTILES = {"lowest": 0, "low": 0.05, "median": 0.5, "high": 0.95, "highest": 1}
_MANY = (
    (1, "all cohorts"),
    (0.9, "nearly all cohorts"),
    (0.6, "most cohorts"),
    (0.4, "about half of the cohorts"),
    (0, "few of the cohorts"),
)


def over_months(patients: pd.DataFrame, months: Iterable[int] = MONTHS) -> pd.DataFrame:
    """Landmark hazard ratios of surgery over the cohorts.

    Returns
    -------
    pandas.DataFrame
        A row for each endpoint and landmark, indexed by ``endpoint, months``. Of the ratios ``lowest, low, median,
        high, highest``, the second and fourth the ends of the middle 90%; ``below, above, none``: cohorts with a ratio
        below 1, with another, and without one; ``operated_least, operated_most, waiting_least, waiting_most``: patients
        who are counted, those who have had surgery by then and those who have not.
    """
    cohorts, rows = patients["cohort"].nunique(), {}
    for endpoint in immortal_time.ENDPOINTS:
        for at in months:
            found = immortal_time.landmark(patients, at, endpoint)
            ratio, below = found["hr"].dropna(), int((found["hr"] < 1).sum())
            row = {name: ratio.quantile(q) for name, q in _QUANTILES.items()}
            row |= {"below": below, "above": len(ratio) - below, "none": cohorts - len(ratio)}
            counted = {"operated": found["operated"], "waiting": found["patients"] - found["operated"]}
            for who, number in counted.items():
                row |= {f"{who}_least": int(number.min()), f"{who}_most": int(number.max())}
            rows[endpoint, at] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["endpoint", "months"])


def figure(found: pd.DataFrame, pushed: pd.DataFrame, first: float) -> explorable.Explorable:
    """The bands of the landmark hazard ratios, with a slider over the landmark.

    Parameters
    ----------
    found, pushed
        As :func:`over_months` gives them for simulated cohorts and for those that an adversary pushed.
    first
        The landmark that is shown at first, in months, or the nearest to it.
    """
    months = found.loc["os"].index.tolist()
    rows = found.to_dict("index")
    extremes = {at: (row["lowest"], row["highest"]) for at, row in pushed.to_dict("index").items()}
    steps = []
    for at in months:
        step: dict[str, Part] = {"step": f"{at} months", "sentence": _sentence(at, rows, extremes)}
        for endpoint in immortal_time.ENDPOINTS:
            step |= _parts(endpoint, _across(at, months), rows[endpoint, at])
        steps.append(step)
    panels = "".join(_panel(endpoint, found.loc[endpoint], extremes) for endpoint in immortal_time.ENDPOINTS)
    return explorable.Explorable(
        name="landmarks",
        label="Move the landmark",
        drawing=f'<div class="panels">{panels}</div>',
        beneath="",
        steps=steps,
        first=min(range(len(months)), key=lambda k: abs(months[k] - first)),
        caption="Once three in four operations are done, none of the ensemble's cohorts goes against surgery for "
        "overall survival; some that the adversary pushed do. For progression-free survival some do at every landmark. "
        "Bands: all cohorts with a ratio (pale) and nine in ten (dark); line in them: the median. Crosses: the "
        "farthest of all that the adversary pushed, towards whatever quantity. "
        "Ranges of what our searches found are no confidence intervals. The paper's own curves were not used.",
        csv=found.round(4).to_csv(),
    )


def _across(at: float, months: list[int]) -> float:
    return (at - months[0]) / (months[-1] - months[0])


def _down(ratio: float) -> float:
    """A ratio's place from the top, from 0 to 1."""
    return math.log(_GREATEST / ratio) / math.log(_GREATEST / _LEAST)


def _parts(endpoint: str, across: float, row: Mapping[str, Any]) -> dict[str, Part]:
    """What the panel of an endpoint shows of one landmark."""
    x, cohorts = percent(across), row["below"] + row["above"] + row["none"]
    below, above = (percent(row[side] / cohorts) for side in ("below", "above"))
    top, middle, bottom = (percent(_down(row[name])) for name in ("highest", "median", "lowest"))
    none = f", {row['none']:,} have no ratio" if row["none"] else ""
    return {
        f"{endpoint}_range": {"x1": x, "x2": x, "y1": top, "y2": bottom},
        f"{endpoint}_median": {"cx": x, "cy": middle},
        f"{endpoint}_ratios": f"{row['lowest']:.2f} to {row['highest']:.2f}, median {row['median']:.2f}",
        f"{endpoint}_below": {"width": below},
        f"{endpoint}_above": {"x": below, "width": above},
        f"{endpoint}_share": f"Below 1 in {row['below']:,} of {cohorts:,} cohorts{none}",
    }


def _sentence(at: int, rows: Mapping[tuple[str, int], Mapping[str, Any]], extremes: Extremes) -> str:
    """What a landmark does to the groups, and what the cohorts say of each endpoint there."""
    row = rows["os", at]
    said = [
        f"At {at} months, {row['operated_least']} to {row['operated_most']} patients have had surgery, and "
        f"{row['waiting_least']} to {row['waiting_most']} are alive and followed without it."
    ]
    for endpoint, title in immortal_time.ENDPOINTS.items():
        row = rows[endpoint, at]
        share = row["below"] / (row["below"] + row["above"])
        many = next(words for least, words in _MANY if share >= least)
        said.append(f"For {title} {many} with a ratio favour surgery.")
        _, farthest = extremes[endpoint, at]
        if farthest > max(1, row["highest"]):
            said.append(f"Of the adversary's cohorts one has {farthest:.2f}.")
    return " ".join(said)


def _panel(endpoint: str, found: pd.DataFrame, extremes: Extremes) -> str:
    """One endpoint: the bands, the landmark that is chosen, and the share of cohorts that favour surgery."""
    title, months = immortal_time.ENDPOINTS[endpoint], found.index.tolist()
    x = [_across(at, months) for at in months]
    y = {name: [_down(ratio) for ratio in found[name]] for name in _QUANTILES}
    curves = [
        f'<path class="band" d="{explorable.path(x + x[::-1], y[low] + y[high][::-1])}Z"/>'
        for low, high in (("lowest", "highest"), ("low", "high"))
    ]
    curves.append(f'<path class="median" d="{explorable.path(x, y["median"])}"/>')
    one = percent(_down(1))
    marks = [f'<line class="one" x1="0" x2="100%" y1="{one}" y2="{one}"/>']
    for text, y_at, dy in (("↑ favours no surgery", "0", "0.8em"), ("↓ favours surgery", "100%", "-0.5em")):
        marks.append(f'<text class="side" x="100%" y="{y_at}" dy="{dy}">{text}</text>')
    for at in months:
        for end in extremes[endpoint, at]:
            marks.append(f'<text x="{percent(_across(at, months))}" y="{percent(_down(end))}" dy="0.35em">×</text>')
    marks.append(shape_slot('line class="cursor"', f"{endpoint}_range"))
    marks.append(shape_slot('circle class="cursor" r="5"', f"{endpoint}_median"))
    ticks = {str(at): _across(at, months) for at in months if at % 6 == 0}
    spans = (f"{found.at[int(at), 'lowest']:.2f} to {found.at[int(at), 'highest']:.2f} at {at} months" for at in ticks)
    drawn = explorable.plot(
        f"Hazard ratio of surgery for {title} by landmark, all simulated cohorts: {', '.join(spans)}.",
        "".join(curves),
        "".join(marks),
        ticks,
        {f"{tick:g}": _down(tick) for tick in _TICKS},
        "landmark, months from the start of PRRT",
    )
    shares = shape_slot('rect class="below" height="100%"', f"{endpoint}_below")
    shares += shape_slot('rect class="above" height="100%"', f"{endpoint}_above")
    ratios = text_slot(f"{endpoint}_ratios")
    return (
        f'<div class="panel"><p><b>{title.capitalize()}</b><br>Hazard ratio {ratios}</p>{drawn}'
        f'<svg class="share" aria-hidden="true">{shares}</svg><p>{text_slot(f"{endpoint}_share")}</p></div>'
    )
