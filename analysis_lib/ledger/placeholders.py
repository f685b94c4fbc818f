"""Texts whose numbers are placeholders: ``{id}`` for a printed number, ``{=name}`` for a joint fact."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from analysis_lib.printed.formatting import with_unit
from analysis_lib.printed.transcription import Transcription

_PLACEHOLDER = re.compile(r"\{(=?)([^{}]+)\}")


def fill(
    text: str, numbers: Transcription, known: Mapping[str, float], show: Callable[[str], str] | None = None
) -> str:
    """The text with its numbers.

    Parameters
    ----------
    text
        With placeholders.
    numbers, known
        The transcription, and its joint facts.
    show
        How the printed number of an id is shown; as its digits with their unit if not given.

    Raises
    ------
    KeyError
        With the placeholder, if it names nothing.

    Examples
    --------
    >>> from analysis_lib.ledger.joint_facts import facts
    >>> from analysis_lib.printed import transcription
    >>> paper = transcription.load()
    >>> fill("{=deaths} deaths in {abstract.patients.all.n} patients", paper, facts(paper))
    '23 deaths in 49 patients'
    """

    def digits(id: str) -> str:
        return with_unit(numbers[id].printed.text, numbers[id].unit)

    def value(placeholder: re.Match[str]) -> str:
        is_fact, name = placeholder[1] == "=", placeholder[2]
        if name not in (known if is_fact else numbers):
            raise KeyError(placeholder[0])
        return f"{known[name]:.3g}" if is_fact else (show or digits)(name)

    return _PLACEHOLDER.sub(value, text)


def ids(text: str) -> tuple[str, ...]:
    """The printed numbers that a text names, each once."""
    return tuple(dict.fromkeys(found[2] for found in _PLACEHOLDER.finditer(text) if not found[1]))
