"""Recipes: how each printed number follows from others, as data.

A row of ``data/recipes.csv`` names a printed number, a method, and the method's inputs. Inputs
are separated by ``;``. Each is an id, or ids joined by ``+``, ``-`` (sum, difference) and ``%``
(``p % n``: the only count out of n that prints as the percentage p), all with spaces around.
Several rows for one number are variants: different readings of which patients were compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.base.errors import InputError
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger.methods import METHODS, Derivation, Method, implied_count
from analysis_lib.printed.csv_table import read_rows
from analysis_lib.printed.number import Interval
from analysis_lib.printed.transcription import Transcription

RECIPES = ROOT / "data" / "recipes.csv"
COLUMNS = ("id", "variant", "method", "inputs", "stated", "note")
# Each further one doubles the work, since what follows is computed at every corner of their roundings.
_MOST_ROUNDED = 6


class NoSuchCount(ValueError):
    """A printed percentage that no whole number of the group gives."""


@dataclass(frozen=True)
class Term:
    """One input of a method: ids with signs, a percentage's denominator beside it."""

    parts: tuple[tuple[int, str, str], ...]  # sign, id, id of the denominator or ""

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of the term, in order."""
        return tuple(id for _, *both in self.parts for id in both if id)

    def evaluate(self, numbers: Transcription) -> tuple[float, Interval]:
        """The term computed from the digits as printed, and the reals that their rounding allows.

        Raises
        ------
        NoSuchCount
            If a percentage fits no count, or several, of its denominator.
        """
        value = low = high = 0.0
        for sign, id, of in self.parts:
            if of:
                part = _implied(numbers, id, of)
                interval = Interval(part, part)
            else:
                part, interval = numbers.value(id), numbers[id].interval
            value += sign * part
            low += interval.low if sign > 0 else -interval.high
            high += interval.high if sign > 0 else -interval.low
        return value, Interval(low, high)


def _implied(numbers: Transcription, id: str, of: str) -> int:
    count = implied_count(numbers[id].printed, numbers.count(of))
    if count is None:
        raise NoSuchCount(f"no single count out of {numbers[of].printed} prints as {numbers[id].printed}%")
    return count


@dataclass(frozen=True)
class Recipe:
    """One way to obtain one printed number."""

    id: str
    variant: str
    method_name: str
    inputs: tuple[Term, ...]
    stated: tuple[str, ...]
    note: str
    row: int

    @property
    def method(self) -> Method:
        """The method that the recipe names."""
        return METHODS[self.method_name]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all printed numbers that go in, each once, in order."""
        return tuple(dict.fromkeys(id for term in self.inputs for id in term.ids))

    def is_stated(self, convention: str, values: Sequence[float]) -> bool:
        """Whether the paper names this convention for this number (or leaves it no choice).

        If it names several for which the method knows when each is due, the one due for ``values``.
        """
        name = convention.partition(",")[0]
        choice = getattr(self.method, "choice", None)
        if len(self.stated) > 1 and choice:
            return name == choice(values)
        return not self.stated or name in self.stated


def _term(text: str) -> Term:
    """Parse ``a + b % n - c``; raises ValueError."""
    tokens = text.split()
    parts: list[tuple[int, str, str]] = []
    sign = 1
    while tokens:
        id, tokens = tokens[0], tokens[1:]
        of = ""
        if tokens and tokens[0] == "%":
            if len(tokens) < 2:
                raise ValueError(f"{text!r} ends with %")
            of, tokens = tokens[1], tokens[2:]
        parts.append((sign, id, of))
        if tokens:
            if tokens[0] not in "+-" or len(tokens) < 2:
                raise ValueError(f"{text!r} is not ids joined by +, - and %")
            sign, tokens = (1 if tokens[0] == "+" else -1), tokens[1:]
    if not parts:
        raise ValueError("an input is blank")
    return Term(tuple(parts))


def load(numbers: Transcription, file: Path | str = RECIPES) -> dict[str, list[Recipe]]:
    """Read the recipes, by the id that they are for.

    Raises
    ------
    InputError
        At the first row with an unknown id, method or stated convention, or with inputs that are
        malformed or not as many as the method takes.
    """
    file = Path(file)
    recipes: dict[str, list[Recipe]] = {}
    for row, cells in read_rows(file, COLUMNS):

        def refuse(column: str, problem: str, remedy: str, row: int = row) -> InputError:
            return InputError(problem, file=file, row=row, column=column, remedy=remedy)

        if cells["id"] not in numbers:
            raise refuse("id", f"{cells['id']!r} is not an id of the transcription", "see data/published")
        if cells["method"] not in METHODS:
            raise refuse("method", f"{cells['method']!r} is not a method", "one of " + ", ".join(METHODS))
        try:
            terms = tuple(_term(t) for t in cells["inputs"].split(";")) if cells["inputs"] else ()
        except ValueError as error:
            raise refuse("inputs", str(error), "as described in data/README.md") from None
        for id in (id for term in terms for id in term.ids):
            if id not in numbers:
                raise refuse("inputs", f"{id!r} is not an id of the transcription", "see data/published")
        rounded = [id for term in terms for _, id, of in term.parts if not of and not numbers[id].exact]
        if len(set(rounded)) > _MOST_ROUNDED:
            number = numbers[rounded[0]]
            raise InputError(
                f"{number.id} and others are rounded, {len(set(rounded))} of those that {cells['id']} follows from",
                file=number.file,
                row=number.row,
                column="statistic",
                remedy=f"at most {_MOST_ROUNDED}; whole things counted have the statistic count or n",
            )
        stated = tuple(s for s in cells["stated"].split("|") if s)
        recipe = Recipe(cells["id"], cells["variant"], cells["method"], terms, stated, cells["note"], row)
        least, more = recipe.method.takes
        surplus = len(terms) - least
        if surplus < 0 or (surplus % more if more else surplus):
            raise refuse(
                "inputs",
                f"{cells['method']} cannot take {len(terms)} inputs",
                f"{least}" + (f", or more by {more} at a time" if more else ""),
            )
        known = recipe.method.convention_names if isinstance(recipe.method, Derivation) else ()
        if unknown := [s for s in stated if s not in known]:
            options = ", ".join(name for name in known if name)
            remedy = f"one of {options}, joined by |" if options else "leave it blank"
            raise refuse("stated", f"{unknown[0]!r} is not a convention of {cells['method']}", remedy)
        earlier = recipes.setdefault(recipe.id, [])
        if any(r.variant == recipe.variant for r in earlier):
            raise refuse("variant", f"{recipe.id} has this variant already", "name each variant")
        if earlier and not all(isinstance(r.method, Derivation) for r in (*earlier, recipe)):
            raise refuse("method", "only derivations can have variants", "keep one row")
        earlier.append(recipe)
    return recipes
