"""Seeded errors: a transcription with mistakes of the kinds that happen when numbers are typed, set and copied.

Of each kind all possible errors are listed in the order of the transcription, and where these are many, a
sample is drawn with a seed. Only numbers of the study's own are changed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from analysis_lib.printed.number import Printed
from analysis_lib.printed.transcription import Transcription

SEED = 2026
# Errors of one kind; kinds with fewer possible ones have all of these.
MOST = 3000
# Draws of several wrong digits, for each number.
_DRAWS = 5

ROW_LOST, ROW_TWICE = "row lost", "row twice"
INTERVALS = (("ci_lo", "ci_hi"), ("q1", "q3"), ("range_lo", "range_hi"))
_GROUPS = ("surgery.", "prrt_only.")


@dataclass(frozen=True)
class SeededError:
    """One error.

    Parameters
    ----------
    kind
        One of `KINDS`.
    digits
        What the changed numbers print instead, by id; blank for the numbers of a row that is lost or stands twice.
    """

    kind: str
    digits: Mapping[str, str]


def _digits(printed: Printed) -> str:
    return printed.digits.replace(".", "")


def _with_digits(printed: Printed, digits: str, decimals: int | None = None) -> Printed:
    """The same sign with other digits, given without the point, and as many decimals if none are given."""
    decimals = printed.decimals if decimals is None else decimals
    digits = digits.rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    sign = "" if printed.relation == "=" else printed.relation
    return Printed(f"{sign}{whole.lstrip('0') or '0'}{'.' if fraction else ''}{fraction}")


def _off_by_one(printed: Printed) -> Iterator[Printed]:
    """The last digit one up and one down."""
    value = int(_digits(printed))
    return (_with_digits(printed, str(new)) for new in (value + 1, value - 1) if new >= 0)


def _transposed(printed: Printed) -> Iterator[Printed]:
    """Each two neighbouring digits exchanged, the point staying where it is."""
    digits = _digits(printed)
    for i, (a, b) in enumerate(pairwise(digits)):
        if a != b:
            yield _with_digits(printed, f"{digits[:i]}{b}{a}{digits[i + 2 :]}")


def _last_digit(printed: Printed) -> Iterator[Printed]:
    """Every other last digit that is not one up or down."""
    digits = _digits(printed)
    return (_with_digits(printed, f"{digits[:-1]}{d}") for d in range(10) if abs(d - int(digits[-1])) > 1)


def _point(printed: Printed) -> Iterator[Printed]:
    """The point one place to the left, one to the right, or lost."""
    for decimals in sorted({printed.decimals + 1, max(printed.decimals - 1, 0), 0} - {printed.decimals}):
        new = _with_digits(printed, _digits(printed), decimals)
        if new.value != printed.value:
            yield new


def _sign(printed: Printed) -> Iterator[Printed]:
    """Another sign in front, or none."""
    before = "" if printed.relation == "=" else printed.relation
    return (Printed(sign + printed.digits) for sign in ("", "<", ">") if sign != before)


def _several_digits(printed: Printed, rng: random.Random) -> Iterator[Printed]:
    """Two or more wrong digits."""
    digits = _digits(printed)
    if len(digits) < 2:
        return
    for _ in range(_DRAWS):
        wrong = rng.sample(range(len(digits)), rng.randint(2, len(digits)))
        new = [rng.choice([d for d in "0123456789" if d != old]) if i in wrong else old for i, old in enumerate(digits)]
        yield _with_digits(printed, "".join(new))


Errors = Iterator[dict[str, str]]


def _of_one_number(alter: Callable[[Printed], Iterator[Printed]]) -> Callable[[Transcription], Errors]:
    def errors(numbers: Transcription) -> Errors:
        return ({n.id: new.text} for n in numbers.values() if n.own for new in alter(n.printed))

    return errors


def _several_digits_of_one_number(numbers: Transcription) -> Errors:
    # A generator of random numbers for each number, so that one added to the transcription changes no other's errors.
    for n in numbers.values():
        if n.own:
            yield from ({n.id: new.text} for new in _several_digits(n.printed, random.Random(f"{SEED} {n.id}")))


def _signs(numbers: Transcription) -> Errors:
    """Only of p values and of what is printed with a sign, where signs stand."""
    for n in numbers.values():
        if n.own and (n.statistic == "p" or n.printed.relation != "="):
            yield from ({n.id: new.text} for new in _sign(n.printed))


def _exchanged(numbers: Transcription, pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The digits of each two numbers exchanged; pairs with the same digits are left out."""
    text = {id_: numbers[id_].printed.text for pair in pairs for id_ in pair}
    return {one: text[other] for a, b in pairs if text[a] != text[b] for one, other in ((a, b), (b, a))}


