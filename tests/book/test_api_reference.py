"""The library's reference: each public module once, with its tests."""

import importlib
import re
import sys
from xml.etree import ElementTree

import pytest

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import api_reference  # noqa: E402
import room_graph  # noqa: E402


def test_tests_are_found_by_what_they_use():
    found = api_reference.tests_by_name()
    assert ("statistics/test_contingency.py", "test_fisher_exact_agrees_with_r") in found[
        "analysis_lib.statistics.contingency.fisher_exact"
    ]
    assert ("book/test_api_reference.py", "test_tests_are_found_by_what_they_use") not in sum(found.values(), [])


def test_the_reference_has_every_public_module_once():
    modules = {
        path.relative_to(ROOT / "analysis_lib").with_suffix("").as_posix().replace("/", ".")
        for path in (ROOT / "analysis_lib").rglob("*.py")
        if "/_" not in path.relative_to(ROOT).as_posix()
    }
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "book").glob("library-*.md"))
    rooms = re.findall(r"^```\{room\} (\w+)$", text, re.MULTILINE)
    assert sorted(rooms) == sorted(api_reference.ROOMS)
    described = [f"{room}.{module}" for room in rooms for module in api_reference.modules(room)]
    assert sorted(described) == sorted(modules)


def described_constants(folder=ROOT / "analysis_lib"):
    """Constants that the reference shows with their values: module and name."""
    for path in sorted(folder.rglob("*.py")):
        module = path.relative_to(folder.parent).with_suffix("").as_posix().replace("/", ".")
        for name in re.findall(r"^#: .*\n(?:#: .*\n)*(\w+)\b", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield module, name


@pytest.mark.parametrize(("module", "name"), list(described_constants()))
def test_no_value_in_the_reference_tells_where_the_book_was_built(module, name):
    value = getattr(importlib.import_module(module), name)
    assert str(ROOT) not in repr(value), f"{module}.{name}: '#', not '#:', above a path"


def test_a_room_imports_only_from_those_before_it():
    graph = room_graph.imports()
    assert set(graph) == {*api_reference.ROOMS, room_graph.COMMANDS}
    for position, room in enumerate(api_reference.ROOMS):
        assert graph[room] <= set(api_reference.ROOMS[:position]), room


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "lib"
    for name, text in {
        "__init__": "import lib.low",
        "low/__init__": "",
        "low/a": "import ast, lib.low.b",
        "middle/a": "from lib.low import a",
        "top/deep/a": "def late():\n    from lib import low\n    from lib.middle import a",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(text)
    return folder


def test_imports_are_read_wherever_they_stand_and_drawn_unless_they_follow_from_others(library):
    graph = room_graph.imports(library)
    assert graph == {"low": set(), "middle": {"low"}, "top": {"low", "middle"}}
    assert room_graph.levels(graph) == {"low": 0, "middle": 1, "top": 2}
    assert room_graph.direct(graph) == {"low": set(), "middle": {"low"}, "top": {"middle"}}


def test_a_circle_of_rooms_is_refused():
    with pytest.raises(ValueError, match="circle: a, b"):
        room_graph.levels({"a": {"b"}, "b": {"a"}, "c": set()})


def test_the_picture_has_each_room_each_arrow_and_words_for_those_who_do_not_see_it():
    graph = {"low": set(), "left": {"low"}, "right": {"low"}, "__main__": {"left", "right", "low"}}
    drawing = ElementTree.fromstring(room_graph.picture(graph))
    svg = "{http://www.w3.org/2000/svg}"
    assert [text.text for text in drawing.iter(f"{svg}text")] == ["low", "left", "right", "commands"]
    assert len(drawing.findall(f"{svg}path")) == 4
    assert "right imports from low. The commands import from low, " in drawing.find(f"{svg}desc").text
    assert float(drawing.get("width")) <= 358, "a phone of 390 pixels has so many for the text"
