"""Tables of the chapter rerun: parameters, the form for a centre's own patients, mistakes, agreement with R."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from analysis_lib.analyses import description
from analysis_lib.analyses.confounding import adjust
from analysis_lib.base.units import MONTHS_PER_YEAR
from analysis_lib.chapters import beside_r, parameters
from analysis_lib.cohort import problems, public, reader, template, validation
from analysis_lib.presentation import tables
from analysis_lib.presentation.tables import Html

# Columns in which a mistake is made on purpose, and those that a rule holds against them.
_TOUCHED = (
    "patient group os_years os_event dfs_years dfs_event age_years kps n1 months_to_surgery no_evidence_of_disease "
    "tumour_size_mm ki67_percent prrt_activity_gbq prrt_cycles chromogranin_a_ug_l"
)
#: Decimals to which the times of the public cohort are rounded, to show what is lost.
ROUNDED_TO = (9, 2, 1)


def parameter_table() -> Html:
    """Table of every parameter of every chapter: default, range and meaning."""
    rows = [
        (
            f'<a href="{chapter}.html">{chapter}</a>',
            f"<code>{parameter.name}</code>",
            escape(f"{parameter.default} {parameter.unit}".strip()),
            escape(f"{parameter.range} {parameter.unit}".strip()),
            escape(parameter.help),
        )
        for chapter, declared in parameters.CHAPTERS.items()
        for parameter in declared
        if chapter != "your-cohort"
    ]
    caption = "Assumptions that can be changed, chapter by chapter"
    return tables.table(("Chapter", "Parameter", "In the book", "Allowed", "What it is"), rows, caption)


def downloads() -> Html:
    """Links that save the empty form and the invented cohort."""
    files = (template.TEMPLATE, template.EXAMPLE)
    links = (tables.csv_link(path.stem, path.read_text(encoding="utf-8"), path.name) for path in files)
    return Html(f"<p>To save: {', '.join(links)}</p>")


def required_columns() -> Html:
    """Table of the columns that no file can do without."""
    columns = template.dictionary()
    return _column_table(columns[columns["needed"]], "The columns that every file needs")


def all_columns() -> Html:
    """Folded table of all columns of the form."""
    columns = template.dictionary()
    caption = "All columns, from data/datapackage.json; a cell is blank where the value is not known"
    return Html(
        f"<details><summary>All {len(columns)} columns</summary>{_column_table(columns, caption).html}</details>"
    )


def _column_table(columns: pd.DataFrame, caption: str) -> Html:
    rows = [
        (f"<code>{row.column}</code>", escape(row.meaning), escape(row.values.removesuffix(", or blank")))
        for row in columns.itertuples()
    ]
    return tables.table(("Column", "Meaning", "Values"), rows, caption)


def mistakes() -> dict[str, list[str]]:
    """Mistakes made on purpose in the invented cohort, each with the lines that validate says of it.

    Examples
    --------
    >>> mistakes()["Sizes in cm"][0][:38]
    'look again: tumour_size_mm is below 10'
    """
    sound = validation.load(template.EXAMPLE)[_TOUCHED.split()]

    def scaled(column: str, by: float) -> dict[str, pd.Series]:
        return {column: (sound[column] * by).round(3)}

    third = sound["patient"] == 3
    made = {
        "Survival in months": scaled("os_years", MONTHS_PER_YEAR),
        "A date for a length of time": {"os_years": sound["os_years"].astype(object).mask(third, "2019-03-04")},
        "Time to surgery in years": scaled("months_to_surgery", 1 / MONTHS_PER_YEAR),
        "Disease-free survival counted from PRRT": {
            "dfs_years": (sound["dfs_years"] + sound["months_to_surgery"] / MONTHS_PER_YEAR).round(3)
        },
        "Unknown written as −9": {"age_years": sound["age_years"].mask(third, -9)},
        "Sizes in cm": scaled("tumour_size_mm", 0.1),
        "Ki-67 as a fraction": scaled("ki67_percent", 0.01),
        "Performance score in tens": {"kps": sound["kps"] // 10},
        "Activity in MBq": scaled("prrt_activity_gbq", 1000),
        "Activity of one cycle": {"prrt_activity_gbq": sound["prrt_activity_gbq"] / sound["prrt_cycles"]},
        "Yes and no in words": {"n1": sound["n1"].map({1: "yes", 0: "no"})},
        "Chromogranin A in other units": scaled("chromogranin_a_ug_l", 0.02),
        "A follow-up that ended years ago": {},
    }
    return {mistake: _answer(sound.assign(**changes)) for mistake, changes in made.items()}


def _answer(patients: pd.DataFrame) -> list[str]:
    found = validation.judge_sheet(reader.Sheet(patients.astype(object), np.arange(2, len(patients) + 2)))
    return problems.format_problems(found.problems) + [f"look again: {caution}" for caution in found.cautions]


def mistake_table() -> Html:
    """Table of :func:`mistakes`: the first line of each answer, and how many more there are."""
    rows = []
    for mistake, lines in mistakes().items():
        more = f" <small>and {len(lines) - 1} more</small>" if len(lines) > 1 else ""
        rows.append((mistake, escape(lines[0]) + more if lines else "nothing"))
    caption = "The check sees all but the last two; mistakes made on purpose, and the first line of the answer"
    return tables.table(("Mistake", "Answer"), rows, caption)


def ratios_by_rounding() -> dict[int, float]:
    """Time-dependent hazard ratio of the Stanford heart transplants with times rounded to some decimals.

    Examples
    --------
    >>> {decimals: round(ratio, 2) for decimals, ratio in ratios_by_rounding().items()}
    {9: 1.13, 2: 1.08, 1: 1.31}
    """
    hearts = pd.read_csv(template.EXAMPLES / "stanford.csv")
    ratios = {}
    for decimals in ROUNDED_TO:
        rounded = hearts.round({"os_years": decimals, "months_to_surgery": decimals})
        ratios[decimals] = float(description.hazard_ratios(rounded, 2).loc["over time", "hr"])
    return ratios


def agreement_with_r() -> pd.DataFrame:
    """Estimates of the public cohorts beside R's of the same files.

    Returns
    -------
    pandas.DataFrame
        Rows ``patients, what, here, r, apart``: lists of numbers, and their greatest relative difference.
    """
    answers = beside_r.answers("report")
    rows = []
    for one in public.REPORTED:
        patients, r = validation.load(one.file), answers[one.name]
        overall, months = r["endpoints"]["os"], float(r["landmark"])
        medians = description.survival_by_group(patients, ci="log")
        means = description.restricted_means(patients, float(r["horizon"]))
        pairs = [
            (
                f"Median and limits in years, {who}",
                medians.loc[group, ["median", "ci_low", "ci_high"]],
                overall["groups"][group]["medians"]["log"],
            )
            for group, who in (("surgery", one.operated), ("prrt_only", one.others))
        ]
        pairs.append(
            (
                "Difference in restricted mean, SE",
                means.loc["difference", ["mean", "se"]],
                overall["means"]["difference"],
            )
        )
        pairs.append(("Log-rank p", [description.logrank_p(patients)], [overall["logrank"]]))
        ratios = description.hazard_ratios(patients, months)
        ways = {"naive": "from the start", "landmark": "landmark", "over_time": "over time"}
        for key, analysis in ways.items():
            if key in overall:
                here = ratios.loc[analysis, ["hr", "ci_low", "ci_high"]]
                pairs.append((f"Hazard ratio and limits, {analysis}", here, overall[key]["breslow"][2:5]))
        if r["adjusted"]:
            adjusted = adjust(patients, r["adjusted"]["covariates"]).ratios
            for method, words in (
                ("covariate", "with the score"),
                ("iptw", "inverse probability"),
                ("overlap", "overlap"),
            ):
                here = adjusted.loc[method, ["hr", "ci_low", "ci_high"]]
                pairs.append((f"Hazard ratio and limits, {words}", here, r["adjusted"][method]["breslow"][2:5]))
        for what, here, theirs in pairs:
            both = np.array([here, [np.nan if x is None else x for x in theirs]], dtype=float)
            rows.append((one.title, what, *both.tolist(), float(np.nanmax(np.abs(both[0] / both[1] - 1)))))
    return pd.DataFrame(rows, columns=["patients", "what", "here", "r", "apart"])


def agreement_table(found: pd.DataFrame) -> Html:
    """Table of what :func:`agreement_with_r` found."""
    caption = "This book and R agree on the same public files; {}. Apart by: the greatest relative difference"
    return beside_r.agreement_table(found, "report", ".4g", caption)
