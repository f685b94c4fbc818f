"""The rules of a style sheet that a site can use: those whose every class and id stands in one of its pages or scripts.

The theme brings rules for a hundred widgets that no page has, and a page waits for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

# A comment, a text, or an address: braces and commas in them mean nothing.
_WHOLE = r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^)"']*\)"""
_PIECE = re.compile(rf"{_WHOLE}|[{{}};]|[^{{}};\"'/u]+|.", re.DOTALL)
# Around rules; other blocks that begin with "@" are kept as they are.
_AROUND = re.compile(r"@(?:media|supports|container|layer)\b")
_NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
# What holds of an element without a class, or with one of several.
_CHOICE = re.compile(r":(?:not|is|where|has)\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\]")
_COMMA = re.compile(r",(?![^(\[]*[)\]])")


def words(texts: Collection[str]) -> set[str]:
    """Everything in pages and scripts that could be the name of a class or an id."""
    return {word for text in texts for word in re.findall(r"[\w-]+", text)}


def used(css: str, known: Collection[str]) -> str:
    """The style sheet without selectors that name a class or an id which is not known."""
    return "".join(_kept(css, known))


def _kept(css: str, known: Collection[str]) -> Iterator[str]:
    for head, block in _rules(css):
        if block is None:
            yield f"{head};"
        elif _AROUND.match(head):
            if inner := used(block, known):
                yield f"{head}{{{inner}}}"
        elif head.startswith("@"):
            yield f"{head}{{{block}}}"
        elif selectors := [one.strip() for one in _COMMA.split(head) if _can_match(one, known)]:
            yield f"{','.join(selectors)}{{{block}}}"


def _can_match(selector: str, known: Collection[str]) -> bool:
    if "\\" in selector:
        return True
    return all(name in known for name in _NAME.findall(_CHOICE.sub("", selector)))


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """What stands before each outer block, and in it; None for a statement without one."""
    head, block, depth = "", "", 0
    for piece in _PIECE.findall(css):
        if piece.startswith("/*"):
            continue
        if piece == "}":
            depth -= 1
            if depth == 0:
                yield head.strip(), block.strip()
                head = block = ""
                continue
        if depth:
            block += piece
        elif piece == ";":
            yield head.strip(), None
            head = ""
        elif piece != "{":
            head += piece
        if piece == "{":
            depth += 1
