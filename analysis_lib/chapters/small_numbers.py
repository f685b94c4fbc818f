"""Tables and figures of the chapter on what few deaths can show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

from analysis_lib.analyses import immortal_time, propensity_weighting
from analysis_lib.base.units import DAYS_PER_YEAR, MONTHS_PER_YEAR, Z95
from analysis_lib.chapters import beside_r
from analysis_lib.cohort.public import FROM_R
from analysis_lib.ledger import joint_facts, p_value_rules, recipes
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, forest, tables
from analysis_lib.printed.names import GROUPS_IN_PROSE
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import contingency, fragility, logrank_power, sceptical_prior

#: Sceptical priors: what each is called, and the central 95% of the hazard ratios it holds plausible.
PRIORS = {"mildly sceptical": (0.25, 4.0), "sceptical": (0.5, 2.0), "very sceptical": (2 / 3, 1.5)}
_RATIOS = {"Crude": "results-survival.cox_surgery", "Adjusted": "results-survival.cox_surgery_adjusted"}
# Results further from 0.05 than this are left out of the table of fragility.
_NEAR = 0.1
# Squares of patients.
_IN_A_ROW = 13


def deaths_by_patient(numbers: Transcription) -> tables.Html:
    """A small figure: a square for each patient by group, filled for each who died during follow-up."""
    rows = []
    for group, name in GROUPS_IN_PROSE.items():
        n = numbers.count(f"table1.patients.{group}.n")
        deaths = numbers.count(f"results-survival.deaths.{group}.count")
        squares = "".join(
            f'<rect{" class=dead" * (k < deaths)} x="{11 * (k % _IN_A_ROW) + 1}" y="{11 * (k // _IN_A_ROW) + 1}"'
            ' width="8" height="8"/>'
            for k in range(n)
        )
        size = f"{11 * _IN_A_ROW} {11 * math.ceil(n / _IN_A_ROW)}"
        said = f"{deaths} of {n} patients died"
        svg = f'<svg class="{group}" viewBox="0 0 {size}" role="img" aria-label="{said}">{squares}</svg>'
        rows.append(f"<div>{name}: {deaths} of {n} died</div>{svg}")
    return tables.Html(f'<div class="deaths">{"".join(rows)}</div>')


def fragility_table(numbers: Transcription, claims: Mapping[str, Claim]) -> tables.Html:
    """Fragility index of each comparison of two shares whose printed p value, below 0.1, has no other reading."""
    rows = []
    for tested in p_value_rules.tested_tables(numbers, recipes.load(numbers), claims):
        if tested.variant or tested.counts.shape != (2, 2) or tested.printed.value >= _NEAR:
            continue
        (a, b), (n, m) = tested.counts[0], tested.counts.sum(axis=0)
        rows.append(
            (
                escape(numbers[tested.id].item.removesuffix(", between groups")),
                f"{a} of {n}",
                f"{b} of {m}",
                tables.linked(claims[tested.id]),
                f"{contingency.fisher_exact(tested.counts):.4f}",
                str(fragility.fragility_index(tested.counts)),
            )
        )
    rows.sort(key=lambda row: int(row[-1]))
    head = ("Finding", "Surgery group", "No-surgery group", "Printed p", "Exact p", "Fragility index")
    caption = "Patients with each finding, and the fewest whose outcome must change for the exact p to cross 0.05"
    return tables.table(head, rows, caption)


def restricted_mean_table(means: Mapping[float, pd.DataFrame]) -> tables.Html:
    """Restricted means by horizon in years: ranges over simulated cohorts."""
    rows = [
        (
            f"first {horizon:g}",
            *(
                tables.range_text(found[name], "{:z.1f}").replace("-", "−")
                for name in ("surgery", "prrt_only", "difference", "ci_low", "ci_high")
            ),
        )
        for horizon, found in means.items()
    ]
    head = (
        "Years",
        "Surgery group",
        "No-surgery group",
        "Difference",
        "Lower limit of its CI",
        "Upper limit of its CI",
    )
    caption = "Restricted mean survival in years, and the 95% limits of the difference. All are ranges over cohorts"
    return tables.table(head, rows, caption)


def posterior_forest(numbers: Transcription) -> figures.Picture:
    """Forest plot of the published hazard ratios and their posteriors under each prior."""
    rows = []
    for name, stem in _RATIOS.items():
        published = forest.published(numbers, stem, f"{name}, as published")
        rows.append(published)
        for prior, (low, high) in PRIORS.items():
            found = sceptical_prior.posterior(published.ratio, published.low, published.high, low, high)
            rows.append(forest.Ratio(f"{name}, {prior}", found.ratio, found.low, found.high))
    return forest.picture(
        rows,
        favours=("surgery", "no surgery"),
        measure="hazard ratio of death",
        name="posteriors",
        alt="Hazard ratio of death with 95% limits.",
        caption="Even the crude advantage of surgery fades for a sceptical reader. Dots: hazard ratio of death, as "
        "published and after each prior. Lines: 95% intervals, of confidence or of the posterior.",
    )


def effective_deaths(numbers: Transcription) -> float:
    """Deaths of which an unadjusted analysis would be as precise as the adjusted one, from the two intervals."""
    width = [math.log(numbers.value(f"{s}.ci_hi") / numbers.value(f"{s}.ci_lo")) for s in _RATIOS.values()]
    return joint_facts.facts(numbers)["deaths"] * (width[0] / width[1]) ** 2


def deaths_of_standard_errors(numbers: Transcription, share: float) -> dict[str, float]:
    """Deaths that Schoenfeld's formula takes for each published standard error, from the intervals."""
    errors = {
        name: math.log(numbers.value(f"{s}.ci_hi") / numbers.value(f"{s}.ci_lo")) / (2 * Z95)
        for name, s in _RATIOS.items()
    }
    return {name: 1 / (error**2 * share * (1 - share)) for name, error in errors.items()}


