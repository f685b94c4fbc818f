"""The report as the chapter shows it: the file, its sections, and what it has no columns for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

from analysis_lib.base.errors import InputError
from analysis_lib.chapters.parameters import Value
from analysis_lib.chapters.your_cohort import beside_paper, confounding, immortal_time, patients, survival, wording
from analysis_lib.chapters.your_cohort.cohort import Cohort
from analysis_lib.cohort import template, validation
from analysis_lib.cohort.problems import CohortError
from analysis_lib.presentation import forest
from analysis_lib.presentation.tables import Html


class Report:
    """The report on one cohort.

    Parameters
    ----------
    chosen
        Of the chapter's parameters, as :func:`parameters.check` gives them.

    Raises
    ------
    InputError
        If the file is missing or refused; all problems are listed.
    """

    def __init__(self, chosen: Mapping[str, Value]) -> None:
        self.invented = chosen["cohort"] == "example"
        self.file = Path(template.EXAMPLE if self.invented else str(chosen["cohort"]))
        judged = validation.judge(self.file, int(chosen["cohort_number"]), str(chosen["time_unit"]))
        if judged.problems:
            raise CohortError(self.file, judged.problems)
        self.cohort = Cohort(judged.frame, chosen)
        self.cautions = judged.cautions
        self.left_out: list[str] = []

    def opening(self) -> Html:
        """Whom the report is about, and what looks odd in the file."""
        name = f"{template.PATIENTS} patients whom we invented" if self.invented else self.file.name
        counts = self.cohort.patients["group"].value_counts()
        groups = " and ".join(
            f"{wording.count(int(counts.get(group, 0)), 'patient', 'patients')} {words}"
            for group, words in (("surgery", "operated on after PRRT"), ("prrt_only", "not operated on"))
        )
        deaths = wording.count(int(self.cohort.patients["os_event"].sum()), "death", "deaths")
        text = f"<p><strong>{escape(name)}</strong>: {groups}; {deaths}.</p>"
        if self.invented:
            text += wording.paragraph("The operation does nothing for them: death comes without regard to it.")
        if self.cautions:
            text += "<p>Look again at the file:</p>" + wording.listed(self.cautions)
        return Html(text)

    def section(self, anchor: str) -> Html | None:
        """A section of :data:`SECTIONS`; None where the file does not allow it, and :meth:`not_here` says why."""
        title, make = SECTIONS[anchor]
        try:
            return wording.section(anchor, title, make(self.cohort))
        except InputError as reason:
            self.left_out.append(f"{title}: {reason.without_remedy}.")
            return None

    def not_here(self) -> Html | None:
        """The sections that the file does not allow, each with the reason."""
        if not self.left_out:
            return None
        return wording.section("not-here", "What this file does not allow", [wording.listed(self.left_out)])


def _in_short(cohort: Cohort) -> wording.Parts:
    by_time = cohort.ratios["os"]
    rows = [(words, by_time.loc[way]) for way, words in _TIME.items()]
    try:
        rows += [(words, cohort.adjustment.ratios.loc[way]) for way, words in _SCORE.items()]
    except InputError:
        # The section on confounding says why.
        pass
    ratios = [
        forest.Ratio(
            words.format(at=cohort.landmark_months), *(float(row[name]) for name in ("hr", "ci_low", "ci_high"))
        )
        for words, row in rows
        if not row["reason"]
    ]
    if not ratios:
        raise InputError(by_time["reason"].iloc[0])
    low, high = min(r.ratio for r in ratios), max(r.ratio for r in ratios)
    picture = forest.picture(
        ratios,
        favours=("surgery", "no surgery"),
        measure="hazard ratio of death",
        name="report-ratios",
        alt="Forest plot of hazard ratios of surgery.",
        caption=f"The hazard ratio of death with surgery, from {low:.2f} to {high:.2f} by {len(ratios)} analyses of "
        "the same patients; with 95% intervals.",
    )
    sentences = [f"{r.label}, the ratio is {r.text}." for r in ratios if r.label in _LEADING]
    over_time = by_time.loc["over time"]
    best = over_time if not over_time["reason"] else by_time.loc["from the start"]
    if not best["reason"]:
        sentences.append(wording.position_of_interval(best["ci_low"], best["ci_high"]))
    if not over_time["reason"]:
        sentences.append("Where the analyses disagree, those that count time from the start deserve least trust.")
    sentences.append(wording.few_deaths(int(cohort.patients["os_event"].sum())))
    return [picture, wording.paragraph(*sentences)]


_TIME = {
    "from the start": "Counted from the start",
    "landmark": "Landmark at {at:g} months",
    "over time": "Counted from the operation",
}
_SCORE = {
    "covariate": "From the start, with the score",
    "iptw": "From the start, inverse probability",
    "overlap": "From the start, overlap weights",
}
_LEADING = (_TIME["from the start"], _TIME["over time"])

#: The title of each section, and what makes its parts; by its anchor, in the order in which they stand.
SECTIONS: dict[str, tuple[str, Callable[[Cohort], wording.Parts]]] = {
    "in-short": ("In short", _in_short),
    "who": ("Who they are", patients.who),
    "treatment": ("Treatment and toxicity", patients.treatment),
    "response": ("Response", patients.response),
    "operation": ("The operation", patients.operation),
    "survival": ("Survival", survival.section),
    "immortal-time": ("Immortal time", immortal_time.section),
    "confounding": ("Confounding", confounding.section),
    "beside-the-paper": ("Beside the paper", beside_paper.section),
}
