"""ROBINS-I V2: from the answers to its signalling questions to the risk of bias, domain by domain.

Risk Of Bias In Non-randomized Studies of Interventions, version 2, assessment tool for follow-up studies of
20 November 2025. The algorithms are encoded from transcriptions of the tool by one public project, as flow charts and
as decision tables; the tool itself (riskofbias.info) could not be consulted. The tables are shorter than the charts
and leave out paths. Where both speak and differ, the chart is followed:

- 1B, important factors left out but not substantially, and 1B.5 yes: Serious (table: Moderate);
- 2.4 strong yes, with strategies told apart at the start: by 2.5 Serious or Critical (table: Serious);
- 3.3 no information: Moderate at once (table: Low if 3.4 is no);
- 5.1 no information and 5.3 strong yes: Serious (table: Moderate).

The chart has no arrow for 2.4 weak yes or no information after 2.3 yes; the table's one such row fits the arrow of no,
which is taken. The charts end some paths of 1B in Low without reserve; so does this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from analysis_lib.base.errors import InputError

LOW = "Low"
LOW_EXCEPT = "Low (except for concerns about uncontrolled confounding)"
MODERATE = "Moderate"
SERIOUS = "Serious"
CRITICAL = "Critical"
#: From the least to the most.
JUDGEMENTS = (LOW, LOW_EXCEPT, MODERATE, SERIOUS, CRITICAL)

REPLIES = {
    "Y": "yes",
    "PY": "probably yes",
    "SY": "yes, substantially",
    "WY": "yes, but not substantially",
    "PN": "probably no",
    "WN": "no, but not substantially",
    "SN": "no, and probably substantially",
    "N": "no",
    "NI": "no information",
    "NA": "not asked",
}
_KINDS = {
    "plain": ("Y", "PY", "PN", "N"),
    "open": ("Y", "PY", "PN", "N", "NI"),
    "strong no": ("Y", "PY", "WN", "SN", "NI"),
    "strong yes": ("SY", "WY", "PN", "N", "NI"),
}
_QUESTIONS = {
    "B": ["plain"] * 3,
    "1A.": ["strong no", "strong no", "open", "plain"],
    "1B.": ["open", "strong no", "strong no", "open", "plain"],
    "2.": ["open", "open", "strong yes", "strong yes", "open"],
    "3.": ["strong no", *["open"] * 7],
    "4.": [*["open"] * 5, "strong no", "open", "open", "strong no", "strong no", "plain"],
    "5.": ["open", "open", "strong yes"],
    "6.": ["open"] * 4,
}
#: The replies that each signalling question allows, NA apart; in the tool's order.
OPTIONS: dict[str, tuple[str, ...]] = {
    f"{start}{number}": _KINDS[kind] for start, kinds in _QUESTIONS.items() for number, kind in enumerate(kinds, 1)
}

# A question, answered: Y for yes or probably yes, N for no or probably no, any other reply as it is.
Ask = Callable[[str], str]


class Unanswered(InputError):
    """A question that the algorithm comes to has no answer."""


def triage(ask: Ask) -> str | None:
    """Whether to go on at all (section B): Critical if confounding was ignored or the outcome measured wrongly."""
    ignored, unsuitable = ask("B1") == "N" and ask("B2") == "Y", ask("B3") == "Y"
    return CRITICAL if ignored or unsuitable else None


def confounding_of_assignment(ask: Ask) -> str:
    """Domain 1, variant A: confounding of the effect of assignment to a strategy (intention to treat)."""
    controlled = ask("1A.1")
    if controlled in ("SN", "NI") or ask("1A.3") == "Y":
        return CRITICAL if ask("1A.4") == "Y" else SERIOUS
    if ask("1A.2") in ("SN", "NI"):
        return SERIOUS
    return MODERATE if ask("1A.4") == "Y" else LOW_EXCEPT


def confounding_of_adherence(ask: Ask) -> str:
    """Domain 1, variant B: confounding, also in the course of time, of the effect of keeping to a strategy."""
    if ask("1B.1") != "Y":
        return CRITICAL if ask("1B.4") == "Y" or ask("1B.5") == "Y" else SERIOUS
    controlled = ask("1B.2")
    if controlled in ("SN", "NI"):
        return SERIOUS
    measured = ask("1B.3")
    if measured in ("SN", "NI"):
        return SERIOUS
    if controlled == measured == "Y":
        return MODERATE if ask("1B.5") == "Y" else LOW
    return SERIOUS if ask("1B.5") == "Y" else LOW_EXCEPT


def classification(ask: Ask) -> str:
    """Domain 2: bias in the classification of interventions, immortal time of strategies told apart late included."""
    # The judgement where 2.5 finds no further errors; where it does, it is one worse.
    if ask("2.1") == "Y" or ask("2.2") == "Y":
        best = {"N": LOW, "WY": MODERATE, "NI": MODERATE, "SY": SERIOUS}[ask("2.4")]
    elif ask("2.3") == "N":
        if ask("2.4") != "N":
            return CRITICAL
        best = SERIOUS
    else:
        best = SERIOUS if ask("2.4") == "SY" else MODERATE
    worse = {LOW: MODERATE, MODERATE: SERIOUS, SERIOUS: CRITICAL}
    return best if ask("2.5") == "N" else worse[best]


def selection(ask: Ask) -> str:
    """Domain 3: bias in the selection of participants into the study or the analysis."""
    start = ask("3.1")
    if start == "Y":
        timing = MODERATE if ask("3.2") == "Y" else LOW
    else:
        timing = SERIOUS if start == "SN" else MODERATE
    other = _later_selection(ask)
    found = worst([timing, other])
    if found != SERIOUS:
        return found
    if ask("3.6") == "Y" or ask("3.7") == "Y":
        return MODERATE
    return CRITICAL if ask("3.8") == "Y" else SERIOUS


def _later_selection(ask: Ask) -> str:
    for question in ("3.3", "3.4"):
        reply = ask(question)
        if reply != "Y":
            return LOW if reply == "N" else MODERATE
    return SERIOUS if ask("3.5") == "Y" else MODERATE


def missing_data(ask: Ask) -> str:
    """Domain 4: bias due to missing data."""
    if all([ask(question) == "Y" for question in ("4.1", "4.2", "4.3")]):
        return LOW
    if ask("4.4") != "N":
        if ask("4.5") == "N":
            return LOW
        handled = ask("4.6")
    elif ask("4.7") == "Y":
        handled = ask("4.9") if ask("4.8") == "Y" else "NI"
        if handled == "Y":
            return LOW
    else:
        handled = ask("4.10")
        if handled == "Y":
            return LOW
    unbiased = ask("4.11") == "Y"
    if handled == "SN":
        return SERIOUS if unbiased else CRITICAL
    return MODERATE if unbiased else SERIOUS


def measurement(ask: Ask) -> str:
    """Domain 5: bias in the measurement of the outcome."""
    differs = ask("5.1")
    if differs == "Y":
        return SERIOUS
    least = LOW if differs == "N" else MODERATE
    if ask("5.2") == "N":
        return least
    return {"SY": SERIOUS, "N": least}.get(ask("5.3"), MODERATE)


def reporting(ask: Ask) -> str:
    """Domain 6: bias in the selection of the reported result."""
    if ask("6.1") == "Y":
        return LOW
    replies = [ask(question) for question in ("6.2", "6.3", "6.4")]
    chosen, unknown = replies.count("Y"), replies.count("NI")
    if chosen > 1:
        return CRITICAL
    if chosen or unknown == len(replies):
        return SERIOUS
    return MODERATE if unknown else LOW


DOMAINS: dict[str, tuple[str, Callable[[Ask], str]]] = {
    "1A": ("Confounding, effect of assignment", confounding_of_assignment),
    "1B": ("Confounding, effect of adherence", confounding_of_adherence),
    "2": ("Classification of interventions", classification),
    "3": ("Selection of participants", selection),
    "4": ("Missing data", missing_data),
    "5": ("Measurement of the outcome", measurement),
    "6": ("Selection of the reported result", reporting),
}


def worst(judgements: list[str]) -> str:
    """The judgement that all domains together give: that of the worst.

    The tool lets an assessor go further where several domains add up; this does not.

    Examples
    --------
    >>> worst([LOW, SERIOUS, MODERATE])
    'Serious'
    """
    return max(judgements, key=JUDGEMENTS.index)


def judge(answers: Mapping[str, str], variant: str = "1A") -> dict[str, str]:
    """Risk of bias of one result.

    Parameters
    ----------
    answers
        By question, such as ``"1A.1"``, ``"2.4"`` or ``"B1"``; a question that is not come to may be missing or NA.
    variant
        Of domain 1: ``"1A"`` for the effect of assignment, ``"1B"`` for that of adherence.

    Returns
    -------
    dict
        The judgement of each domain by its key in :data:`DOMAINS`, and ``"overall"``. Only the last where
        section B ends the assessment.

    Raises
    ------
    InputError
        If a reply is not one of the question's, or a question that is come to has none (:class:`Unanswered`).

    Examples
    --------
    >>> judge({"B1": "N", "B2": "PY", "B3": "N"})
    {'overall': 'Critical'}
    """
    return _judge(_asker(answers), variant)


def _judge(ask: Ask, variant: str) -> dict[str, str]:
    if stopped := triage(ask):
        return {"overall": stopped}
    left_out = ({"1A", "1B"} - {variant}).pop()
    found = {key: domain(ask) for key, (_, domain) in DOMAINS.items() if key != left_out}
    return found | {"overall": worst(list(found.values()))}


def asked(answers: Mapping[str, str], variant: str = "1A") -> list[str]:
    """The questions that the algorithms come to, in the tool's order."""
    seen: dict[str, None] = {}
    ask = _asker(answers)

    def noted(question: str) -> str:
        seen[question] = None
        return ask(question)

    _judge(noted, variant)
    return [question for question in OPTIONS if question in seen]


def one_reply_changed(answers: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Overall judgement with one reply changed: question, other reply, judgement.

    A change that leads to a question without an answer is left out.
    """
    for question in asked(answers):
        for reply in OPTIONS[question]:
            if reply != answers[question]:
                try:
                    yield question, reply, judge({**answers, question: reply})["overall"]
                except Unanswered:
                    continue


def _asker(answers: Mapping[str, str]) -> Ask:
    def ask(question: str) -> str:
        reply = answers.get(question, "NA")
        if reply == "NA":
            raise Unanswered(f"question {question} has no answer", remedy="one of " + ", ".join(OPTIONS[question]))
        if reply not in OPTIONS[question]:
            raise InputError(f"{reply!r} is no reply to {question}", remedy="one of " + ", ".join(OPTIONS[question]))
        return {"PY": "Y", "PN": "N"}.get(reply, reply)

    return ask
