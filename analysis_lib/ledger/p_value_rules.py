"""Rules that choose a test of counts, and which of them, if any, explains the printed p values.

A paper that names "χ² or Fisher's exact test" leaves open which was used where. Each rule here
picks a test from the table alone; a rule explains a printed p value if the test it picks gives
the printed digits, for at least one reading of which patients were compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis_lib.ledger.methods import usual_test
from analysis_lib.ledger.recipes import Recipe
from analysis_lib.ledger.verdicts import Claim
from analysis_lib.printed.number import Printed, round_half_up
from analysis_lib.printed.transcription import Transcription
from analysis_lib.statistics.contingency import expected_counts


@dataclass(frozen=True)
class TestedTable:
    """A printed p value with one reading of the r×2 table that was tested.

    Parameters
    ----------
    id, where, printed
        Of the p value.
    variant
        The reading; blank if there is only one.
    counts
        Shape (r, 2), rows without patients left out.
    p
        p value by convention.
    """

    id: str
    where: str
    printed: Printed
    variant: str
    counts: np.ndarray
    p: Mapping[str, float]

    @property
    def smallest_expected(self) -> float:
        """Smallest expected count under independence."""
        return float(expected_counts(self.counts).min())

    @property
    def share_below_five(self) -> float:
        """Share of cells with an expected count below 5, of which SPSS prints a note."""
        return float((expected_counts(self.counts) < 5).mean())


Rule = Callable[[TestedTable], str]
RULES: dict[str, Rule] = {
    "Pearson's χ² always": lambda t: "pearson",
    "Yates's correction for 2×2, else Pearson": lambda t: "yates" if len(t.counts) == 2 else "pearson",
    "exact test always": lambda t: "fisher",
    "exact test for 2×2, else Pearson": lambda t: "fisher" if len(t.counts) == 2 else "pearson",
    "exact test if more than a fifth of expected counts are below 5": lambda t: (
        "fisher" if t.share_below_five > 0.2 else "pearson"
    ),
    "exact test if any expected count is below 5": lambda t: usual_test(t.counts),
}


def tested_tables(
    numbers: Transcription, recipes: Mapping[str, list[Recipe]], claims: Mapping[str, Claim]
) -> list[TestedTable]:
    """Every table behind a printed p value of counts, in each reading of it; repeats left out.

    Parameters
    ----------
    numbers, recipes, claims
        The transcription, the recipes and the audit's verdicts, by id.
    """
    found = []
    for id_, variants in recipes.items():
        for recipe in variants:
            if recipe.method_name != "categorical_p":
                continue
            counts = np.array([t.evaluate(numbers)[0] for t in recipe.inputs]).reshape(-1, 2)
            outcomes = [o for o in claims[id_].outcomes if o.variant == recipe.variant]
            found.append(
                TestedTable(
                    id_,
                    numbers[id_].where,
                    numbers[id_].printed,
                    recipe.variant,
                    counts[counts.sum(axis=1) > 0].astype(int),
                    {o.convention: o.point for o in outcomes},
                )
            )
    return found


def prints_as(p: float, printed: Printed, *, twice: bool = False) -> bool:
    """Whether a p value prints as it does in the paper.

    Parameters
    ----------
    p, printed
        The computed value and the printed digits.
    twice
        Round to three digits first, as SPSS displays a p value, and round that again.

    Examples
    --------
    >>> prints_as(0.0547, Printed("0.06")), prints_as(0.0547, Printed("0.06"), twice=True)
    (False, True)
    """
    if twice and printed.relation == "=":
        p = float(round_half_up(p, 3))
    return p in printed.interval


def explained(rule: Rule, tables: list[TestedTable], *, twice: bool = False) -> dict[str, bool]:
    """Whether a rule gives the printed digits of each p value, by its id.

    Examples
    --------
    >>> table = TestedTable("p", "table1", Printed("0.57"), "", np.array([[12, 13], [14, 10]]), {"fisher": 0.571})
    >>> explained(RULES["exact test always"], [table])
    {'p': True}
    """
    found: dict[str, bool] = {}
    for table in tables:
        ok = prints_as(table.p[rule(table)], table.printed, twice=twice)
        found[table.id] = found.get(table.id, False) or ok
    return found
