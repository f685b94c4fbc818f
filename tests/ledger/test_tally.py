"""The tally, recomputed from the recipes' file with floating-point algebra instead of exact elimination."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import numpy as np
import pytest

from analysis_lib.ledger import recipes, tally
from analysis_lib.ledger.verdicts import VERDICTS

ADDITIVE = {"sum", "difference", "equals", "smallest", "largest"}
LINEAR = ADDITIVE | {"percent", "count_from_percent", "product", "quotient"}
STATISTICS = {
    "categorical_p",
    "smallest_exact_p",
    "t_test",
    "t_test_split",
    "pooled_mean",
    "pooled_sd",
    "pooled_sd_split",
}


@pytest.fixture(scope="module")
def counted(paper, claims):
    return tally.tally(paper, recipes.load(paper), claims)


@pytest.fixture(scope="module")
def lines():
    """The rows of the recipes' file, the first of each number."""
    with recipes.RECIPES.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in reversed(list(csv.DictReader(stream)))}


def coefficients(line: dict[str, str], value) -> dict[str, float]:
    """One recipe as a linear equation, read from its text; a product in logarithms, which are other unknowns."""
    method = line["method"]
    terms = [term.split() for term in line["inputs"].split(";")]
    if method == "percent":
        del terms[1]
    if method in ("smallest", "largest"):
        terms = [(min if method == "smallest" else max)(terms, key=lambda words: value(words[0]))]
    found: dict[str, float] = defaultdict(float, {line["id"]: 1.0})
    for position, words in enumerate(terms):
        plus = 1.0 if position and method in ("difference", "quotient") else -1.0
        for before, word in zip(["+", *words], words, strict=False):
            # What follows % is the size of a group, which is no unknown.
            if word not in "+-%" and before != "%":
                found[word] += -plus if before == "-" else plus
    return {f"log {id}": c for id, c in found.items()} if method in ("product", "quotient") else dict(found)


@pytest.fixture(scope="module")
def system(paper, claims, lines):
    """Ids, methods and matrix of the equations behind what is consistent."""
    ids = [id for id, c in claims.items() if c.verdict == "consistent" and lines[id]["method"] in LINEAR]
    rows = [coefficients(lines[id], paper.value) for id in ids]
    of = {fact: (paper[fact].same_as or fact) if fact in paper else fact for row in rows for fact in row}
    facts = sorted(set(of.values()))
    matrix = np.zeros((len(ids), len(facts)))
    for number, row in enumerate(rows):
        for fact, coefficient in row.items():
            matrix[number, facts.index(of[fact])] += coefficient
    return ids, np.array([lines[id]["method"] for id in ids]), matrix


def test_the_independent_equations_are_the_rank_of_the_system(counted, system):
    ids, methods, matrix = system
    additive = np.isin(methods, list(ADDITIVE))
    assert counted["arithmetic"] == len(ids) and counted["sums"] == additive.sum()
    assert counted["equations"] == np.linalg.matrix_rank(matrix)
    assert counted["sum_equations"] == np.linalg.matrix_rank(matrix[additive])


def test_a_circle_is_what_the_left_null_space_holds_together(counted, system, paper, claims):
    ids, _, matrix = system
    left, size, _ = np.linalg.svd(matrix)
    null = left[:, (size > 1e-9).sum() :]
    together = np.abs(null @ null.T) > 1e-9
    in_circles = together.diagonal()
    blocks = {tuple(np.flatnonzero(row)) for row in together[in_circles]}
    assert (counted["circles"], counted["in_circles"]) == (len(blocks), in_circles.sum())
    _, circles = tally.solve(tally.equations(paper, recipes.load(paper), claims))
    assert {tuple(map(ids.index, circle)) for circle in circles} == blocks


def test_the_rest_of_the_tally_is_counted_one_by_one(counted, claims, lines):
    rows = [claim.as_dict() for claim in claims.values()]
    verdicts = Counter(row["verdict"] for row in rows)
    assert {v: counted.get(v, 0) for v in VERDICTS} == {v: verdicts[v] for v in VERDICTS}
    odds = {m for m in (line["method"] for line in lines.values()) if m.startswith("odds_ratio")}
    assert counted["statistics"] == sum(line["method"] in STATISTICS | odds for line in lines.values())
    consistent = [row for row in rows if row["verdict"] == "consistent"]
    assert counted["wald_p"] == sum(row["method"] == "wald_p" for row in consistent)
    assert counted["wald_p"] + counted["arithmetic"] == len(consistent)
    assert counted["withheld"] == sum(bool(row["withheld"]) and row["verdict"] != "repeated" for row in rows)


def test_twenty_six_as_a_sum_and_as_two_differences_is_one_equation_in_a_circle(paper, claims):
    _, circles = tally.solve(tally.equations(paper, recipes.load(paper), claims))
    groups = ["abstract.patients.surgery.n"]
    groups += [f"results-surgery.{part}.surgery.count" for part in ("pancreas_only", "with_liver_therapy")]
    assert [circle for circle in circles if groups[0] in circle] == [groups]
