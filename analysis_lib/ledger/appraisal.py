"""Appraisal: STROBE, ROBINS-I V2 and TARGET filled in, one answer an item (``data/appraisal/*.yml``).

Numbers in the evidence are placeholders, as in :mod:`analysis_lib.ledger.inconsistencies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import yaml

from analysis_lib.base.errors import InputError, nearest
from analysis_lib.base.paths import ROOT
from analysis_lib.ledger import placeholders, robins_i
from analysis_lib.ledger.joint_facts import facts
from analysis_lib.printed.transcription import Transcription

FOLDER = ROOT / "data" / "appraisal"
_REPORTING = ("reported", "partly", "not reported", "not applicable", "cannot tell")
_EMULATION = ("answered", "in part", "needs the data", "not applicable")
_STROBE = (
    "1a 1b 2 3 4 5 6a 6b 7 8 9 10 11 12a 12b 12c 12d 12e 13a 13b 13c 14a 14b 14c 15 16a 16b 16c 17 18 19 20 21 22"
).split()
_TARGET = (
    "1a 1b 1c 2 3 4 5 6a 6b 6c 6d 6e 6f 6g 6h 7a 7b 7c 7d 7e 7f 7g.i 7g.ii 7h.i 7h.ii "
    "8 9 10 11 12 13 14 15 16 17 18 19 20 21"
).split()
_TRIAGE = {question: (*robins_i.OPTIONS[question], "NA") for question in ("B1", "B2", "B3")}
#: Each form's items, with the answers that they allow.
FORMS: dict[str, Mapping[str, tuple[str, ...]]] = {
    "strobe": dict.fromkeys(_STROBE, _REPORTING),
    "robins-i-unadjusted": _TRIAGE,
    "robins-i-adjusted": {question: (*options, "NA") for question, options in robins_i.OPTIONS.items()},
    "target": dict.fromkeys(_TARGET, _EMULATION),
}


@dataclass(frozen=True)
class Item:
    """One item of a form, answered.

    Parameters
    ----------
    id, topic
        Its number in the instrument, and what it asks, in our words.
    answer
        One of those that the form allows for the item.
    evidence
        With placeholders; blank where the question is not asked.
    pages
        Chapters to read on.
    add
        What the authors, or the patients' data, would need to add.
    """

    id: str
    topic: str
    answer: str
    evidence: str = ""
    pages: tuple[str, ...] = ()
    add: str = ""


@dataclass(frozen=True)
class Form:
    """A form filled in: what was appraised with what, and the items in the instrument's order."""

    title: str
    items: tuple[Item, ...]

    @property
    def answers(self) -> dict[str, str]:
        """Answer by item."""
        return {item.id: item.answer for item in self.items}


def load(name: str, numbers: Transcription, file: Path | None = None) -> Form:
    """Read a form and check it.

    Parameters
    ----------
    name
        One of :data:`FORMS`.
    numbers
        The transcription, in which placeholders must be found.
    file
        Another file than the book's.

    Raises
    ------
    InputError
        Naming file, item and field: at an item that is missing, twice there or unknown, an answer that is not
        allowed, a placeholder that names nothing.

    Examples
    --------
    >>> from analysis_lib.printed import transcription
    >>> load("strobe", transcription.load()).answers["13b"]
    'reported'
    """
    file = file or FOLDER / f"{name}.yml"
    allowed = FORMS[name]
    content = _content(file)
    if not isinstance(content, dict) or set(content) != {"title", "items"} or not isinstance(content["items"], list):
        raise InputError("is not a form", file=file, remedy="a title, and a list of items")
    read = partial(_item, file, allowed, numbers, facts(numbers))
    items = tuple(map(read, content["items"]))
    for wanted in allowed:
        if (times := sum(item.id == wanted for item in items)) != 1:
            raise InputError(f"item {wanted} stands there {times} times", file=file, remedy="each item once")
    order = list(allowed)
    return Form(str(content["title"]), tuple(sorted(items, key=lambda item: order.index(item.id))))


def _content(file: Path) -> object:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=file) from None
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {' '.join(str(error).split())}", file=file) from None


def _item(
    file: Path,
    allowed: Mapping[str, tuple[str, ...]],
    numbers: Transcription,
    known: Mapping[str, float],
    entry: object,
) -> Item:
    id = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(id, str) or id not in allowed:
        # 4.10 without quotation marks is the number 4.1.
        raise InputError(
            f"item {id!r} is not the form's", file=file, column="id", remedy=nearest(str(id), list(allowed))
        )

    def refuse(field: str, problem: str, remedy: str) -> InputError:
        return InputError(f"item {id}: {problem}", file=file, column=field, remedy=remedy)

    names = [field.name for field in fields(Item)]
    for field, value in entry.items():
        if field not in names:
            raise refuse(field, "is no field", nearest(field, names))
        texts = value if field == "pages" else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
            raise refuse(field, "is not text", "a text in quotation marks; a list of them for pages")
    if not entry.get("topic"):
        raise refuse("topic", "is missing", "what the item asks")
    if entry.get("answer") not in allowed[id]:
        raise refuse("answer", f"{entry.get('answer')!r} is not allowed", "one of " + ", ".join(allowed[id]))
    if (entry["answer"] == "NA") == ("evidence" in entry):
        raise refuse("evidence", "does not fit the answer", "a sentence for each answer, and none for NA")
    try:
        placeholders.fill(entry.get("evidence", ""), numbers, known)
    except KeyError as error:
        raise refuse("evidence", f"{error.args[0]} names nothing", "{id} or {=fact}") from None
    return Item(**{**entry, "pages": tuple(entry.get("pages", ()))})


def judge(form: Form, variant: str = "1A") -> dict[str, str]:
    """ROBINS-I judgements of a form: see :func:`analysis_lib.ledger.robins_i.judge`.

    Raises
    ------
    InputError
        If a question that is come to has no answer, or one that neither variant comes to has an answer.
    """
    found = robins_i.judge(form.answers, variant)
    come_to = {q for v in ("1A", "1B") for q in robins_i.asked(form.answers, v)}
    for item in form.items:
        if item.answer != "NA" and item.id not in come_to:
            raise InputError(f"{form.title}: {item.id} is answered and not asked", remedy="NA")
    return found
