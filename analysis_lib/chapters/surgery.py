"""Tables and figure of the chapter on surgery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis_lib.base.units import DAYS_PER_MONTH
from analysis_lib.ledger import joint_facts
from analysis_lib.presentation import figures, tables
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import summaries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Clavien and Dindo's grades, as far as Table 3 has them, by the treatment that each calls for.
GRADES = {
    "II": "drugs, transfusion or nutrition",
    "IIIa": "an intervention without general anaesthesia",
    "IIIb": "an intervention under general anaesthesia",
    "IVa": "intensive care, one organ failing",
    "V": "death",
}
PROCEDURES = "since_start since_end whipple distal pppd vascular liver_treatment".split()
PATHOLOGY = (
    "r0 r1 lymphovascular_negative lymphovascular_positive perineural_negative perineural_positive nodes_resected"
    " nodes_positive ki67 fibrosis response_homogeneous response_heterogeneous necrosis viable sstr2a"
).split()


def complications(numbers: Transcription) -> pd.DataFrame:
    """Events by ``grade`` and ``complication``, in Table 3's order, each with its ``id``."""
    rows = []
    for id, number in numbers.items():
        if id.startswith("table3.complication_"):
            what, _, grade = number.item.rpartition(", grade ")
            rows.append((grade, what, numbers.count(id), id))
    return pd.DataFrame(rows, columns=["grade", "complication", "events", "id"])


def complications_figure(numbers: Transcription, severe: tuple[int, int]) -> figures.Picture:
    """Complications by grade, as events above and as patients beneath.

    Parameters
    ----------
    numbers
        The published numbers.
    severe
        Fewest and most patients who can have had a complication of grade III or more.
    """
    import matplotlib.pyplot as plt

    found = complications(numbers)
    figure, (above, beneath) = plt.subplots(
        2, 1, figsize=(4.3, 6.4), height_ratios=(len(found) + len(GRADES), 4), gridspec_kw={"hspace": 0.28}
    )
    y, names = 0.0, {}
    for grade, treatment in GRADES.items():
        of_grade = found[found["grade"] == grade]
        above.text(
            -0.2,
            y,
            f"Grade {grade}, {of_grade['events'].sum()}: {treatment}",
            ha="left",
            va="center",
            fontsize=9,
            weight="bold",
        )
        for row in of_grade.itertuples():
            y += 1
            names[y] = row.complication
            _bar(above, y, (row.events, row.events), grade != "II", f"{row.events}")
        y += 1
    _finish(above, names, "events", found["events"].max() + 5.5)
    every = numbers.count("table3.complications.surgery.count")
    fatal = int(found.loc[found["grade"] == "V", "events"].sum())
    _bar(beneath, 0, (every, every), False, f"{every}")
    _bar(beneath, 1, severe, True, f"{severe[0]} to {severe[1]}")
    _bar(beneath, 2, (fatal, fatal), True, f"{fatal}")
    patients = numbers.count("table3.patients.surgery.n")
    _finish(beneath, {0: "any, grade II or more", 1: "severe, grade III or more", 2: "fatal"}, "patients", patients)
    events = found["events"].sum()
    return figures.picture(
        figure,
        name="complications",
        alt=f"{events} events by grade: "
        + ", ".join(f"{r.complication} (grade {r.grade}) {r.events}" for r in found.itertuples())
        + f". Of {patients} patients {every} had any, {severe[0]} to {severe[1]} a severe and {fatal} a fatal one.",
        caption=f"{events} events fell on {every} patients, and between {severe[0]} and {severe[1]} patients had a "
        "severe one. Above: events, as the paper lists them. Beneath: patients of the surgery group. Blue: grade III "
        "or more, pale where the published events allow either.",
        data=found.drop(columns="id"),
    )


def _bar(axis: Axes, y: float, ends: tuple[int, int], severe: bool, text: str) -> None:
    colour = figures.COLOURS["surgery" if severe else "all"]
    axis.barh(y, ends[0], height=0.7, color=colour, lw=0)
    axis.barh(y, ends[1] - ends[0], left=ends[0], height=0.7, color=colour, alpha=0.25, lw=0)
    axis.text(ends[1] + 0.2, y, text, va="center", fontsize=9)


def _finish(axis: Axes, names: Mapping[float, str], label: str, most: float) -> None:
    axis.set_yticks(list(names), list(names.values()), fontsize=9)
    axis.set(xlabel=label, xlim=(0, most), ylim=(max(names) + 0.6, min(0.0, *names) - 0.6))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def fibrosis_splits(numbers: Transcription, splits: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """What each division of the specimens into partial response and stable disease would give.

    Parameters
    ----------
    numbers
        The published numbers.
    splits
        Specimens with a partial response and with stable disease.

    Returns
    -------
    pandas.DataFrame
        ``pr, sd``; ``low, high`` of the mean of all, over the rounding of both means; ``possible``, whether it prints
        as published; the p values of Student's t test (``pooled``) and of ``welch``.
    """
    stems = [f"results-surgery.fibrosis_{kind}.surgery" for kind in ("pr", "sd")]
    means, sds = ([numbers[f"{stem}.{s}"] for stem in stems] for s in ("mean", "sd"))
    # Halves round up: the upper end of what prints so is not part of it.
    printed = numbers["results-surgery.fibrosis.surgery.mean"].interval
    rows = []
    for sizes in splits:
        low, high = (
            float(summaries.pooled_mean([getattr(mean.interval, end) for mean in means], sizes))
            for end in ("low", "high")
        )
        groups = [x for m, s, k in zip(means, sds, sizes, strict=True) for x in (m.printed.value, s.printed.value, k)]
        tests = [summaries.t_test(*groups, equal_variance=equal) for equal in (True, False)]
        rows.append((*sizes, low, high, low < printed.high and high >= printed.low, *tests))
    return pd.DataFrame(rows, columns=["pr", "sd", "low", "high", "possible", "pooled", "welch"])


def fibrosis_table(splits: pd.DataFrame) -> tables.Html:
    """:func:`fibrosis_splits` as a table."""
    rows = [
        (
            f"{row.pr} and {row.sd}",
            f"{row.low:.2f}% to {row.high:.2f}%",
            "yes" if row.possible else "no",
            f"{row.pooled:.3f}",
            f"{row.welch:.3f}",
        )
        for row in splits.itertuples()
    ]
    head = (
        "Partial response and stable disease",
        "Mean of all",
        "Prints as published",
        "Student's t test",
        "Welch's t test",
    )
    return tables.table(head, rows, "Fibrosis: p for each possible division of the specimens")


def in_words(numbers: Transcription) -> dict[str, str]:
    """What the text says of the published numbers, by the name under which the chapter glues it."""
    facts = joint_facts.facts(numbers)
    between = numbers.count("methods.cycles_planned.threshold") - 1
    weeks = [numbers.value(f"methods.cycle_interval_{end}.duration") for end in ("lo", "hi")]
    return {
        "liver_treatments": f"{facts['liver_treatments']:.0f}",
        "liver_neither": f"{facts['liver_neither']:.0f}",
        "planned": tables.range_text([between * 7 * k / DAYS_PER_MONTH for k in weeks], "{:.1f}"),
    }
