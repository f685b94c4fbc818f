"""Tables and figure of the chapter on the conventions that decide a digit."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis_lib.analyses import discussion
from analysis_lib.ledger import p_value_rules
from analysis_lib.ledger.p_value_rules import RULES, TestedTable
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, tables
from analysis_lib.printed.names import PLACES
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics.survival import MedianSurvival

_TESTS = {"pearson": "Pearson", "fisher": "exact", "yates": "Yates", "likelihood_ratio": "likelihood ratio"}
# Curves whose median the paper prints with an interval: endpoint, group (blank for all), stem of the ids.
CURVES = {
    "OS, all patients": ("os", "", "results-survival.os.all"),
    "OS, surgery": ("os", "surgery", "abstract.os.surgery"),
    "OS, no surgery": ("os", "prrt_only", "abstract.os.prrt_only"),
    "PFS, surgery": ("pfs", "surgery", "abstract.pfs.surgery"),
    "PFS, no surgery": ("pfs", "prrt_only", "abstract.pfs.prrt_only"),
    "DFS, surgery": ("dfs", "surgery", "results-survival.dfs.surgery"),
}


def rules_explaining(tested: Sequence[TestedTable], *, twice: bool = False) -> pd.DataFrame:
    """Which rule explains which printed p value: a row each p value, a column each rule; ``twice`` as ``prints_as``."""
    return pd.DataFrame(
        {name: p_value_rules.explained(rule, list(tested), twice=twice) for name, rule in RULES.items()}
    )


def rule_table(numbers: Transcription, tested: Sequence[TestedTable]) -> tables.Html:
    """How many printed p values of counts each rule explains, by place in the paper."""
    once, twice = rules_explaining(tested), rules_explaining(tested, twice=True)
    places = [PLACES[numbers[id].where].split(",")[0].replace("Abstract", "Results") for id in once.index]
    by_place, sizes = once.groupby(places).sum().T, once.groupby(places).size()
    rows = [
        (
            rule,
            *(f"{by_place.loc[rule, place]} of {size}" for place, size in sizes.items()),
            f"{once[rule].sum()} of {len(once)}",
            f"{twice[rule].sum()} of {len(twice)}",
        )
        for rule in RULES
    ]
    head = ("Rule", *sizes.index, "All", "All, if rounded twice")
    return tables.table(head, rows, "Printed p values of counts that each rule explains")


def test_figure(numbers: Transcription, tested: Sequence[TestedTable]) -> figures.Picture:
    """Dot plot: each printed p value of counts by four tests, filled where the printed digits come out."""
    first = {t.id: t for t in reversed(tested)}
    order = sorted(first.values(), key=lambda t: -t.smallest_expected)
    rows = [
        (t.id, t.printed.text, t.smallest_expected, label, t.p[key], p_value_rules.prints_as(t.p[key], t.printed))
        for t in order
        for key, label in _TESTS.items()
        if key in t.p
    ]
    places, tests = [t.id for t in order], list(_TESTS.values())
    labels = [numbers[t.id].item.split(", between")[0] for t in order]
    split = sum(t.smallest_expected >= 5 for t in order) - 0.5

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 0.9 + (0.42 if narrow else 0.29) * len(order))
        for y, t in enumerate(order):
            axis.text(-0.75, y, f"{t.printed}", ha="center", va="center")
        for id, _, _, test, p, fits in rows:
            x, y, colour = tests.index(test), places.index(id), figures.COLOURS["surgery" if fits else "all"]
            axis.plot(x, y, "o", ms=8, color=colour, mfc=colour if fits else "none")
            axis.annotate(f"{p:.4f}", (x, y), (7, 0), textcoords="offset points", va="center", fontsize=9)
        axis.axhline(split - (0.2 if narrow else 0), color=figures.COLOURS["all"], lw=1)
        figures.label_rows(axis, labels if narrow else [textwrap.fill(label, 40) for label in labels], narrow)
        axis.set_xticks((-0.75, *range(len(tests))), ["printed", *(test.replace(" ", "\n") for test in tests)])
        axis.set_xlim(-1.15, len(tests) - 0.15)
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        return figure

    data = pd.DataFrame(rows, columns=["number", "printed", "smallest expected", "test", "p", "fits"])
    said = (f"{test}: {part.fits.sum()} of {len(part)}." for test, part in data.groupby("test", sort=False))
    return figures.picture(
        draw,
        name="p-conventions",
        alt="For each printed p value of counts, which of four tests gives its digits. " + " ".join(said),
        caption="Above the line Pearson's test gives the printed digits, below it the exact test does. Dots: p values "
        "by four tests, filled where the printed digits come out. Rows by the smallest expected count, the line at 5.",
        data=data,
    )


def t_test_table(claims: Mapping[str, Claim], ids: Sequence[str]) -> tables.Html:
    """Printed p values by the pooled and by Welch's t test, with the range that the rounding of their inputs allows."""
    rows = []
    for id in ids:
        claim = claims[id]
        for o in claim.outcomes:
            test = o.name.replace("welch", "Welch").replace("pooled", "Student (pooled)")
            shown = f"{o.range.low:.3f} to {o.range.high:.3f}"
            item = claim.number.item.removesuffix(", between groups")
            rows.append((item, test, tables.linked(claim), f"{o.point:.4f}", shown))
    head = ("What", "Test", "Printed p", "From the digits as printed", "Over their rounding")
    return tables.table(head, rows, "Printed p values by two t tests")


def median_table(medians: Mapping[str, MedianSurvival]) -> tables.Html:
    """One median by several conventions."""
    rows = [
        (name, *("not reached" if np.isnan(x) else f"{x:.1f}" for x in (m.median, m.ci_low, m.ci_high)))
        for name, m in medians.items()
    ]
    return tables.table(("Interval", "Median, weeks", "Lower", "Upper"), rows, "One median, four 95% intervals")


def limits_table(claims: Mapping[str, Claim], patients: pd.DataFrame) -> tables.Html:
    """Printed limits of each median beside those of two other conventions: ranges over simulated cohorts."""
    rows = []
    for name, (endpoint, group, stem) in CURVES.items():
        others = [_limits_text(discussion.medians(patients, endpoint, group, ci)) for ci in ("log", "log-log")]
        printed = [tables.linked(claims[f"{stem}.{s}"]) for s in ("ci_lo", "ci_hi")]
        rows.append((name, tables.linked(claims[f"{stem}.median"]), " to ".join(printed), *others))
    head = ("Median, years", "Printed", "95% limits printed", "Log convention", "Log-log convention")
    return tables.table(head, rows, "95% limits of medians by three conventions; the last two over simulated cohorts")


def _limits_text(found: pd.DataFrame) -> str:
    """The lower limits, then the upper ones, and how many cohorts have none."""
    known = found["ci_high"].dropna()
    high = tables.range_text(known, "{:.1f}") if len(known) else "not reached"
    if 0 < len(known) < len(found):
        high += f" (not reached in {len(found) - len(known)} of {len(found)})"
    return f"lower {tables.range_text(found['ci_low'], '{:.1f}')}, upper {high}"
