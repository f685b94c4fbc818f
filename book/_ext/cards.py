"""What the card beside a number, a glossary term or a citation says, as JSON in the page that shows it.

In the page, since nothing may be fetched from file://. Of a number: printed, what came out, verdict, the reason's first
sentence, and where else it stands; values are rounded as printed. Of a term or a citation: its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import TYPE_CHECKING, Any

from analysis_lib.presentation.tables import recomputed_text
from analysis_lib.printed.formatting import with_unit
from analysis_lib.printed.names import NAMES

if TYPE_CHECKING:
    from finish_pages import Place

    from analysis_lib.ledger.verdicts import Claim

ELSEWHERE = 2  # places at most
SHARED = (0, 3, 4)  # item, verdict and the verdict on the first printing
_TARGET = {
    "glossary": re.compile(r'<dt id="(?P<id>term-[^"]+)">.*?<dd>(?P<text>.*?)</dd>', re.DOTALL),
    "references": re.compile(r'<div class="citation" id="(?P<id>[^"]+)".*?</span>\s*<p>(?P<text>.*?)</p>', re.DOTALL),
}
_LINK = re.compile(r'href="((?:glossary|references)\.html#[^"]+)"')


def plain(html: str) -> str:
    """The text of a piece of HTML."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html))).strip()


def texts(pages: Mapping[str, str]) -> dict[str, str]:
    """What stands at each target of the glossary and of the references, by address."""
    return {
        f"{name}.html#{found['id']}": plain(found["text"])
        for name, target in _TARGET.items()
        for found in target.finditer(pages.get(name, ""))
    }


def first_sentence(reason: str) -> str:
    """A reason's first sentence."""
    return re.split(r"(?<=[.!?]) (?=[A-Z])", reason, maxsplit=1)[0]


def of_number(claim: Claim, page: str, places: Iterable[Place]) -> list[Any]:
    """The card of a number on a page, in the order in which card.js takes it apart."""
    number = claim.number
    elsewhere = {place.page: place for place in places if place.page != page}
    return [
        ", ".join(filter(None, (number.item, NAMES[number.group]))),
        with_unit(number.printed.text, number.unit),
        recomputed_text(claim),
        claim.verdict,
        claim.first or "",
        first_sentence(claim.reason),
        [[p.page, p.anchor.removeprefix(f"at-{number.id}")] for p in list(elsewhere.values())[:ELSEWHERE]],
    ]


def with_cards(
    page: str,
    html: str,
    shown: Iterable[str],
    claims: Mapping[str, Claim],
    places: Mapping[str, list[Place]],
    titles: Mapping[str, str],
    known: Mapping[str, str],
) -> str:
    """The page with the cards of all that it shows."""
    numbers = {id: of_number(claims[id], page, places[id]) for id in shown if id in claims}
    words = {address: known[address] for address in _LINK.findall(html) if address in known}
    if not numbers and not words:
        return html
    named = {name: titles[name] for *_, at in numbers.values() for name, _ in at}
    # Numbers of a table share their words, which would take a third of the data.
    shared = list(dict.fromkeys(word for card in numbers.values() for word in map(card.__getitem__, SHARED)))
    for card in numbers.values():
        for place in SHARED:
            card[place] = shared.index(card[place])
    data = {"titles": named, "words": shared, "numbers": numbers, "texts": words}
    # A script's text ends at the first "</".
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return html.replace("</body>", f'<script type="application/json" id="cards">{text}</script>\n</body>', 1)
