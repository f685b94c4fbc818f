"""Mutants of the library: what counts as one, and that those on file were noticed."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tools.checks import mutation
from tools.checks.provenance import FOLDER, read

# The share of mutants with an effect that the tests must notice.
AT_LEAST = dict.fromkeys(mutation.TESTS, 0.9) | {
    module: 0.95 for module in mutation.TESTS if module.startswith("targets/") or module == "reconstruction/verify"
}


def named_as_without_effect() -> list[tuple[str, ...]]:
    named = read(FOLDER / "equivalents.csv")[mutation.COLUMNS[:-1]]
    return [tuple(key) for key in named.itertuples(index=False)]


def test_mutants_have_names_of_their_own_and_texts_and_errors_are_left_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(mutation, "ROOT", tmp_path / "repository")
    monkeypatch.setattr(mutation, "_COPIED", ("analysis_lib",))
    monkeypatch.setitem(mutation.TESTS, "printed", ["test_printed.py"])
    module = tmp_path / "repository" / "analysis_lib" / "printed.py"
    module.parent.mkdir(parents=True)
    module.write_text(
        "class A:\n    def f(self, a, b):\n        if a < b:\n            raise ValueError(a + b)\n"
        "        return g(a, 'text')\n\n\ndef g(a, b):\n    return b and a\n"
    )
    mutation.lay_out("printed", tmp_path)
    found = mutation.mutants("printed", tmp_path)
    keys = {mutant.key for mutant in found}
    assert len(keys) == len(found)
    assert keys >= {
        ("printed", "A.f", "1", "if a < b: → if a <= b:"),
        ("printed", "g", "1", "return b and a → return b or a"),
    }
    assert not any("raise" in change or "TEXT" in change or "XX" in change for *_, change in keys)


def test_enough_of_those_not_named_as_without_effect_are_killed_in_each_module_on_file():
    outcomes, without_effect = mutation.load(), set(named_as_without_effect())
    modules = {key[0] for key in outcomes}
    assert modules <= set(mutation.TESTS)
    for module in modules:
        counted = [o for key, o in outcomes.items() if key[0] == module and key not in without_effect]
        assert sum(o != "survived" for o in counted) >= AT_LEAST[module] * len(counted), module


def test_each_that_is_named_as_without_effect_survived_and_is_named_once():
    outcomes, named = mutation.load(), named_as_without_effect()
    assert len(set(named)) == len(named)
    assert [key for key in named if outcomes.get(key) != "survived"] == []


def test_a_sample_is_the_same_each_time_and_no_larger_than_what_there_is():
    there = [mutation.Mutant(str(number), ("m", "f", str(number), "a → b")) for number in range(50)]
    drawn = mutation.sample("m", there, 20)
    assert drawn == mutation.sample("m", there, 20) != mutation.sample("other", there, 20)
    assert len(set(drawn)) == 20
    assert set(mutation.sample("m", there, 60)) == set(mutation.sample("m", there, None)) == set(there)


def test_how_many_were_tried_is_how_many_are_on_file():
    tried = json.loads(mutation.OUT.with_suffix(".json").read_text(encoding="utf-8"))
    outcomes = Counter(key[0] for key in mutation.load())
    assert outcomes == {module: counts["tried"] for module, counts in tried.items()}
    assert all(counts["tried"] <= counts["mutants"] for counts in tried.values())


@pytest.mark.parametrize("module", mutation.TESTS)
def test_each_module_and_its_tests_are_there(module):
    files = [
        mutation.ROOT / "analysis_lib" / f"{module}.py",
        *(mutation.ROOT / "tests" / t for t in mutation.TESTS[module]),
    ]
    assert [file for file in files if not file.is_file()] == []