def power_figure(studies: Mapping[str, float], share: float) -> figures.Picture:
    """Power of a log-rank test over true hazard ratios, a curve for each study's number of deaths."""
    ratios = np.geomspace(0.15, 1, 120)
    data = pd.DataFrame({"true ratio": ratios})
    said = []
    for name, deaths in studies.items():
        data[name] = logrank_power.power(deaths, ratios, share)
        said.append(f"{name}: 80% at a ratio of {logrank_power.detectable_ratio(deaths, share):.2f}.")

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 3.6)
        for name, dash in zip(studies, ("-", "--", "-.", ":"), strict=False):
            axis.plot(ratios, 100 * data[name], color=figures.INK, ls=dash, lw=2, label=name)
        axis.axhline(80, color=figures.COLOURS["all"], lw=0.9)
        axis.set(xscale="log", xlim=(0.15, 1), ylim=(0, 102), ylabel="power, %")
        axis.set_xlabel("true hazard ratio (← favours surgery)")
        ticks = (0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1)
        axis.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axis.minorticks_off()
        figures.key(axis, narrow, 1 if narrow else 2)
        return figure

    return figures.picture(
        draw,
        name="power",
        alt="Power of the log-rank test by the true hazard ratio. " + " ".join(said),
        caption="A study of this size finds very strong effects only. Curves: chance of p below 0.05, by the true "
        "hazard ratio. Grey line: the 80% that trials are planned for.",
        data=data.round(4),
    )


def agreement() -> pd.DataFrame:
    """Hazard ratios of two public studies beside R's: ``study, analysis, here, r, apart`` (of the logarithms)."""
    hearts = pd.read_csv(FROM_R / "stanford.csv")
    answers = beside_r.answers("immortal")

    def waiting(first_day: int) -> pd.DataFrame:
        """The programme's patients in the schema; R's examples count the first day as 0 or as 1."""
        days, wait = (hearts[k] + first_day for k in ("days", "days_to_transplant"))
        group = np.where(hearts["transplant"] == 1, "surgery", "prrt_only")
        years, months = days / DAYS_PER_YEAR, wait / DAYS_PER_YEAR * MONTHS_PER_YEAR
        return pd.DataFrame({"cohort": 0, "patient": hearts["patient"], "group": group, "os_years": years}).assign(
            os_event=hearts["died"], months_to_surgery=months
        )

    rows = [
        ("Heart transplants", "naive", immortal_time.naive(waiting(0)), answers["naive"]),
        ("Heart transplants", "over time", immortal_time.time_dependent(waiting(1)), answers["time_dependent"]),
    ]
    for day, theirs in answers["landmarks"].items():
        found = immortal_time.landmark(waiting(0), int(day) / DAYS_PER_YEAR * MONTHS_PER_YEAR)
        rows.append(("Heart transplants", f"landmark at {day} days", found, theirs))
    pairs = [(study, what, here["coef"].iat[0], theirs["breslow"][0][0]) for study, what, here, theirs in rows]
    asked = beside_r.answers("confounding")["veteran"]
    men = pd.read_csv(FROM_R / "veteran.csv").rename(columns={"time": "os_years", "event": "os_event"})
    men = men.assign(cohort=0, group=np.where(men["trt"] == 2, "surgery", "prrt_only"))
    here = propensity_weighting.log_hazard_ratios(propensity_weighting.stack(men, asked["covariates"])).iloc[0]
    theirs = {"covariate": asked["adjusted"][0][0], "strata": asked["stratified"][0][0]}
    theirs |= {way: asked["cox"][way]["coef"] for way in ("iptw", "overlap")}
    pairs += [("Lung cancer trial", propensity_weighting.METHODS[way], here[way], r) for way, r in theirs.items()]
    found = pd.DataFrame(pairs, columns=["study", "analysis", "here", "r"])
    apart = (found["here"] - found["r"]).abs()
    return found.assign(here=np.exp(found["here"]), r=np.exp(found["r"]), apart=apart)


def agreement_table(found: pd.DataFrame) -> tables.Html:
    """Table of :func:`agreement`."""
    caption = "Hazard ratios here and in R agree to seven digits and more; {}"
    return beside_r.agreement_table(found, "confounding", ".4f", caption)
