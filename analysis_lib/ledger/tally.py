"""The tally: of how many separate things the verdicts speak.

One equation can bear several verdicts: 26 = 21 + 5 is seen as a sum, and twice as a difference. So
the sums, differences, shares and products behind *consistent* are written as one linear system, a row
for each verdict, in the printed facts. The rank of the system is the number of independent equations;
rows that depend on each other are a *circle*, in which each number follows from the others and none
is confirmed from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from analysis_lib.ledger.methods import Derivation
from analysis_lib.ledger.recipes import Recipe, Term
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.printed.transcription import Transcription

# A row of the system: the coefficient of each printed fact, which is named by its first printing.
Row = dict[str, Fraction]

SUMS = ("sum", "difference", "equals", "smallest", "largest")
SHARES = ("percent", "count_from_percent")
PRODUCTS = ("product", "quotient")


def equations(numbers: Transcription, known: Mapping[str, list[Recipe]], claims: Mapping[str, Claim]) -> dict[str, Row]:
    """The linear equation behind each *consistent* number, by id.

    A percentage stands for the count that it gives away, so that its group's size is no unknown; a
    product is a sum of logarithms. Wald p values have no linear equation and are left out.
    """
    consistent = [id_ for id_, claim in claims.items() if claim.verdict == "consistent"]
    return {
        id_: _row(numbers, known[id_][0])
        for id_ in consistent
        if known[id_][0].method_name in (*SUMS, *SHARES, *PRODUCTS)
    }


def _row(numbers: Transcription, recipe: Recipe) -> Row:
    method, terms = recipe.method_name, recipe.inputs
    if method == "percent":
        terms = terms[:1]
    elif method in ("smallest", "largest"):
        extreme = min if method == "smallest" else max
        terms = (extreme(terms, key=lambda term: term.evaluate(numbers)[0]),)
    # In a difference and in a quotient the first input is the whole, and the others are taken from it.
    turned = -1 if method in ("difference", "quotient") else 1
    prefix = "log " if method in PRODUCTS else ""
    row: Row = {}
    for sign, term in [(1, _alone(recipe.id)), (-1, terms[0]), *((-turned, term) for term in terms[1:])]:
        for part_sign, id_, _ in term.parts:
            fact = prefix + (numbers[id_].same_as or id_)
            row[fact] = row.get(fact, Fraction(0)) + sign * part_sign
    return {fact: coefficient for fact, coefficient in row.items() if coefficient}


def _alone(id_: str) -> Term:
    return Term(((1, id_, ""),))


def solve(rows: Mapping[str, Row]) -> tuple[int, list[list[str]]]:
    """Rank of a system of equations, and its circles.

    Returns
    -------
    int
        How many of the equations are independent.
    list of list of str
        The ids whose equations depend on each other, a list for each circle, in the order of ``rows``.

    Examples
    --------
    >>> one = Fraction(1)
    >>> whole = {"whole": one, "part": -one, "rest": -one}
    >>> solve({"a": whole, "b": {fact: -x for fact, x in whole.items()}, "c": {"part": one, "other": -one}})
    (2, [['a', 'b']])
    """
    pivots: dict[str, tuple[Row, Row]] = {}
    circle_of: dict[str, set[str]] = {id_: {id_} for id_ in rows}
    for id_, row in rows.items():
        left, combination = dict(row), {id_: Fraction(1)}
        for fact, (pivot, origin) in pivots.items():
            if fact in left:
                factor = -left[fact] / pivot[fact]
                _add(left, pivot, factor)
                _add(combination, origin, factor)
        if left:
            pivots[next(iter(left))] = left, combination
            continue
        together = set[str]().union(*(circle_of[one] for one in combination))
        circle_of.update(dict.fromkeys(together, together))
    circles = dict.fromkeys(frozenset(found) for found in circle_of.values() if len(found) > 1)
    return len(pivots), [[id_ for id_ in rows if id_ in found] for found in circles]


def _add(row: Row, other: Row, factor: Fraction) -> None:
    """Add a multiple of another row in place, without zeros."""
    for fact, coefficient in other.items():
        row[fact] = row.get(fact, Fraction(0)) + factor * coefficient
        if not row[fact]:
            del row[fact]


def tally(numbers: Transcription, known: Mapping[str, list[Recipe]], claims: Mapping[str, Claim]) -> dict[str, int]:
    """How many verdicts there are of each kind, and on how much they rest.

    Returns
    -------
    dict
        A count for each verdict, by its name, and besides: ``statistics`` that could be worked out anew;
        ``sums`` and ``arithmetic`` (sums, shares and products) among the *consistent*, ``sum_equations``
        and ``equations`` that are independent among these, ``circles`` and the verdicts ``in_circles``;
        ``wald_p`` among the *consistent*; and the facts that were ``withheld``.
    """
    rows = equations(numbers, known, claims)
    rank, circles = solve(rows)
    sums = {id_: row for id_, row in rows.items() if known[id_][0].method_name in SUMS}
    first = [claim for claim in claims.values() if not claim.first]
    return {
        **Counter(claim.verdict for claim in claims.values()),
        "statistics": sum(_is_statistic(known[c.id]) for c in first if c.id in known),
        "sums": len(sums),
        "sum_equations": solve(sums)[0],
        "arithmetic": len(rows),
        "equations": rank,
        "circles": len(circles),
        "in_circles": sum(map(len, circles)),
        "wald_p": sum(c.verdict == "consistent" and c.method == "wald_p" for c in first),
        "withheld": sum(c.withheld is not None for c in first),
    }


def _is_statistic(variants: Iterable[Recipe]) -> bool:
    return any(isinstance(recipe.method, Derivation) and recipe.method.statistic for recipe in variants)
