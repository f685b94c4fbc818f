"""Assumptions: what the paper leaves open, read from a command or from a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis_lib.base import manifest
from analysis_lib.base.errors import InputError, nearest


@dataclass(frozen=True)
class Assumptions:
    """How each thing that the paper leaves open is read.

    Parameters
    ----------
    follow_up
        Which median follow-up is printed: of all ``observed`` times, deaths included, or by the
        ``reverse_kaplan_meier`` method, or of the ``survivors``.
    quantile
        Rule for medians and quartiles, a method of :func:`numpy.percentile`; ``weibull`` is
        SPSS's HAVERAGE.
    time_unit
        What the survival analyses saw: ``days/365.25``, ``days/365``, or completed ``months``.
    age_test, fibrosis_test
        ``welch`` or ``student`` for the two t tests; the printed summaries fit both, with the
        unequal spreads of age in favour of Welch.
    """

    follow_up: str = "observed"
    quantile: str = "weibull"
    age_test: str = "welch"
    fibrosis_test: str = "student"
    time_unit: str = "days/365.25"


# What search and verification both know; the default first.
CHOICES = {
    "follow_up": ("observed", "reverse_kaplan_meier", "survivors"),
    "quantile": ("weibull", "hazen"),
    "age_test": ("welch", "student"),
    "fibrosis_test": ("student", "welch"),
    "time_unit": ("days/365.25", "days/365", "months"),
}


def parse(pairs: Sequence[str]) -> Assumptions:
    """Assumptions from ``NAME=VALUE`` each; what is not named is as by default.

    Raises
    ------
    InputError
        If a pair has no ``=``, names something twice, or has an unknown name or value.
    """
    chosen: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"the assumption {pair!r} has no value", remedy="NAME=VALUE")
        if name in chosen:
            raise InputError(f"{name} is assumed twice", remedy="one value")
        chosen[name] = value
    return checked(chosen)


def checked(chosen: Mapping[str, str]) -> Assumptions:
    """Assumptions from values by name.

    Raises
    ------
    InputError
        If a name or a value is unknown; suggests the nearest.
    """
    for name, value in chosen.items():
        if name not in CHOICES:
            raise InputError(f"there is no assumption {name!r}", remedy=nearest(name, tuple(CHOICES)))
        if value not in CHOICES[name]:
            raise InputError(f"{name} cannot be {value!r}", remedy=nearest(str(value), CHOICES[name]))
    return Assumptions(**chosen)


def of_file(file: Path | str) -> Assumptions:
    """What the manifest beside a file of cohorts says was assumed; the defaults if it has none.

    Raises
    ------
    InputError
        If the manifest cannot be read or assumes what is unknown.
    """
    beside = Path(file).with_suffix(".json")
    if not beside.exists():
        return Assumptions()
    expected_form = "cohorts", "mend it or take it away"
    chosen = manifest.read(beside, *expected_form).get("assumptions", {})
    if not isinstance(chosen, dict):
        raise manifest.refuse(beside, *expected_form)
    try:
        return checked(chosen)
    except InputError as error:
        raise InputError(str(error), file=beside) from None


def describe(assumptions: Assumptions) -> str:
    """What differs from the defaults, as ``NAME=VALUE``; empty if nothing does.

    Examples
    --------
    >>> describe(Assumptions(follow_up="survivors"))
    'follow_up=survivors'
    """
    usual = asdict(Assumptions())
    return ", ".join(f"{name}={value}" for name, value in asdict(assumptions).items() if value != usual[name])
