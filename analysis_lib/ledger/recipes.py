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
from analysis_lib.ledger.bounds import Bound
from analysis_lib.ledger.methods import METHODS, Derivation, Method, implied_count
from analysis_lib.printed.csv_table import Row, read_rows
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
        return tuple(id_ for _, *both in self.parts for id_ in both if id_)

    def evaluate(self, numbers: Transcription) -> tuple[float, Interval]:
        """The term computed from the digits as printed, and the reals that their rounding allows.

        Raises
        ------
        NoSuchCount
            If a percentage fits no count, or several, of its denominator.
        """
        value = low = high = 0.0
        for sign, id_, of in self.parts:
            if of:
                part: float = _implied(numbers, id_, of)
                interval = Interval(part, part)
            else:
                part, interval = numbers.value(id_), numbers[id_].interval
            value += sign * part
            low += interval.low if sign > 0 else -interval.high
            high += interval.high if sign > 0 else -interval.low
        return value, Interval(low, high)

    def count(self, numbers: Transcription) -> int:
        """The term computed from whole numbers.

        Raises
        ------
        InputError
            If one of them is printed otherwise.
        NoSuchCount
            As :meth:`evaluate`.
        """
        parts = ((sign, _implied(numbers, id_, of) if of else numbers.count(id_)) for sign, id_, of in self.parts)
        return sum(sign * part for sign, part in parts)


def _implied(numbers: Transcription, percent: str, of: str) -> int:
    count = implied_count(numbers[percent].printed, numbers.count(of))
    if count is None:
        raise NoSuchCount(f"no single count out of {numbers[of].printed} prints as {numbers[percent].printed}%")
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

    @property
    def method(self) -> Method:
        """The method that the recipe names."""
        return METHODS[self.method_name]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all printed numbers that go in, each once, in order."""
        return tuple(dict.fromkeys(id_ for term in self.inputs for id_ in term.ids))

    def is_stated(self, convention: str, values: Sequence[float]) -> bool:
        """Whether the paper names this convention for this number (or leaves it no choice).

        If it names several for which the method knows when each is due, the one due for ``values``.
        """
        name = convention.partition(",")[0]
        choice = getattr(self.method, "choice", None)
        if len(self.stated) > 1 and choice:
            return name == choice(values)
        return not self.stated or name in self.stated


def parse_term(text: str) -> Term:
    """Parse an input of a recipe, such as ``a + b % n - c``.

    Raises
    ------
    ValueError
        If the text is not ids joined by the three signs.

    Examples
    --------
    >>> parse_term("a + b % n").ids
    ('a', 'b', 'n')
    """
    tokens = text.split()
    parts: list[tuple[int, str, str]] = []
    sign = 1
    while tokens:
        id_, tokens = tokens[0], tokens[1:]
        of = ""
        if tokens and tokens[0] == "%":
            if len(tokens) < 2:
                raise ValueError(f"{text!r} ends with %")
            of, tokens = tokens[1], tokens[2:]
        parts.append((sign, id_, of))
        if tokens:
            if tokens[0] not in "+-" or len(tokens) < 2:
                raise ValueError(f"{text!r} is not ids joined by +, - and %")
            sign, tokens = (1 if tokens[0] == "+" else -1), tokens[1:]
    if not parts:
        raise ValueError("an input is blank")
    return Term(tuple(parts))


def load(numbers: Transcription, file: Path | str = RECIPES) -> dict[str, list[Recipe]]:
    """Read the recipes, each with its variants, by the id of the number that they are for.

    Parameters
    ----------
    numbers
        The transcription, to check the ids against.
    file
        As ``data/recipes.csv``.

    Raises
    ------
    InputError
        At the first row that names an id, a method or a convention that does not exist, or whose inputs are
        malformed or not as many as the method takes.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> (recipe,) = load(transcription.load())["table1.sex_male.surgery.percent"]
    >>> recipe.method_name, recipe.ids
    ('percent', ('table1.sex_male.surgery.count', 'abstract.patients.surgery.n'))
    """
    recipes: dict[str, list[Recipe]] = {}
    for row in read_rows(Path(file), COLUMNS):
        recipe = _recipe(row, numbers)
        variants = recipes.setdefault(recipe.id, [])
        _require_new_variant(row, recipe, variants)
        variants.append(recipe)
    return recipes


def _recipe(row: Row, numbers: Transcription) -> Recipe:
    if row["id"] not in numbers:
        raise row.refuse("id", f"{row['id']!r} is not an id of the transcription", "see data/published")
    if row["method"] not in METHODS:
        raise row.refuse("method", f"{row['method']!r} is not a method", "one of " + ", ".join(METHODS))
    terms = _terms(row, numbers)
    _require_few_rounded(row, terms, numbers)
    stated = tuple(s for s in row["stated"].split("|") if s)
    recipe = Recipe(row["id"], row["variant"], row["method"], terms, stated, row["note"])
    _require_number_of_inputs(row, recipe)
    _require_conventions(row, recipe)
    return recipe


def _terms(row: Row, numbers: Transcription) -> tuple[Term, ...]:
    try:
        terms = tuple(parse_term(text) for text in row["inputs"].split(";")) if row["inputs"] else ()
    except ValueError as error:
        raise row.refuse("inputs", str(error), "as described in data/README.md") from None
    for id_ in (id_ for term in terms for id_ in term.ids):
        if id_ not in numbers:
            raise row.refuse("inputs", f"{id_!r} is not an id of the transcription", "see data/published")
    return terms


def _require_few_rounded(row: Row, terms: tuple[Term, ...], numbers: Transcription) -> None:
    method = METHODS[row["method"]]
    if isinstance(method, Bound) and not method.by_corners:
        return
    rounded = [id_ for term in terms for _, id_, of in term.parts if not of and not numbers[id_].exact]
    if len(set(rounded)) > _MOST_ROUNDED:
        number = numbers[rounded[0]]
        raise InputError(
            f"{number.id} and others are rounded, {len(set(rounded))} of those that {row['id']} follows from",
            file=number.file,
            row=number.row,
            column="statistic",
            remedy=f"at most {_MOST_ROUNDED}; whole things counted have the statistic count or n",
        )


def _require_number_of_inputs(row: Row, recipe: Recipe) -> None:
    least, more = recipe.method.takes
    surplus = len(recipe.inputs) - least
    if surplus < 0 or (surplus % more if more else surplus):
        remedy = f"{least}" + (f", or more by {more} at a time" if more else "")
        raise row.refuse("inputs", f"{recipe.method_name} cannot take {len(recipe.inputs)} inputs", remedy)


def _require_conventions(row: Row, recipe: Recipe) -> None:
    known = recipe.method.convention_names if isinstance(recipe.method, Derivation) else ()
    if unknown := [name for name in recipe.stated if name not in known]:
        options = ", ".join(name for name in known if name)
        remedy = f"one of {options}, joined by |" if options else "leave it blank"
        raise row.refuse("stated", f"{unknown[0]!r} is not a convention of {recipe.method_name}", remedy)


def _require_new_variant(row: Row, recipe: Recipe, earlier: Sequence[Recipe]) -> None:
    if any(other.variant == recipe.variant for other in earlier):
        raise row.refuse("variant", f"{recipe.id} has this variant already", "name each variant")
    if earlier and not all(isinstance(other.method, Derivation) for other in (*earlier, recipe)):
        raise row.refuse("method", "only derivations can have variants", "keep one row")
