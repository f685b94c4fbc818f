"""Sections of the report on who the patients are: baseline, treatment, response, operation."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from analysis_lib.analyses.description import GROUPS
from analysis_lib.base.errors import InputError
from analysis_lib.chapters.your_cohort import wording
from analysis_lib.chapters.your_cohort.cohort import Cohort
from analysis_lib.presentation import figures, tables
from analysis_lib.presentation.figures import COLOURS, INK
from analysis_lib.presentation.tables import Html
from analysis_lib.printed.names import NAMES

# The usual mark above which a standardised difference counts as imbalance (Austin 2009).
IMBALANCE = 0.1
# More bars than this would be thinner than a pixel.
_MOST_BARS = 200


def who(cohort: Cohort) -> wording.Parts:
    """Section on the baseline: Table 1 by group, with what differs between the groups."""
    rows = _rows(cohort, "baseline", "age, sex, grade or any other characteristic before treatment")
    return [
        _table(rows, "Patients before treatment, by group"),
        wording.paragraph(_imbalance(rows)),
        _READING if _compared(rows) else "",
    ]


def treatment(cohort: Cohort) -> wording.Parts:
    """Section on treatment and toxicity."""
    rows = _rows(cohort, "treatment", "cycles, activity or toxicity of PRRT")
    return [_table(rows, "PRRT and its toxicity, by group")]


def response(cohort: Cohort) -> wording.Parts:
    """Section on response, with each tumour's change in size where both sizes are known."""
    rows = _rows(cohort, "response", "best response, or sizes and vessels after PRRT")
    parts: list[Html | figures.Picture | str] = [_table(rows, "Response to PRRT, by group")]
    sizes = {"tumour_size_mm", "tumour_size_post_mm"}
    if sizes <= set(cohort.patients) and cohort.patients[list(sizes)].notna().all(axis=1).any():
        parts.append(_waterfall(cohort.patients))
    parts.append(
        wording.paragraph(
            "Response is known only of patients who lived to be scanned, so differences between the groups mix "
            "the effect of treatment with who was there to be measured."
        )
    )
    return parts


def operation(cohort: Cohort) -> wording.Parts:
    """Section on the operation and the specimen."""
    rows = _rows(cohort, "surgery", "the operation, its complications or the specimen")
    return [_table(rows, "Operation, complications and specimen")]


def _rows(cohort: Cohort, section: str, what: str) -> pd.DataFrame:
    found = cohort.baseline[cohort.baseline["section"] == section]
    if found.empty:
        raise InputError(f"no column tells of {what}")
    return found


_READING = wording.paragraph(
    "A p value asks whether chance alone could have made a difference as large. In few patients a large difference can "
    "have a high p, so the standardised difference, in units of the standard deviation, says more about balance."
)


def _compared(rows: pd.DataFrame) -> bool:
    return bool(rows["p"].notna().any())


def _table(rows: pd.DataFrame, caption: str) -> Html:
    groups = [group for group in GROUPS if (rows[f"{group}_n"] + rows[f"{group}_blank"] > 0).any()]
    head = ["What", *(NAMES[group] for group in groups)]
    compared = _compared(rows) or bool(rows["difference"].notna().any())
    if compared:
        head += ["p (test)", "Standardised difference"]
    lines = []
    for row in rows.itertuples():
        cells = [wording.variable(row), *(_value(row, group) for group in groups)]
        if compared:
            cells.append("" if np.isnan(row.p) else f"{wording.p_value(row.p)} ({row.test})")
            cells.append("" if np.isnan(row.difference) else wording.signed(row.difference))
        lines.append([escape(cell) for cell in cells])
    return tables.table(head, lines, f"{caption}: median (quartiles) or count, of the patients whose value is known")


def _value(row, group: str) -> str:
    middle, of, blank = (getattr(row, name) for name in (group, f"{group}_n", f"{group}_blank"))
    if not of and not blank:
        # A question to the other group alone.
        return ""
    unknown = f"; {blank:,} unknown" if blank else ""
    if row.kind == "count":
        return wording.share(middle, of) + (unknown if of else "")
    if not of:
        return "nobody known"
    low, high = getattr(row, f"{group}_q1"), getattr(row, f"{group}_q3")
    return f"{middle:,.4g} ({low:,.4g} to {high:,.4g}) of {of:,}{unknown}"


def _imbalance(rows: pd.DataFrame) -> str:
    sizes = rows.assign(size=rows["difference"].abs()).groupby("variable", sort=False)["size"].max().dropna()
    if sizes.empty:
        return ""
    apart = sizes[sizes > IMBALANCE].sort_values(ascending=False)
    if apart.empty:
        return f"No characteristic differs by more than {IMBALANCE} standard deviations between the groups."
    names = " · ".join(f"{name} ({size:.2f})" for name, size in apart.head(4).items())
    return (
        f"Of {wording.count(len(sizes), 'characteristic', 'characteristics')}, {len(apart)} "
        f"{'differs' if len(apart) == 1 else 'differ'} between the groups by more than {IMBALANCE} standard "
        f"deviations, the usual mark of imbalance. The greatest: {names}."
    )


def _waterfall(patients: pd.DataFrame) -> figures.Picture:
    """Change in size of each tumour, sorted, a panel a group."""
    change = 100 * (patients["tumour_size_post_mm"] / patients["tumour_size_mm"] - 1)
    parts = {group: np.sort(change[patients["group"] == group].dropna())[::-1] for group in GROUPS}
    parts = {group: values for group, values in parts.items() if len(values)}
    # Where there are too many tumours for bars of their own, quantiles stand for them.
    shown = {
        group: values if len(values) <= _MOST_BARS else np.quantile(values, np.linspace(1, 0, _MOST_BARS))
        for group, values in parts.items()
    }

    def draw(narrow: bool) -> figures.Figure:
        figure, axes = figures.panels(narrow, 2.4 if narrow else 2.8, len(parts), sharey=True)
        for axis, (group, values) in zip(axes, shown.items(), strict=True):
            axis.bar(np.arange(len(values)), values, width=0.85, lw=0, color=COLOURS[group])
            axis.axhline(-30, color=INK, lw=0.8, ls=(0, (4, 3)))
            axis.axhline(0, color=INK, lw=0.8)
            axis.set(xticks=[], xlabel=f"{NAMES[group]}, {len(parts[group]):,} patients")
            axis.spines["bottom"].set_visible(False)
        axes[0].set_ylabel("change in size, %")
        return figure

    medians = ", ".join(
        f"{NAMES[group]} {np.median(values):+.0f}%".replace("-", "−") for group, values in parts.items()
    )
    each = "one patient" if max(map(len, parts.values())) <= _MOST_BARS else f"a {_MOST_BARS}th of a larger group"
    return figures.picture(
        draw,
        name="report-size",
        alt=f"Bars, each {each}, of the change in size of the pancreatic tumour. Medians: {medians}.",
        caption=f"Median change in size of the pancreatic tumour: {medians}. One bar is {each}; "
        "dashed, the 30% decrease of a partial response.",
        data=pd.concat(
            [pd.DataFrame({"group": group, "change_percent": of.round(1)}) for group, of in shown.items()],
            ignore_index=True,
        ),
    )
