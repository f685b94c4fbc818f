"""The ledger as a page: one entry a printed number, with an anchor of its own.

Where the book shows a number, and where its reference describes a function, is known only when
all pages are there; entries hold placeholders (:data:`PLACES_OF`, :data:`FUNCTION`) until then.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from html import escape

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger.methods import METHODS
from analysis_lib.ledger.recipes import Recipe
from analysis_lib.ledger.verdicts import VERDICTS, Claim
from analysis_lib.presentation.tables import STATISTICS, Html, labelled_cell, recomputed_text
from analysis_lib.printed.formatting import bounds_text, with_unit
from analysis_lib.printed.names import NAMES, PLACES

PLACES_OF = re.compile(r"<!-- places of (\S+) -->")
FUNCTION = re.compile(r'href="library\.html#(analysis_lib[\w.]*)"')
NOWHERE = "no chapter shows it on its own"

HEADS = ("Number", "Printed", "Recomputed", "Verdict", "Reason")
ORDERS = {
    "": "as in the paper",
    "verdict": "by verdict",
    "method": "by method",
    "number": "by name",
}


def _link(id: str) -> str:
    return f'<a href="#{escape(id)}">{escape(id)}</a>'


def _recipe(recipe: Recipe) -> str:
    """A recipe as its file has it, each id a link."""
    terms = []
    for term in recipe.inputs:
        words = []
        for position, (sign, id, of) in enumerate(term.parts):
            words.append(("" if position == 0 else " + ") if sign > 0 else " − ")
            words.append(_link(id) + (f" % {_link(of)}" if of else ""))
        terms.append("".join(words))
    name = f" ({escape(recipe.variant)})" if recipe.variant else ""
    return f"<code>{recipe.method_name}</code>{name}" + (f" of {'; '.join(terms)}" if terms else "")


def _conventions(claim: Claim) -> str:
    """What each convention gives, where there are several."""
    said = {"digits": "the printed digits", "rounding": "within rounding", "no": ""}
    found = []
    for outcome in claim.outcomes:
        notes = ", ".join(filter(None, ("stated" if outcome.stated else "", said[outcome.agrees])))
        found.append(f"{escape(outcome.name)} {outcome.point:.6g}" + (f" ({notes})" if notes else ""))
    return "; ".join(found) if len(found) > 1 else ""


def _value(claim: Claim) -> str:
    if claim.recomputed is None and claim.bounds is None:
        return ""
    value = "" if claim.recomputed is None else f"{claim.recomputed:.10g}"
    if claim.bounds is None or claim.bounds.low == claim.bounds.high:
        return value
    span = bounds_text(claim.bounds, claim.number.printed.decimals)
    return f"{value}; {span} over the rounding of the inputs" if value else f"{span}, by what else is printed"


# What bears out a verdict that rests on cohorts.
_COHORTS = {
    "attainable": "analysis_lib.reconstruction.verify",
    "foretold": "analysis_lib.reconstruction.studies.holdout",
}


def functions(claim: Claim) -> tuple[str, ...]:
    """The library's functions or modules behind a verdict."""
    return tuple(filter(None, (claim.library, _COHORTS.get(claim.first or claim.verdict, ""))))


def tested_in(function: str) -> str:
    """The tests of a function or module of the library: one file a module."""
    path = ROOT.joinpath(*function.split(".")).with_suffix(".py")
    path = path if path.exists() else path.parent.with_suffix(".py")
    tests = ROOT / "tests" / path.relative_to(ROOT / "analysis_lib").with_name(f"test_{path.name}")
    return tests.relative_to(ROOT).as_posix()


def _function(name: str) -> str:
    return f'<a href="library.html#{name}"><code>{name}</code></a>, tested in <code>{tested_in(name)}</code>'


def _trace(claim: Claim, variants: Iterable[Recipe]) -> str:
    """Where an entry comes from and where it leads, folded."""
    number = claim.number
    repeat = f"; first printed at {_link(number.same_as)}" if number.same_as else ""
    method = METHODS.get(claim.method)
    # The words' placeholders stand for values that the reason gives.
    words = re.sub(r"\{\d\}", "…", method.words) if method else ""
    parts = (
        ("Printed", f"{escape(number.printed.text)} in {PLACES[number.where]}{repeat}"),
        ("Recipe", "<br>".join(_recipe(recipe) for recipe in variants)),
        ("Method", escape(words)),
        ("Value", _value(claim)),
        ("Conventions", _conventions(claim)),
        ("Function", "<br>".join(map(_function, functions(claim)))),
        ("In the book", f"<!-- places of {escape(claim.id)} -->"),
    )
    listed = "".join(f"<dt>{head}<dd>{text}" for head, text in parts if text)
    return f"<details><summary>Trace</summary><dl>{listed}</dl></details>"


