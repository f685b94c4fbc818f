"""The report as the chapter shows it: the file, its sections, and what it has no columns for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import pandas as pd

from analysis_lib.analyses import description
from analysis_lib.analyses.propensity_weighting import adjust
from analysis_lib.base.errors import InputError
from analysis_lib.chapters.parameters import Value
from analysis_lib.chapters.your_cohort import beside_paper, confounding, immortal_time, patients, survival, wording
from analysis_lib.cohort import template, validation
from analysis_lib.cohort.problems import CohortError
from analysis_lib.presentation import figures, forest
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
        self.chosen = chosen
        self.invented = chosen["cohort"] == "example"
        file = template.EXAMPLE if self.invented else str(chosen["cohort"])
        judged = validation.judge(file, int(chosen["cohort_number"]), str(chosen["time_unit"]))
        if judged.problems:
            raise CohortError(file, judged.problems)
        self.patients: pd.DataFrame = judged.frame
        self.cautions = judged.cautions
        self.left_out: list[str] = []
        figures.style()

    def opening(self) -> Html:
        """Whom the report is about, and what looks odd in the file."""
        name = "64 patients whom we invented" if self.invented else str(self.chosen["cohort"])
        counts = self.patients["group"].value_counts()
        groups = " and ".join(
            f"{wording.count(int(counts.get(group, 0)), 'patient', 'patients')} {words}"
            for group, words in (("surgery", "operated on after PRRT"), ("prrt_only", "not operated on"))
        )
        deaths = wording.count(int(self.patients["os_event"].sum()), "death", "deaths")
        text = f"<p><strong>{escape(name)}</strong>: {groups}; {deaths}.</p>"
        if self.invented:
            text += wording.paragraph("The operation does nothing for them: death comes without regard to it.")
        if self.cautions:
            text += "<p>Look again at the file:</p>" + wording.listed(self.cautions)
        return Html(text)

    def in_short(self) -> Html | None:
        """Forest plot of all hazard ratios of surgery."""
        return self._section("In short", _in_short)

    def who(self) -> Html | None:
        """Baseline by group."""
        return self._section("Who they are", lambda frame, _: patients.who(frame))

    def treatment(self) -> Html | None:
        """Treatment and toxicity."""
        return self._section("Treatment and toxicity", lambda frame, _: patients.treatment(frame))

    def response(self) -> Html | None:
        """Response to PRRT."""
        return self._section("Response", lambda frame, _: patients.response(frame))

    def operation(self) -> Html | None:
        """Operation and specimen."""
        return self._section("The operation", lambda frame, _: patients.operation(frame))

    def survival(self) -> Html | None:
        """Survival by group."""
        return self._section("Survival", survival.survival)

    def immortal_time(self) -> Html | None:
        """Three ways to count time."""
        return self._section("Immortal time", immortal_time.section)

    def confounding(self) -> Html | None:
        """Propensity score and weights."""
        return self._section("Confounding", confounding.section)

    def beside_paper(self) -> Html | None:
        """Printed beside computed."""
        return self._section("Beside the paper", beside_paper.section)

    def not_here(self) -> Html | None:
        """The sections that the file does not allow, each with the reason."""
        if not self.left_out:
            return None
        return wording.section("not-here", "What this file does not allow", wording.listed(self.left_out))

    def _section(self, title: str, make: Callable[[pd.DataFrame, Mapping[str, Value]], Html]) -> Html | None:
        try:
            return make(self.patients, self.chosen)
        except InputError as reason:
            self.left_out.append(f"{title}: {reason.without_remedy}.")
            return None


def _in_short(frame: pd.DataFrame, chosen: Mapping[str, Value]) -> Html:
    at, ties = float(chosen["landmark_months"]), str(chosen["ties"])
    by_time = description.hazard_ratios(frame, at, "os", ties)
    rows = [(words, by_time.loc[way]) for way, words in _TIME.items()]
    try:
        by_score = adjust(frame, ties=ties).ratios
        rows += [(words, by_score.loc[way]) for way, words in _SCORE.items()]
    except InputError:
        # The section on confounding says why.
        pass
    ratios = [
        forest.Ratio(words.format(at=at), *(float(row[name]) for name in ("hr", "ci_low", "ci_high")))
        for words, row in rows
        if not row["reason"]
    ]
    if not ratios:
        raise InputError(by_time["reason"].iloc[0])
    figure, data = forest.draw(ratios, favours=("surgery", "no surgery"), measure="hazard ratio of death")
    first = ratios[0]
    return wording.section(
        "in-short",
        "In short",
        figures.picture(
            figure,
            name="report-ratios",
            alt="Forest plot of hazard ratios of surgery. " + " ".join(f"{r.label}: {r.text}." for r in ratios),
            caption=f"The hazard ratio of death with surgery by {len(ratios)} analyses of the same patients, from "
            f"{min(r.ratio for r in ratios):.2f} to {max(r.ratio for r in ratios):.2f}; with 95% intervals.",
            data=data.round(4),
        ),
        wording.paragraph(
            f"{first.label}: {first.text}.",
            wording.position_of_interval(first.low, first.high),
            "If the analyses disagree, believe those least that count time from the start." if len(ratios) > 1 else "",
            wording.few_events(int(by_time["events"].max())),
        ),
    )


_TIME = {
    "from the start": "From the start, naive",
    "landmark": "Landmark at {at:g} months",
    "over time": "From the operation",
}
_SCORE = {
    "covariate": "Naive, with the score",
    "iptw": "Naive, inverse probability",
    "overlap": "Naive, overlap weights",
}
