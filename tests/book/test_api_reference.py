"""The library's reference: each public module once, with its tests."""

import re
import sys

from analysis_lib.base.paths import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import api_reference  # noqa: E402


def test_tests_are_found_by_what_they_use():
    found = api_reference.tests_by_name()
    assert ("statistics/test_contingency.py", "test_fisher_exact_agrees_with_r") in found[
        "analysis_lib.statistics.contingency.fisher_exact"
    ]
    assert ("book/test_api_reference.py", "test_tests_are_found_by_what_they_use") not in sum(found.values(), [])


def test_the_reference_has_every_public_module_once():
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "analysis_lib").rglob("*.py")
        if not path.name.startswith("_")
    }
    pages = sorted((ROOT / "book").glob("library-*.md"))
    described = [m for page in pages for m in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))]
    assert sorted(described) == sorted(modules), "each module needs its lines in one of book/library-*.md"
