"""The ledger's entries: a page for each section of the paper, and on it an anchor for each printed number.

Where the book shows a number, and where its reference describes a function, is known only when
all pages are there; entries hold placeholders (:data:`PLACES_OF`, :data:`FUNCTION`) until then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from analysis_lib.base.paths import ROOT
from analysis_lib.ledger.methods import METHODS
from analysis_lib.ledger.recipes import Recipe
from analysis_lib.ledger.verdicts import VERDICTS, Claim
from analysis_lib.presentation.tables import STATISTICS, Html, entry_address, head_row, labelled_cell, recomputed_text
from analysis_lib.printed.formatting import bounds_text, with_unit
from analysis_lib.printed.names import NAMES, PLACES

PLACES_OF = re.compile(r"<!-- places of (\S+) -->")
FUNCTION = re.compile(r'href="library\.html#(analysis_lib[\w.]*)"')

HEADS = ("Number", "Printed", "Recomputed", "Verdict", "In the book", "Reason")
# What the authors chose: levels, limits and intervals.
_CHOSEN = ("threshold", "duration")


def _link(id: str) -> str:
    return f'<a href="{entry_address(id)}">{id}</a>'


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
    )
    listed = "".join(f"<dt>{head}<dd>{text}" for head, text in parts if text)
    return f"<details><summary>Trace</summary><dl>{listed}</dl></details>"


def unshown(claim: Claim, claims: Mapping[str, Claim]) -> str:
    """Why no chapter shows a number at any of its printings, in words with links to other entries.

    Examples
    --------
    >>> from analysis_lib.ledger import audit
    >>> claims = audit.audit()
    >>> unshown(claims["introduction.stage_local.cited"], claims)
    "no chapter takes it up: another study's number"
    """
    if claim.number.statistic in _CHOSEN:
        return "no chapter takes it up: the authors chose it, so it is no result"
    used = [_link(id) for id, other in claims.items() if claim.id in other.inputs and not other.number.same_as]
    if used:
        return f"no chapter by itself; it goes into {', '.join(used)}"
    return f"no chapter takes it up: {VERDICTS[claim.first or claim.verdict]}"


def about(claim: Claim) -> str:
    """The group and the statistic of a number."""
    statistic = STATISTICS.get(claim.number.statistic, claim.number.statistic)
    return ", ".join(filter(None, (NAMES[claim.number.group], statistic)))


def badges(claim: Claim) -> str:
    """The badge of the verdict; of a repeat, beside it that of the first printing."""
    return " ".join(f'<span class="verdict {v}">{v}</span>' for v in (claim.verdict, claim.first) if v)


def _entry(claim: Claim, variants: Iterable[Recipe]) -> str:
    number = claim.number
    cells = (
        f"<b>{escape(number.item)}</b> <small>({escape(about(claim))})</small> <code>{number.id}</code>",
        escape(with_unit(number.printed.text, number.unit)),
        escape(recomputed_text(claim)),
        badges(claim),
        f"<!-- places of {number.id} -->",
        f"<p>{escape(claim.reason)}</p>{_trace(claim, variants)}",
    )
    row = "".join(labelled_cell(head, cell) for head, cell in zip(HEADS, cells, strict=True))
    return f'<tr id="{number.id}">{row}</tr>'


def section(claims: Mapping[str, Claim], recipes: Mapping[str, list[Recipe]], where: str) -> Html:
    """The entries of one section of the paper, as a table that needs no script.

    Parameters
    ----------
    claims, recipes
        All of them, by id.
    where
        One of :data:`analysis_lib.printed.transcription.PLACES`.
    """
    rows = [
        _entry(claim, recipes.get(id) or recipes.get(claim.number.same_as, []))
        for id, claim in claims.items()
        if claim.number.where == where
    ]
    return Html(
        f'<p><a href="ledger.html?where={where}#find">Search, filter and order</a> these and all other numbers.</p>'
        f'<table class="book-table ledger"><caption>{len(rows)} numbers, in the paper’s order</caption>'
        f"{head_row(HEADS)}<tbody>{''.join(rows)}</tbody></table>"
    )
