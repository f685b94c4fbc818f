"""Tables of the page that says how the book's own code was tried, and how fast it is."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pandas as pd

from analysis_lib.base.paths import ROOT
from analysis_lib.presentation import tables

TRIALS, TIMINGS = ROOT / "data" / "trust", ROOT / "data" / "bench"
LIBRARIES = {"lifelines": "lifelines", "statsmodels": "statsmodels", "R": "R", "R core": "R, inner function"}
GOAL_MINUTES = 25  # for 1,000 cohorts on two cores


def trials_table() -> tables.Html:
    """All trials of the book's trustworthiness: how often each was made, and came out as it should."""
    rows = [
        (escape(one.what), f"{one.tried:,}", f"{one.held:,}") for one in pd.read_csv(TRIALS / "trust.csv").itertuples()
    ]
    return tables.table(("What we did, and what should come of it", "Times", "It came"), rows, "All trials")


def mutants() -> pd.DataFrame:
    """Mutants, one row a change of the code: ``outcome`` killed, survived, or without effect (see ``why``)."""
    key = ["module", "function", "place", "change"]
    tried = pd.read_csv(TRIALS / "mutants.csv", dtype=str)
    found = tried.merge(pd.read_csv(TRIALS / "equivalents.csv", dtype=str), on=key, how="left").fillna("")
    # What can no longer be imported fails every test.
    found["outcome"] = found["outcome"].str.partition(":")[0]
    found.loc[found["outcome"].eq("survived") & found["why"].ne(""), "outcome"] = "without effect"
    return found


def mutants_table(found: pd.DataFrame) -> tables.Html:
    """Mutants by room of the library, from :func:`mutants`."""
    room = found["module"].str.partition("/")[0]
    counts = pd.crosstab(room, found["outcome"]).reindex(columns=["killed", "without effect", "survived"], fill_value=0)
    rows = [
        (name, f"{found.loc[room == name, 'module'].nunique()}", f"{one.sum():,}", *(f"{n:,}" for n in one))
        for name, one in counts.iterrows()
    ]
    heads = ("Room", "Modules", "Changes tried", "A test failed", "Without effect", "Noticed by none")
    return tables.table(heads, rows, "Changes of the code")


def digits(value: float) -> str:
    """Two digits that count, with commas.

    Examples
    --------
    >>> digits(1234), digits(0.456)
    ('1,200', '0.46')
    """
    return f"{float(f'{value:.2g}'):,g}"


def timing(name: str) -> dict[str, Any]:
    """One of the files of timings, by its name without the ending."""
    return json.loads((TIMINGS / f"{name}.json").read_text(encoding="utf-8"))


def fits_table(kernels: dict[str, Any]) -> tables.Html:
    """Time of each compiled fit, and how many times as long other libraries take."""
    rows = []
    for one in kernels["rows"]:
        ratio = {other["library"]: other["ratio"]["median"] for other in one["others"] if other["installed"]}
        others = (digits(ratio[name]) if name in ratio else "–" for name in LIBRARIES)
        rows.append((one["title"], digits(one["microseconds"]["median"]), *others))
    caption = "Time for a fit here, and how many times as long others take (medians of the rounds)"
    return tables.table(("Fit", "Here, µs", *LIBRARIES.values()), rows, caption)


def greatest_difference(kernels: dict[str, Any]) -> float:
    """Greatest relative difference of a fit from what another library gives, where none draws at random."""
    others = [other for one in kernels["rows"] for other in one["others"]]
    return max(other["difference"] for other in others if other["installed"] and not other.get("sampled"))


def minutes_for_1000_cohorts(search: dict[str, Any]) -> float:
    """Minutes for 1,000 cohorts on two idle cores of the machine on file."""
    return 1000 / search["by_cohort"]["per_minute_and_core"] / 2


def times_table(book: dict[str, Any], size: dict[str, Any], search: dict[str, Any]) -> tables.Html:
    """How long the commands take."""
    validated, reported = (one["sizes"][-1] for one in size["commands"])
    cohort = search["by_cohort"]["further_seconds"]
    rows = [
        ("All chapters and pages", f"{book['cold_seconds'][0]:.0f}", machine(book)),
        ("The same by jupyter-book alone", f"{book['jupyter_book_seconds'][0]:.0f}", machine(book)),
        ("The book when nothing has changed", digits(book["unchanged_seconds"]), machine(book)),
        (f"A file of {validated['patients']:,} patients checked", digits(validated["seconds"]), machine(size)),
        (f"The report on {reported['patients']:,} patients", digits(reported["seconds"]), machine(size)),
        ("A simulated cohort, found and verified", digits(cohort["median"]), machine(search)),
        ("1,000 of them on two cores", f"{60 * minutes_for_1000_cohorts(search):,.0f}", machine(search)),
    ]
    return tables.table(("What", "Seconds", "Machine"), rows, "How long the commands take")


def machine(timed: dict[str, Any]) -> str:
    """The machine that a timing is of."""
    return escape(f"{timed['machine']['processor']}, {timed['machine']['cores']} cores")
