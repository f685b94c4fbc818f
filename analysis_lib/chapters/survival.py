"""Tables and figures of the chapter on survival that need the published numbers only."""

from __future__ import annotations

from collections.abc import Mapping

from analysis_lib.ledger import joint_facts
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.presentation import figures, forest, tables
from analysis_lib.printed.number import Interval, propagate
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics import contingency
from analysis_lib.statistics.summaries import wald_estimate

TEXT = "results-survival"
MEDIANS = {
    f"{TEXT}.os.all": "OS, all patients",
    "abstract.os.surgery": "OS, PRRT + surgery",
    "abstract.os.prrt_only": "OS, PRRT only",
    "abstract.pfs.surgery": "PFS, PRRT + surgery",
    "abstract.pfs.prrt_only": "PFS, PRRT only",
    f"{TEXT}.dfs.surgery": "DFS, after surgery",
    f"{TEXT}.dfs_r0.surgery": "DFS, R0 resection",
    f"{TEXT}.dfs_r1.surgery": "DFS, R1 resection",
}
COVARIATES = {
    "kps": "Karnofsky score, per point",
    "grade_1": "Grade 1, yes or no",
    "activity": "PRRT activity, per GBq",
    "pr": "Partial response, yes or no",
    "size_post": "Size after PRRT, per mm",
}
RATIOS = {
    f"{TEXT}.cox_surgery": "Unadjusted",
    f"{TEXT}.cox_surgery_adjusted": "Adjusted for the propensity score",
}
# The log-rank p value stands beside the second of the groups that it compares.
_LOG_RANK = {
    "abstract.os.prrt_only": "abstract.os.p",
    "abstract.pfs.prrt_only": "abstract.pfs.p",
    f"{TEXT}.dfs_r1.surgery": f"{TEXT}.dfs_margin.surgery.p",
}
# Variables of the propensity score.
_IN_SCORE = 4


def defined_intervals(numbers: Transcription) -> list[str]:
    """The medians of :data:`MEDIANS` whose interval is published."""
    return [id for id in MEDIANS if f"{id}.ci_lo" in numbers]


def hazard_ratios(numbers: Transcription) -> figures.Picture:
    """Forest plot of the hazard ratio of surgery, unadjusted and adjusted."""
    return forest.picture(
        [forest.published(numbers, id, name) for id, name in RATIOS.items()],
        favours=("surgery", "no surgery"),
        measure="hazard ratio of death",
        name="hazard-ratios-of-surgery",
        alt="Forest plot of the published hazard ratios of death, surgery against no surgery.",
        caption="Unadjusted, the comparison favours surgery. The adjusted interval allows anything from a large "
        "benefit to a doubled risk. Published hazard ratios of death with their 95% confidence intervals.",
    )


def medians(numbers: Transcription, longest_follow_up: float) -> figures.Picture:
    """Every median of survival in the paper with its interval, and the longest follow-up that there can have been."""
    import pandas as pd

    rows = []
    for id, name in MEDIANS.items():
        texts = (
            numbers[f"{id}.{s}"].printed.text if f"{id}.{s}" in numbers else "" for s in ("median", "ci_lo", "ci_hi")
        )
        rows.append((name, *texts, numbers[_LOG_RANK[id]].printed.text if id in _LOG_RANK else ""))

    def draw(narrow: bool) -> figures.Figure:
        figure, (axis,) = figures.panels(narrow, 4.9 if narrow else 3.2)
        names = []
        for y, (id, (name, value, low, high, p)) in enumerate(zip(MEDIANS, rows, strict=True)):
            group = "prrt_only" if ".prrt_only" in id else "surgery" if "surgery" in id else "all"
            colour = figures.COLOURS[group]
            if low:
                axis.plot([float(low), float(high)], [y, y], color=colour, lw=2, solid_capstyle="butt")
            axis.plot(float(value), y, "o", color=colour)
            said = (f"{value} ({low}–{high})" if low else f"{value} (not defined)") + (f", p {p}" if p else "")
            names.append(f"{name}: {said}" if narrow else name)
            if not narrow:
                axis.annotate(said, (1.03, y), xycoords=("axes fraction", "data"), va="center")
        axis.axvline(longest_follow_up, color=figures.INK, lw=0.8, ls=":")
        words = {"textcoords": "offset points", "ha": "right", "va": "center"}
        axis.annotate("longest possible follow-up", (longest_follow_up, 4), (-4, 0), **words)
        axis.set(xlim=(0, 25), xlabel="median survival, years")
        figures.label_rows(axis, names, narrow)
        return figure

    data = pd.DataFrame(rows, columns=["estimate", "value", "low", "high", "p"])
    return figures.picture(
        draw,
        name="medians-of-survival",
        alt="Medians of survival with 95% limits. "
        + " ".join(
            f"{r.estimate}: {r.value}" + (f", {r.low} to {r.high}." if r.low else ".") for r in data.itertuples()
        ),
        caption="The surgery group has the longer medians, and the interval of its overall survival ends beyond any "
        "possible follow-up. Published medians with 95% confidence intervals and log-rank p values. Blue: patients "
        "who had surgery. Orange: no surgery.",
        data=data,
    )