def _entry(claim: Claim, variants: Iterable[Recipe]) -> str:
    number = claim.number
    about = ", ".join(filter(None, (NAMES[number.group], STATISTICS.get(number.statistic, number.statistic))))
    cells = (
        f"<b>{escape(number.item)}</b> <small>({escape(about)})</small> <code>{escape(number.id)}</code>",
        escape(with_unit(number.printed.text, number.unit)),
        escape(recomputed_text(claim)),
        " ".join(f'<span class="verdict {v}">{v}</span>' for v in (claim.verdict, claim.first) if v),
        f"<p>{escape(claim.reason)}</p>{_trace(claim, variants)}",
    )
    row = "".join(labelled_cell(head, cell) for head, cell in zip(HEADS, cells, strict=True))
    return f'<tr id="{escape(number.id)}" data-verdict="{claim.verdict}" data-method="{claim.method}">{row}</tr>'


def section(claims: Mapping[str, Claim], recipes: Mapping[str, list[Recipe]], where: str, caption: str) -> Html:
    """The entries of one place of the paper, as a table that needs no script.

    Parameters
    ----------
    claims, recipes
        All of them, by id.
    where
        One of :data:`analysis_lib.printed.transcription.PLACES`.
    caption
        Of the table.
    """
    rows = "".join(
        _entry(claim, recipes.get(id) or recipes.get(claim.number.same_as, []))
        for id, claim in claims.items()
        if claim.number.where == where
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    return Html(
        f'<table class="book-table ledger" data-where="{where}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def controls(claims: Mapping[str, Claim]) -> Html:
    """Search, filters, order and downloads of what they show.

    The form stays hidden until the page's script can serve it; the links to the whole ledger,
    which the build writes, need no script.
    """
    occurring = {claim.verdict for claim in claims.values()}
    places = {claim.number.where for claim in claims.values()}
    choices = {
        "where": ("Section", {place: name for place, name in PLACES.items() if place in places}),
        "verdict": ("Verdict", {verdict: verdict for verdict in VERDICTS if verdict in occurring}),
        "method": ("Method", {m: m.replace("_", " ") for m in sorted({c.method for c in claims.values()} - {""})}),
    }

    def select(name: str, words: str, options: Mapping[str, str]) -> str:
        listed = "".join(f'<option value="{value}">{text}</option>' for value, text in options.items())
        return f'<label>{words} <select name="{name}">{listed}</select></label>'

    filters = "".join(select(name, words, {"": "any", **options}) for name, (words, options) in choices.items())
    return Html(
        '<form id="ledger-controls" role="search" aria-label="Ledger" hidden>'
        '<label>Search <input type="search" name="text" placeholder="deaths, table1, 0.264 …"></label>'
        f"{filters}{select('order', 'Order', ORDERS)}"
        '<span class="buttons"><button type="reset">Show all</button>'
        '<button type="button" name="csv">Save these as CSV</button>'
        '<button type="button" name="json">Save these as JSON</button></span>'
        '<output name="count" aria-live="polite"></output></form>'
        '<p>The whole ledger: <a href="_static/ledger.csv" download>CSV</a>, '
        '<a href="_static/ledger.json" download>JSON</a>.</p>'
    )


def as_json(claims: Mapping[str, Claim]) -> str:
    """The whole ledger, as ``audit --json`` writes it."""
    return json.dumps([claim.as_dict() for claim in claims.values()], indent=1, ensure_ascii=False) + "\n"


def as_csv(claims: Mapping[str, Claim]) -> str:
    """The whole ledger as a table; inputs are separated by ``;``, conventions and draws left to the JSON."""
    rows = []
    for claim in claims.values():
        row = claim.as_dict()
        del row["conventions"], row["withheld"]
        rows.append(row | {"inputs": "; ".join(row["inputs"])})
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
