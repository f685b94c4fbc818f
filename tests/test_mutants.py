"""Mutants of the library: what counts as one, and that those on file come out as they did."""

from __future__ import annotations

import ast
import csv
import subprocess
import sys

import mutants
import pytest


def changes(monkeypatch, code: str) -> list[str]:
    monkeypatch.setattr(mutants, "_parse", lambda module: ast.parse(code))
    return [ast.unparse(mutant.tree) for mutant in mutants.mutants("any")]


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("a < b <= c", ["a <= b <= c", "a < b < c"]),
        ("x = a + 1", ["x = a - 1", "x = a + 2"]),
        ("x += a", ["x -= a"]),
        ("a and not b", ["a or not b", "a and b"]),
        ("f(min(a, b))", ["f(max(a, b))"]),
        ("[a for a in b if c]", ["[a for a in b]"]),
        ("def f(x: int = 1):\n    return x", ["def f(x: int=2):\n    return x", "def f(x: int=1):\n    return None"]),
        ("if a:\n    raise E(1 + 1)", ["if not a:\n    raise E(1 + 1)", "if a:\n    pass"]),
        ("@d(True)\nclass A:\n    'text'", []),
    ],
)
def test_each_change_of_a_line(monkeypatch, code, changed):
    assert changes(monkeypatch, code) == changed


@pytest.mark.parametrize("module", mutants.MODULES)
def test_mutants_have_names_of_their_own_and_differ_from_the_module(module):
    every = mutants.mutants(module)
    assert len(every) > 50
    assert len({mutant.key for mutant in every}) == len(every)
    original = ast.dump(mutants._parse(module))
    for mutant in every[::25]:
        assert ast.dump(mutant.tree) != original


def named_as_without_effect() -> list[tuple[str, ...]]:
    with (mutants.OUT.parent / "equivalents.csv").open(encoding="utf-8", newline="") as stream:
        return [tuple(row[column] for column in mutants.COLUMNS[:-1]) for row in csv.DictReader(stream)]


def test_at_least_nine_tenths_of_those_not_named_as_without_effect_are_killed_in_each_module():
    outcomes, without_effect = mutants.load(), set(named_as_without_effect())
    assert {key[0] for key in outcomes} == set(mutants.MODULES)
    for module in mutants.MODULES:
        counted = [o for key, o in outcomes.items() if key[0] == module and key not in without_effect]
        assert sum(outcome != "survived" for outcome in counted) >= 0.9 * len(counted), module


def test_each_that_is_named_as_without_effect_survived_and_is_named_once():
    outcomes, named = mutants.load(), named_as_without_effect()
    assert len(set(named)) == len(named)
    assert [key for key in named if outcomes.get(key) != "survived"] == []


def test_a_sample_of_those_on_file_comes_out_as_it_did():
    # In a process of its own, which has loaded nothing of the library.
    command = [sys.executable, str(mutants.ROOT / "tools" / "mutants.py"), "--check", "2", "--modules", "printed"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=mutants.ROOT)
    assert (done.stdout, done.returncode) == ("as on file\n", 0), done.stderr