def middles_table(claims: Mapping[str, Claim], middles: Mapping[str, tuple[Interval, Interval]]) -> tables.Html:
    """Medians beside the middle of their interval on the plain scale and on a log scale."""
    rows = []
    for id, ranges in middles.items():
        median, low, high = (tables.linked(claims[f"{id}.{s}"]) for s in ("median", "ci_lo", "ci_hi"))
        fits = [r.meets(claims[f"{id}.median"].number.interval) for r in ranges]
        cells = [
            f"{r.low:.2f} to {r.high:.2f} ({'fits' if fit else 'does not fit'})"
            for r, fit in zip(ranges, fits, strict=True)
        ]
        rows.append((MEDIANS[id], median, f"{low} to {high}", *cells))
    head = ("Median, years", "Published", "Interval", "Middle", "Middle on a log scale")
    return tables.table(head, rows, "SPSS centres an interval on its median: middles, over the rounding of the limits")


def table_5(claims: Mapping[str, Claim]) -> tables.Html:
    """Table 5 as published, each number with its verdict."""
    rows = []
    for key, name in COVARIATES.items():
        cells = []
        for outcome in ("surgery", "death"):
            stem = f"table5.{key}_{outcome}"
            estimate = "or" if outcome == "surgery" else "hr"
            ratio, low, high, p = (tables.linked(claims[f"{stem}.{s}"]) for s in (estimate, "ci_lo", "ci_hi", "p"))
            cells += [f"{ratio} ({low}–{high})", p]
        rows.append((name, *cells))
    head = ("Table 5", "Odds ratio of surgery", "p", "Hazard ratio for death", "p")
    return tables.table(head, rows, "Ratios with 95% intervals and p values, each with its verdict")


def grade_1_odds_ratios(numbers: Transcription) -> tables.Html:
    """Odds ratio of surgery by grade 1, with and without the patients whose grade is unknown."""
    sizes = {"surgery": numbers.count("abstract.patients.surgery.n")}
    sizes["prrt_only"] = numbers.count("table1.patients.prrt_only.n")
    counts = [[numbers.count(f"table1.{grade}.{g}.count") for grade in joint_facts.GRADES] for g in sizes]
    compared = {
        "all patients, those without a grade as not grade 1": [
            [first, size - first] for (first, *_), size in zip(counts, sizes.values(), strict=True)
        ],
        "patients with a grade": [[first, sum(others)] for first, *others in counts],
    }
    rows = []
    for patients, counted in compared.items():
        found = contingency.odds_ratio(counted)
        rows.append((patients, f"{found.estimate:.3f} ({found.ci_low:.3f}–{found.ci_high:.3f})"))
    return tables.table(("Patients", "Odds ratio of surgery (95% CI)"), rows, "Grade 1 against all others")


def events_table(claims: Mapping[str, Claim]) -> tables.Html:
    """Follow-up, places of progression, recurrences and late harm to the marrow, each with its verdict."""
    stems = tuple(f"{TEXT}.{stem}" for stem in ("progression_", "follow_up", "dfs_recurrence", "haematological_"))
    return tables.compare(claims, [id for id in claims if id.startswith(stems)], "Events in the text on survival")


def in_words(numbers: Transcription, claims: Mapping[str, Claim]) -> dict[str, str]:
    """What the text says of the published numbers, by the name under which the chapter glues it."""
    found = joint_facts.facts(numbers)
    unscanned = numbers.count("table5.size_post_excluded.all.count")
    # All of the surgery group had scans.
    scanned = numbers.count("table1.patients.prrt_only.n") - unscanned
    least_deaths = int(found["deaths"]) - unscanned
    # Of the odds ratios two follow from counts, and their p values with them.
    stems = [f"table5.{key}_surgery" for key in ("kps", "activity", "size_post")]
    stems += [*RATIOS, f"{TEXT}.cox_score", *(f"table5.{key}_death" for key in COVARIATES)]
    verdicts = [claims[f"{stem}.p"].verdict for stem in stems]
    twins = {"surgery": f"{TEXT}.cox_surgery", "grade_1": "table5.grade_1_death"}
    middles = {
        name: propagate(wald_estimate, [numbers[f"{id}.{end}"].interval for end in ("ci_lo", "ci_hi")])
        for name, id in twins.items()
    }
    return {
        **{f"twin_{name}": f"{middle.low:.4f} to {middle.high:.4f}" for name, middle in middles.items()},
        "not_ned": f"{found['not_ned']:.0f}",
        "progressed_not_ned": f"{found['progressed_not_ned']:.0f}",
        "longest": f"{found['longest_follow_up_years']:.1f} years",
        "ps": str(len(verdicts)),
        "ps_digits": str(verdicts.count("consistent")),
        "scored": f"{found['scored']:.0f}",
        "scanned": str(scanned),
        "least_deaths": str(least_deaths),
        "most_deaths": f"{found['deaths'] - numbers.count('results-prrt.sepsis_death.all.count'):.0f}",
        "epv": f"{scanned / _IN_SCORE:.0f}",
        "epv_cox": f"{least_deaths / 2:.1f}",
    }
