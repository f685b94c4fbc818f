"""No printed number stands in prose without its role: so text and ledger agree, and a reader can follow each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
# What is neither prose nor a bare number: front matter, cells and blocks, headings (where no role can stand), formulas,
# roles, code, addresses of links.
_NOT_PROSE = re.compile(
    r"\A---.*?^---$|^(`{3,}).*?^\1$|^#+ .*?$|\$[^$]*\$|\{[\w:]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)", re.MULTILINE | re.DOTALL
)
# Digits that are no result of the study although it may print the same.
_KINDS = re.compile(
    r"\b(?:19|20)\d\d\b"  # years
    r"|\b(?:95|100)%|\bmiddle \d+%|\d+% (?:power|of (?:the )?(?:simulated )?cohorts)"  # levels, and shares of ours
    r"|\b(?:45|50|55)%"  # of SPSS's standard error of a median
    r"|\b30%|\b0\.05\b|\bbeyond \d+ patients"  # limits: of RECIST, of significance, of SPSS's exact tests
)
# A decimal, a share or a count of patients; other whole numbers are months, tables and the like.
_NUMBER = re.compile(r"(?<![\w.,–-])(?:\d+\.\d+(?![\w.])|\d{2,}(?=%| patients\b| of \d)|(?<=out of )\d{2,})")


def bare(text: str, printed: set[str]) -> list[str]:
    """Numbers in prose that read as the paper prints one."""
    prose = _KINDS.sub("", _NOT_PROSE.sub("", text))
    return [found for found in _NUMBER.findall(prose) if found in printed]


@pytest.fixture(scope="session")
def printed(paper):
    return {number.printed.digits for number in paper.values() if number.own}


@pytest.mark.parametrize("page", sorted(path.stem for path in BOOK.glob("*.md")))
def test_every_printed_number_in_prose_has_its_role(page, printed):
    assert bare((BOOK / f"{page}.md").read_text(encoding="utf-8"), printed) == []


def test_a_bare_number_is_found_and_its_role_or_another_kind_is_not(printed):
    text = "The median is 14.7 years in 26 of 49 patients (62%)."
    assert bare(text, printed) == ["14.7", "26", "49", "62"]
    role = (
        "A median of {printed}`abstract.os.surgery.median`, 95% interval, from a landmark at 18 months, p below 0.05."
    )
    cell = (
        "## Why 14.7\n\n```{code-cell} ipython3\nx = 14.7\n```\n\nIt is beyond 40 patients: `n=14.7` [here](14.7.html)"
    )
    assert bare(role + "\n\n" + cell, printed) == []
