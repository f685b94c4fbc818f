"""Tables and figure of the chapter on surgery."""

from __future__ import annotations

from collections.abc import Sequence
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
    found = complications(numbers)
    rows: list[tuple[str, str, tuple[int, int], bool]] = []
    for grade, treatment in GRADES.items():
        of = found[found["grade"] == grade]
        rows.append((f"Grade {grade}, {of['events'].sum()}", treatment, (0, 0), False))
        rows += [(r.complication, f"{r.events}", (r.events, r.events), grade != "II") for r in of.itertuples()]
    every = numbers.count("table3.complications.surgery.count")
    fatal = int(found.loc[found["grade"] == "V", "events"].sum())
    by_patient = [
        ("any, grade II or more", f"{every}", (every, every), False),
        ("severe, grade III or more", f"{severe[0]} to {severe[1]}", severe, True),
        ("fatal", f"{fatal}", (fatal, fatal), True),
    ]
    patients = numbers.count("table3.patients.surgery.n")

    def draw(narrow: bool) -> figures.Figure:
        sizes = {"height_ratios": (len(rows), 5)}
        figure, (above, beneath) = figures.panels(narrow, 5.4 if narrow else 3.3, 2, 1, **sizes)
        for axis, drawn, label in ((above, rows, "events"), (beneath, by_patient, "patients")):
            for y, (_, text, ends, is_severe) in enumerate(drawn):
                _bar(axis, y, ends, 0.42 if narrow else 0.7, is_severe, text)
            figures.label_rows(axis, [name for name, *_ in drawn], narrow)
            axis.set_xlabel(label)
            for text in (*axis.get_yticklabels(), *axis.texts):
                text.set_fontweight("bold" if text.get_text().startswith("Grade") else "normal")
        above.set_xlim(0, found["events"].max() + 1)
        beneath.set_xlim(0, patients)
        return figure

    events = found["events"].sum()
    return figures.picture(
        draw,
        name="complications",
        alt=f"{events} events by grade: "
        + ", ".join(f"{r.complication} (grade {r.grade}) {r.events}" for r in found.itertuples())
        + f". Of {patients} patients {every} had any, {severe[0]} to {severe[1]} a severe and {fatal} a fatal one.",
        caption=f"{events} events fell on {every} patients, and between {severe[0]} and {severe[1]} patients had a "
        "severe one. Above: events, as the paper lists them. Beneath: patients of the surgery group. Blue: grade III "
        "or more, pale where the published events allow either.",
        data=found.drop(columns="id"),
    )


def _bar(axis: Axes, y: float, ends: tuple[int, int], height: float, severe: bool, text: str) -> None:
    colour = figures.COLOURS["surgery" if severe else "all"]
    axis.barh(y, ends[0], height=height, color=colour, lw=0)
    axis.barh(y, ends[1] - ends[0], left=ends[0], height=height, color=colour, alpha=0.25, lw=0)
    axis.text(ends[1] + 0.2, y, text, va="center")


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
