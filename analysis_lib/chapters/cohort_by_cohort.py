"""Simulated cohorts one after another on their survival curves: what each shares with all others, and what moves."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import explorable, survival_bands, tables
from analysis_lib.presentation.explorable import Part, percent, shape_slot, text_slot
from analysis_lib.printed.names import GROUPS_IN_PROSE
from analysis_lib.reconstruction.ensemble import Ensemble
from analysis_lib.statistics import survival, survival_batch

COLUMNS = ("group", "os_years", "os_event", "months_to_surgery")
#: How many cohorts a reader can step through.
SHOWN = 20
_STEP = 0.25  # years; finer steps of a band cannot be seen
_TICK = 0.015  # half its height
_TICKS = (0, 5, 10, 15, 20)
_ALIVE = (5.0, 10.0)
_PLACE = "results-survival"
# What is printed, by the name of its part of a step.
_PRINTED = {
    "median_surgery": ("Median, surgery group", "abstract.os.surgery.median", "years"),
    "median_prrt_only": ("Median, no-surgery group", "abstract.os.prrt_only.median", "years"),
    "hr": ("Hazard ratio of surgery", f"{_PLACE}.cox_surgery.hr", ""),
    "p": ("Log-rank p", "abstract.os.p", ""),
    "deaths_surgery": ("Deaths, surgery group", f"{_PLACE}.deaths.surgery.count", ""),
    "deaths_prrt_only": ("Deaths, no-surgery group", f"{_PLACE}.deaths.prrt_only.count", ""),
}
_DATED = "Hazard ratio, surgery dated"


def printed(cohort: pd.DataFrame) -> dict[str, float]:
    """What the paper prints of overall survival, recomputed from one cohort, by the names of the parts."""
    time, event, operated = cohort["os_years"], cohort["os_event"], cohort["group"] == "surgery"
    found = {"hr": immortal_time.naive(cohort)["hr"].item(), "p": survival.logrank(time, event, operated).p}
    for group in GROUPS_IN_PROSE:
        who = cohort["group"] == group
        found[f"median_{group}"] = survival.median_survival(time[who], event[who]).median
        found[f"deaths_{group}"] = int(event[who].sum())
    return found


def not_printed(ensemble: Ensemble) -> pd.DataFrame:
    """What the paper does not print, a row a cohort: percentages alive, and the hazard ratio with surgery dated."""
    event, found = ensemble.array("os_event"), {}
    for years in _ALIVE:
        for group, name in GROUPS_IN_PROSE.items():
            time = ensemble.array("os_years", ensemble.patients["group"] == group)
            alive = survival_batch.curves(time, event, np.array([years]))[:, 0]
            found[f"Alive at {years:g} years, {name}"] = 100 * alive
    found[_DATED] = immortal_time.time_dependent(ensemble.patients)["hr"].to_numpy()
    return pd.DataFrame(found, index=ensemble.origin.index)


def figure(ensemble: Ensemble, claims: Mapping[str, Claim]) -> explorable.Explorable:
    """Kaplan–Meier curves of one cohort before the bands of all, with a slider over some cohorts.

    Parameters
    ----------
    ensemble
        With :data:`COLUMNS`.
    claims
        All claims, by id.
    """
    chosen = ensemble.origin.index[np.linspace(0, len(ensemble) - 1, SHOWN).round().astype(int)]
    last = math.ceil(ensemble.patients["os_years"].max())
    varies = not_printed(ensemble)
    steps = [_step(ensemble.one(number), varies.loc[number], claims, k, last) for k, number in enumerate(chosen, 1)]
    same = [(name, tables.linked(claims[id], unit), text_slot(part)) for part, (name, id, unit) in _PRINTED.items()]
    differs = [
        (name, tables.range_text(varies[name], _form(name)), text_slot(f"varies_{k}")) for k, name in enumerate(varies)
    ]
    both = (
        explorable.table(("Overall survival", "Printed", "This cohort"), same, "The same in every cohort"),
        explorable.table(
            ("Overall survival", "All cohorts", "This cohort"), differs, "Not printed: different in each cohort"
        ),
    )
    return explorable.Explorable(
        name="cohort-by-cohort",
        label="Step through simulated cohorts",
        drawing=_drawing(ensemble, claims, last),
        beneath=f'<div class="panels">{"".join(both)}</div>',
        steps=steps,
        first=0,
        caption="Every curve runs through the circles, the printed medians, and is free elsewhere. Lines: one "
        f"simulated cohort, ticks where a follow-up ends. Bands: all {len(ensemble):,}. Grey: fewer than "
        f"{survival_bands.ENOUGH} patients at risk. The {SHOWN} cohorts of the slider are equally spaced in the order "
        "in which we found them. The paper's own curves were not used.",
        csv=varies.loc[chosen].round(4).to_csv(),
    )


def _form(name: str) -> str:
    return "{:.2f}" if name == _DATED else "{:.0f}%"


def _step(
    cohort: pd.DataFrame, varies: pd.Series, claims: Mapping[str, Claim], number: int, last: int
) -> dict[str, Part]:
    """The parts of one cohort; what is printed has two digits more, which tell the cohorts apart."""
    step: dict[str, Part] = {}
    for part, value in printed(cohort).items():
        decimals = claims[_PRINTED[part][1]].number.printed.decimals
        step[part] = f"{value:.{decimals + 2}f}" if decimals else f"{value}"
    for group in GROUPS_IN_PROSE:
        of = cohort[cohort["group"] == group]
        time, event = (of[column].to_numpy()[np.newaxis] for column in ("os_years", "os_event"))
        step[f"curve_{group}"], step[f"few_{group}"] = ({"d": d} for d in _curve(time, event, last))
        for years, left in zip(_TICKS, survival_batch.at_risk(time, _TICKS)[0], strict=True):
            step[f"at_risk_{group}_{years}"] = f"{left}"
    told = [_form(str(name)).format(value) for name, value in varies.items()]
    step |= {f"varies_{k}": text for k, text in enumerate(told)}
    step["step"] = f"{number} of {SHOWN}"
    step["sentence"] = (
        f"Cohort {number} of {SHOWN}: {told[0]} of the surgery group and {told[1]} of the no-surgery group are alive "
        f"at {_ALIVE[0]:g} years. With surgery dated the hazard ratio is {told[-1]}."
    )
    return step


def _curve(time: np.ndarray, event: np.ndarray, last: int) -> list[str]:
    """The paths of one curve, where enough are at risk and beyond, with ticks where a follow-up ends alive."""
    enough = survival_bands.enough_until(time)[0]
    at, left = np.unique(np.r_[0, time[0]]), np.unique(time[0, event[0] == 0])
    height, ends = (1 - survival_batch.curves(time, event, times)[0] for times in (at, left))
    paths = []
    for known, ticked in ((at <= enough, left <= enough), (at >= enough, left > enough)):
        ticks = zip(left[ticked] / last, ends[ticked], strict=True)
        curve = explorable.path(*explorable.stairs(at[known] / last, height[known]))
        paths.append(curve + "".join(explorable.path([t, t], [y - _TICK, y + _TICK]) for t, y in ticks))
    return paths


def _drawing(ensemble: Ensemble, claims: Mapping[str, Claim], last: int) -> str:
    """The bands of all cohorts with the printed medians, and slots for one cohort's curves and patients at risk."""
    grid, event = np.arange(0, last, _STEP), ensemble.array("os_event")
    bands, lines, said = [], [], []
    marks = ['<text class="key" x="-40" y="100%" dy="4.9em">patients at risk</text>']
    for row, (group, name) in enumerate(GROUPS_IN_PROSE.items()):
        time = ensemble.array("os_years", ensemble.patients["group"] == group)
        of = survival_batch.envelope(survival_batch.curves(time, event, grid)).assign(years=grid).dropna()
        enough = np.median(survival_bands.enough_until(time)) // _STEP * _STEP
        for side, part in ((group, of[of["years"] <= enough]), ("few", of[of["years"] >= enough])):
            x, high = explorable.stairs(part["years"] / last, 1 - part["highest"])
            _, low = explorable.stairs(part["years"], 1 - part["lowest"])
            edge = explorable.path(np.r_[x, x[::-1]], np.r_[high, low[::-1]])
            bands.append(f'<path class="band {side}" d="{edge}Z"/>')
        lines.append(shape_slot('path class="line few"', f"few_{group}"))
        lines.append(shape_slot(f'path class="line {group}"', f"curve_{group}"))
        median = claims[f"abstract.os.{group}.median"].number.printed.value
        below = f'y="100%" dy="{6.4 + 1.5 * row}em"'
        marks += [
            f'<circle cx="{percent(median / last)}" cy="50%" r="6"/>',
            f'<text class="key" x="55%" y="0" dy="{1 + 1.5 * row}em"><tspan class="{group}">■</tspan> {name}</text>',
            f'<text class="{group}" x="-30" {below}>■</text>',
            *(text_slot(f"at_risk_{group}_{t}", f'text x="{percent(t / last)}" {below}') for t in _TICKS),
        ]
        alive = of.set_index("years").loc[list(_ALIVE)]
        spans = (f"{row.lowest:.0%} to {row.highest:.0%} at {t:g} years" for t, row in alive.iterrows())
        said.append(f"{name} {', '.join(spans)}")
    return explorable.plot(
        f"Kaplan–Meier curves of overall survival. Alive in all simulated cohorts: {'; '.join(said)}.",
        "".join(bands + lines),
        "".join(marks),
        {f"{t}": t / last for t in _TICKS},
        {f"{share:.0%}": 1 - share for share in (0, 0.5, 1)},
        "years from the start of PRRT",
    )
