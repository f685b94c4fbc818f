"""Tables, bounds and figure of the chapter on treatment and toxicity."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis_lib.ledger.joint_facts import GROUPS
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, tables
from analysis_lib.presentation.tables import Html, range_text
from analysis_lib.printed.names import NAMES
from analysis_lib.printed.transcription import Transcription
from analysis_lib.reconstruction.ensemble import Ensemble

# Table 2's classes of cumulative activity, the highest last: those at plan.
CLASSES = ("lowest", "low", "reduced", "full")
ACTIVITY = "prrt_activity_gbq"


def class_counts(numbers: Transcription) -> np.ndarray:
    """Counts of patients by activity class, from the lowest, and group; shape (4, 2)."""
    return np.array([[numbers.count(f"table2.class_{c}.{g}.count") for g in GROUPS] for c in CLASSES])


def class_table(claims: Mapping[str, Claim]) -> Html:
    """Table 2's activity classes with their limits, from the highest."""
    rows = []
    for c in reversed(CLASSES):
        limits = (tables.linked(claims[f"table2.class_{c}_{end}.threshold"]) for end in ("from", "to"))
        rows.append(("–".join(limits), *(tables.cell(claims, f"table2.class_{c}.{g}") for g in ("all", *GROUPS))))
    head = ("Cumulative activity, GBq", NAMES["all"], *(NAMES[g] for g in GROUPS))
    return tables.table(head, rows, "Most patients received the planned activity: Table 2's classes, patients (%)")


def p_table(claims: Mapping[str, Claim], p_values: Mapping[str, tuple[float, float]]) -> Html:
    """p values of activity by group, exact and Pearson's, beside the printed one; by its id."""
    rows = [
        (claims[id].number.item.removesuffix(", between groups"), f"{exact:.4f}", f"{pearson:.4f}", number)
        for id, (exact, pearson) in p_values.items()
        for number in [tables.linked(claims[id])]
    ]
    return tables.table(("Compared", "Exact test", "Pearson's χ²", "Published"), rows, "p values of activity by group")


