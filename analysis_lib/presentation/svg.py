"""Matplotlib's SVG made light for a page: the same drawing in a third of the bytes.

What goes: groups and ids to which nothing refers, digits that no screen shows, the font (the page has its own), the
points between the ends of a straight run, and what repeats. A style sheet in it would hold for the whole page.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

_REFERENCE = re.compile(r"(?<=url\(#)[\w.-]+|(?<=^#)[\w.-]+(?!.)")
_NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")
_TOKEN = re.compile(rf"[A-Za-z]|{_NUMBER.pattern}")
# What each letter of a path takes, as matplotlib writes it.
_TAKES = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}
_MEASURES = {"x", "y", "width", "height", "transform", "viewBox"}
_DEFAULTS = re.compile(r"(?:font-family|text-anchor: start|fill: currentColor|stroke-linecap: butt)[^;]*(?:; |$)")
_INVISIBLE = {"fill: none", "fill: none; opacity: 0"}


def lighten(drawing: str, name: str) -> str:
    """The drawing as an element of a page.

    Parameters
    ----------
    drawing
        As matplotlib wrote it, with ``currentColor`` for its ink.
    name
        Begins the ids that are left, so that they never meet those of another drawing on the page.
    """
    root = ElementTree.fromstring(drawing)
    for element in root.iter():
        element.tag = _bare(element.tag)
        element.attrib = {_bare(key): value for key, value in element.attrib.items()}
        element.tail = None
        if element.tag != "text":
            element.text = None
    wanted = dict.fromkeys(
        target for element in root.iter() for value in element.attrib.values() for target in _REFERENCE.findall(value)
    )
    names = {id: f"{name}-{k}" for k, id in enumerate(wanted)}
    _prune(root)
    for element in root.iter():
        light = {
            key: names.get(value, "")
            if key == "id"
            else _light(key, _REFERENCE.sub(lambda found: names[found[0]], value))
            for key, value in element.attrib.items()
        }
        element.attrib = {key: value for key, value in light.items() if value}
    _join(root)
    kept = {key: root.attrib[key] for key in ("viewBox", "width", "height")}
    root.attrib = kept | {"fill": "currentColor", "stroke-linejoin": "round"}
    return ElementTree.tostring(root, encoding="unicode")


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _prune(parent: ElementTree.Element) -> None:
    """Take out what is not seen, and put the contents of a bare group in its place."""
    kept: list[ElementTree.Element] = []
    for child in parent:
        if child.tag in {"metadata", "style"} or child.get("style") in _INVISIBLE:
            continue
        _prune(child)
        if child.tag in {"g", "defs"} and not len(child):
            continue
        kept += child if child.tag == "g" and set(child.attrib) <= {"id"} else [child]
    parent[:] = kept


def _join(parent: ElementTree.Element) -> None:
    """Make one path of neighbours that look alike; where they are see-through, one above the other would show."""
    kept: list[ElementTree.Element] = []
    for child in parent:
        _join(child)
        before = kept[-1] if kept else child
        alike = child.tag == before.tag == "path" and child is not before and "opacity" not in child.get("style", "")
        if alike and {**child.attrib, "d": ""} == {**before.attrib, "d": ""} and "id" not in child.attrib:
            before.set("d", before.attrib["d"] + child.attrib["d"])
        else:
            kept.append(child)
    parent[:] = kept
    styles = {child.get("style", "") for child in kept}
    if parent.tag == "g" and len(styles) == 1 and "opacity" not in (style := styles.pop()):
        parent.set("style", style)
        for child in kept:
            child.attrib.pop("style", None)


def _light(key: str, value: str) -> str:
    if key == "d":
        return _path(value)
    if key == "style":
        return re.sub("[:;] ", lambda found: found[0][0], _DEFAULTS.sub("", value)).rstrip("; ")
    if key in _MEASURES:
        return "" if value.startswith("rotate(-0 ") else _NUMBER.sub(lambda found: _short(found[0]), value)
    return value


def _short(number: str) -> str:
    return f"{round(float(number), 2) + 0:.6g}"


def _path(commands: str) -> str:
    """A path with ``H`` and ``V`` for what is level and upright, one for a run in one direction."""
    tokens = _TOKEN.findall(commands)
    steps: list[tuple[str, list[str]]] = []
    at, before, k = ["", ""], 0.0, 0
    while k < len(tokens):
        letter, many = tokens[k], _TAKES[tokens[k]]
        values = [_short(token) for token in tokens[k + 1 : k + 1 + many]]
        k += 1 + many
        axis = next((axis for axis in (0, 1) if letter == "L" and values[1 - axis] == at[1 - axis]), None)
        if axis is None:
            steps.append((letter, values))
        else:
            onward = (
                steps[-1][0] == "HV"[axis] and (float(values[axis]) - float(at[axis])) * (float(at[axis]) - before) > 0
            )
            if onward:
                steps.pop()
            else:
                before = float(at[axis])
            steps.append(("HV"[axis], [values[axis]]))
        at = values[-2:] or at
    return "".join(letter + " ".join(values) for letter, values in steps).replace(" -", "-")