def _limits(numbers: Transcription) -> Errors:
    for id_ in numbers:
        stem, _, statistic = id_.rpartition(".")
        for low, high in INTERVALS:
            if statistic == low and f"{stem}.{high}" in numbers:
                yield _exchanged(numbers, [(id_, f"{stem}.{high}")])


def rows(numbers: Transcription) -> dict[tuple[str, str], dict[str, str]]:
    """The rows of tables, and in the text what is said of one item: ids by group and statistic.

    The keys are the place, and what the numbers are of.
    """
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for n in numbers.values():
        if n.own:
            _, what, column = n.id.split(".", 2)
            found[n.where, what][column] = n.id
    return dict(found)


def _groups(numbers: Transcription) -> Errors:
    """All numbers of a row exchanged between the groups, and each statistic by itself."""
    first, second = _GROUPS
    for row in rows(numbers).values():
        others = {column: second + column.removeprefix(first) for column in row if column.startswith(first)}
        pairs = [(row[column], row[other]) for column, other in others.items() if other in row]
        yield _exchanged(numbers, pairs)
        yield from (_exchanged(numbers, [pair]) for pair in pairs)


def _two_rows(numbers: Transcription) -> Errors:
    """Each two rows of one table that have the same columns."""
    for (one, a), (other, b) in combinations(rows(numbers).items(), 2):
        if one[0] == other[0] and one[0].startswith("table") and a.keys() == b.keys():
            yield _exchanged(numbers, [(a[column], b[column]) for column in a])


def _whole_rows(numbers: Transcription) -> Errors:
    return (dict.fromkeys(row.values(), "") for row in rows(numbers).values())


def _all_printings(numbers: Transcription) -> Errors:
    """All printings of one fact with the same wrong digits."""
    for n in numbers.values():
        later = numbers.repeats(n.id)
        if n.own and later:
            for alter in (_off_by_one, _last_digit, _transposed):
                yield from (dict.fromkeys([n.id, *later], new.text) for new in alter(n.printed))


KINDS: dict[str, Callable[[Transcription], Errors]] = {
    "last digit, by one": _of_one_number(_off_by_one),
    "last digit, by more": _of_one_number(_last_digit),
    "transposition": _of_one_number(_transposed),
    "several digits": _several_digits_of_one_number,
    "decimal point": _of_one_number(_point),
    "sign": _signs,
    "limits exchanged": _limits,
    "groups exchanged": _groups,
    "rows exchanged": _two_rows,
    ROW_LOST: _whole_rows,
    ROW_TWICE: _whole_rows,
    "all printings alike": _all_printings,
}


def seeded(numbers: Transcription, most: int = MOST) -> list[SeededError]:
    """The errors of every kind, each once, in the order of `KINDS` and of the transcription.

    Parameters
    ----------
    most
        Of one kind; a sample with a fixed seed is drawn where there are more.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> seeded(transcription.load(), most=1)[0].kind
    'last digit, by one'
    """
    found = []
    for kind, make in KINDS.items():
        distinct = {tuple(digits.items()): digits for digits in make(numbers) if digits}
        every = list(distinct.values())
        if len(every) > most:
            chosen = random.Random(f"{SEED} {kind}").sample(range(len(every)), most)
            every = [every[i] for i in sorted(chosen)]
        found += [SeededError(kind, digits) for digits in every]
    return found