def ahead(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mann–Whitney effect: share of pairs with more in the first, ties by halves; over the last axis.

    Examples
    --------
    >>> float(ahead(np.array([3, 2]), np.array([1, 2])))
    0.875
    """
    apart = first[..., :, None] - second[..., None, :]
    return ((apart > 0) + (apart == 0) / 2).mean(axis=(-2, -1))


def activities(ensemble: Ensemble, group: str, least: float = 0.0) -> np.ndarray:
    """Activities (GBq) of a group's patients from ``least`` on, a row a cohort."""
    patients = ensemble.patients
    kept = patients.loc[(patients[ACTIVITY] >= least) & (patients["group"] == group), ACTIVITY]
    return kept.to_numpy().reshape(len(ensemble), -1)


def at_plan(numbers: Transcription) -> float:
    """Least activity (GBq) of Table 2's highest class."""
    return numbers.value("table2.class_full_from.threshold")


def most_ahead_at_plan(numbers: Transcription) -> float:
    """Upper bound on the share of pairs at plan in which the surgery patient received more.

    Mann–Whitney's p bounds the pairs won in all, with the largest variance, that without ties. Of these the
    classes decide some; the bound gives all others to the pairs at plan.
    """
    from scipy import stats

    counts = class_counts(numbers)
    n, m = counts.sum(axis=0)
    z = stats.norm.isf(numbers["table2.activity.p"].interval.low / 2)
    won = n * m / 2 + z * math.sqrt(n * m * (n + m + 1) / 12)
    decided = counts[:, 0] @ (np.cumsum(counts[:, 1]) - counts[:, 1])
    return float((won - decided) / counts[-1].prod())


def mann_whitney_p(first: ArrayLike, second: ArrayLike) -> float:
    """Mann–Whitney test as SPSS has it, asymptotic and without correction: p value."""
    from scipy import stats

    return float(stats.mannwhitneyu(first, second, use_continuity=False, method="asymptotic").pvalue)


def p_of_classes(numbers: Transcription) -> float:
    """Mann–Whitney p of activity if all patients of a class had received the same."""
    return mann_whitney_p(*(np.repeat(range(len(CLASSES)), counts) for counts in class_counts(numbers).T))


def pair_table(numbers: Transcription, ensemble: Ensemble) -> Html:
    """Shares of pairs in which the surgery patient received more: all pairs, and those at plan."""
    counts = class_counts(numbers)
    shares = [ahead(*(activities(ensemble, g, least) for g in GROUPS)) for least in (0.0, at_plan(numbers))]
    pairs = [int(counts.sum(axis=0).prod()), int(counts[-1].prod())]
    simulated = [range_text(100 * share, "{:.0f}%") for share in shares]
    rows = [
        ("all patients", f"{pairs[0]}", simulated[0], "simulated cohorts"),
        ("both at plan", f"{pairs[1]}", simulated[1], "simulated cohorts"),
        ("both at plan", f"{pairs[1]}", f"at most {100 * most_ahead_at_plan(numbers):.0f}%", "published numbers"),
    ]
    head = ("Pairs", "Number", "The surgery patient received more in", "Known from")
    return tables.table(head, rows, "At plan the groups are nearly alike; 50% would be no difference")


def mean_bounds(numbers: Transcription, group: str) -> tuple[float, float]:
    """Bounds on a group's mean activity (GBq) from Table 2's classes."""
    counts = class_counts(numbers)[:, GROUPS.index(group)]
    low, high = ([numbers.value(f"table2.class_{c}_{end}.threshold") for c in CLASSES] for end in ("from", "to"))
    return float(counts @ low / counts.sum()), float(counts @ high / counts.sum())


def mean_table(numbers: Transcription, ensemble: Ensemble) -> Html:
    """Mean activity by group: bounds from the classes, and range over simulated cohorts."""
    means = {g: activities(ensemble, g).mean(axis=1) for g in GROUPS}
    bounds = {g: mean_bounds(numbers, g) for g in GROUPS}
    (low, high), (other_low, other_high) = bounds.values()
    rows = [
        *((NAMES[g], range_text(bounds[g], "{:.1f}"), range_text(means[g], "{:.1f}")) for g in GROUPS),
        (
            "difference",
            range_text((low - other_high, high - other_low), "{:.1f}"),
            range_text(means["surgery"] - means["prrt_only"], "{:.1f}"),
        ),
    ]
    head = ("Mean activity, GBq", "Bounds from the published classes", "In simulated cohorts")
    return tables.table(head, rows, "The no-surgery group received less, by some half a cycle in simulated cohorts")


def above_plan(numbers: Transcription, ensemble: Ensemble) -> pd.DataFrame:
    """Patients with more than the planned cycles, a row a cohort and a column a group."""
    patients = ensemble.patients
    more = patients["prrt_cycles"] > numbers.count("methods.cycles_planned.threshold")
    return more.groupby([patients["cohort"], patients["group"]]).sum().unstack()


def cycles_table(claims: Mapping[str, Claim], surgery: list[int], prrt_only: list[int]) -> Html:
    """Table 2's summaries of cycles beside those of two lists of cycles."""
    lists = {"all": surgery + prrt_only, "surgery": surgery, "prrt_only": prrt_only}
    rows = [
        (
            f"{NAMES[g]}, median (range)",
            tables.cell(claims, f"table2.cycles.{g}"),
            f"{np.median(cycles):g} ({min(cycles)}–{max(cycles)})",
        )
        for g, cycles in lists.items()
    ]
    rows.append(("p value", tables.cell(claims, "table2.cycles"), f"{mann_whitney_p(surgery, prrt_only):.3f}"))
    head = ("Cycles", "Published", "These lists")
    return tables.table(head, rows, "One patient beyond plan in each group suffices")


def harms(numbers: Transcription) -> list[tuple[str, int, int]]:
    """Adverse events during and after treatment: name, patients, of how many."""
    everyone = numbers.count("abstract.patients.all.n")
    marrow, lymphocytes, liver, sepsis = (
        numbers.count(f"results-prrt.{k}.all.count")
        for k in ("marrow", "lymphocytopenia_only", "liver_toxicity", "sepsis_death")
    )
    return [
        ("grade 3/4 marrow toxicity", marrow, everyone),
        ("low lymphocytes alone, of those with marrow toxicity", lymphocytes, marrow),
        ("marrow toxicity beyond lymphocytes", marrow - lymphocytes, everyone),
        ("grade 3 liver toxicity", liver, everyone),
        (
            "fatal haematological malignancy",
            numbers.count("results-survival.haematological_deaths.all.count"),
            everyone,
        ),
        ("death of sepsis after the first cycle, judged unrelated to PRRT", sepsis, everyone),
    ]


def activity_figure(numbers: Transcription, ensemble: Ensemble) -> figures.Picture:
    """Figure of each patient's activity: range over the cohorts, and one simulated cohort."""
    plan, everyone = at_plan(numbers), {g: np.sort(activities(ensemble, g), axis=1) for g in GROUPS}
    short = {g: [f"{value:g}" for value in of[0] if value < plan] for g, of in everyone.items()}
    counts = {g: np.unique(of[0], return_counts=True) for g, of in everyone.items()}

    def draw(narrow: bool) -> figures.Figure:
        figure, axes = figures.panels(narrow, 2.5 if narrow else 2.8, 2, sharey=True)
        for c in CLASSES:
            limits = (numbers.value(f"table2.class_{c}_{end}.threshold") for end in ("from", "to"))
            axes[int(c == "full")].axvspan(*limits, color=figures.COLOURS["all"], alpha=0.16, lw=0)
        for y, g in enumerate(GROUPS):
            colour, below = figures.COLOURS[g], len(short[g])
            for patient in everyone[g].T[:below]:
                axes[0].plot([patient.min(), patient.max()], [y + 0.26] * 2, color=colour, lw=5, alpha=0.45)
            for value, patients in zip(*counts[g], strict=True):
                heights = y - 0.12 * (np.arange(patients) - 1)
                axes[int(value >= plan)].plot([value] * patients, heights, "o", color=colour, mfc="none", ms=5)
        axes[0].set(xlim=(0, 28), xlabel="GBq")
        axes[1].set(xlim=(29, 30.8), xticks=(29, 29.5, 30, 30.5), xlabel="GBq (another scale)")
        for axis, title in zip(axes, ("below plan", "at plan"), strict=True):
            axis.set_title(title)
            figures.label_rows(axis, [NAMES[g] for g in GROUPS], False)
            axis.set_ylim(1.5, -1.1)
        return figure

    data = pd.concat(
        [pd.DataFrame({"group": g, "gbq": values, "patients": n}) for g, (values, n) in counts.items()],
        ignore_index=True,
    )
    return figures.picture(
        draw,
        name="activities",
        alt="Cumulative activity of each patient in one simulated cohort. Below plan: "
        + "; ".join(f"{NAMES[g]} {', '.join(short[g])} GBq" for g in GROUPS)
        + ". At plan the dots of both groups lie alike.",
        caption="The groups differ below plan and look alike at plan. Rings: patients of one simulated cohort; bars "
        "beneath them: the range of each over all cohorts; grey: Table 2's classes. The paper shows no patient's own.",
        data=data,
    )
